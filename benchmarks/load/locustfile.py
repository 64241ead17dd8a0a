"""Users of the service for Locust: each asks one question after the other, streamed, none of them twice.

Set by ``benchmarks.load.run``: WHENCE_LOAD_QUESTIONS (a file), WHENCE_LOAD_INDEX ("" for a service without indexes).
A 429 is not an error: the user waits as long as it says.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, events, task

_questions: Iterator[str] = iter(())


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _start(**_: Any) -> None:
    global _questions  # noqa: PLW0603 - Locust gives its users no other place to share
    _questions = iter(Path(os.environ["WHENCE_LOAD_QUESTIONS"]).read_text(encoding="utf-8").splitlines())


class Asker(FastHttpUser):  # type: ignore[misc]
    """Asks without pausing."""

    @task  # type: ignore[untyped-decorator]
    def ask(self) -> None:
        """One question; the first event and the whole are told apart."""
        question = next(_questions, None)
        if question is None:
            self.environment.runner.quit()
            return
        body = {"question": question, "index": os.environ.get("WHENCE_LOAD_INDEX") or None, "stream": True}
        began = time.perf_counter()
        with self.client.post("/question", json=body, stream=True, catch_response=True, name="question") as reply:
            if reply.status_code == 429:
                reply.success()
                self._tell("refused", began)
                gevent.sleep(float(reply.headers["retry-after"]))
                return
            if reply.status_code != 200:
                reply.failure(f"status {reply.status_code}")
                return
            begin = reply._response.read(len(b"event: "))  # a line would be read until the client's buffer is full
            first = time.perf_counter()
            text = begin + reply._response.read()
            ended = text.rstrip().rpartition(b"\n\n")[2]
            if not ended.startswith(b"event: citations"):
                reply.failure(f"the stream ended with {ended[:40]!r}")
                return
        self._tell("first event", began, first)
        self._tell("answer", began)

    def _tell(self, name: str, began: float, until: float | None = None) -> None:
        elapsed_ms = ((until or time.perf_counter()) - began) * 1000
        self.environment.events.request.fire(
            request_type="load", name=name, response_time=elapsed_ms, response_length=0, exception=None, context={}
        )
