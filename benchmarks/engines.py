"""Search engines to compare with, each built over the same texts and asked with the question as it stands.

Every one runs with its usual settings for English: a floor that is tuned against nobody. None of them knows code.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence

Search = Callable[[str, int], list[int]]
"""Positions of the best texts for a question, best first, at most as many as asked for."""

Build = Callable[[Sequence[str]], Search]

_WORD = re.compile(r"\w+")


def bm25s_default(texts: Sequence[str]) -> Search:
    """bm25s as it comes: words of two letters and more, its English stop words, no stemming, Lucene's BM25."""
    return _bm25s(texts, None)


def bm25s_stemmed(texts: Sequence[str]) -> Search:
    """bm25s with its English stop words and the Snowball English stemmer, as its documentation advises."""
    import Stemmer

    return _bm25s(texts, Stemmer.Stemmer("english"))


def fts5(texts: Sequence[str]) -> Search:
    """SQLite FTS5 with ``porter unicode61``, any of the words (OR), ordered by its ``bm25()``."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE passages USING fts5(body, tokenize='porter unicode61')")
    database.executemany("INSERT INTO passages(rowid, body) VALUES (?, ?)", enumerate(texts))

    def search(question: str, k: int) -> list[int]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question.lower())))
        if not words:
            return []
        rows = database.execute(
            "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY bm25(passages), rowid LIMIT ?", (words, k)
        )
        return [rowid for (rowid,) in rows]

    return search


def tantivy_english(texts: Sequence[str]) -> Search:
    """Tantivy with its ``en_stem`` tokenizer (lower case, English stemmer, no stop words), any of the words (OR)."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="en_stem")
    builder.add_unsigned_field("position", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=100_000_000, num_threads=1)
    for position, text in enumerate(texts):
        document = tantivy.Document()
        document.add_text("body", text)
        document.add_unsigned("position", position)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(question: str, k: int) -> list[int]:
        words = " ".join(word.lower() for word in _WORD.findall(question))
        if not words:
            return []
        found = searcher.search(index.parse_query(words, ["body"]), k).hits
        return [int(searcher.doc(address)["position"][0]) for _, address in found]

    return search


ENGINES: dict[str, Build] = {
    "bm25s": bm25s_default,
    "bm25s, stemmed": bm25s_stemmed,
    "SQLite FTS5": fts5,
    "tantivy": tantivy_english,
}


def _bm25s(texts: Sequence[str], stemmer: object) -> Search:
    import bm25s

    corpus = bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False)
    retriever = bm25s.BM25()
    retriever.index(corpus, show_progress=False)

    def search(question: str, k: int) -> list[int]:
        words = bm25s.tokenize([question], stopwords="en", stemmer=stemmer, show_progress=False)
        found, scores = retriever.retrieve(words, k=min(k, len(texts)), show_progress=False, n_threads=0)
        return [int(position) for position, score in zip(found[0], scores[0], strict=True) if score > 0]

    return search
