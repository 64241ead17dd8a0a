"""Counts how rare common English stems are: prose from SQuAD train, technical English from Python's API docs.

    WHENCE_TEST_DATA=... python benchmarks/word_rarity.py    # writes src/whence/answer/rarity.json

A stem's rarity is the smaller of its two inverse document frequencies, so that neither "method" nor "king" counts as
rare. Stems rarer than the last one kept share the value ``rarest``.
"""

import gzip
import json
import math
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from whence.answer.terms import STOP_WORDS, stems, words

N_STEMS = 6000
TARGET = Path(__file__).parents[1] / "src/whence/answer/rarity.json"


def main() -> None:
    data = Path(os.environ["WHENCE_TEST_DATA"])
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        prose = _frequencies(json.loads(line)["context"] for line in lines)
    with (data / "python_api_docs/python_api_docs.jsonl").open(encoding="utf-8") as lines:
        technical = _frequencies(" ".join(map(str, json.loads(line).values())) for line in lines)
    rarity = {stem: round(min(_inverse(prose, stem), _inverse(technical, stem)), 2) for stem in {*prose, *technical}}
    common = sorted((value, stem) for stem, value in rarity.items() if len(stem) > 1 and stem != "__documents")[
        :N_STEMS
    ]
    document = {
        "origin": "document frequencies of English stems; SQuAD v1.1 train paragraphs, Python API documentation pairs",
        "rarest": common[-1][0],
        "rarity": {stem: value for value, stem in common},
    }
    TARGET.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(len(common), "stems, rarest", common[-1][0])


def _frequencies(texts: Iterable[str]) -> Counter[str]:
    sets = [set(words(text)) for text in texts]
    stem_of = stems(word for found in sets for word in found)
    counts = Counter(stem for found in sets for stem in {stem_of[word] for word in found if word not in STOP_WORDS})
    counts["__documents"] = len(sets)
    return counts


def _inverse(counts: Counter[str], stem: str) -> float:
    return math.log((counts["__documents"] + 1) / (counts[stem] + 1))


if __name__ == "__main__":
    main()
