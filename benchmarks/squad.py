"""How well the reader finds the sentence that answers: SQuAD v1.1 dev (open half) as one closed corpus.

    WHENCE_TEST_DATA=... python -m benchmarks.squad [--questions N] [--no-vectors] [--per-question FILE]

Every paragraph is a document; all questions are asked of all paragraphs. "Found" means that the cited text holds one of
the gold answers; with "gold paragraph" it must also be cited from the paragraph the question was written for. The
baseline takes BM25's best paragraph and in it the sentence that shares most words with the question.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.memory_index import MemoryIndex, paragraph_chunk
from benchmarks.report import table as markdown_table
from benchmarks.report import write_result
from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.answer.prose_spans import prose_spans
from whence.answer.terms import STOP_WORDS, stems, words
from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.evaluation.suites.squad import DEV, dev_rows
from whence.metrics.bootstrap import bootstrap_interval
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Evidence, Hit, Scope

SEED = 5


def main() -> None:
    arguments = _arguments()
    data = Path(os.environ["WHENCE_TEST_DATA"])
    rows = dev_rows(data / DEV)
    contexts = {row["paragraph_id"]: row["context"] for row in rows}
    embedder = None if arguments.no_vectors else OnnxEmbedder(options=EmbeddingOptions(threads=1))
    chunks = [paragraph_chunk(name, text) for name, text in contexts.items()]
    hybrid = HybridRetriever(MemoryIndex(chunks, embedder), embedder)
    lexical = HybridRetriever(MemoryIndex(chunks, None), None)
    reader = ExtractiveReader(embedder)
    asked = random.Random(SEED).sample(rows, min(arguments.questions, len(rows))) if arguments.questions else rows
    scope = Scope(index="squad", sources=frozenset({"paragraphs"}))
    table: list[dict[str, float]] = []
    for row in asked:
        started = time.process_time()
        hits = hybrid.search(row["question"], 10, scope)
        searched = time.process_time()
        reading = reader.read(row["question"], hits)
        answer = compose(row["question"], reading, 5)
        spent = time.process_time()
        bm25 = lexical.search(row["question"], 5, scope)
        table.append(
            {
                "bm25 paragraph, most shared words": _holds(_most_shared(row["question"], bm25), row),
                "BM25 hit@5": _in_first(bm25, row),
                "hit@1": _in_first(hits[:1], row),
                "hit@5": _in_first(hits[:5], row),
                "best sentence": _holds([item.text for item in reading.evidence[:1]], row),
                "best sentence, gold paragraph": _from_gold(reading.evidence[:1], row),
                "first citation": _holds([item.text for item in answer.evidence[:1]], row),
                "any citation": _holds([item.text for item in answer.evidence], row),
                "one of five best sentences": _holds([item.text for item in reading.evidence[:5]], row),
                "characters of the answer": len(answer.text),
                "search, core-ms": 1000 * (searched - started),
                "reading, core-ms": 1000 * (spent - searched),
                "confidence": reading.confidence,
            }
        )
    measures = {name: bootstrap_interval([float(one[name]) for one in table]) for name in table[0]}
    rows_shown = [[name, f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"] for name, found in measures.items()]
    shown = markdown_table(["mean over the questions", "whence"], rows_shown)
    print(f"{len(chunks)} paragraphs, {len(table)} questions\n\n{shown}")
    settings = {
        "paragraphs": len(chunks),
        "questions": len(table),
        "seed": SEED,
        "vectors": embedder.digest if embedder else "none",
    }
    means = {name: found.mean for name, found in measures.items()}
    print(f"\nwritten to {write_result('squad', settings, means, {'answers': shown}).name}")
    if arguments.per_question:
        Path(arguments.per_question).write_text(
            "".join(json.dumps({"id": row["id"], **one}) + "\n" for row, one in zip(asked, table, strict=True)),
            encoding="utf-8",
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=0, help="ask a random sample of this size; 0: all")
    parser.add_argument("--no-vectors", action="store_true", help="words only, as before vectors are ready")
    parser.add_argument("--per-question", default="", help="write one JSON object a question to this file")
    return parser.parse_args()


def _holds(texts: Sequence[str], row: Mapping[str, object]) -> bool:
    answers = row["answers"]
    assert isinstance(answers, list)
    return any(answer in text for text in texts for answer in answers)


def _from_gold(evidence: Sequence[Evidence], row: Mapping[str, object]) -> bool:
    return _holds([one.text for one in evidence if one.hit.chunk.document_id == row["paragraph_id"]], row)


def _in_first(hits: Sequence[Hit], row: Mapping[str, object]) -> bool:
    return any(hit.chunk.document_id == row["paragraph_id"] for hit in hits)


def _most_shared(question: str, hits: Sequence[Hit]) -> list[str]:
    """The sentence of the first hit that shares most content stems with the question; the first one on a tie."""
    if not hits:
        return []
    text = hits[0].chunk.text
    found = [text[span.start : span.end] for span in prose_spans(text)]
    stem_of = stems([*words(question), *(word for sentence in found for word in words(sentence))])
    asked = {stem_of[word] for word in words(question) if word not in STOP_WORDS}
    shared = [len(asked & {stem_of[word] for word in words(sentence)}) for sentence in found]
    return [found[shared.index(max(shared))]]


if __name__ == "__main__":
    main()
