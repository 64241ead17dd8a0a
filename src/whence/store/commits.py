"""Commits among the documents of the ledger: which are held, and in what form, without reading all the others."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from whence.store.history_tables import changes, commits, paths
from whence.store.ledger import COMMIT, Ledger
from whence.store.tables import documents

_SLICE = 500


def known_documents(ledger: Ledger, index: str, ids: Sequence[str], *, live: bool = False) -> set[str]:
    """Those of the ids that the ledger has a row of: only these can have rows in Lance. ``live``: not the removed."""
    found: set[str] = set()
    with ledger.reading() as connection:
        for start in range(0, len(ids), _SLICE):
            part = ids[start : start + _SLICE]
            query = select(documents.c.id).where(documents.c.index_name == index, documents.c.id.in_(part))
            found.update(connection.execute(query.where(documents.c.deleted.is_(False)) if live else query).scalars())
    return found


def held_commits(ledger: Ledger, index: str, source_id: str) -> dict[str, str]:
    """The live commits of a source with their digests, by document id; reads a row of each."""
    query = select(documents.c.id, documents.c.digest).where(
        documents.c.index_name == index,
        documents.c.source_id == source_id,
        documents.c.deleted.is_(False),
        documents.c.kind == COMMIT,
    )
    with ledger.reading() as connection:
        return {row.id: row.digest for row in connection.execute(query)}


def outdated_commits(ledger: Ledger, index: str, source_id: str, form: str) -> tuple[set[str], int]:
    """(ids of the live commits of a source whose digest does not begin so, how many live commits there are)."""
    mine = (
        (documents.c.index_name == index)
        & (documents.c.source_id == source_id)
        & documents.c.deleted.is_(False)
        & (documents.c.kind == COMMIT)
    )
    other = select(documents.c.id).where(mine, documents.c.digest.not_like(f"{form}%"))
    with ledger.reading() as connection:
        n_live = connection.execute(select(func.count()).where(mine)).scalar_one()
        return set(connection.execute(other).scalars()), int(n_live)


def n_landed(ledger: Ledger, history: int, until: int) -> int:
    """How many commits of a complete history had landed by a position."""
    query = select(func.count()).where(
        commits.c.history_id == history, commits.c.place.is_not(None), commits.c.landed <= until
    )
    with ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def slices(ids: Sequence[str], size: int = _SLICE) -> Iterator[Sequence[str]]:
    """The ids in pieces of at most ``size``."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def landed_commits(ledger: Ledger, history: int, after: int = 0) -> list[tuple[str, int]]:
    """(commit, position by which it landed) of a complete history, newest first; those that landed after a position."""
    query = (
        select(commits.c.sha, commits.c.landed)
        .where(commits.c.history_id == history, commits.c.place.is_not(None), commits.c.landed > after)
        .order_by(commits.c.place.desc())
    )
    with ledger.reading() as connection:
        return [(str(sha), int(landed)) for sha, landed in connection.execute(query)]


def renames(ledger: Ledger, history: int, at: int) -> dict[str, str]:
    """What each path was called next, by the last rename that had landed by a position."""
    new = paths.alias()
    query = (
        select(paths.c.path, new.c.path.label("new"))
        .join(changes, changes.c.old_path_id == paths.c.id)
        .join(new, new.c.id == changes.c.path_id)
        .join(commits, commits.c.id == changes.c.commit_id)
        .where(commits.c.history_id == history, changes.c.status == "R", commits.c.landed <= at)
        .order_by(commits.c.place)
    )
    with ledger.reading() as connection:
        return {str(row.path): str(row.new) for row in connection.execute(query)}
