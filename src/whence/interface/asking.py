"""What asks indexes: searches, answers and facts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.errors import UsageError
from whence.interface.opened import OpenedFolder
from whence.store.scope import Filters
from whence.types import Answer

if TYPE_CHECKING:
    from whence.answer.facts.query import FactQuery
    from whence.retrieval.changed_files import ChangedFile
    from whence.retrieval.hybrid import OnFound, Trace
    from whence.sources.as_of import AsOf


class Asking(OpenedFolder):
    """Searches and answers, at the newest state of an index or at an earlier one."""

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        name: str | None = None,
        filters: Filters | None = None,
        allowed: Collection[str] | None = None,
    ) -> Trace:
        """The k best chunks, and how they were found. Raises ``QuestionError``, ``UnknownIndexError``, ``AsOfError``.

        Of the index's sources only those ``allowed`` exist for this caller (None: all).
        """
        from whence.pipelines.asking import search

        index = self.choose(name)
        scope = self._scope(index, filters, allowed)
        past = self._earlier.find(index, scope.sources, filters.as_of) if filters and filters.as_of else None
        asker, scope, notes = self._opened_at(index, scope, filters, past)
        trace = search(asker.retriever, question, k, scope)
        return replace(trace, skipped=(*trace.skipped, *past.notes, *notes)) if past else trace

    def files_for(self, text: str, k: int = 10, *, name: str | None = None, at: int | None = None) -> list[ChangedFile]:
        """The files that a change of this description (a commit message, an issue) likely concerns, best first.

        Told by the commits and hunks that are most like it; ``at`` lets only those count that had landed by that
        first-parent position. Empty where an index has no history. Raises ``QuestionError``, ``UnknownIndexError``.
        """
        from whence.pipelines.changed_files import files_for

        index = self.choose(name)
        scope = replace(self._scope(index, None, None), at=at)
        asker = self._opened(index)
        return files_for(self.ledger, self._parts.folder.mirrors, asker.snapshot, asker.retriever, text, k, scope)

    def ask(
        self,
        question: str,
        *,
        name: str | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        allowed: Collection[str] | None = None,
        on_search: Callable[[], None] | None = None,
        on_found: OnFound | None = None,
    ) -> Answer:
        """An answer whose citations were resolved, or one that abstains. Raises like ``search``.

        Facts first: who, when, how many and the like come from the history, and nothing is searched for them. Where
        something is searched, ``on_search`` is called before, and ``on_found`` is told what was found before the answer
        is written, twice where a model orders it anew. ``filters.as_of``, or the question itself ("as of v2.0, ..."),
        asks an earlier state.
        """
        from whence.pipelines.question import checked

        question = checked(question)
        index = self.choose(name)
        scope = self._scope(index, filters, allowed)
        past, asked, notes = self._earlier.understood(index, scope.sources, question, filters.as_of if filters else "")
        answer = self._parts.facts.ask(asked, scope, past)
        if answer is None:
            from whence.pipelines.asked_reasons import with_reasons

            asker, searched, missing = self._opened_at(index, scope, filters, past)
            notes += missing
            if on_search is not None:
                on_search()
            answer = asker.ask(asked, searched, k, on_found)
            answer = with_reasons(answer, asked, lambda query: self._parts.facts.ask(asked, scope, past, query))
        notes = tuple(note for note in notes if note not in answer.skipped)
        return replace(
            answer, question=question, skipped=(*answer.skipped, *notes), asked_as_of=past.wanted if past else ""
        )

    def ask_anyway(self, question: str, *, name: str | None = None, filters: Filters | None = None) -> Answer:
        """The answer if nothing were abstained from, with the shipped confidence; facts and earlier states left out.

        For fitting a confidence. Raises like ``search``.
        """
        index = self.choose(name)
        snapshot = self._opened(index).snapshot
        with self._lock:
            kept = self._daring.get(index)
            if kept is None or kept.snapshot.id != snapshot.id:
                plain = self._parts.asker(index, replace(snapshot, recalibration=None))
                kept = self._daring[index] = replace(plain, threshold=-1.0, writer=None)
        return kept.ask(question, self._scope(index, filters, None))

    def why(
        self,
        target: str,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Answer:
        """Why ``FILE:LINE``, ``FILE:A-B``, ``FILE``, a name, ``FILE::NAME``, a commit or ``#123`` is as it is.

        The commits behind it and the reasons that the history gives, every one quoted; abstains where nothing is
        called so. Raises like ``ask``, and ``UsageError`` for an index without a history.
        """
        from whence.answer.facts.query import FactQuery

        return self.fact(FactQuery(kind="why", text=target), target, name=name, as_of=as_of, allowed=allowed)

    def fact(
        self,
        query: FactQuery,
        question: str,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Answer:
        """The answer to a fact question that is understood already; ``question`` is how the answer names it.

        Abstains where nothing is called so. Raises like ``ask``, and ``UsageError`` for an index without a history.
        """
        from whence.pipelines.question import checked

        question = checked(question)
        index = self.choose(name)
        scope = self._scope(index, None, allowed)
        past, _, notes = self._earlier.understood(index, scope.sources, question, as_of)
        answer = self._parts.facts.ask(question, scope, past, query)
        if answer is None:
            raise UsageError(f"{index} has no history to ask: that needs a git repository.")
        skipped = (*answer.skipped, *(note for note in notes if note not in answer.skipped))
        return replace(answer, skipped=skipped, asked_as_of=past.wanted if past else "")

    def files(self, start: str, *, name: str | None = None) -> list[str]:
        """Paths of an index's repositories that begin so, each only up to the folder below; for completion."""
        return self._parts.facts.files(self.choose(name), start)

    def meant(self, as_of: str, *, name: str | None = None, allowed: Collection[str] | None = None) -> dict[str, AsOf]:
        """The commit that a state means in each source, by source id. Raises ``AsOfError``, ``SourceError``."""
        index = self.choose(name)
        return dict(self._earlier.find(index, self._scope(index, None, allowed).sources, as_of).states)
