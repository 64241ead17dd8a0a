"""Indexes of earlier states: made of an index on demand, kept for later questions, never listed beside it.

Such an index is a member of the ledger like any other. Its name begins with a character that no user can choose, and
names the index it was made of; its sources say for which commits, in whose words, and when it was last asked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from whence.errors import StoreError
from whence.store.ledger import Ledger
from whence.store.tables import aware, indexes, now, sources

HIDDEN = "_"
"""How the names of indexes begin that are not the user's own."""

_NAME = re.compile(r"_(?P<index>.+)\.as-of\.[0-9a-f]{12}")
_USED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """One kept state. ``wanted`` are the words it was asked in, ``revisions`` its commit of each source."""

    name: str
    index: str
    wanted: tuple[str, ...]
    revisions: Mapping[str, str]
    used_at: datetime


def kept_name(index: str, key: str) -> str:
    """The name of the index of an earlier state; ``key`` is 12 hexadecimal digits that stand for its commits."""
    return f"{HIDDEN}{index}.as-of.{key}"


def kept_states(ledger: Ledger, index: str) -> list[KeptState]:
    """The earlier states that are kept of an index, those last asked first."""
    columns = (indexes.c.name, indexes.c.created_at, sources.c.id, sources.c.settings)
    query = (
        select(*columns)
        .outerjoin(sources, sources.c.index_name == indexes.c.name)
        .where(indexes.c.name.startswith(f"{HIDDEN}{index}.as-of.", autoescape=True))
        .order_by(indexes.c.name, sources.c.id)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    found: dict[str, KeptState] = {}
    for row in rows:
        match = _NAME.fullmatch(row.name)
        if match is None or match["index"] != index:
            continue
        held = found.get(row.name)
        settings = json.loads(row.settings) if row.settings else {}
        used_at = settings.get("used_at")
        found[row.name] = KeptState(
            name=row.name,
            index=index,
            wanted=tuple(dict.fromkeys([*(held.wanted if held else ()), *settings.get("wanted", ())])),
            revisions={**(held.revisions if held else {}), **({row.id: settings["revision"]} if settings else {})},
            used_at=datetime.fromisoformat(used_at) if used_at else aware(row.created_at) or now(),
        )
    return sorted(found.values(), key=lambda state: (state.used_at, state.name), reverse=True)


def mark_used(ledger: Ledger, name: str, wanted: str) -> None:
    """Notes that a kept state was asked for, and in which words; at most every ten minutes for the same words.

    Waits at most for another process's transaction, and gives up silently: a question does not fail for this.
    """
    rows = ledger.sources(name)
    for row in rows:
        words = [word for word in _words(row.settings) if word != wanted]
        used_at = row.settings.get("used_at")
        is_known = words != _words(row.settings) and isinstance(used_at, str)
        if is_known and now() - datetime.fromisoformat(str(used_at)) < _USED_EVERY:
            continue
        settings = {**row.settings, "wanted": [*words, wanted][-5:], "used_at": now().isoformat()}
        try:
            ledger.put_source(name, row.id, row.location, settings)
        except StoreError:
            return


def _words(settings: Mapping[str, object]) -> Sequence[str]:
    words = settings.get("wanted", ())
    return [str(word) for word in words] if isinstance(words, list) else []
