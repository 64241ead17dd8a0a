import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.store.material import Store

from whence.errors import SourceError, StoreError, WhenceError
from whence.pipelines.changes import replay, submit
from whence.pipelines.progress import Progress, silent
from whence.store.queue import MAX_ATTEMPTS, Job, Queue

Make = Callable[..., Store]


@pytest.fixture
def store(make_store: Make) -> Store:
    return make_store()


@pytest.fixture
def queue(store: Store) -> Queue:
    return Queue(store.ledger)


def test_jobs_come_in_order_of_arrival_and_only_once(queue: Queue) -> None:
    ids = [queue.append("index", name, {"n": name}) for name in "abc"]
    taken = []
    while (job := queue.next()) is not None:
        assert (job.state, job.pid, job.attempts) == ("running", os.getpid(), 1)
        assert job.arguments == {"n": job.index}
        queue.finish(job.id, result={"done": job.index})
        taken.append(job.id)
    assert taken == ids
    done = queue.get(ids[1])
    assert done is not None
    assert (done.state, done.result, done.error) == ("done", {"done": "b"}, None)
    assert queue.unfinished() == []


def test_a_job_whose_process_died_is_taken_again_but_not_for_ever(queue: Queue) -> None:
    first, second = queue.append("index", "a", {}), queue.append("index", "b", {})
    for attempt in range(MAX_ATTEMPTS):
        job = queue.next()
        assert job is not None
        assert (job.id, job.attempts) == (first, attempt + 1)
    job = queue.next()
    assert job is not None
    assert job.id == second
    given_up = queue.get(first)
    assert given_up is not None
    assert given_up.state == "failed"
    assert given_up.error == f"Given up: index of a ended its process {MAX_ATTEMPTS} times."


def test_a_job_put_back_has_not_been_tried(queue: Queue) -> None:
    queue.append("index", "a", {})
    for _ in range(MAX_ATTEMPTS + 2):
        job = queue.next()
        assert job is not None
        queue.put_back(job.id)
    assert [(job.state, job.attempts) for job in queue.unfinished("a")] == [("queued", 0)]
    assert queue.unfinished("b") == []


def test_a_result_is_handed_over_once(store: Store, queue: Queue) -> None:
    assert submit(store.ledger, "index", "a", {"x": 1}, lambda job: {"got": job.arguments["x"]}, silent) == {"got": 1}
    assert queue.get(1) is None


def test_others_jobs_are_done_first_and_their_errors_are_theirs(store: Store, queue: Queue) -> None:
    seen: list[str] = []

    def apply(job: Job) -> Mapping[str, Any]:
        seen.append(job.index)
        if job.index == "torn":
            raise SourceError("The source is torn: mend it.")
        if job.index == "odd":
            raise ZeroDivisionError("odd")
        return {}

    torn, odd = queue.append("index", "torn", {}), queue.append("index", "odd", {})
    notes: list[str] = []

    def listen(progress: Progress) -> None:
        notes.append(progress.note)

    submit(store.ledger, "index", "mine", {}, apply, listen)
    assert seen == ["torn", "odd", "mine"]
    assert notes == ["first finishing index torn", "first finishing index odd"]
    errors = [job.error for job in map(queue.get, (torn, odd)) if job is not None]
    assert errors == ["The source is torn: mend it.", "ZeroDivisionError: odd"]


def test_ones_own_error_is_raised(store: Store, queue: Queue) -> None:
    def apply(job: Job) -> Mapping[str, Any]:
        raise StoreError("No.")

    with pytest.raises(StoreError, match="No"):
        submit(store.ledger, "index", "mine", {}, apply, silent)
    assert queue.unfinished() == []


def test_interrupted_in_ones_own_job(store: Store, queue: Queue) -> None:
    def apply(job: Job) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit(store.ledger, "index", "mine", {}, apply, silent)
    job = queue.get(1)
    assert job is not None
    assert job.error == "Interrupted: what was done is kept; run the same command again to go on."
    with store.folder.write_lock(wait_s=0):
        pass  # the lock is free again


def test_interrupted_in_anothers_job_leaves_it_to_the_next(store: Store, queue: Queue) -> None:
    theirs = queue.append("index", "theirs", {})
    done: list[str] = []

    def interrupt(job: Job) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit(store.ledger, "index", "mine", {}, interrupt, silent)
    assert [(job.id, job.state, job.attempts) for job in queue.unfinished()] == [(theirs, "queued", 0)]

    def apply(job: Job) -> Mapping[str, Any]:
        done.append(job.index)
        return {}

    assert replay(store.ledger, apply, silent) == 1
    assert done == ["theirs"]
    assert replay(store.ledger, apply, silent) == 0


def test_the_lock_of_another_is_waited_for_and_its_work_taken_as_ones_own(store: Store, queue: Queue) -> None:
    notes: list[str] = []

    with store.folder.write_lock(wait_s=0):
        assert replay(store.ledger, lambda job: {}, silent) == 0

        def listen(progress: Progress) -> None:
            notes.append(progress.note)
            running = queue.next()  # the other, who holds the lock, takes the job
            if running is not None and len(notes) > 1:
                queue.finish(running.id, result={"by": "the other"})

        result = submit(store.ledger, "index", "mine", {}, lambda job: {"by": "me"}, listen)
    assert result == {"by": "the other"}
    assert notes[0] == "another process"
    assert notes[1] == f"index mine in process {os.getpid()}"


def test_an_error_that_another_met_is_told(store: Store, queue: Queue) -> None:
    def listen(progress: Progress) -> None:
        job = queue.next()
        if job is not None:
            queue.finish(job.id, error="The disk is full.")

    with (
        store.folder.write_lock(wait_s=0),
        pytest.raises(WhenceError, match=r"The disk is full\."),
    ):
        submit(store.ledger, "index", "mine", {}, lambda job: {}, listen)


def test_a_job_that_vanished_with_its_index_has_no_result(store: Store, queue: Queue) -> None:
    def listen(progress: Progress) -> None:
        job = queue.next()
        if job is not None:
            queue.finish(job.id, result={})
            queue.forget(job.id)

    with store.folder.write_lock(wait_s=0):
        assert submit(store.ledger, "index", "mine", {}, lambda job: {}, listen) == {}
