"""Okapi's BM25 in Lucene's form, by bm25s: English stop words out, Snowball stemmer, as that library advises."""

from functools import cache
from typing import Any

from whence.errors import MissingExtraError
from whence.evaluation.baselines import Material
from whence.evaluation.baselines.passages import PassageSystem, Ranked, allowed
from whence.evaluation.protocols import System
from whence.evaluation.records import EvalQuestion


def build(material: Material) -> System:
    """The floor over a material; a corpus is loaded when it is first asked. Raises ``MissingExtraError``.

    Source: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", Foundations and Trends
    in Information Retrieval 3(4), 2009.
    """
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtraError(
            "The baseline bm25 needs the library bm25s: pip install 'whence[eval]', or choose --baseline fts5."
        ) from error
    import Stemmer

    stemmer = Stemmer.Stemmer("english")

    def tokens(texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

    @cache
    def retriever(corpus: str) -> Any:
        made = bm25s.BM25()
        made.index(tokens([f"{chunk.path}\n{chunk.text}" for chunk in material.chunks(corpus)]), show_progress=False)
        return made

    def rank(question: EvalQuestion, n: int) -> Ranked:
        chunks = material.chunks(question.corpus)
        if not chunks:
            return []
        passes = allowed(question, chunks)
        wanted = len(chunks) if question.paths else min(n, len(chunks))
        found, scores = retriever(question.corpus).retrieve(
            tokens([question.question]), k=wanted, show_progress=False, n_threads=0
        )
        pairs = zip(map(int, found[0]), map(float, scores[0]), strict=True)
        return [(position, score) for position, score in pairs if score > 0 and passes(position)][:n]

    return PassageSystem("bm25", material.chunks, rank)
