"""The logs as a caller may see them, and feedback on what is in them."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace

from whence.serving.access import Caller, Right
from whence.serving.problems import not_found
from whence.serving.records import (
    AuditPage,
    AuditRecord,
    FeedbackEntry,
    FeedbackReply,
    FeedbackRequest,
    LogEntry,
    LogPage,
    answer_reply,
    context,
)
from whence.serving.service import Service
from whence.store.answer_log import Feedback, LogFilter, LoggedAnswer

_GONE = "What this answer quoted was deleted since, or is not for this key."
_FOUND_WITHIN_S = 1.0
_POLL_S = 0.1


class LogView:
    """Answers, feedback and deeds, narrowed to a caller's rights. Thread-safe."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def page(self, caller: Caller, wanted: LogFilter, *, index: str | None, n_max: int, before: int | None) -> LogPage:
        """Answers, newest first: the caller's own, for administrators everyone's. Raises ``UnknownIndexError``."""
        names = self._service.index_names(caller) if index is None else [self._service.choose(caller, index)]
        mine = wanted.caller if caller.may(Right.ADMIN) else caller.id
        found = self._service.answers.page(replace(wanted, indexes=names, caller=mine), n_max=n_max, before=before)
        return LogPage(entries=self._entries(caller, found), next=found[-1].number if len(found) == n_max else None)

    def entry(self, caller: Caller, answer_id: str) -> LogEntry:
        """One answer. Raises ``Problem`` (404) where it does not exist for the caller."""
        return self._entries(caller, [self._found(caller, answer_id)])[0]

    def take_feedback(self, caller: Caller, said: FeedbackRequest) -> FeedbackReply:
        """Stores what the caller says of an answer. Raises ``Problem`` (404)."""
        self._found(caller, said.answer_id)
        is_good = said.thumbs == "up"
        is_new = self._service.answers.put_feedback(
            Feedback(
                answer_id=said.answer_id,
                caller=caller.id,
                is_good=is_good,
                reason=said.reason,
                corrected_answer=said.corrected_answer,
            )
        )
        self._service.meters.feedback.labels(said.thumbs).inc()
        return FeedbackReply(answer_id=said.answer_id, thumbs=said.thumbs, replaced=not is_new)

    def audit_page(self, n_max: int, before: int | None) -> AuditPage:
        """Deeds, newest first."""
        found = self._service.audit_log.page(n_max=n_max, before=before)
        records = [AuditRecord(**asdict(entry)) for entry in found]
        return AuditPage(entries=records, next=found[-1].number if len(found) == n_max else None)

    def _found(self, caller: Caller, answer_id: str) -> LoggedAnswer:
        """Waits a moment for an answer that another worker has given and not stored yet."""
        until = time.monotonic() + _FOUND_WITHIN_S
        while (logged := self._service.log.get(answer_id)) is None and time.monotonic() < until:
            time.sleep(_POLL_S)
        mine = logged is not None and (caller.may(Right.ADMIN) or logged.caller == caller.id)
        if logged is None or not mine or not self._service.sees(caller, logged.answer.index):
            raise not_found("There is no answer with this id that you may see.")
        return logged

    def _entries(self, caller: Caller, found: Sequence[LoggedAnswer]) -> list[LogEntry]:
        said = self._service.answers.feedback([item.answer.id for item in found])
        entries = []
        for item, unseen in zip(found, self._service.unseen(caller, found), strict=True):
            hits = [hit for hit in item.answer.hits if hit.chunk.document_id not in unseen]
            answer = replace(item.answer, answer="", citations=(), claims=()) if unseen else item.answer
            cosines = [hit.legs["dense"].score for hit in hits if "dense" in hit.legs]
            reply = answer_reply(
                answer,
                [context(hit, "") for hit in hits],
                question=item.question,
                asked=item.asked,
                conversation=item.conversation,
                similarity=max(cosines, default=None),
                warning="",
                timings_ms=item.timings_ms,
            )
            entries.append(
                LogEntry(
                    number=item.number,
                    at=item.at,
                    caller=item.caller,
                    withheld=_GONE if unseen else "",
                    feedback=[_entry(one) for one in said.get(item.answer.id, [])],
                    reply=reply,
                )
            )
        return entries


def _entry(said: Feedback) -> FeedbackEntry:
    return FeedbackEntry(
        at=said.at,
        caller=said.caller,
        thumbs="up" if said.is_good else "down",
        reason=said.reason,
        corrected_answer=said.corrected_answer,
    )
