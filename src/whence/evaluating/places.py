"""Where the corpora of suites are searched: indexed once in a data folder of their own, then asked as a user asks."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from whence.errors import StoreError, UsageError
from whence.evaluation.protocols import Inputs, Suite
from whence.evaluation.records import Corpus, EvalQuestion, IndexCorpus, Reply, RepositoryCorpus, WrittenCorpus
from whence.evaluation.report import CorpusState
from whence.interface import Whence
from whence.store.scope import Filters
from whence.types import Answer, Chunk

SYSTEM = "whence"


class Places:
    """Where the corpora of a suite are searched; at the same time whence as the system under test."""

    def __init__(self, suite: Suite, inputs: Inputs, user: Whence, own: Whence) -> None:
        self._corpora: dict[str, Corpus] = {corpus.name: corpus for corpus in suite.corpora(inputs)}
        self._suite, self._user, self._own = suite, user, own
        self._at: dict[str, tuple[Whence, str]] = {}
        self.chunks: Callable[[str], Sequence[Chunk]] = cache(self._read_chunks)
        """The chunks of a corpus, cut as they are searched."""

    @property
    def name(self) -> str:
        """What stands at the head of its column."""
        return SYSTEM

    def used(self, questions: Sequence[EvalQuestion]) -> list[str]:
        """The names of the corpora that questions ask, each once. Raises ``UsageError`` for one the suite has not."""
        names = list(dict.fromkeys(self._name(question.corpus) for question in questions))
        for name in names:
            if name not in self._corpora:
                raise UsageError(f"{self._suite.name} asks questions of {name!r}, but brings no such corpus.")
        return names

    def prepared(self, name: str) -> CorpusState:
        """Sees to it that a corpus is indexed."""
        corpus = self._corpora[name]
        if isinstance(corpus, IndexCorpus):
            self._at[name] = self._user, self._user.choose(corpus.name)
        elif isinstance(corpus, WrittenCorpus):
            self._at[name] = self._own, self._indexed(_written(self._own.folder.root, corpus), corpus.digest, corpus)
        else:
            self._at[name] = self._own, self._indexed(corpus.location, corpus.revision, corpus)
        whence, index = self._at[name]
        snapshot = whence.ledger.snapshot(index)
        if snapshot is None or not snapshot.n_chunks:
            raise UsageError(f"{self._suite.name}: the corpus {name or index} is empty: nothing in it can be searched.")
        digest = corpus.digest if isinstance(corpus, WrittenCorpus) else _revisions(snapshot.sources)
        return CorpusState(
            index=index,
            snapshot=snapshot.id if isinstance(corpus, IndexCorpus) else 0,
            n_documents=snapshot.n_documents,
            n_chunks=snapshot.n_chunks,
            digest=digest,
        )

    def reply(self, question: EvalQuestion, depth: int, *, wants_answer: bool) -> Reply:
        """What a user gets: the answer to the question asked, and the hits of a search.

        An answer that was searched for brings its hits along; they are those of a search of the same depth.
        """
        whence, index = self._at[self._name(question.corpus)]
        filters = Filters(paths=question.paths, as_of=question.as_of)
        began, spent = time.perf_counter(), time.process_time()
        answer = whence.ask(question.question, name=index, filters=filters) if wants_answer else None
        asked = time.perf_counter()
        hits = answer.hits[:depth] if answer and depth <= len(answer.hits) else ()
        if depth and not hits:
            hits = whence.search(question.question, depth, name=index, filters=filters).hits
        found, cpu_s = time.perf_counter(), time.process_time() - spent
        return Reply(
            hits=hits,
            answer=answer,
            withheld=self._withheld(question, answer, whence, index),
            n_resolved=sum(map(whence.resolves, answer.citations)) if answer else None,
            search_ms=(found - asked) * 1000 if depth else 0.0,
            ask_ms=(asked - began) * 1000 if wants_answer else 0.0,
            cpu_ms=cpu_s * 1000,
        )

    def _withheld(self, question: EvalQuestion, answer: Answer | None, whence: Whence, index: str) -> Answer | None:
        """What it would have said, of questions about the newest state; an earlier one is not asked a second time."""
        if answer is None or not answer.abstained or not question.is_answerable or question.as_of:
            return None
        return whence.ask_anyway(question.question, name=index, filters=Filters(paths=question.paths))

    def files(self, name: str) -> Sequence[tuple[str, str]]:
        """Path and text of every document of a corpus."""
        whence, index = self._at[self._name(name)]
        return [(document.path, document.text) for document in whence.documents(index)]

    def _read_chunks(self, name: str) -> Sequence[Chunk]:
        whence, index = self._at[self._name(name)]
        return list(whence.chunks(index))

    def _name(self, name: str) -> str:
        return name or next(iter(self._corpora), "")

    def _indexed(self, location: Path, identity: str, corpus: WrittenCorpus | RepositoryCorpus) -> str:
        """Indexes a place under a name that no other content has; the name tells content and how it is cut."""
        recipe = f"{location}\0{identity}\0{self._own.recipe}"
        index = f"{_plain(corpus.name)}-{hashlib.sha256(recipe.encode()).hexdigest()[:10]}"
        revision = corpus.revision if isinstance(corpus, RepositoryCorpus) else ""
        done = self._own.folder.root / "ready" / index
        if not done.exists() or index not in self._own.ledger.index_names():
            self._own.index(location, name=index, revision=revision)
            done.parent.mkdir(exist_ok=True)
            done.touch()
        return index


def _written(root: Path, corpus: WrittenCorpus) -> Path:
    """The folder of a corpus, written whole or not at all."""
    place = root / "corpora" / f"{_plain(corpus.name)}-{hashlib.sha256(corpus.digest.encode()).hexdigest()[:10]}"
    if place.is_dir():
        return place
    beside = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        corpus.write(beside)
        beside.replace(place)
    except OSError as error:
        raise StoreError(f"Cannot write the corpus {corpus.name} into {root}: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._") else "-" for letter in name)[:60]


def _revisions(sources: Mapping[str, object]) -> str:
    told = sorted((name, getattr(source, "revision", "")) for name, source in sources.items())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]
