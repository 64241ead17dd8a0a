"""What the doors open on: the core with the rights of a caller applied, logged and measured. Synchronous, thread-safe.

Every router (REST, a web page, MCP, other protocols) calls these methods and nothing beneath them, so the rights are
applied in one place.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce

from whence.errors import UnknownIndexError, WhenceError
from whence.interface import Whence
from whence.monitoring.meters import Meters
from whence.patience import sharing_with
from whence.pipelines.conversation import follow_up
from whence.retrieval.hybrid import Trace
from whence.serving.access import Caller
from whence.serving.log_writer import LogWriter
from whence.serving.options import ServingOptions
from whence.serving.records import AnswerReply, Context, IndexEntry, SearchReply, answer_reply, context
from whence.serving.turns import Turn, Turns
from whence.store.answer_log import AnswerLog, LoggedAnswer
from whence.store.audit import AuditEntry, AuditLog
from whence.store.keys import Keys
from whence.store.listing import n_documents
from whence.store.scope import Filters, parse_filters
from whence.store.tables import now
from whence.types import Answer, Hit

OnContexts = Callable[[Sequence[Context]], None]
NOTHING_SAID = "Nothing in {index} says something about this. Ask with other words, or name a file or a symbol."

logger = logging.getLogger("whence.serving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of a caller, checked for its form only. ``index`` None: the only one.

    It follows on the last question of ``conversation``; where that is kept by the asker, on the one of ``follows``, and
    if there is none in the log, on the questions ``earlier``, oldest first.
    """

    question: str
    index: str | None = None
    k: int = 10
    filters: Mapping[str, object] = field(default_factory=dict)
    conversation: str = ""
    follows: str = ""
    earlier: Sequence[str] = ()


