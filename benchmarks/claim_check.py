"""What the check of generated claims lets through: true sentences, and the same sentences made false.

    python -m benchmarks.claim_check DATA INDEX [--n 60] [--seed 7]

For each of n questions (titles of the index's own prose passages) the first ten hits are the passages that a model
would have read. True sentences are prose sentences of these passages, as they stand and reworded by rules (the first
clause last, a fifth of the small words left out, two neighbours joined). False ones are made of the same sentences by
one change each (a number, a negation, a code name), or belong to other documents. Compared with the share of a
sentence's words that stand anywhere in the passages (at least 70 %), the measure of the word judge.
"""

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from whence.answer.claim_check import ClaimCheck
from whence.answer.options import GenerationOptions
from whence.interface import Whence
from whence.metrics.knowledge_precision import knowledge_precision
from whence.segmentation import sentences
from whence.types import Hit

SMALL = frozenset(re.findall(r"\w+", "the a an of to in on for and that this is are be it its with as by or at from"))
NAME = re.compile(r"`([A-Za-z_][\w.]+)`|\b([a-z]+_[a-z_]+|[A-Z][a-z]+[A-Z]\w+)\b")
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
VERB = re.compile(r"\b(is|are|can|will|should|must|may|does|was|has)\b(?! not)")


def main() -> None:
    """Prints a table and writes it beside the other results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    counts: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    with Whence(given.data) as whence:
        prose = [chunk for chunk in whence.chunks(given.index) if chunk.kind == "doc" and len(chunk.text) > 200]
        chosen = random.Random(given.seed).sample(prose, min(given.n, len(prose)))
        options = GenerationOptions()
        for number, chunk in enumerate(chosen):
            question = chunk.title.rpartition(">")[2].strip() or chunk.text[:80]
            hits = whence.search(question, 10, name=given.index).hits
            far = random.Random(given.seed + number).choice(prose)
            lexical, both = ClaimCheck(hits, None, options), ClaimCheck(hits, whence.embedder, options)
            passages = [hit.chunk.text for hit in hits]
            for kind, sentence in cases(hits, far.text, random.Random(given.seed + number)):
                counts[kind]["words 70 % (baseline)"].append(shared(sentence, passages) >= 0.7)
                counts[kind]["check without vectors"].append(lexical.support(sentence) is not None)
                counts[kind]["check"].append(both.support(sentence) is not None)
    table = {
        kind: {"n": len(next(iter(by.values()))), **{name: sum(one) / len(one) for name, one in by.items()}}
        for kind, by in sorted(counts.items())
    }
    for kind, row in table.items():
        print(
            f"{kind:34}",
            "  ".join(f"{name} {value:.2f}" if name != "n" else f"n {value}" for name, value in row.items()),
        )
    place = Path(__file__).parent / "results" / f"claim_check_{given.index}.json"
    place.write_text(
        json.dumps({"index": given.index, "n": given.n, "seed": given.seed, "passed": table}, indent=1) + "\n"
    )


def cases(hits: Sequence[Hit], far: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, sentence), two sentences of the passages each in all their forms."""
    text = "\n\n".join(hit.chunk.text for hit in hits if hit.chunk.kind == "doc")
    found = plain(text)
    names = sorted({one or other for one, other in NAME.findall(text)})
    if not found:
        return
    for at in rng.sample(range(len(found)), min(2, len(found))):
        one = found[at]
        yield "true: as it stands", one
        words = one.split()
        yield "true: small words left out", " ".join(w for w in words if w.lower() not in SMALL or rng.random() > 0.2)
        head, comma, rest = one.rstrip(".").partition(", ")
        if comma and len(rest.split()) > 3:
            yield "true: first clause last", f"{rest}, {head}."
        if at + 1 < len(found) and f"{one} {found[at + 1]}" in " ".join(text.split()):
            yield "true: two neighbours joined", f"{one.rstrip('.')}, and {found[at + 1]}"
        if NUMBER.search(one):
            yield "false: another number", NUMBER.sub(lambda m: str(int(m.group()) + 7), one, count=1)
        if VERB.search(one) and " not " not in one:
            yield "false: negated", VERB.sub(r"\1 not", one, count=1)
        if " not " in one:
            yield "false: negation left out", one.replace(" not ", " ", 1)
        if (match := NAME.search(one)) and len(names) > 1:
            name = match.group(1) or match.group(2)
            other = rng.choice([item for item in names if item != name])
            yield "false: another name of the passages", one.replace(name, other)
            yield "false: a name that is nowhere", one.replace(name, f"{name}_quietly")
    elsewhere = [one for one in plain(far) if one not in " ".join(text.split())]
    if elsewhere:
        yield "false: of another document", rng.choice(elsewhere)


def plain(text: str) -> list[str]:
    """Sentences of ordinary prose, on one line each."""
    told = [" ".join(text[start:end].split()) for start, end in sentences(text)]
    return [one for one in told if re.fullmatch(r"[A-Z`*].{30,260}\.", one) and one.count(" ") > 5]


def shared(sentence: str, passages: Sequence[str]) -> float:
    """Share of the words that stand in the passages."""
    try:
        return knowledge_precision(sentence, passages)
    except ValueError:
        return 0.0


if __name__ == "__main__":
    main()
