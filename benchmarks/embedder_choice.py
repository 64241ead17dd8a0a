"""Should other weights take the place of the embedder that whence carries? Both on the same questions, side by side.

Needs ``WHENCE_TEST_DATA`` and git repositories of psf/requests and pallets/flask that hold the benchmark's commits:

    python -m benchmarks.embedder_choice CANDIDATE --requests DIR --flask DIR

CANDIDATE is a model folder, as ``tools/make_embedder.py`` writes it. Every text is cut by whence's own chunkers and
every question answered over an exact index in memory, once by cosine alone and once by the whole retriever with its
default settings; a file ranks by its first chunk. Values are nDCG@10; p is that of a paired randomization test.

The rule: the candidate takes the place if, by the whole retriever, its gain over all questions has p < .05 and no suite
loses more than .01. ``--cache`` keeps vectors between runs, ``--share`` takes fewer questions.
"""

import argparse
import hashlib
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.retrieval.memory_index import MemoryIndex

from benchmarks.corpus import commit_files
from benchmarks.fusion_fit import RememberingIndex
from benchmarks.ir_collections import load
from benchmarks.report import data_folder, table, write_result
from whence.chunking.chunk import ChunkerByKind
from whence.embedding.onnx import OnnxEmbedder
from whence.embedding.passage import passage_text
from whence.evaluation.rows import json_rows
from whence.metrics.ndcg import ndcg
from whence.metrics.randomization import randomization_p
from whence.protocols import Vectors
from whence.retrieval.analyzer import Analyzer
from whence.retrieval.hybrid import HybridRetriever, RetrievalOptions
from whence.types import Chunk, Document, Role, Scope

CUT, DEPTH = 10, 50
MOST_QUESTIONS = 500
N_NPL = 3000
WORST_LOSS, LEAST_SURE = 0.01, 0.05
WAYS = ("dense", "fused")

Values = dict[str, float]
"""nDCG@10 by question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What is searched, what is asked, and the gain of each right path of a question."""

    name: str
    chunks: tuple[Chunk, ...]
    questions: Mapping[str, str]
    gains: Mapping[str, Mapping[str, float]]


def main() -> None:
    options = arguments()
    models = {"base": OnnxEmbedder(options.base), "candidate": OnnxEmbedder(options.candidate)}
    analyzer = Analyzer()
    values: dict[str, dict[str, dict[str, Values]]] = {}
    for suite in suites({"psf/requests": options.requests, "pallets/flask": options.flask}, options.suites):
        asked = chosen(suite, options.share)
        began = time.process_time()
        index = MemoryIndex(suite.chunks, analyzer.tokens)
        values[suite.name] = {way: {} for way in WAYS}
        remembering = RememberingIndex(index)
        for name, model in models.items():
            index.vectors = vectors(model, suite.name, passages(suite), "passage", options.cache)
            rows = vectors(model, f"{suite.name}-asked", [suite.questions[key] for key in asked], "question", None)
            values[suite.name]["dense"][name] = by_cosine(suite, asked, index.vectors, rows)
            retriever = HybridRetriever(remembering, model, RetrievalOptions(), analyzer)  # it may shorten a question
            values[suite.name]["fused"][name] = by_retriever(suite, asked, retriever)
        took = time.process_time() - began
        print(f"{suite.name}: {len(suite.chunks):,} chunks, {len(asked)} questions, {took:.0f} s", flush=True)
    lines, is_better = verdict(values)
    shown = table(["suite", "questions", "way", "base", "candidate", "gain", "p"], lines)
    print(f"\n{shown}\n\nthe candidate {'takes' if is_better else 'does not take'} the place")
    settings = {"base": models["base"].digest, "candidate": models["candidate"].digest, "share": options.share}
    written = write_result(options.out, settings, {"takes the place": is_better, "values": values}, {"suites": shown})
    print(f"written to {written.name}")


def verdict(values: Mapping[str, Mapping[str, Mapping[str, Values]]]) -> tuple[list[list[object]], bool]:
    """One line a suite and way, then all questions together; and whether the rule is met by the whole retriever."""
    lines: list[list[object]] = []
    is_better = True
    for way in WAYS:
        pooled: tuple[list[float], list[float]] = ([], [])
        for name, ways in values.items():
            base, candidate = (list(ways[way][model].values()) for model in ("base", "candidate"))
            lines.append(_line(name, way, base, candidate))
            pooled[0].extend(base)
            pooled[1].extend(candidate)
            is_better &= way != "fused" or statistics.mean(candidate) >= statistics.mean(base) - WORST_LOSS
        lines.append(_line("all", way, *pooled))
        is_sure = randomization_p(pooled[1], pooled[0]) < LEAST_SURE
        is_better &= way != "fused" or (is_sure and sum(pooled[1]) > sum(pooled[0]))
    return lines, is_better


def _line(name: str, way: str, base: Sequence[float], candidate: Sequence[float]) -> list[object]:
    before, after = statistics.mean(base), statistics.mean(candidate)
    return [name, len(base), way, before, after, f"{after - before:+.3f}", randomization_p(candidate, base)]


