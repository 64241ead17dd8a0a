"""What people typed into a web search and the function that answers it, for the confidence fit; of CoSQA's own pairs.

The labelled pairs of CoSQA may train, the queries of its retrieval task may not, and are left out. Every query is asked
of the whole collection, in which exactly one function counts as right though others may do as well. Without answer:
questions of SQuAD train.
"""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.confidence_prose import SEED, ProseQuestion
from benchmarks.memory_index import MemoryIndex
from whence.chunking.chunk import ChunkerByKind
from whence.protocols import Embedder
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Chunk, Document, Scope

N_FOREIGN = 60
_SCOPE = Scope(index="functions", sources=frozenset({"functions"}))


def function_questions(data: Path, embedder: Embedder) -> Iterator[ProseQuestion]:
    """ "function" and "function foreign", drawn with ``SEED``; ``document`` is the right function's."""
    functions = {str(row["id"]): str(row["code"]) for row in _rows(data / "cosqa/code_base.jsonl")}
    known = {code: one for one, code in functions.items()}
    told_apart = {str(row["query"]).strip() for row in _rows(data / "cosqa/retrieval_dev_500.jsonl")}
    asked: dict[str, str] = {}
    for row in _rows(data / "cosqa/pairs_dev_labelled.jsonl"):
        query = str(row["query"]).strip()
        if str(row["label"]) == "1" and query not in told_apart and row["code"] in known:
            asked.setdefault(query, known[str(row["code"])])
    chunks = [chunk for one, code in functions.items() for chunk in _chunks(one, code)]
    retriever = HybridRetriever(MemoryIndex(chunks, embedder), embedder)
    for query, function in [*asked.items(), *((one, "") for one in _foreign(data))]:
        yield ProseQuestion(
            shape="function" if function else "function foreign",
            article=function or query,
            question=query,
            answers=(),
            hits=retriever.search(query, 10, _SCOPE),
            document=function,
        )


def _chunks(name: str, code: str) -> list[Chunk]:
    digest = hashlib.sha256(code.encode()).hexdigest()
    document = Document(
        id=name,
        source_id="functions",
        revision="1",
        kind="code",
        path=f"f{int(name):04d}.py",
        text=code,
        digest=digest,
        language="python",
    )
    return list(ChunkerByKind().split(document))


def _foreign(data: Path) -> list[str]:
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        questions = [str(qa["question"]).strip() for row in map(json.loads, lines) for qa in row["qas"]]
    return random.Random(SEED).sample(questions, N_FOREIGN)


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
