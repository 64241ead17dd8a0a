"""Pairs of the data sets that weights may be trained on, and what models are judged by, which no pair may be like."""

import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from project_texts import SEED

from whence.training.embedding_examples import EmbeddingPair
from whence.training.likeness import alike
from whence.training.project_pairs import drawn
from whence.training.reading_examples import read_paragraphs

MOST_QUESTIONS, MOST_SIGNATURES = 9000, 4000


def squad_pairs(folder: Path) -> Iterator[EmbeddingPair]:
    """Some questions of SQuAD's training half with their paragraphs."""
    squad = read_paragraphs(folder / "squad" / "squad_v1.1_train_paragraphs.jsonl.gz")
    questions = (EmbeddingPair(id=e.id, source="squad", question=e.question, passage=e.passage) for e in squad)
    yield from drawn(questions, MOST_QUESTIONS, SEED)


def whole_pairs(folder: Path) -> Iterator[EmbeddingPair]:
    """CoNaLa, the Python API documentation, PubMedQA: passages that as a whole are what was asked for."""
    for row in _rows(folder / "conala" / "conala_train.jsonl"):
        for wording in dict.fromkeys(filter(None, (row["intent"], row["rewritten_intent"]))):
            yield EmbeddingPair(id=row["id"], source="conala", question=wording, passage=row["snippet"])
    documented = (
        EmbeddingPair(id=f"api-{row['id']}", source="api", question=row["intent"], passage=row["snippet"])
        for row in _rows(folder / "python_api_docs" / "python_api_docs.jsonl")
        if 4 <= len(row["intent"].split()) <= 60
    )
    yield from drawn(documented, MOST_SIGNATURES, SEED)
    chance = random.Random(SEED)
    for row in _rows(folder / "pubmed_qa" / "pubmed_qa_open.jsonl"):
        for passage in (chance.choice(row["contexts"]), row["long_answer"]):
            yield EmbeddingPair(id=row["id"], source="pubmed", question=row["question"], passage=passage)


def held_out(folder: Path) -> tuple[list[str], list[str]]:
    """Questions and passages of the suites: nothing like them may be trained on."""
    questions: list[str] = []
    passages: list[str] = []
    for name in ("cranfield", "cisi", "cacm", "npl_vaswani"):
        questions += [row["text"] for row in _rows(folder / name / "queries_open.jsonl")]
        passages += [row["text"] for row in _rows(folder / name / "documents.jsonl")]
    for row in _rows(folder / "squad" / "squad_v1.1_dev_open.jsonl.gz"):
        passages.append(row["context"])
        questions.append(row["question"])
    questions += [row["query"] for row in _rows(folder / "cosqa" / "retrieval_dev_500.jsonl")]
    passages += [row["code"] for row in _rows(folder / "cosqa" / "code_base.jsonl")]
    questions += [row["question"] for row in _rows(folder / "swe_qa" / "swe_qa_2026-04_gold.jsonl")]
    return questions, passages


def without_held_out(pairs: Sequence[EmbeddingPair], folder: Path) -> list[EmbeddingPair]:
    """The pairs of which neither text is like one that models are judged by; says how many are left out."""
    questions, passages = held_out(folder)
    bad = {*alike([pair.question for pair in pairs], questions), *alike([pair.passage for pair in pairs], passages)}
    dropped = Counter(pairs[n].source for n in bad)
    sys.stdout.write(f"left out as like what models are judged by: {len(bad)} {dict(dropped)}\n")
    return [pair for n, pair in enumerate(pairs) if n not in bad]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """One object a line, unpacked where needed. Ends the program where the file is not there."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror or error}.")
