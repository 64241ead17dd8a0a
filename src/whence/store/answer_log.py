"""The log of answers: what was asked, what was said with which contexts, how long each stage took, and for whom.

A row keeps what an answer quoted, so whoever shows it must look at the rights of its reader and at what was deleted
since; ``LoggedAnswer.documents`` says what it speaks of.
"""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, inspect, select

from whence.store.database import Database
from whence.store.serving_tables import answers, feedback, make_serving_tables
from whence.store.tables import aware, now
from whence.types import Answer
from whence.wire import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAnswer:
    """One answer as it was given. ``caller`` is the id of a key, "" where none was asked for.

    ``asked`` is the question that was searched: that of the user, or what was made of it with the conversation.
    ``timings_ms`` has the milliseconds of each stage. ``number`` counts up; 0 before it is stored.
    """

    answer: Answer
    caller: str
    question: str
    asked: str
    conversation: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    at: datetime = field(default_factory=now)
    number: int = 0

    @property
    def documents(self) -> frozenset[str]:
        """Ids of the documents that the answer speaks of."""
        cited = {citation.document_id for citation in self.answer.citations}
        return frozenset(cited | {hit.chunk.document_id for hit in self.answer.hits})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which answers are meant; None and empty mean "whichever". ``is_good``: with such feedback."""

    indexes: Collection[str] | None = None
    caller: str | None = None
    conversation: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kind: str = ""
    abstained: bool | None = None
    least_confidence: float | None = None
    most_confidence: float | None = None
    text: str = ""
    is_good: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody said of an answer; ``corrected_answer`` is what it should have been."""

    answer_id: str
    caller: str
    is_good: bool
    reason: str = ""
    corrected_answer: str = ""
    at: datetime = field(default_factory=now)


class AnswerLog:
    """The answers of one data folder and what was said of them. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        make_serving_tables(database)

    def add(self, given: Sequence[LoggedAnswer]) -> None:
        """Stores answers in one transaction."""
        if given:
            with self._database.writing() as connection:
                connection.execute(insert(answers), [_row(item) for item in given])

    def get(self, answer_id: str) -> LoggedAnswer | None:
        """An answer by its id."""
        with self._database.reading() as connection:
            row = connection.execute(select(answers).where(answers.c.id == answer_id)).mappings().first()
        return None if row is None else _logged(row)

    def page(self, wanted: LogFilter, *, n_max: int, before: int | None = None) -> list[LoggedAnswer]:
        """Answers, newest first, with numbers below ``before``."""
        query = _matching(wanted).order_by(answers.c.number.desc()).limit(n_max)
        if before is not None:
            query = query.where(answers.c.number < before)
        with self._database.reading() as connection:
            return [_logged(row) for row in connection.execute(query).mappings()]

    def last_of(self, conversation: str, caller: str) -> LoggedAnswer | None:
        """The newest answer of a caller's conversation."""
        found = self.page(LogFilter(conversation=conversation, caller=caller), n_max=1)
        return found[0] if found else None

    def forget_before(self, moment: datetime) -> int:
        """Drops answers older than a moment; what was said of them stays. Returns how many."""
        with self._database.writing() as connection:
            return connection.execute(delete(answers).where(answers.c.at < moment)).rowcount

    # ---- feedback

    def put_feedback(self, said: Feedback) -> bool:
        """Stores what somebody said; what the same caller said before of that answer is replaced (then False)."""
        values = {
            "at": said.at,
            "is_good": said.is_good,
            "reason": said.reason,
            "corrected_answer": said.corrected_answer,
        }
        mine = (feedback.c.answer_id == said.answer_id) & (feedback.c.caller == said.caller)
        with self._database.writing() as connection:
            is_new = connection.execute(delete(feedback).where(mine)).rowcount == 0
            connection.execute(insert(feedback).values(answer_id=said.answer_id, caller=said.caller, **values))
        return is_new

    def feedback(self, answer_ids: Collection[str]) -> dict[str, list[Feedback]]:
        """What was said of answers, by answer id, oldest first."""
        query = select(feedback).where(feedback.c.answer_id.in_(answer_ids)).order_by(feedback.c.number)
        found: dict[str, list[Feedback]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                at = aware(row["at"])
                assert at is not None
                said = Feedback(
                    answer_id=row["answer_id"],
                    caller=row["caller"],
                    is_good=row["is_good"],
                    reason=row["reason"],
                    corrected_answer=row["corrected_answer"],
                    at=at,
                )
                found.setdefault(said.answer_id, []).append(said)
        return found


def forget_answers(database: Database, index: str) -> None:
    """Drops what was asked of an index, and what was said of that, where a service has kept anything at all."""
    with database.reading() as connection:
        if not inspect(connection).has_table(answers.name):
            return
    mine = select(answers.c.id).where(answers.c.index_name == index)
    with database.writing() as connection:
        connection.execute(delete(feedback).where(feedback.c.answer_id.in_(mine)))
        connection.execute(delete(answers).where(answers.c.index_name == index))


def _matching(wanted: LogFilter) -> Select[Any]:
    query = select(answers)
    equal = {answers.c.caller: wanted.caller, answers.c.abstained: wanted.abstained}
    equal |= {answers.c.conversation: wanted.conversation or None, answers.c.kind: wanted.kind or None}
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.indexes is not None:
        query = query.where(answers.c.index_name.in_(sorted(wanted.indexes)))
    if wanted.since is not None:
        query = query.where(answers.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(answers.c.at <= wanted.until)
    if wanted.least_confidence is not None:
        query = query.where(answers.c.confidence >= wanted.least_confidence)
    if wanted.most_confidence is not None:
        query = query.where(answers.c.confidence <= wanted.most_confidence)
    if wanted.text:
        query = query.where(answers.c.question.icontains(wanted.text, autoescape=True))
    if wanted.is_good is not None:
        said = select(feedback.c.answer_id).where(feedback.c.is_good.is_(wanted.is_good))
        query = query.where(answers.c.id.in_(said))
    return query


def _row(item: LoggedAnswer) -> dict[str, Any]:
    record = {"answer": to_json(item.answer), "timings_ms": dict(item.timings_ms)}
    packed = json.dumps(record, separators=(",", ":")).encode()  # escapes whatever is not ASCII, lone surrogates too
    return {
        "id": item.answer.id,
        "at": item.at,
        "index_name": item.answer.index,
        "caller": item.caller,
        "conversation": item.conversation,
        "question": item.question,
        "asked": item.asked,
        "kind": item.answer.kind,
        "abstained": item.answer.abstained,
        "confidence": item.answer.confidence,
        "elapsed_ms": item.answer.elapsed_ms,
        "snapshot": item.answer.snapshot,
        "record": zlib.compress(packed, level=1),
    }


def _logged(row: Mapping[Any, Any]) -> LoggedAnswer:
    record = json.loads(zlib.decompress(row["record"]))
    at = aware(row["at"])
    assert at is not None
    return LoggedAnswer(
        answer=from_json(Answer, record["answer"]),
        caller=row["caller"],
        question=row["question"],
        asked=row["asked"],
        conversation=row["conversation"],
        timings_ms=record["timings_ms"],
        at=at,
        number=row["number"],
    )
