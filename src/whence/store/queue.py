"""The queue of changes: any process appends, the one that holds the writer's lock applies.

A job that was running when its process died is still ``running`` in the ledger; whoever takes the lock next runs it
again, which is safe because every step of a job can be repeated.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, insert, select, update

from whence.store.ledger import Ledger
from whence.store.tables import jobs, now

MAX_ATTEMPTS = 3
"""A job that has killed its process this often is given up, so that it cannot block those behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One change that was asked for. ``state``: queued, running, done, failed."""

    id: int
    action: str
    index: str
    arguments: Mapping[str, Any]
    state: str
    pid: int | None
    attempts: int
    result: Mapping[str, Any] | None
    error: str | None


class Queue:
    """Jobs in order of arrival."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, action: str, index: str, arguments: Mapping[str, Any]) -> int:
        """Puts a job at the end; returns its id."""
        with self._ledger.writing() as connection:
            key = connection.execute(
                insert(jobs).values(
                    action=action,
                    index_name=index,
                    arguments=json.dumps(arguments, sort_keys=True),
                    state="queued",
                    attempts=0,
                    pid=os.getpid(),
                    created_at=now(),
                )
            ).inserted_primary_key
        assert key is not None
        return int(key[0])

    def next(self) -> Job | None:
        """The first job that is not finished, marked running by this process. Only for the lock's holder."""
        waiting = select(jobs).where(jobs.c.state.in_(("queued", "running"))).order_by(jobs.c.id)
        with self._ledger.writing() as connection:
            for row in connection.execute(waiting).mappings().all():
                key = jobs.c.id == row["id"]
                if row["attempts"] >= MAX_ATTEMPTS:
                    error = f"Given up: {row['action']} of {row['index_name']} ended its process {MAX_ATTEMPTS} times."
                    connection.execute(update(jobs).where(key).values(state="failed", error=error, finished_at=now()))
                    continue
                changed = {"state": "running", "pid": os.getpid(), "attempts": row["attempts"] + 1}
                connection.execute(update(jobs).where(key).values(**changed))
                return _job(dict(row) | changed)
        return None

    def get(self, job_id: int) -> Job | None:
        """A job by id, or None when its index was removed since."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
        return None if row is None else _job(dict(row))

    def unfinished(self, index: str | None = None) -> list[Job]:
        """Jobs that wait or run, of one index or of all."""
        query = select(jobs).where(jobs.c.state.in_(("queued", "running"))).order_by(jobs.c.id)
        if index is not None:
            query = query.where(jobs.c.index_name == index)
        with self._ledger.reading() as connection:
            return [_job(dict(row)) for row in connection.execute(query).mappings()]

    def finish(self, job_id: int, *, result: Mapping[str, Any] | None = None, error: str | None = None) -> None:
        """Records how a job ended."""
        state = "failed" if error is not None else "done"
        with self._ledger.writing() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(state=state, result=json.dumps(result), error=error, finished_at=now())
            )

    def put_back(self, job_id: int) -> None:
        """Leaves a running job to the next holder of the lock, as if it had not been tried."""
        with self._ledger.writing() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == "running")
                .values(state="queued", attempts=jobs.c.attempts - 1)
            )

    def forget(self, job_id: int) -> None:
        """Drops a finished job whose submitter has its result."""
        with self._ledger.writing() as connection:
            connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(("done", "failed"))))


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        id=row["id"],
        action=row["action"],
        index=row["index_name"],
        arguments=json.loads(row["arguments"]),
        state=row["state"],
        pid=row["pid"],
        attempts=row["attempts"],
        result=cast("Mapping[str, Any] | None", json.loads(row["result"]) if row["result"] else None),
        error=row["error"],
    )
