"""Questions whose answer is a whole passage, and reports, for the confidence fit; of PubMedQA, which may train.

"passage": a question asked of 500 abstracts, to be answered from its own; "report": an abstract as it is, put to the
conclusions of all of them, as the text of an issue is put to what maintainers replied. Without answer: those whose
own abstract or conclusion was left out ("passage gap", "report gap"), among others of the same field.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.confidence_prose import SCOPE, SEED, ProseQuestion
from benchmarks.memory_index import MemoryIndex, paragraph_chunk
from whence.protocols import Embedder, StepwiseReader
from whence.retrieval.hybrid import HybridRetriever

N_QUESTIONS = {"passage": 120, "passage gap": 80, "report": 60, "report gap": 40}
MOST_REPORT_WORDS = 120


def passage_questions(data: Path, embedder: Embedder, reader: StepwiseReader | None = None) -> Iterator[ProseQuestion]:
    """All four shapes, drawn with ``SEED``; ``reader`` reranks as in the program."""
    with (data / "pubmed_qa/pubmed_qa_open.jsonl").open(encoding="utf-8") as lines:
        rows = {str(row["id"]): row for row in map(json.loads, lines)}
    rng = random.Random(SEED)
    drawn = rng.sample(sorted(rows), len(rows))
    gone = frozenset(drawn[: max(N_QUESTIONS["passage gap"], N_QUESTIONS["report gap"])])
    abstracts = {one: " ".join(row["contexts"]) for one, row in rows.items()}
    conclusions = {one: str(row["long_answer"]) for one, row in rows.items()}
    questions = {one: str(row["question"]) for one, row in rows.items()}
    reports = {one: " ".join(text.split()[:MOST_REPORT_WORDS]) for one, text in abstracts.items()}
    for shape, asked, searched in (("passage", questions, abstracts), ("report", reports, conclusions)):
        held = {one: text for one, text in searched.items() if one not in gone}
        left = [one for one in drawn if one not in gone]
        yield from _asked(shape, left[: N_QUESTIONS[shape]], asked, held, embedder, reader)
        missing = [one for one in drawn if one in gone][: N_QUESTIONS[f"{shape} gap"]]
        yield from _asked(f"{shape} gap", missing, asked, held, embedder, reader)


def _asked(
    shape: str,
    ids: Sequence[str],
    asked: Mapping[str, str],
    held: Mapping[str, str],
    embedder: Embedder,
    reader: StepwiseReader | None,
) -> Iterator[ProseQuestion]:
    index = MemoryIndex([paragraph_chunk(one, text) for one, text in held.items()], embedder)
    retriever = HybridRetriever(index, embedder, reader=reader)
    for one in ids:
        yield ProseQuestion(
            shape=shape,
            article=one,
            question=asked[one],
            answers=(),
            hits=retriever.search(asked[one], 10, SCOPE),
            document=one if one in held else "",
        )
