"""Retrieval of whole documents on classic test collections (Cranfield, CISI, NPL): prose without any code.

Needs ``WHENCE_TEST_DATA``:

    python -m benchmarks.ir_collections

Every document (title, then text) is one passage for the engines and one ``.txt`` file for whence. Cranfield's grade
codes run from 1, a complete answer, to 4, of minimum interest: the gain is 5 - code, and a code below 1 counts as not
relevant. The other two know only relevant or not.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison import Values, rows
from benchmarks.engines import ENGINES
from benchmarks.program import Program
from benchmarks.report import data_folder, table, write_result
from whence.evaluation.judged_collections import document_text
from whence.evaluation.rows import json_rows
from whence.evaluation.suites import cranfield
from whence.metrics.average_precision import average_precision
from whence.metrics.ndcg import ndcg
from whence.metrics.recall import recall

SETS = ("cranfield", "cisi", "npl_vaswani")
DEPTH = 100
CUT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Document ids and texts, the queries, and the gain of each relevant document of a query (all above 0)."""

    name: str
    ids: list[str]
    texts: list[str]
    queries: Mapping[str, str]
    gains: Mapping[str, Mapping[str, float]]


def load(name: str) -> Collection:
    """One set; queries without a relevant document are left out."""
    folder = data_folder() / name
    documents = [row for _, row in json_rows(folder / "documents.jsonl")]
    queries: dict[str, str] = {}
    gains: dict[str, dict[str, float]] = {}
    for _, query in json_rows(folder / "queries_open.jsonl"):
        graded = {row["doc_id"]: _gain(name, row["grade"]) for row in query["relevant"]}
        if any(gain > 0 for gain in graded.values()):
            queries[query["id"]] = " ".join(query["text"].split())
            gains[query["id"]] = {doc_id: gain for doc_id, gain in graded.items() if gain > 0}
    return Collection(
        name=name,
        ids=[document["id"] for document in documents],
        texts=[document_text(document) for document in documents],
        queries=queries,
        gains=gains,
    )


def main() -> None:
    options = _arguments()
    results: dict[str, object] = {}
    tables: dict[str, str] = {}
    sizes: dict[str, Mapping[str, int]] = {}
    for name in options.sets:
        collection = load(name)
        systems: dict[str, Values] = {}
        for engine, build in ENGINES.items():
            search = build(collection.texts)
            rankings = {}
            times = {}
            for query_id, text in collection.queries.items():
                started = time.perf_counter()
                rankings[query_id] = [collection.ids[position] for position in search(text, DEPTH)]
                times[query_id] = (time.perf_counter() - started) * 1000
            systems[engine] = _values(collection, rankings, times)
        if options.whence != "none":
            systems |= _whence(collection, text_only=options.whence == "text")
        results[name] = systems
        sizes[name] = {"documents": len(collection.ids), "queries": len(collection.queries)}
        tables[name] = _table(systems)
        print(
            f"\n{name}: {len(collection.ids):,} documents, {len(collection.queries)} queries\n\n{tables[name]}",
            flush=True,
        )
        settings = {"depth": DEPTH, "cut": CUT, "sizes": sizes}
        written = write_result(options.out, settings, results, tables)
    print(f"\nwritten to {written.name}")


def _whence(collection: Collection, *, text_only: bool) -> dict[str, Values]:
    found: dict[str, Values] = {}
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        for doc_id, text in zip(collection.ids, collection.texts, strict=True):
            (documents / f"{doc_id}.txt").write_text(text + "\n", encoding="utf-8")
        program = Program(data=Path(folder) / "data")
        for stage in ["text"] if text_only else ["text", "vectors"]:
            program.index(str(documents), name="collection", options=("--until", stage))
            asked = [{"id": query_id, "question": text} for query_id, text in collection.queries.items()]
            answers, _ = program.answer_all("search", asked, name="collection", options=("-k", str(DEPTH)))
            rankings = {
                answer["id"]: list(dict.fromkeys(Path(hit["path"]).stem for hit in answer["hits"]))
                for answer in answers
            }
            times = {answer["id"]: float(answer["elapsed_ms"]) for answer in answers}
            found["whence, no vectors" if stage == "text" else "whence"] = _values(collection, rankings, times)
    return found


def _values(collection: Collection, rankings: Mapping[str, Sequence[str]], times: Mapping[str, float]) -> Values:
    values: dict[str, dict[str, float]] = {}
    for query_id, gains in collection.gains.items():
        ranked = rankings[query_id]
        values[query_id] = {
            "nDCG@10": ndcg(ranked, gains, CUT),
            "binary nDCG@10": ndcg(ranked, dict.fromkeys(gains, 1.0), CUT),
            "recall@10": recall(ranked, gains.keys(), CUT),
            "recall@100": recall(ranked, gains.keys(), DEPTH),
            "AP@100": average_precision(ranked, gains.keys(), DEPTH),
            "ms": times[query_id],
        }
    return values


def _table(systems: Mapping[str, Values]) -> str:
    intervals, means = ["nDCG@10", "recall@10"], ["recall@100", "AP@100"]
    headings = ["system", *intervals, *means, "ms"]
    reference = "whence" if "whence" in systems else None
    if reference is not None:
        headings.append("p (nDCG@10)")
    lines = rows(systems, intervals=intervals, means=means, medians=["ms"], reference=reference, tested="nDCG@10")
    return table(headings, lines)


def _gain(name: str, grade: int) -> float:
    return cranfield.gain(grade) if name == "cranfield" else float(grade)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="which collections")
    parser.add_argument("--whence", choices=["none", "text", "all"], default="all", help="how much of whence to run")
    parser.add_argument("--out", default="ir_collections", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
