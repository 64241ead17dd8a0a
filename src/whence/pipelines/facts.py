"""Facts first: a question that asks for a fact is answered from the history, before anything is searched."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from whence.answer.facts.answering import answer_fact
from whence.answer.facts.draft import Fact
from whence.answer.facts.parameters import ReadVersions
from whence.answer.facts.parse import parse
from whence.answer.facts.python_code import definitions
from whence.answer.facts.query import FactQuery
from whence.errors import HistoryNotLoadedError, RevisionError, UnreadableError
from whence.pipelines.as_of import Past
from whence.pipelines.history import StoredHistory
from whence.pipelines.pages import with_pages
from whence.pipelines.partial_history import PartialHistory, PartialPastHistory, refuse, with_lack
from whence.pipelines.past import PastHistory
from whence.sources.blobs import read_texts
from whence.sources.history_queries import HistoryQueries
from whence.sources.mirror import is_borrowed
from whence.sources.options import SourceOptions
from whence.sources.stored import mirror_folder
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot
from whence.types import Answer, Citation, Claim, Scope, cited_kind

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_KEPT_PAST = 20
"""Earlier states whose histories are kept, each with its list of files."""


class FactAsker:
    """Answers fact questions about the indexes of one ledger. Thread-safe."""

    def __init__(self, ledger: Ledger, mirrors: Path, options: SourceOptions) -> None:
        self._ledger = ledger
        self._mirrors = mirrors
        self._options = options
        self._tables = HistoryTables(ledger.database)
        self._kept: dict[str, tuple[int, list[StoredHistory]]] = {}
        self._kept_past: dict[tuple[int, str, datetime], list[StoredHistory]] = {}
        self._lock = threading.Lock()

    def ask(
        self, question: str, scope: Scope, past: Past | None = None, query: FactQuery | None = None
    ) -> Answer | None:
        """The answer, or None where this is no fact question, or is asked of some kinds, paths or languages only.

        With ``past`` it is that of an earlier state, from which "last month" and the like are counted, too. ``query``
        is what the question means, where that is known already; then ``RevisionError`` is raised where the copy of the
        repository is gone.
        """
        began = time.perf_counter()
        if scope.kinds or scope.paths or scope.languages or scope.at is not None:
            return None
        moment = past.moment if past else None
        is_given = query is not None
        query = query or parse(question, moment, project=scope.index)
        query = query or parse(question, moment, project=scope.index, guess=True)
        snapshot = self._ledger.snapshot(scope.index) if query is not None else None
        if query is None or snapshot is None:
            return None
        opened: Sequence[StoredHistory] = self._histories(snapshot)
        if past is not None and not past.is_newest(snapshot):
            opened = self._past(snapshot, opened, past)
        histories = [history for history in opened if history.source_id in scope.sources]
        if not histories:
            if is_given and any(
                self._is_gone(source_id) for source_id in snapshot.sources if source_id in scope.sources
            ):
                raise RevisionError(
                    f"The local copy of {scope.index} is gone: run `whence sync {scope.index}` to fetch it again."
                )
            return None
        asked = [snapshot.sources[history.source_id] for history in histories]
        dates = [source.committed_at for source in asked]
        if past is not None:
            dates = [past.states[history.source_id].committed_at for history in histories]
        answer = ask_facts(
            question,
            query,
            histories,
            index=scope.index,
            snapshot=snapshot.id,
            as_of_date=max((date for date in dates if date), default=None),
            fresh_at=min((source.fetched_at for source in asked if source.fetched_at), default=None),
            indexed=min(
                self._loaded(scope.index, history.source_id, source.revision)
                for history, source in zip(histories, asked, strict=True)
            ),
            read={history.source_id: self._reader(history.source_id) for history in histories},
            began=began,
            past=past,
        )
        web_urls = {source_id: source.web_url for source_id, source in snapshot.sources.items()}
        return replace(answer, citations=with_pages(answer.citations, web_urls)) if answer is not None else None

    def files(self, index: str, start: str) -> list[str]:
        """Paths of an index's histories that begin so, each only up to the folder below; for completion."""
        snapshot = self._ledger.snapshot(index)
        histories = self._histories(snapshot) if snapshot is not None else []
        found = [path for history in histories for path in history.files() if path.startswith(start)]
        ends = [path.find("/", len(start)) + 1 for path in found]
        return sorted({path[:end] if end else path for path, end in zip(found, ends, strict=True)})

    def _past(self, snapshot: Snapshot, newest: Sequence[StoredHistory], past: Past) -> list[StoredHistory]:
        """The histories as they stood; the last few are kept."""
        key = (snapshot.id, past.key, past.moment)
        with self._lock:
            if key not in self._kept_past:
                while len(self._kept_past) >= _KEPT_PAST:
                    del self._kept_past[next(iter(self._kept_past))]
                self._kept_past[key] = self._opened_past(snapshot, newest, past)
            return self._kept_past[key]

    def _opened_past(self, snapshot: Snapshot, newest: Sequence[StoredHistory], past: Past) -> list[StoredHistory]:
        opened: list[StoredHistory] = []
        for history in newest:
            state, mirror = past.states.get(history.source_id), mirror_folder(history.source_id, self._mirrors)
            if state is None or mirror is None:
                continue
            kind = PartialPastHistory if is_borrowed(mirror) else PastHistory
            opened.append(
                kind(
                    tables=self._tables,
                    index=snapshot.index,
                    source_id=history.source_id,
                    name=history.name,
                    mirror=mirror,
                    git=HistoryQueries(mirror, state.revision, self._options),
                    define=definitions,
                    is_cut=history.is_cut,
                    state=state,
                    newest=history,
                    web_url=snapshot.sources[history.source_id].web_url,
                )
            )
        return opened

    def _is_gone(self, source_id: str) -> bool:
        mirror = mirror_folder(source_id, self._mirrors)
        return mirror is not None and not (mirror / "HEAD").is_file()

    def _reader(self, source_id: str) -> ReadVersions:
        mirror = mirror_folder(source_id, self._mirrors)

        def read(wanted: Sequence[tuple[str, str]]) -> Sequence[str | None]:
            return read_texts(mirror, wanted, self._options) if mirror is not None else [None] * len(wanted)

        return read

    def read(self, citation: Citation) -> str | None:
        """What a citation without a path shows: a commit with the beginning of its patch, or a git command itself."""
        if cited_kind(citation) == "command":
            return citation.quote
        source_id = citation.document_id.rpartition(":")[0]
        mirror = mirror_folder(source_id, self._mirrors)
        if mirror is None or not (mirror / "HEAD").is_file():
            return None
        return HistoryQueries(mirror, citation.revision, self._options).shown(citation.revision)

    def histories(self, index: str, past: Past | None = None) -> Sequence[History]:
        """The histories of an index's git sources at its newest snapshot, or at ``past``; none without a snapshot."""
        snapshot = self._ledger.snapshot(index)
        if snapshot is None:
            return []
        newest = self._histories(snapshot)
        return newest if past is None or past.is_newest(snapshot) else self._past(snapshot, newest, past)

    def _histories(self, snapshot: Snapshot) -> list[StoredHistory]:
        """The histories of an index's git sources; kept until another snapshot is published."""
        with self._lock:
            kept = self._kept.get(snapshot.index)
            if kept is None or kept[0] != snapshot.id:
                kept = self._kept[snapshot.index] = (snapshot.id, self._opened(snapshot))
            return kept[1]

    def _opened(self, snapshot: Snapshot) -> list[StoredHistory]:
        opened = []
        alone = len(snapshot.sources) == 1  # then the index is the project, whatever its remote is called
        for source_id, source in sorted(snapshot.sources.items()):
            mirror = mirror_folder(source_id, self._mirrors)
            if mirror is None or not (mirror / "HEAD").is_file():
                continue
            state = self._tables.state(snapshot.index, source_id)
            made = PartialHistory if is_borrowed(mirror) else StoredHistory
            opened.append(
                made(
                    tables=self._tables,
                    index=snapshot.index,
                    source_id=source_id,
                    name=snapshot.index if alone else source_id.partition(":")[2].rpartition("-")[0],
                    git=HistoryQueries(mirror, source.revision, self._options),
                    define=definitions,
                    is_cut=state.is_cut if state is not None else (mirror / "shallow").is_file(),
                )
            )
        return opened

    def _loaded(self, index: str, source_id: str, revision: str) -> float:
        state = self._tables.state(index, source_id)
        if state is None or state.revision == revision:
            return 1.0 if state is not None else 0.0
        return min(state.n_commits / max(state.n_wanted, 1), 0.99)


