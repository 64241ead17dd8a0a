"""Which weights the fusion should have: a grid over few settings, chosen on some questions, judged on others.

Needs ``WHENCE_TEST_DATA`` and git repositories of psf/requests and pallets/flask that hold the benchmark's commits:

    python -m benchmarks.fusion_fit --requests DIR --flask DIR

Every question is answered over an exact index in memory (BM25 and cosine without approximation), so differences come
from the fusion alone. A file is relevant when the reference answer names it; files rank by their first chunk among the
best 50. The rows "fitted" never judge a question with settings that were chosen on it: once across the repositories,
once leaving one question out. The grid's order is from plain to elaborate, and of equals the plainest is chosen. The
default was set by people who knew these questions: its row is no estimate for others.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.retrieval.memory_index import MemoryIndex

from benchmarks.comparison import interval_text
from benchmarks.report import data_folder, table, write_result
from whence.metrics.hit_rate import hit_rate
from whence.metrics.reciprocal_rank import reciprocal_rank
from whence.protocols import Vectors
from whence.retrieval.analyzer import Analyzer
from whence.retrieval.fusion import FusionOptions
from whence.retrieval.hybrid import HybridRetriever, RetrievalOptions
from whence.retrieval.priors import PriorOptions
from whence.types import Chunk, Document, Kind, Role, Scope, Scored

DEPTH = 50
CUT = 5

RANKS = FusionOptions(prior=0.0, by_score=0.0)
ALWAYS = PriorOptions(doc=0.15, data=0.15, poorer=-2.0, comparable=-1.0)
"""What a place costs whatever else matches."""

FIXED = {
    "BM25 alone": RetrievalOptions(use_dense=False, use_exact=False, fusion=RANKS),
    "dense alone": RetrievalOptions(use_lexical=False, use_exact=False, fusion=RANKS),
    "RRF (60)": RetrievalOptions(use_exact=False, fusion=RANKS),
    "RRF (60) + exact": RetrievalOptions(fusion=RANKS),
    "RRF (60) + places": RetrievalOptions(use_exact=False, fusion=FusionOptions(by_score=0.0)),
    "RRF (60) + exact + places that always cost": RetrievalOptions(fusion=FusionOptions(by_score=0.0), prior=ALWAYS),
    "without places": RetrievalOptions(fusion=FusionOptions(prior=0.0)),
    "default without vectors": RetrievalOptions(use_dense=False),
    "default": RetrievalOptions(),
}

Row = tuple[str, float, float, float]
"""Repository, reciprocal rank, hit@1, hit@5 of one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, the repository it is about and the files that its reference answer names."""

    id: str
    repo: str
    text: str
    files: frozenset[str]


class RememberedVectors:
    """An embedder for questions that have been embedded before."""

    digest = "remembered"

    def __init__(self, vectors: Mapping[str, Vectors]) -> None:
        self._vectors = vectors
        self.dim = len(next(iter(vectors.values())))

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002 - all are questions
        """The row of the one text, shape (1, dim)."""
        return self._vectors[texts[0]].reshape(1, -1)


class RememberingIndex:
    """An index that searches once for each request: the grid asks the same again and again."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index
        self._held: dict[tuple[object, ...], list[Scored]] = {}

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        """See ``protocols.Index``."""
        key = ("lexical", tuple(tokens), k, kind, every)
        if key not in self._held:
            self._held[key] = self._index.lexical(tokens, k, scope, kind, every=every)
        return self._held[key]

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        """See ``protocols.Index``."""
        key = ("named", tuple(names), k, history)
        if key not in self._held:
            self._held[key] = self._index.named(names, k, scope, history=history)
        return self._held[key]

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """See ``protocols.Index``."""
        key = ("dense", vector.tobytes(), k)
        if key not in self._held:
            self._held[key] = self._index.dense(vector, k, scope)
        return self._held[key]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ``protocols.Index``."""
        return self._index.chunks(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is searched and the questions asked of it."""

    questions: tuple[Question, ...]
    indexes: Mapping[str, RememberingIndex]
    scopes: Mapping[str, Scope]
    embedder: RememberedVectors
    analyzer: Analyzer


def main() -> None:
    arguments = _arguments()
    setting = _prepare({"psf/requests": arguments.requests, "pallets/flask": arguments.flask})
    fixed = {name: evaluate(setting, options) for name, options in FIXED.items()}
    grid = list(_grid())
    measured = [evaluate(setting, options) for options in grid]
    few = [number for number, options in enumerate(grid) if _is_even(options.fusion)]
    across, chosen = _across(measured)
    across_few, chosen_few = _across([measured[number] for number in few])
    best = _best(measured, range(len(setting.questions)))
    systems = {
        **fixed,
        "names and places fitted, across repositories": across_few,
        "names and places fitted, leave one out": _one_out([measured[number] for number in few]),
        "all fitted, across repositories": across,
        "all fitted, leave one out": _one_out(measured),
        f"best of {len(grid)}, not held out": measured[best],
    }
    for name in ("", "pallets/flask", "psf/requests"):
        own = {system: [row for row in rows if name in ("", row[0])] for system, rows in systems.items()}
        count = len(next(iter(own.values())))
        print(f"\n{name or 'both'}: {count} questions; brackets: 95 % bootstrap intervals\n")
        print(table(["system", "MRR", "hit@1", "hit@5"], [_line(system, rows) for system, rows in own.items()]))
    for repo in chosen:
        print(f"\nchosen on {repo}: {_words(grid[few[chosen_few[repo]]])}; of all: {_words(grid[chosen[repo]])}")
    print(f"\nbest on both: {_words(grid[best])}")
    values = {
        system: {
            question.id: dict(zip(("MRR", "hit@1", "hit@5"), row[1:], strict=True))
            for question, row in zip(setting.questions, rows, strict=True)
        }
        for system, rows in systems.items()
    }
    written = write_result(
        arguments.out, {"depth": DEPTH, "grid": len(grid), "dataset": "swe_qa 2026-04"}, {"values": values}
    )
    print(f"\nwritten to {written.name}")


