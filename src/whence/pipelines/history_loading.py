"""Loads the history of a git source from its mirror into SQL; ``history.py`` asks both.

Loading can be killed at any moment and goes on where it stopped; what git alone can answer is answered meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from whence.errors import UnreadableError
from whence.pipelines.history_growth import growth
from whence.pipelines.history_order import Order
from whence.pipelines.progress import Listener, Pace, silent
from whence.sources.damage import problem_of, unreadable_commits
from whence.sources.history import find_links, is_shallow, read_commits, read_tags, walk, write_commit_graph
from whence.sources.stored import mirror_folder
from whence.store.history import HistoryTables
from whence.types import Commit, SourceState

BATCH_COMMITS = 500
FEW_COMMITS = 5_000

Redact = Callable[[str], str]


def load_history(
    tables: HistoryTables,
    index: str,
    source_id: str,
    mirror: Path,
    revision: str,
    *,
    web_url: str = "",
    listener: Listener = silent,
    redact: Redact | None = None,
) -> int:
    """Makes the tables complete for a revision; returns how many commits were read.

    Only commits that the tables do not have are read. Where git cannot read the history (a partial clone, damage),
    the reason is recorded and 0 returned: text and vectors do not depend on it. Where the contents of a few files
    cannot be read, that is recorded and the history is complete. Raises ``StoreError``.
    """
    state = tables.state(index, source_id)
    if not revision:
        return 0
    is_done = state is not None and state.revision == revision and not state.is_cut  # what is cut can be deepened
    if is_done and _same_tags(tables, index, source_id, mirror):
        return 0
    is_cut = is_shallow(mirror)
    number = tables.begin(index, source_id, revision, 0, is_cut=is_cut)
    lack = _Lack(tables, number, state.problem if state is not None else "")
    try:
        write_commit_graph(mirror)
        if state is not None and state.revision and not is_cut and not state.is_cut:
            grown = growth(tables, number, mirror, state.revision, revision)
            if grown is not None:
                tables.begin(index, source_id, revision, grown.n_commits, is_cut=False)
                n_read = _read(tables, number, mirror, grown.shas, revision, web_url, listener, redact, lack)
                tables.grow(number, revision, grown.placed, grown.people, read_tags(mirror), grown.n_commits)
                lack.tell()
                return n_read
        order = Order(walk(mirror, revision))
        tables.begin(index, source_id, revision, len(order), is_cut=is_cut)
        if any(order.has_parents(sha) for sha in tables.roots(number)):
            tables.empty(number)  # a shallow copy was deepened: what had no parents was compared with nothing
        n_read = _read(tables, number, mirror, list(order.shas()), revision, web_url, listener, redact, lack)
        tables.finish(number, revision, order.placed(), order.people, read_tags(mirror))
        lack.tell()
    except UnreadableError as error:
        tables.tell_problem(number, str(error))
        return 0
    return n_read


class _Lack:
    """Which commits of a history could not be read whole; ``before`` is what was told of it at the last loading."""

    def __init__(self, tables: HistoryTables, number: int, before: str) -> None:
        self._tables = tables
        self._number = number
        self._shas = unreadable_commits(before)

    def add(self, sha: str) -> None:
        """One more; said at once, as the loading may be killed."""
        self._shas.append(sha[:12])
        self.tell()

    def tell(self) -> None:
        """Says of which commits files are absent or damaged, unless there are none."""
        if self._shas:
            self._tables.tell_problem(self._number, problem_of(self._shas))


def _read(
    tables: HistoryTables,
    number: int,
    mirror: Path,
    shas: Sequence[str],
    revision: str,
    web_url: str,
    listener: Listener,
    redact: Redact | None,
    lack: _Lack,
) -> int:
    """Stores those of the commits that the tables do not have; how many."""
    known = tables.known(number, shas if len(shas) <= FEW_COMMITS else None)
    wanted = [sha for sha in shas if sha not in known]
    pace = Pace("history", len(wanted), listener)
    for batch in _batches(read_commits(mirror, wanted, revision, on_unreadable=lack.add), BATCH_COMMITS):
        tables.put(number, [_linked(commit, web_url, redact) for commit in batch])
        pace.add(len(batch))
    return len(wanted)


def load_source(
    tables: HistoryTables, index: str, source_id: str, mirrors: Path, state: SourceState, listener: Listener
) -> None:
    """Loads the history of a source that has a mirror, redacted. Raises ``StoreError``."""
    from whence.sources.redaction import redact

    mirror = mirror_folder(source_id, mirrors)
    if mirror is not None and state.revision:
        load_history(
            tables,
            index,
            source_id,
            mirror,
            state.revision,
            web_url=state.web_url,
            listener=listener,
            redact=lambda text: redact(text, "")[0],
        )


def _same_tags(tables: HistoryTables, index: str, source_id: str, mirror: Path) -> bool:
    """Whether no tag was made, moved or removed since the loading; tags come without new commits, too."""
    state = tables.state(index, source_id)
    number = tables.number(index, source_id, state.revision) if state else None
    try:
        return number is not None and tables.tags(number) == read_tags(mirror)
    except UnreadableError:
        return True


def _batches(commits: Iterator[Commit], size: int) -> Iterator[list[Commit]]:
    while batch := list(islice(commits, size)):
        yield batch


def _linked(commit: Commit, web_url: str, redact: Redact | None) -> tuple[Commit, set[tuple[str, str]]]:
    """The commit with its texts redacted, and what its message names."""
    links = find_links(f"{commit.subject}\n\n{commit.body}", web_url)
    if redact is not None:
        commit = replace(commit, subject=redact(commit.subject), body=redact(commit.body) if commit.body else "")
        commit = replace(commit, trailers=tuple((key, redact(value)) for key, value in commit.trailers))
    return commit, links
