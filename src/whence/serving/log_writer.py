"""Writes the log of answers behind the replies: in batches, by one thread, so that no question waits for the disk."""

import logging
import threading
from queue import Empty, SimpleQueue

from whence.errors import WhenceError
from whence.monitoring.meters import Meters
from whence.store.answer_log import AnswerLog, LoggedAnswer

_EVERY_S = 0.2
_BATCH = 200
_MOST_WAITING = 5_000

logger = logging.getLogger(__name__)


class LogWriter:
    """Keeps answers for at most a fifth of a second, then stores them. Thread-safe; ``close`` stores the rest."""

    def __init__(self, log: AnswerLog, meters: Meters) -> None:
        self._log = log
        self._meters = meters
        self._waiting: SimpleQueue[LoggedAnswer] = SimpleQueue()
        self._recent: dict[str, LoggedAnswer] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="whence-log", daemon=True)
        self._thread.start()

    def add(self, item: LoggedAnswer) -> None:
        """Takes an answer; drops it, and says so, where the disk has not kept up for long."""
        if self._waiting.qsize() >= _MOST_WAITING:
            logger.error("the log of answers cannot be written fast enough; an answer was not logged")
            return
        self._recent[item.answer.id] = item
        self._waiting.put(item)

    def get(self, answer_id: str) -> LoggedAnswer | None:
        """An answer by its id, stored or still waiting."""
        return self._recent.get(answer_id) or self._log.get(answer_id)

    def last_of(self, conversation: str, caller: str) -> LoggedAnswer | None:
        """The newest answer of a caller's conversation, stored or still waiting."""
        waiting = [item for item in list(self._recent.values()) if item.conversation == conversation]
        mine = [item for item in waiting if item.caller == caller]
        return mine[-1] if mine else self._log.last_of(conversation, caller)

    def close(self) -> None:
        """Stores what is waiting and ends the thread."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._store()
        self._store()

    def _store(self) -> None:
        while batch := self._batch():
            try:
                self._log.add(batch)
                self._meters.batches.labels("log").observe(len(batch))
            except WhenceError as error:
                logger.error("%d answers could not be logged: %s", len(batch), error)
            finally:
                for item in batch:
                    self._recent.pop(item.answer.id, None)

    def _batch(self) -> list[LoggedAnswer]:
        batch: list[LoggedAnswer] = []
        while len(batch) < _BATCH:
            try:
                batch.append(self._waiting.get_nowait())
            except Empty:
                break
        return batch
