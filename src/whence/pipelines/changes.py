"""Changes to the data folder: queued by anyone, applied in order by whichever process holds the writer's lock."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from whence.errors import BusyError, WhenceError
from whence.pipelines.progress import Listener, Progress
from whence.store.ledger import Ledger
from whence.store.queue import Job, Queue

Apply = Callable[[Job], Mapping[str, Any]]
"""Carries out one job; the result is JSON."""

_POLL_S = 0.3


def submit(
    ledger: Ledger, action: str, index: str, arguments: Mapping[str, Any], apply: Apply, listener: Listener
) -> Mapping[str, Any]:
    """Queues a change and returns its result once it is done, by this process or by another that holds the lock.

    Interrupted (Ctrl-C), the job is closed; what it had stored stays, and the same request goes on from there.
    Empty where the index, and its jobs with it, was removed meanwhile. Raises the job's own error.
    """
    queue = Queue(ledger)
    job_id = queue.append(action, index, arguments)
    try:
        while True:
            try:
                with ledger.folder.write_lock(wait_s=_POLL_S):
                    _drain(queue, job_id, apply, listener)
            except BusyError:
                ahead = next((job for job in queue.unfinished() if job.state == "running"), None)
                what = f"{ahead.action} {ahead.index} in process {ahead.pid}" if ahead else "another process"
                listener(Progress(stage="waiting", note=what))
            job = queue.get(job_id)
            if job is None:
                return {}
            if job.state == "done":
                queue.forget(job_id)
                return job.result or {}
            if job.state == "failed":
                raise WhenceError(job.error or f"{action} of {index} failed.")
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        queue.finish(job_id, error="Interrupted: what was done is kept; run the same command again to go on.")
        raise


def replay(ledger: Ledger, apply: Apply, listener: Listener) -> int:
    """Applies what interrupted processes left in the queue, unless another process is writing; returns how many."""
    queue = Queue(ledger)
    if not queue.unfinished():
        return 0
    try:
        with ledger.folder.write_lock(wait_s=0):
            return _drain(queue, None, apply, listener)
    except BusyError:
        return 0


def _drain(queue: Queue, mine: int | None, apply: Apply, listener: Listener) -> int:
    """Applies jobs in order until none is left. An error of another's job is recorded; one of ours is raised too.

    Interrupted within another's job, that one is left to the next writer.
    """
    applied = 0
    while (job := queue.next()) is not None:
        if job.id != mine:
            listener(Progress(stage="waiting", note=f"first finishing {job.action} {job.index}"))
        try:
            result = apply(job)
        except Exception as error:
            message = str(error) if isinstance(error, WhenceError) else f"{type(error).__name__}: {error}"
            queue.finish(job.id, error=message)
            if job.id == mine:
                raise
        except BaseException:
            if job.id != mine:
                queue.put_back(job.id)
            raise
        else:
            queue.finish(job.id, result=result)
            applied += 1
    return applied