def chosen(suite: Suite, share: float) -> list[str]:
    """Questions in the order of the suite, evenly drawn where there are too many."""
    keys = list(suite.questions)
    wanted = max(1, int(min(len(keys), MOST_QUESTIONS) * share))
    return [keys[n * len(keys) // wanted] for n in range(wanted)]


def passages(suite: Suite) -> list[str]:
    return [passage_text(chunk.title, chunk.symbol, chunk.text) for chunk in suite.chunks]


def vectors(model: OnnxEmbedder, name: str, texts: Sequence[str], role: Role, cache: Path | None) -> Vectors:
    """Rows for the texts, from ``cache`` where this model has made them of these texts before."""
    if cache is None:
        return model.embed(texts, role)
    digest = hashlib.sha256("\0".join([model.digest, *texts]).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = cache / f"{name.replace('/', '-')}-{digest}.npy"
    if path.is_file():
        kept: Vectors = np.load(path)
        return kept
    made = model.embed(texts, role)
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, made)
    part.replace(path)
    return made


def by_cosine(suite: Suite, asked: Sequence[str], rows: Vectors, questions: Vectors) -> Values:
    found: Values = {}
    for key, row in zip(asked, questions @ rows.T, strict=True):
        ranked = dict.fromkeys(suite.chunks[n].path for n in np.argsort(-row, kind="stable")[: 20 * CUT])
        found[key] = ndcg(list(ranked)[:CUT], suite.gains[key], CUT)
    return found


def by_retriever(suite: Suite, asked: Sequence[str], retriever: HybridRetriever) -> Values:
    scope = Scope(index=suite.name, sources=frozenset({suite.name}))
    found: Values = {}
    for key in asked:
        ranked = dict.fromkeys(hit.chunk.path for hit in retriever.search(suite.questions[key], DEPTH, scope))
        found[key] = ndcg(list(ranked)[:CUT], suite.gains[key], CUT)
    return found


def suites(repositories: Mapping[str, Path], wanted: Sequence[str]) -> Iterator[Suite]:
    data = data_folder()
    if "cosqa" in wanted:
        functions = {f"f{row['id']:04d}.py": row["code"] for _, row in json_rows(data / "cosqa" / "code_base.jsonl")}
        queries = [row for _, row in json_rows(data / "cosqa" / "retrieval_dev_500.jsonl")]
        yield Suite(
            name="cosqa",
            chunks=cut("cosqa", functions),
            questions={row["id"]: row["query"].strip() for row in queries},
            gains={row["id"]: {f"f{row['gold_code_id']:04d}.py": 1.0} for row in queries},
        )
    if "swe-qa" in wanted:
        yield from (repository_suite(name, folder) for name, folder in repositories.items())
    for name in ("cranfield", "cisi", "cacm", "npl_vaswani"):
        if name in wanted:
            yield collection_suite(name)
    if "squad" in wanted:
        rows = [row for _, row in json_rows(data / "squad" / "squad_v1.1_dev_open.jsonl.gz")]
        paths = {text: f"p{n:04d}.txt" for n, text in enumerate(dict.fromkeys(row["context"] for row in rows))}
        yield Suite(
            name="squad",
            chunks=cut("squad", {path: text for text, path in paths.items()}),
            questions={row["id"]: row["question"].strip() for row in rows},
            gains={row["id"]: {paths[row["context"]]: 1.0} for row in rows},
        )


def repository_suite(name: str, folder: Path) -> Suite:
    gold = data_folder() / "swe_qa" / "swe_qa_2026-04_gold.jsonl"
    rows = [row for _, row in json_rows(gold) if row["repo"] == name]
    files = commit_files(folder, rows[0]["commit"])
    return Suite(
        name=name,
        chunks=cut(name, {path: text for path, text in files.items() if path.endswith((".py", ".rst", ".md"))}),
        questions={row["id"]: row["question"] for row in rows},
        gains={row["id"]: dict.fromkeys(row["gold_files"], 1.0) for row in rows},
    )


def collection_suite(name: str) -> Suite:
    """A classic collection; of the largest one the relevant documents and as many others as make up ``N_NPL``."""
    collection = load(name)
    texts = dict(zip(collection.ids, collection.texts, strict=True))
    if len(texts) > 2 * N_NPL:
        right = {key for gains in collection.gains.values() for key in gains}
        others = [key for key in texts if key not in right]
        n_others = max(N_NPL - len(right), 0)
        kept = right | {others[n * len(others) // n_others] for n in range(n_others)}
        texts = {key: text for key, text in texts.items() if key in kept}
    return Suite(
        name=name,
        chunks=cut(name, {f"{key}.txt": text for key, text in texts.items()}),
        questions=collection.queries,
        gains={
            key: {f"{document}.txt": gain for document, gain in gains.items()}
            for key, gains in collection.gains.items()
        },
    )


def cut(name: str, texts: Mapping[str, str]) -> tuple[Chunk, ...]:
    """Chunks of the texts by path, as whence cuts files of these names."""
    chunker = ChunkerByKind()
    found: list[Chunk] = []
    for path, text in texts.items():
        is_code = path.endswith(".py")
        found += chunker.split(
            Document(
                id=path,
                source_id=name,
                revision="",
                kind="code" if is_code else "doc",
                path=path,
                text=text,
                digest="",
                language="python" if is_code else "",
            )
        )
    return tuple(found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("candidate", type=Path, help="model folder of the candidate")
    parser.add_argument("--base", type=Path, help="model folder to compare with (default: the one whence carries)")
    parser.add_argument("--requests", type=Path, required=True, help="git repository of psf/requests")
    parser.add_argument("--flask", type=Path, required=True, help="git repository of pallets/flask")
    every = ["cosqa", "swe-qa", "cranfield", "cisi", "cacm", "npl_vaswani", "squad"]
    parser.add_argument("--suites", nargs="+", choices=every, default=every)
    parser.add_argument("--share", type=float, default=1.0, help="share of the questions to ask")
    parser.add_argument("--cache", type=Path, help="folder for vectors of passages")
    parser.add_argument("--out", default="embedder_choice", help="name of the file in results/, without .json")
    options = parser.parse_args()
    if not 0 < options.share <= 1:
        sys.exit("--share must lie above 0 and at most at 1.")
    return options


if __name__ == "__main__":
    main()
