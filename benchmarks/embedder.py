"""The embedding model in int8 against the same graph in float32: speed, closeness, and what retrieval loses.

Needs ``WHENCE_TEST_DATA`` and git repositories of psf/requests and pallets/flask that hold the benchmark's commits:

    python -m benchmarks.embedder --requests DIR --flask DIR

The float32 graph is made from the published weights by ``tools/make_embedder.py`` (which fetches them), or read from
``--exact DIR``. Speed is the median of short runs that take turns, so that other load meets both alike. Retrieval is
by cosine alone: on SWE-QA whence's own chunks of the Python files, a file ranked by its best chunk and relevant when
the reference answer names it; on Cranfield whole abstracts. ``--formats`` also compares what a chunk's vector is
made from; ``--speed`` measures speed alone, for a moment when the machine is idle. Processor time is given beside
elapsed time since it depends less on what else runs.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.corpus import commit_files
from benchmarks.ir_collections import load
from benchmarks.report import data_folder, table, write_result
from whence.chunking.code import CodeChunker
from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.embedding.passage import passage_text
from whence.metrics.hit_rate import hit_rate
from whence.metrics.ndcg import ndcg
from whence.metrics.reciprocal_rank import reciprocal_rank
from whence.protocols import Vectors
from whence.types import Chunk, Document

TOOL = Path(__file__).resolve().parents[1] / "tools" / "make_embedder.py"
QUESTION = "How does the session handle cookies on redirects?"
SENTENCE = "Sentence {} says that the session keeps cookies and adapters, and that it reuses connections where it can."
RUNS = 5
N_TIMED = 64

Format = Callable[[Chunk], str]
Projects = Mapping[str, tuple[list[Chunk], list[dict[str, object]]]]
"""Chunks and questions by project."""
FORMATS: Mapping[str, Format] = {
    "text alone": lambda chunk: chunk.text,
    "title": lambda chunk: passage_text(chunk.title, "", chunk.text),
    "symbol": lambda chunk: passage_text("", chunk.symbol, chunk.text),
    "title, symbol": lambda chunk: passage_text(chunk.title, chunk.symbol, chunk.text),
    "title, symbol in words": lambda chunk: passage_text(chunk.title, in_words(chunk.symbol), chunk.text),
}


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        models = {"int8": OnnxEmbedder(), "fp32": OnnxEmbedder(options.exact or exact_model(Path(folder)))}
        models["int8, 7 bits"] = OnnxEmbedder(options=EmbeddingOptions(reduce_range=True))
        projects = dict(chunked_projects({"psf/requests": options.requests, "pallets/flask": options.flask}))
        texts = [passage_text(c.title, c.symbol, c.text) for chunks, _ in projects.values() for c in chunks]
        timed = [text for text in texts if len(text) >= 800][:: max(1, len(texts) // 400)]
        results: dict[str, object] = {"load": os.getloadavg()}
        results["speed"] = speed(models, [text[:800] for text in timed][:N_TIMED])
        if not options.speed:
            quality(results, models, projects, formats=options.formats)
    show(results)
    settings = {"runs": RUNS, "texts_timed": N_TIMED, "digest": models["int8"].digest, "chunks": len(texts)}
    print(f"\nwritten to {write_result('embedder_speed' if options.speed else 'embedder', settings, results).name}")


def quality(
    results: dict[str, object], models: Mapping[str, OnnxEmbedder], projects: Projects, *, formats: bool
) -> None:
    texts = [passage_text(c.title, c.symbol, c.text) for chunks, _ in projects.values() for c in chunks]
    results["cosine"] = {name: closeness(models[name], models["fp32"], texts) for name in models if name != "fp32"}
    results["retrieval"] = {name: retrieval(model, projects) for name, model in models.items()}
    if formats:
        results["formats"] = {name: swe_qa(models["int8"], projects, form) for name, form in FORMATS.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="int8 against float32 embeddings")
    parser.add_argument("--requests", type=Path, required=True, help="git repository of psf/requests")
    parser.add_argument("--flask", type=Path, required=True, help="git repository of pallets/flask")
    parser.add_argument("--exact", type=Path, help="folder of the float32 model (default: made for this run)")
    parser.add_argument("--speed", action="store_true", help="measure speed alone")
    parser.add_argument("--formats", action="store_true", help="also compare what a chunk's vector is made from")
    return parser.parse_args()


def exact_model(folder: Path) -> Path:
    subprocess.run([sys.executable, str(TOOL), "--precision", "fp32", "--out", str(folder)], check=True)
    return folder


def in_words(symbol: str) -> str:
    return " ".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", symbol)).lower()


def chunked_projects(
    repositories: Mapping[str, Path],
) -> Iterator[tuple[str, tuple[list[Chunk], list[dict[str, object]]]]]:
    lines = (data_folder() / "swe_qa" / "swe_qa_2026-04_gold.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    chunker = CodeChunker()
    for name, repository in repositories.items():
        own = [question for question in questions if question["repo"] == name]
        chunks: list[Chunk] = []
        for path, text in commit_files(repository, own[0]["commit"]).items():
            if path.endswith(".py"):
                chunks += chunker.split(
                    Document(
                        id=path,
                        source_id=name,
                        revision=own[0]["commit"],
                        kind="code",
                        path=path,
                        text=text,
                        digest="",
                        language="python",
                    )
                )
        yield name, (chunks, own)


def speed(models: Mapping[str, OnnxEmbedder], texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Texts a second, and milliseconds for one question and for 16 sentences; medians of runs that take turns."""
    sentences = [SENTENCE.format(i) for i in range(16)]
    times: dict[str, dict[str, list[float]]] = {name: {} for name in models}
    for run in range(RUNS + 1):
        for name, model in models.items():
            for what, given, repeats in (
                ("texts", texts, 1),
                ("question", [QUESTION], 10),
                ("sentences", sentences, 3),
            ):
                for _ in range(repeats):
                    start, start_cpu = time.perf_counter(), time.process_time()
                    model.embed(given, "passage")
                    if run:
                        times[name].setdefault(what, []).append(time.perf_counter() - start)
                        times[name].setdefault(f"{what} cpu", []).append(time.process_time() - start_cpu)
    return {
        name: {
            "texts_per_s": len(texts) / statistics.median(taken["texts"]),
            "cpu_ms_per_text": 1000 * statistics.median(taken["texts cpu"]) / len(texts),
            "question_ms": 1000 * statistics.median(taken["question"]),
            "sentences_ms": 1000 * statistics.median(taken["sentences"]),
            "threads": models[name].threads,
        }
        for name, taken in times.items()
    }


