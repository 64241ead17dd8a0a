"""Questions about an index, all different, made from its own symbols, headings and sentences.

python -m benchmarks.load.questions DATA INDEX --n 20000 --seed 7 > questions.txt
"""

import argparse
import random
import re
from collections.abc import Iterator

from whence.interface import Whence
from whence.types import Chunk

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_WORDS = re.compile(r"[A-Za-z][A-Za-z'-]+")
_ABOUT_SYMBOLS = (
    "what does {symbol} do?",
    "how does {symbol} work?",
    "why does {symbol} need {words}?",
    "how is {words} handled in {symbol}?",
    "where in {symbol} is {words} decided?",
)
_ABOUT_WORDS = ("how are {words} handled?", "why is it that {words}?", "what happens when {words}?", "how to {words}?")


def make_questions(data: str, index: str, n: int, seed: int) -> list[str]:
    """At most ``n`` different questions in an order that ``seed`` decides."""
    with Whence(data) as whence:
        chunks = [chunk for chunk in whence.chunks(index) if chunk.kind in ("code", "doc", "data")]
    chance = random.Random(seed)
    chance.shuffle(chunks)
    questions: dict[str, None] = {}
    while len(questions) < n and chunks:
        before = len(questions)
        for chunk in chunks:
            questions.update(dict.fromkeys(_questions(chunk, chance)))
            if len(questions) >= n:
                break
        if len(questions) == before:
            break
    return list(questions)[:n]


def _questions(chunk: Chunk, chance: random.Random) -> Iterator[str]:
    sentences = [_WORDS.findall(part) for part in _SENTENCE.split(chunk.text)]
    told = [words for words in sentences if len(words) >= 5]
    if not told:
        return
    words = chance.choice(told)
    start = chance.randrange(max(1, len(words) - 7))
    phrase = " ".join(words[start : start + 8]).lower()
    template = chance.choice(_ABOUT_SYMBOLS if chunk.symbol else _ABOUT_WORDS)
    yield template.format(symbol=chunk.symbol, words=phrase)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    print("\n".join(make_questions(given.data, given.index, given.n, given.seed)))


if __name__ == "__main__":
    main()
