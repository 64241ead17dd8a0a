"""The audit log: who changed something, looked at others' questions, or was refused."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from whence.store.database import Database
from whence.store.serving_tables import audit, make_serving_tables
from whence.store.tables import aware, now


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One deed. ``caller`` is the id of a key or "", ``outcome`` "done", "denied" or the problem that ended it."""

    caller: str
    action: str
    outcome: str
    target: str = ""
    address: str = ""
    request_id: str = ""
    at: datetime = field(default_factory=now)
    number: int = 0


class AuditLog:
    """The deeds of one data folder, which are only ever added. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        make_serving_tables(database)

    def add(self, entry: AuditEntry) -> None:
        """Stores one."""
        with self._database.writing() as connection:
            connection.execute(
                insert(audit).values(
                    at=entry.at,
                    caller=entry.caller,
                    address=entry.address,
                    action=entry.action,
                    target=entry.target,
                    outcome=entry.outcome,
                    request_id=entry.request_id,
                )
            )

    def page(self, *, n_max: int, before: int | None = None) -> list[AuditEntry]:
        """Entries, newest first, with numbers below ``before``."""
        query = select(audit).order_by(audit.c.number.desc()).limit(n_max)
        if before is not None:
            query = query.where(audit.c.number < before)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [AuditEntry(**(dict(row) | {"at": aware(row["at"])})) for row in rows]