def closeness(model: OnnxEmbedder, exact: OnnxEmbedder, texts: Sequence[str]) -> dict[str, float]:
    some = texts[:: max(1, len(texts) // 300)]
    cosines = (model.embed(some, "passage") * exact.embed(some, "passage")).sum(axis=1)
    return {"mean": float(cosines.mean()), "p5": float(np.percentile(cosines, 5)), "least": float(cosines.min())}


def retrieval(model: OnnxEmbedder, projects: Projects) -> dict[str, object]:
    cranfield = load("cranfield")
    documents, queries = (
        model.embed(cranfield.texts, "passage"),
        model.embed(list(cranfield.queries.values()), "question"),
    )
    values = {
        key: ndcg([cranfield.ids[i] for i in np.argsort(-row, kind="stable")[:10]], cranfield.gains[key], 10)
        for key, row in zip(cranfield.queries, queries @ documents.T, strict=True)
    }
    whole = swe_qa(model, projects, FORMATS["title, symbol"])
    return {**whole, "cranfield": {"ndcg@10": statistics.mean(values.values()), "by_question": values}}


def swe_qa(model: OnnxEmbedder, projects: Projects, form: Format) -> dict[str, object]:
    results: dict[str, object] = {}
    for name, (chunks, questions) in projects.items():
        passages = model.embed([form(chunk) for chunk in chunks], "passage")
        asked = model.embed([str(question["question"]) for question in questions], "question")
        ranked = [rank_files(row, chunks) for row in asked @ passages.T]
        gold = [set(map(str, question["gold_files"])) for question in questions]  # type: ignore[call-overload]
        pairs = list(zip(ranked, gold, strict=True))
        reciprocal = {str(q["id"]): reciprocal_rank(*pair) for q, pair in zip(questions, pairs, strict=True)}
        results[name] = {
            "hit@1": statistics.mean(hit_rate(*pair, 1) for pair in pairs),
            "hit@5": statistics.mean(hit_rate(*pair, 5) for pair in pairs),
            "mrr": statistics.mean(reciprocal.values()),
            "by_question": reciprocal,
        }
    return results


def rank_files(scores: Vectors, chunks: Sequence[Chunk]) -> list[str]:
    return list(dict.fromkeys(chunks[i].path for i in np.argsort(-scores, kind="stable")))


def show(results: Mapping[str, object]) -> None:
    for part in ("speed", "cosine"):
        rows = results.get(part)
        if not isinstance(rows, dict):
            continue
        headings = list(next(iter(rows.values())))
        print(f"\n{part}\n" + table(["model", *headings], [[name, *row.values()] for name, row in rows.items()]))
    for part in ("retrieval", "formats"):
        for name, sets in dict(results.get(part, {})).items():  # type: ignore[call-overload]
            for which, row in sets.items():
                figures = "  ".join(f"{key} {value:.3f}" for key, value in row.items() if key != "by_question")
                print(f"{name:24} {which:14} {figures}")


if __name__ == "__main__":
    main()
