"""Whole commits out of the tables of a history, with their changes."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from whence.store.history_tables import changes, commits, paths, people
from whence.types import Change, Commit

_SLICE = 500


def stored_commits(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Commit, int]]:
    """By number: the commit as it was stored, people as the mailmap calls them, and the position where it landed."""
    found: dict[int, tuple[Commit, int]] = {}
    for start in range(0, len(numbers), _SLICE):
        found |= _slice(connection, numbers[start : start + _SLICE])
    return found


def _slice(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Commit, int]]:
    author, committer = people.alias(), people.alias()
    query = (
        select(
            commits,
            *(author.c[name].label(f"author_{name}") for name in ("name", "email")),
            *(committer.c[name].label(f"committer_{name}") for name in ("name", "email")),
        )
        .join(author, author.c.id == commits.c.author_id)
        .join(committer, committer.c.id == commits.c.committer_id)
        .where(commits.c.id.in_(numbers))
    )
    changed = _changes(connection, numbers)
    rows = connection.execute(query).all()
    return {row.id: (_commit(row, tuple(changed.get(row.id, ()))), row.landed or 0) for row in rows}


def _changes(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Change]]:
    """What the commits changed, by path."""
    new, old = paths.alias(), paths.alias()
    query = (
        select(changes, new.c.path, old.c.path.label("old_path"))
        .join(new, new.c.id == changes.c.path_id)
        .outerjoin(old, old.c.id == changes.c.old_path_id)
        .where(changes.c.commit_id.in_(numbers))
        .order_by(new.c.path)
    )
    found: dict[int, list[Change]] = {}
    for row in connection.execute(query):
        change = Change(
            path=row.path, status=row.status, old_path=row.old_path or "", added=row.added, removed=row.removed
        )
        found.setdefault(row.commit_id, []).append(change)
    return found


def _commit(row: Any, changed: tuple[Change, ...]) -> Commit:
    return Commit(
        sha=row.sha,
        parents=tuple(row.parents.split()),
        author=row.author_name,
        author_email=row.author_email,
        committer=row.committer_name,
        committer_email=row.committer_email,
        authored_at=datetime.fromtimestamp(row.authored_s, UTC),
        committed_at=datetime.fromtimestamp(row.committed_s, UTC),
        subject=row.subject,
        body=row.body,
        trailers=tuple((key, value) for key, value in json.loads(row.trailers)),
        changes=changed,
    )
