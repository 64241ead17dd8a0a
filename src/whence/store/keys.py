"""Keys of the service: who may come in, as what, to which sources, and until when.

A key is shown once, when it is made. Stored is the SHA-256 of its secret part: 256 random bits cannot be guessed from
a fast hash, unlike a password.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import insert, or_, select, update

from whence.errors import UsageError
from whence.store.database import Database
from whence.store.serving_tables import keys, make_serving_tables
from whence.store.tables import aware, now

Role = Literal["reader", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
PREFIX = "whk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. ``grants`` are "INDEX" or "INDEX/SOURCE-ID"; empty grants everything."""

    id: str
    name: str
    role: Role
    grants: tuple[str, ...]
    rate_per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_active(self, at: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def allows(self, index: str, source_id: str) -> bool:
        """Whether its holder may see a source of an index."""
        return not self.grants or index in self.grants or f"{index}/{source_id}" in self.grants


class Keys:
    """The keys of one data folder. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        make_serving_tables(database)

    def add(
        self,
        name: str,
        role: Role,
        *,
        grants: Iterable[str] = (),
        expires_at: datetime | None = None,
        rate_per_minute: int | None = None,
    ) -> tuple[Key, str]:
        """Makes a key; the text is the whole key, which nobody can read again. Raises ``UsageError``."""
        if not name.strip() or len(name) > 80 or not name.isprintable():
            raise UsageError("A key needs a name of at most 80 characters that says whose it is.")
        if role not in ROLES:
            raise UsageError(f"There is no role {role!r}: choose from {', '.join(ROLES)}.")
        if expires_at is not None and expires_at <= now():
            raise UsageError("The key would have expired already: choose a moment that is still to come.")
        if rate_per_minute is not None and rate_per_minute < 1:
            raise UsageError("A key without any request a minute opens nothing: give at least 1.")
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        values = {
            "id": key_id,
            "name": name,
            "role": role,
            "grants": json.dumps(sorted(set(grants))),
            "rate_per_minute": rate_per_minute,
            "created_at": now(),
            "expires_at": expires_at,
            "revoked_at": None,
        }
        with self._database.writing() as connection:
            active = connection.execute(select(keys).where(keys.c.name == name, keys.c.revoked_at.is_(None)))
            if any(_key(row).is_active(now()) for row in active.mappings()):
                raise UsageError(f"There is a key named {name!r} already: revoke that one, or choose another name.")
            connection.execute(insert(keys).values(**values, secret_hash=_hash(secret)))
        return _key(values), f"{PREFIX}_{key_id}_{secret}"

    def all(self) -> list[Key]:
        """Every key there ever was, oldest first."""
        with self._database.reading() as connection:
            found = connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id)).mappings().all()
        return [_key(row) for row in found]

    def revoke(self, name_or_id: str) -> Key:
        """Makes a key useless from now on. Raises ``UsageError`` where there is no active one of that name or id."""
        with self._database.writing() as connection:
            query = select(keys).where(
                or_(keys.c.id == name_or_id, keys.c.name == name_or_id), keys.c.revoked_at.is_(None)
            )
            found = [_key(row) for row in connection.execute(query).mappings()]
            if not found:
                raise UsageError(f"There is no key {name_or_id!r} to revoke: `whence keys list` shows all.")
            ids = [key.id for key in found]
            connection.execute(update(keys).where(keys.c.id.in_(ids)).values(revoked_at=now()))
        return found[-1]

    def find(self, text: str) -> Key | None:
        """The active key that somebody shows, or None."""
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not key_id or not secret or len(text) > 200 or not text.isascii():
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).mappings().first()
        if row is None or not hmac.compare_digest(row["secret_hash"], _hash(secret)):
            return None
        key = _key(row)
        return key if key.is_active(now()) else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Mapping[Any, Any]) -> Key:
    created_at = aware(row["created_at"])
    assert created_at is not None
    return Key(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        grants=tuple(json.loads(row["grants"])),
        rate_per_minute=row["rate_per_minute"],
        created_at=created_at,
        expires_at=aware(row["expires_at"]),
        revoked_at=aware(row["revoked_at"]),
    )