class Service:
    """The service over one data folder. ``close`` it when no request is left."""

    def __init__(self, reopen: Callable[[], Whence], options: ServingOptions, meters: Meters, readers: int) -> None:
        whence = reopen()
        self._reopen = reopen
        self.options = options
        self.meters = meters
        database = whence.ledger.database
        self.keys = Keys(database)
        self.answers = AnswerLog(database)
        self.audit_log = AuditLog(database)
        self.log = LogWriter(self.answers, meters)
        self._whence = whence
        self._waits_for_a_model = bool(whence.settings.generation.url)  # which takes no core of this machine
        self._turns = Turns(readers)
        self._warm = threading.Event()

    @property
    def whence(self) -> Whence:
        """The data folder, as it was last opened."""
        return self._whence

    @property
    def is_warm(self) -> bool:
        """Whether models are loaded and indexes opened."""
        return self._warm.is_set()

    def warm(self) -> None:
        """Loads what the first question would have to wait for."""
        _warm(self._whence)
        self._warm.set()

    def reload(self) -> None:
        """Opens settings, models and indexes anew; requests that have begun end with what they began with."""
        earlier = self._whence
        fresh = self._reopen()
        _warm(fresh)
        self._whence = fresh
        earlier.close()  # releases idle connections only; those in use close when they come back
        logger.info("reloaded")

    def close(self) -> None:
        """Stores what is waiting to be stored, and releases files."""
        self.log.close()
        self._whence.close()

    def forget_old_answers(self) -> int:
        """Drops answers that are older than the settings keep them."""
        days = self.options.keep_log_days
        return self.answers.forget_before(now() - timedelta(days=days)) if days else 0

    # ---- what a caller sees

    def sees(self, caller: Caller, index: str) -> frozenset[str]:
        """Ids of the sources of an index that the caller may see; none where there is no such index."""
        return caller.sees(index, [row.id for row in self._whence.ledger.sources(index)])

    def index_names(self, caller: Caller) -> list[str]:
        """Names of the indexes of which the caller may see something."""
        return [name for name in self._whence.ledger.index_names() if self.sees(caller, name)]

    def choose(self, caller: Caller, name: str | None) -> str:
        """The index that a request is about. Raises ``UnknownIndexError``, the same for absent and for hidden ones."""
        names = self.index_names(caller)
        if name is None and len(names) == 1:
            return names[0]
        listed = f"There are: {', '.join(names)}." if names else "There is none that you may see."
        if name is None:
            raise UnknownIndexError(f"Which index? {listed} Name one as `index`.")
        if name not in names:
            raise UnknownIndexError(f"There is no index {name!r}. {listed}")
        return name

    def indexes(self, caller: Caller) -> list[IndexEntry]:
        """What the caller can ask."""
        ledger, found = self._whence.ledger, []
        for name in self.index_names(caller):
            seen = self.sees(caller, name)
            rows = [row for row in ledger.sources(name) if row.id in seen]
            snapshot = ledger.snapshot(name)
            moments = [row.fetched_at for row in rows if row.fetched_at]
            counted = n_documents(ledger, name)
            found.append(
                IndexEntry(
                    name=name,
                    documents=sum(counted.get(row.id, 0) for row in rows),
                    snapshot=snapshot.id if snapshot else 0,
                    sources=sorted(seen),
                    fresh_at=min(moments, default=None),
                )
            )
        return found

    # ---- asking

    def ask(self, caller: Caller, asked: Asked, on_contexts: OnContexts | None = None) -> AnswerReply:
        """The reply to a question. Raises what ``Whence.ask`` raises.

        ``on_contexts`` is told the passages as soon as they are found, and once more if a model has ordered them anew;
        not at all where a fact answers.
        """
        index = self.choose(caller, asked.index)
        question = self._made_whole(caller, asked)
        seen = self.sees(caller, index)
        whence, timings, turn = self._whence, {"queue": 0.0}, Turn(self._turns)
        contexts: list[Context] | None = None
        shown: tuple[str, ...] = ()
        began = searched = time.perf_counter()

        def change(to: str) -> None:
            waiting = time.perf_counter()
            turn.change(to)
            timings["queue"] += (time.perf_counter() - waiting) * 1000

        def search() -> None:
            nonlocal searched
            change("search")
            searched = time.perf_counter()

        def found(trace: Trace) -> None:
            nonlocal contexts, shown
            is_first = "search" not in timings
            timings.update(trace.timings_ms)
            if is_first:
                timings["search"] = (time.perf_counter() - searched) * 1000
            hits = trace.hits[: asked.k]
            ids = tuple(hit.chunk.id for hit in hits)
            if on_contexts is not None and (contexts is None or ids != shown):
                contexts, shown = self._contexts(whence, hits, index), ids
                on_contexts(contexts)
            if is_first:
                change("" if self._waits_for_a_model else "read")

        try:
            with sharing_with(lambda: self._turns.waiting_to_read):
                answer = whence.ask(
                    question,
                    name=index,
                    filters=parse_filters(asked.filters),
                    k=asked.k,
                    allowed=seen,
                    on_search=search,
                    on_found=found,
                )
        finally:
            turn.change("")
        total_ms = (time.perf_counter() - began) * 1000
        rest = "reading" if "search" in timings else "facts"
        timings[rest] = total_ms - timings.get("search", 0.0) - timings["queue"]
        if contexts is None:
            contexts = self._contexts(whence, answer.hits, answer.index)
        reply = self._reply(contexts, answer, asked, question, timings)
        self._record(caller, reply, answer, asked, timings)
        return reply

    def search(self, caller: Caller, asked: Asked) -> SearchReply:
        """The passages for a question. Raises what ``Whence.search`` raises."""
        began = time.perf_counter()
        index = self.choose(caller, asked.index)
        whence = self._whence
        trace = whence.search(
            asked.question,
            asked.k,
            name=index,
            filters=parse_filters(asked.filters),
            allowed=self.sees(caller, index),
        )
        similarity = _nearest(trace.hits)
        self._observe(trace.timings_ms, similarity)
        return SearchReply(
            question=asked.question,
            index=index,
            hits=self._contexts(whence, trace.hits, index),
            similarity=similarity,
            warning=self._warning(similarity, index),
            skipped=trace.skipped,
            elapsed_ms=(time.perf_counter() - began) * 1000,
        )

    def report(self, message: str) -> None:
        """Writes a fault that no request has caused into the log of the service."""
        logger.error(message)

    def audit(self, caller: Caller, action: str, outcome: str, target: str = "") -> None:
        """Writes down who did what, on the disk and in the log of the service."""
        entry = AuditEntry(
            caller=caller.id,
            action=action,
            outcome=outcome,
            target=target[:500],
            address=caller.address,
            request_id=caller.request_id,
        )
        logger.info("audit", extra={"audit": {"caller": caller.id, "action": action, "outcome": outcome}})
        self.audit_log.add(entry)

    def _made_whole(self, caller: Caller, asked: Asked) -> str:
        last = asked.follows or asked.conversation
        before = self.log.last_of(last, caller.id) if last else None
        if before is None:
            return reduce(lambda whole, question: follow_up(question, whole), (*asked.earlier, asked.question))
        visible = before.documents and self.may_see_all(caller, before)
        return follow_up(asked.question, before.asked, before.answer if visible else None)

    def may_see_all(self, caller: Caller, logged: LoggedAnswer) -> bool:
        """Whether every document that an answer speaks of is still there, and in the caller's sight."""
        return not self.unseen(caller, [logged])[0]

    def unseen(self, caller: Caller, logged: Sequence[LoggedAnswer]) -> list[frozenset[str]]:
        """For each answer the documents it speaks of that are gone or not for the caller; asks once for each index."""
        gone = {}
        for index in {item.answer.index for item in logged}:
            seen = self.sees(caller, index)
            wanted = frozenset[str]().union(*(item.documents for item in logged if item.answer.index == index))
            past = {name for name in wanted if name.startswith("git:")}  # what a commit holds cannot be deleted
            live = self._whence.ledger.live(index, wanted - past).keys() | past
            gone[index] = {name for name in wanted if name not in live or not _is_of(name, seen)}
        return [item.documents & gone[item.answer.index] for item in logged]

    def _reply(
        self, contexts: Sequence[Context], answer: Answer, asked: Asked, question: str, timings: Mapping[str, float]
    ) -> AnswerReply:
        similarity = _nearest(answer.hits)
        reply = answer_reply(
            answer,
            contexts,
            question=asked.question,
            asked=question,
            conversation=asked.conversation,
            similarity=similarity,
            warning=self._warning(similarity, answer.index) if answer.kind != "fact" else "",
            timings_ms={stage: round(ms, 2) for stage, ms in timings.items()},
        )
        if not reply.answer.strip():
            reply = reply.model_copy(update={"answer": NOTHING_SAID.format(index=answer.index), "claims": ()})
        return reply

    def _record(
        self, caller: Caller, reply: AnswerReply, answer: Answer, asked: Asked, timings: Mapping[str, float]
    ) -> None:
        from dataclasses import replace

        self._observe(timings, reply.similarity)
        self.meters.answers.labels(answer.kind).inc()
        if answer.kind != "fact":
            self.meters.confidence.observe(answer.confidence)
        if self.options.log != "none":
            kept = answer if self.options.log == "all" else replace(answer, hits=())
            self.log.add(
                LoggedAnswer(
                    answer=replace(kept, question=reply.asked),
                    caller=caller.id,
                    question=asked.question,
                    asked=reply.asked,
                    conversation=asked.conversation,
                    timings_ms=reply.timings_ms,
                )
            )

    def _observe(self, timings_ms: Mapping[str, float], similarity: float | None) -> None:
        for stage, ms in timings_ms.items():
            self.meters.stage_s.labels(stage).observe(ms / 1000)
        if similarity is not None:
            self.meters.similarity.observe(similarity)

    def _warning(self, similarity: float | None, index: str) -> str:
        if similarity is None or similarity >= self.options.far_similarity:
            return ""
        return (
            f"All passages are far from the question (the nearest has similarity {similarity:.2f}): {index} may hold "
            "nothing about it."
        )

    @staticmethod
    def _contexts(whence: Whence, hits: Sequence[Hit], index: str) -> list[Context]:
        urls = whence.urls([hit.chunk for hit in hits], index)
        return [context(hit, url) for hit, url in zip(hits, urls, strict=True)]


def _nearest(hits: Sequence[Hit]) -> float | None:
    cosines = [hit.legs["dense"].score for hit in hits if "dense" in hit.legs]
    return max(cosines, default=None)


def _is_of(document_id: str, sources: frozenset[str]) -> bool:
    return any(document_id.startswith(f"{source_id}:") for source_id in sources)


def _warm(whence: Whence) -> None:
    for name in whence.ledger.index_names():
        try:
            whence.search("what is this about", 1, name=name, filters=Filters())
        except WhenceError as error:
            logger.warning("%s cannot be asked yet: %s", name, error)