def evaluate(setting: Setting, options: RetrievalOptions) -> list[Row]:
    """One row a question, in the order of the questions."""
    retrievers = {
        repo: HybridRetriever(index, setting.embedder, options, setting.analyzer)
        for repo, index in setting.indexes.items()
    }
    rows: list[Row] = []
    for question in setting.questions:
        hits = retrievers[question.repo].search(question.text, DEPTH, setting.scopes[question.repo])
        files = list(dict.fromkeys(hit.chunk.path for hit in hits))
        rows.append(
            (
                question.repo,
                reciprocal_rank(files, question.files),
                hit_rate(files, question.files, 1),
                hit_rate(files, question.files, CUT),
            )
        )
    return rows


def _grid() -> Iterator[RetrievalOptions]:
    for named, doc, test, lexical, by_score in product(
        (0.0, 0.3), (0.0, 0.1, 0.2, 0.3), (0.0, 0.05, 0.15), (0.5, 0.3, 0.7), (0.1, 0.0, 0.5, 1.0)
    ):
        yield RetrievalOptions(
            fusion=FusionOptions(by_score=by_score, lexical=lexical, similar=1.0 - lexical, named=named),
            prior=PriorOptions(doc=doc, test=test),
        )


def _is_even(fusion: FusionOptions) -> bool:
    """Equal weights, a tenth by scores: what the test collections without code support as well."""
    return fusion.by_score == FusionOptions().by_score and fusion.lexical == fusion.similar


def _best(measured: Sequence[Sequence[Row]], questions: Sequence[int]) -> int:
    """The number of the settings with the highest MRR on these questions, the first of equals."""
    means = [sum(rows[number][1] for number in questions) / len(questions) for rows in measured]
    return max(range(len(means)), key=lambda number: (round(means[number], 9), -number))


def _across(measured: Sequence[Sequence[Row]]) -> tuple[list[Row], dict[str, int]]:
    """Each repository judged with settings chosen on the others, and what was chosen on which."""
    rows = list(measured[0])
    numbers = range(len(rows))
    chosen: dict[str, int] = {}
    for repo in sorted({row[0] for row in rows}):
        others = [number for number in numbers if rows[number][0] != repo]
        best = _best(measured, others)
        chosen[rows[others[0]][0]] = best
        for number in numbers:
            if rows[number][0] == repo:
                rows[number] = measured[best][number]
    return rows, chosen


def _one_out(measured: Sequence[Sequence[Row]]) -> list[Row]:
    """Each question judged with settings chosen on all others."""
    numbers = range(len(measured[0]))
    return [measured[_best(measured, [other for other in numbers if other != number])][number] for number in numbers]


def _line(system: str, rows: Sequence[Row]) -> list[object]:
    return [system, *(interval_text([float(row[column]) for row in rows]) for column in (1, 2, 3))]


def _words(options: RetrievalOptions) -> str:
    fusion, prior = options.fusion, options.prior
    return (
        f"by score {fusion.by_score}, lexical {fusion.lexical}, similar {fusion.similar:.1f}, named {fusion.named}, "
        f"doc {prior.doc}, test {prior.test}"
    )


def _prepare(repositories: Mapping[str, Path]) -> Setting:
    from whence.embedding.onnx import OnnxEmbedder
    from whence.embedding.passage import passage_text

    path = data_folder() / "swe_qa" / "swe_qa_2026-04_gold.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    questions = tuple(
        Question(id=row["id"], repo=row["repo"], text=row["question"], files=frozenset(row["gold_files"]))
        for row in records
    )
    embedder, analyzer = OnnxEmbedder(), Analyzer()
    indexes: dict[str, RememberingIndex] = {}
    scopes: dict[str, Scope] = {}
    for repo, folder in repositories.items():
        commit = next(row["commit"] for row in records if row["repo"] == repo)
        chunks = _chunks(folder, commit)
        vectors = embedder.embed([passage_text(chunk.title, chunk.symbol, chunk.text) for chunk in chunks], "passage")
        indexes[repo] = RememberingIndex(MemoryIndex(chunks, analyzer.tokens, vectors))
        scopes[repo] = Scope(index=repo, sources=frozenset(chunk.source_id for chunk in chunks))
        print(f"{repo}: {len(chunks):,} chunks")
    texts = [question.text for question in questions]
    rows = embedder.embed(texts, "question")
    return Setting(
        questions=questions,
        indexes=indexes,
        scopes=scopes,
        embedder=RememberedVectors(dict(zip(texts, rows, strict=True))),
        analyzer=analyzer,
    )


def _chunks(folder: Path, commit: str) -> list[Chunk]:
    from whence.chunking.chunk import ChunkerByKind
    from whence.sources.open import open_source
    from whence.sources.options import SourceOptions

    chunker = ChunkerByKind()
    with tempfile.TemporaryDirectory() as mirrors:
        source = open_source(str(folder), Path(mirrors), SourceOptions(revision=commit))
        return [chunk for item in source.fetch({}) if isinstance(item, Document) for chunk in chunker.split(item)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=Path, required=True, help="git repository of psf/requests")
    parser.add_argument("--flask", type=Path, required=True, help="git repository of pallets/flask")
    parser.add_argument("--out", default="fusion_fit", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
