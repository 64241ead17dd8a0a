"""SQLite's full-text search with its English stemmer: any of the words, ordered by its own BM25."""

import re
import sqlite3
from functools import cache

from whence.evaluation.baselines import Material
from whence.evaluation.baselines.passages import PassageSystem, Ranked, allowed
from whence.evaluation.protocols import System
from whence.evaluation.records import EvalQuestion

_WORD = re.compile(r"\w+")


def build(material: Material) -> System:
    """The floor over a material; a corpus is loaded when it is first asked."""

    @cache
    def database(corpus: str) -> sqlite3.Connection:
        made = sqlite3.connect(":memory:")
        made.execute("CREATE VIRTUAL TABLE passages USING fts5(body, tokenize='porter unicode61')")
        texts = (f"{chunk.path}\n{chunk.text}" for chunk in material.chunks(corpus))
        made.executemany("INSERT INTO passages(rowid, body) VALUES (?, ?)", enumerate(texts))
        return made

    def rank(question: EvalQuestion, n: int) -> Ranked:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question.question.lower())))
        if not words:
            return []
        passes = allowed(question, material.chunks(question.corpus))
        rows = database(question.corpus).execute(
            "SELECT rowid, -bm25(passages) FROM passages WHERE passages MATCH ? ORDER BY bm25(passages), rowid",
            (words,),
        )
        found = ((int(position), float(score)) for position, score in rows if passes(int(position)))
        return [pair for _, pair in zip(range(n), found, strict=False)]

    return PassageSystem("fts5", material.chunks, rank)