def fact_query(question: str) -> FactQuery | None:
    """What fact a question asks for, or None."""
    return parse(question)


def ask_facts(
    question: str,
    query: FactQuery,
    histories: Sequence[History],
    *,
    index: str,
    snapshot: int,
    as_of_date: datetime | None,
    fresh_at: datetime | None,
    indexed: float,
    read: Mapping[str, ReadVersions] | None = None,
    began: float | None = None,
    past: Past | None = None,
) -> Answer | None:
    """The answer to a fact question, or None where no history can say and the text may.

    Of several histories those that know are quoted one after the other, each by name; where none knows, the first
    one's word stands. ``read`` gives old versions of files, by the id of the source. With ``past`` the histories are
    those of that state.
    """
    began = time.perf_counter() if began is None else began
    facts: list[tuple[History, Fact]] = []
    for history in histories:
        fact = _asked(query, history, (read or {}).get(history.source_id))
        if fact is not None:
            facts.append((history, fact))
    if not facts:
        return None
    known = [(history, fact) for history, fact in facts if fact.is_known] or facts[:1]
    text, citations, claims = _joined(known)
    revisions = {history.revision for history, _ in known}
    is_known = known[0][1].is_known
    return Answer(
        id=uuid.uuid4().hex,
        question=question,
        answer=text,
        kind="fact",
        confidence=1.0
        if any(fact.claims for _, fact in known)
        else 0.0,  # a reason why nothing can be told is no answer
        abstained=not is_known,
        citations=citations,
        claims=claims,
        hits=(),
        models={},
        index=index,
        snapshot=snapshot,
        as_of=revisions.pop() if len(revisions) == 1 else "",
        as_of_date=as_of_date,
        indexed=indexed,
        fresh_at=fresh_at,
        skipped=past.notes if past else (),
        elapsed_ms=(time.perf_counter() - began) * 1000,
        asked_as_of=past.wanted if past else "",
    )


def _asked(query: FactQuery, history: History, read: ReadVersions | None) -> Fact | None:
    """The history's word; where it cannot say, the reason is its word."""
    try:
        refuse(query, history)
        fact = answer_fact(query, history, read)
        return with_lack(fact, query, history) if fact is not None else None
    except (HistoryNotLoadedError, UnreadableError) as error:
        return Fact(text=str(error), citations=(), claims=(), is_known=False)


def _joined(facts: Sequence[tuple[History, Fact]]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """One text of several, the numbers of the citations going on."""
    if len(facts) == 1:
        fact = facts[0][1]
        return fact.text, fact.citations, fact.claims
    from whence.answer.facts.draft import renumbered

    text = ""
    citations: list[Citation] = []
    claims: list[Claim] = []
    for history, fact in facts:
        start = len(text) + (2 if text else 0)
        lead = f"{history.name}: "
        moved = renumbered(fact, len(citations))
        text += ("\n\n" if text else "") + lead + moved.text
        claims += [
            replace(claim, start=claim.start + start + len(lead), end=claim.end + start + len(lead))
            for claim in moved.claims
        ]
        citations += moved.citations
    return text, tuple(citations), tuple(claims)
