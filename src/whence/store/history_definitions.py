"""What the code at the complete revision of a history defines and extends, in SQL: asked by name, not by parsing.

A file's rows follow from its path and blob alone, so a later revision replaces those of changed files only. While
they are replaced, the history counts as having none; whoever asks then parses, as before the first loading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, inspect, select, update

from whence.store.database import Database
from whence.store.history_reading import SLICE
from whence.store.history_tables import DEFINITION_TABLES, definition_files, definition_states, definitions
from whence.store.tables import metadata
from whence.types import Definition

_DEFINES: Final = 0
_EXTENDS: Final = 1
_NAME_CHARS: Final = 200
"""How much of a name is looked up; longer ones are told apart by whoever asks."""


class FileDefinitions(NamedTuple):
    """One file: its path and blob, and what it defines with all bases by name; None where it is not to be parsed."""

    path: str
    blob: str
    definitions: Sequence[tuple[Definition, Sequence[str]]] | None


class Found(NamedTuple):
    """Definitions by path and place, and the paths of the files that were not parsed, which may have more."""

    definitions: list[Definition]
    unread: list[str]


class HistoryDefinitions:
    """The definitions of all histories of one database. Thread-safe. Raises ``StoreError``.

    ``made_by`` names the parsers: what others made is not read, and replaced at the next loading.
    """

    def __init__(self, database: Database, made_by: str) -> None:
        self._database = database
        self._made_by = made_by
        self._is_made = False

    # ---- loading

    def known(self, history: int) -> dict[str, str]:
        """The blobs of the files whose rows are there, by path."""
        files = definition_files
        with self._database.writing() as connection:
            metadata.create_all(connection, tables=list(DEFINITION_TABLES))
            state = _state(connection, history)
            if state is not None and state.made_by != self._made_by:
                forget_definitions(connection, history)
            rows = connection.execute(select(files.c.path, files.c.blob).where(files.c.history_id == history))
            return {str(row.path): str(row.blob) for row in rows}

    def put(self, history: int, gone: Sequence[str], read: Sequence[FileDefinitions]) -> None:
        """Takes files out and puts others in, by path; until ``finish`` nobody reads. One transaction."""
        files = definition_files
        with self._database.writing() as connection:
            if _state(connection, history) is None:
                row = {"history_id": history, "revision": "", "made_by": self._made_by, "unread": "[]"}
                connection.execute(insert(definition_states).values(row))
            else:
                mine = definition_states.c.history_id == history
                connection.execute(update(definition_states).where(mine).values(revision="", made_by=self._made_by))
            _drop(connection, history, [*gone, *(file.path for file in read)])
            last = int(connection.execute(select(func.coalesce(func.max(files.c.id), 0))).scalar_one())
            held, rows = [], []
            for number, file in enumerate(read, start=last + 1):
                is_parsed = file.definitions is not None
                held.append(
                    {"id": number, "history_id": history, "path": file.path, "blob": file.blob, "is_parsed": is_parsed}
                )
                rows += _rows(history, number, file.definitions or ())
            for table, values in ((files, held), (definitions, rows)):
                if values:
                    connection.execute(insert(table), values)

    def finish(self, history: int, revision: str) -> None:
        """Says that the rows are those of a revision; from now on they are read."""
        files = definition_files
        unread = select(files.c.path).where(files.c.history_id == history, files.c.is_parsed.is_(False))
        with self._database.writing() as connection:
            paths = list(connection.execute(unread.order_by(files.c.path)).scalars())
            values = {"revision": revision, "made_by": self._made_by, "unread": json.dumps(paths)}
            if _state(connection, history) is None:
                connection.execute(insert(definition_states).values(history_id=history, **values))
            else:
                mine = definition_states.c.history_id == history
                connection.execute(update(definition_states).where(mine).values(**values))

    def is_complete(self, history: int, revision: str) -> bool:
        """Whether the rows are those of a revision, made by the same parsers."""
        with self._database.reading() as connection:
            return self._unread(connection, history, revision) is not None

    # ---- reading; None where the rows are not those of the revision

    def defining(self, history: int, revision: str, name: str) -> Found | None:
        """What is called by a name without dots."""
        return self._found(history, revision, _named(history, _DEFINES, name))

    def extending(self, history: int, revision: str, name: str) -> Found | None:
        """What extends or implements something of this name without dots."""
        return self._found(history, revision, _named(history, _EXTENDS, name))

    def within(self, history: int, revision: str, path: str) -> Found | None:
        """What one file defines, in order."""
        files = definition_files
        mine = (files.c.history_id == history) & (files.c.path == path) & (definitions.c.role == _DEFINES)
        return self._found(history, revision, _told().where(mine))

    def _found(self, history: int, revision: str, query: Select[Any]) -> Found | None:
        with self._database.reading() as connection:
            unread = self._unread(connection, history, revision)
            rows = connection.execute(query).all() if unread is not None else []
        if unread is None:
            return None
        ordered = sorted(rows, key=lambda row: (row.path, row.place))
        return Found([_definition(row.path, row.told) for row in ordered], unread)

    def _unread(self, connection: Connection, history: int, revision: str) -> list[str] | None:
        if not self._is_made:
            self._is_made = inspect(connection).has_table(definition_states.name)
        state = _state(connection, history) if self._is_made else None
        if state is None or not revision or (state.revision, state.made_by) != (revision, self._made_by):
            return None
        return [str(path) for path in json.loads(state.unread)]


def forget_definitions(connection: Connection, history: int) -> None:
    """Removes all rows of a history; nothing happens where the tables were never made."""
    if inspect(connection).has_table(definition_states.name):
        for table in DEFINITION_TABLES:
            connection.execute(delete(table).where(table.c.history_id == history))


def _state(connection: Connection, history: int) -> Any:
    return connection.execute(select(definition_states).where(definition_states.c.history_id == history)).one_or_none()


def _drop(connection: Connection, history: int, paths: Sequence[str]) -> None:
    files = definition_files
    for start in range(0, len(paths), SLICE):
        part = (files.c.history_id == history) & files.c.path.in_(paths[start : start + SLICE])
        numbers = list(connection.execute(select(files.c.id).where(part)).scalars())
        if numbers:
            connection.execute(delete(definitions).where(definitions.c.file_id.in_(numbers)))
            connection.execute(delete(files).where(files.c.id.in_(numbers)))


def _rows(
    history: int, number: int, found: Sequence[tuple[Definition, Sequence[str]]]
) -> list[Mapping[str, int | str]]:
    rows: list[Mapping[str, int | str]] = []
    for place, (item, bases) in enumerate(found):
        kept = (item.symbol, item.what, item.start_line, item.end_line)
        told = json.dumps([*kept, item.signature, item.parameters, item.returns, item.bases], separators=(",", ":"))
        names = [(_DEFINES, item.symbol.rpartition(".")[2]), *((_EXTENDS, base) for base in dict.fromkeys(bases))]
        mine: dict[str, int | str] = {"history_id": history, "file_id": number, "place": place, "told": told}
        wanted = dict.fromkeys((role, name[:_NAME_CHARS]) for role, name in names)
        rows += [{**mine, "role": role, "name": name} for role, name in wanted]
    return rows


def _told() -> Select[Any]:
    joined = definitions.join(definition_files, definition_files.c.id == definitions.c.file_id)
    return select(definition_files.c.path, definitions.c.place, definitions.c.told).select_from(joined)


def _named(history: int, role: int, name: str) -> Select[Any]:
    held = definitions.c
    return _told().where(held.history_id == history, held.role == role, held.name == name[:_NAME_CHARS])


def _definition(path: str, told: str) -> Definition:
    symbol, what, start_line, end_line, signature, parameters, returns, bases = json.loads(told)
    return Definition(
        path=path,
        symbol=symbol,
        what=what,
        start_line=start_line,
        end_line=end_line,
        signature=signature,
        parameters=tuple((name, default) for name, default in parameters),
        returns=returns,
        bases=tuple(bases),
    )
