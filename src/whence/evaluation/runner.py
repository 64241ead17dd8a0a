"""Asks a system the questions of a suite, measures the replies and keeps every result as it comes."""

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from whence.errors import UsageError, WhenceError
from whence.evaluation.gold import grade_of
from whence.evaluation.journal import Journal
from whence.evaluation.protocols import Inputs, Suite, System
from whence.evaluation.records import (
    Cost,
    EvalQuestion,
    Measure,
    Outcome,
    QuestionResult,
    Reply,
    ShownCitation,
    ShownHit,
)
from whence.evaluation.report import CorpusState, Header, Machine, MeasureHead, Origin, Report, digest_of
from whence.evaluation.slices import slices_of
from whence.types import Citation, Hit

RIGHT = 0.5
"""From this value of the suite's ``right`` measure on, a reply counts as right."""

_DIGITS = 6
_SHOWN_HITS = 10
_SHOWN_CHARS = 400

Told = Callable[[int, int], None]
"""Called with (questions done, questions in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One suite, to be asked of one system. ``n`` of 0 asks all questions; ``label`` is the suite's name in reports."""

    suite: Suite
    label: str
    system: System
    inputs: Inputs
    questions: Sequence[EvalQuestion]
    origin: Origin
    n: int
    seed: int
    corpora: Mapping[str, CorpusState]
    machine: Machine | None = None


def drawn(suite: Suite, inputs: Inputs, n: int, seed: int) -> Sequence[EvalQuestion]:
    """The suite's questions, checked. Raises ``UsageError`` where it cannot run, has none, or repeats an id."""
    missing = suite.missing(inputs)
    if missing:
        raise UsageError(f"{suite.name}: {missing}")
    questions = suite.questions(inputs, n, seed)
    if not questions:
        raise UsageError(f"{suite.name} has no questions: there is nothing to measure.")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise UsageError(f"{suite.name}: two questions have the id {question.id!r}; give each its own.")
        seen.add(question.id)
    return questions


def carry_out(run: Run, journal_path: Path, told: Told = lambda _done, _total: None) -> Report:
    """Asks what the journal does not hold yet; the journal is removed by the caller once the report is safe.

    A question on which the system fails becomes a result with its error. Raises the first error where all fail.
    """
    began, clock = datetime.now(UTC), time.perf_counter()
    measures = run.suite.measures(run.inputs)
    if run.suite.right not in {measure.name for measure in measures}:
        raise UsageError(f"{run.suite.name} has no measure {run.suite.right!r}, which it names as its verdict.")
    with Journal(journal_path, _identity(run, measures)) as journal:
        told(len(journal.held), len(run.questions))
        for question in run.questions:
            if question.id not in journal.held:
                journal.add(_asked(run, question, measures))
                told(len(journal.held), len(run.questions))
        results = [journal.held[question.id] for question in run.questions]
    if all(result.outcome.error for result in results):
        raise WhenceError(f"{run.label}: no question could be asked. {results[0].outcome.error}")
    header = Header(
        suite=run.label,
        about=run.suite.about,
        dataset=run.suite.dataset,
        right=run.suite.right,
        n_wanted=run.n,
        seed=run.seed,
        measures=tuple(_head(measure) for measure in measures),
        origin=run.origin,
        corpora=run.corpora,
        machine=run.machine,
        began=began.isoformat(timespec="seconds"),
        elapsed_s=round(time.perf_counter() - clock, 3),
    )
    outcomes = tuple(
        replace(result.outcome, question=question) for result, question in zip(results, run.questions, strict=True)
    )
    return Report(header=header, outcomes=outcomes, costs=tuple(result.cost for result in results))


def _identity(run: Run, measures: Sequence[Measure]) -> str:
    """What must be alike for results of an earlier run to be taken over."""
    parts: list[Any] = [run.label, run.suite.dataset, run.n, run.seed, run.origin, sorted(run.corpora.items())]
    parts += [[measure.name for measure in measures], [(one.id, digest_of(one)) for one in run.questions]]
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _asked(run: Run, question: EvalQuestion, measures: Sequence[Measure]) -> QuestionResult:
    try:
        reply = run.system.reply(question, run.suite.depth, wants_answer=run.suite.wants_answers)
    except Exception as error:  # noqa: BLE001 - one question must not end hours of others; it is counted and shown
        told = str(error) if isinstance(error, WhenceError) else f"a defect: {type(error).__name__}: {error}"
        failed = Outcome(
            id=question.id,
            digest=digest_of(question),
            question=None,
            scores={},
            slices=slices_of(question),
            is_answerable=question.is_answerable,
            must_pass=question.must_pass,
            is_right=False if question.must_pass else None,
            error=told[:_SHOWN_CHARS],
        )
        return QuestionResult(outcome=failed, cost=Cost(id=question.id))
    cost = Cost(
        id=question.id,
        answer_id=reply.answer.id if reply.answer else "",
        search_ms=round(reply.search_ms, 3),
        ask_ms=round(reply.ask_ms, 3),
        cpu_ms=round(reply.cpu_ms, 3),
    )
    return QuestionResult(outcome=_outcome(run.suite, question, reply, measures), cost=cost)


def _outcome(suite: Suite, question: EvalQuestion, reply: Reply, measures: Sequence[Measure]) -> Outcome:
    scores, failures = _scored(question, reply, measures)
    answer = reply.answer
    hits = reply.hits or (answer.hits if answer else ())
    verdict = scores.get(suite.right)
    return Outcome(
        id=question.id,
        digest=digest_of(question),
        question=None,
        scores=scores,
        slices=slices_of(question),
        is_answerable=question.is_answerable,
        must_pass=question.must_pass,
        is_right=verdict >= RIGHT if verdict is not None else False if question.must_pass else None,
        abstained=answer.abstained if answer else None,
        confidence=round(answer.confidence, _DIGITS) if answer else None,
        answer_kind=answer.kind if answer else "",
        answer=answer.answer if answer else "",
        citations=tuple(_shown_citation(question, one) for one in answer.citations) if answer else (),
        hits=tuple(_shown_hit(question, hit) for hit in hits[:_SHOWN_HITS]),
        n_citations=len(answer.citations) if answer else 0,
        n_resolved=reply.n_resolved,
        failures=failures,
    )


def _scored(
    question: EvalQuestion, reply: Reply, measures: Sequence[Measure]
) -> tuple[dict[str, float], dict[str, str]]:
    scores: dict[str, float] = {}
    failures: dict[str, str] = {}
    for measure in measures:
        try:
            value = measure.of(question, reply)
        except (WhenceError, ValueError) as error:
            failures[measure.name] = str(error)[:_SHOWN_CHARS] or type(error).__name__
            continue
        if value is not None and math.isfinite(value):
            scores[measure.name] = round(float(value), _DIGITS)
        elif value is not None:
            failures[measure.name] = f"the value is {value}"
    return scores, failures


def _shown_hit(question: EvalQuestion, hit: Hit) -> ShownHit:
    chunk = hit.chunk
    return ShownHit(
        path=chunk.path,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        symbol=chunk.symbol,
        score=round(hit.score, _DIGITS),
        grade=grade_of(question.golds, chunk.path, chunk.start_line, chunk.end_line, chunk.document_id),
        legs={name: (leg.rank, round(leg.score, _DIGITS)) for name, leg in sorted(hit.legs.items())},
        text=chunk.text[:_SHOWN_CHARS],
    )


def _shown_citation(question: EvalQuestion, citation: Citation) -> ShownCitation:
    place = citation.path, citation.start_line, citation.end_line
    return ShownCitation(
        path=citation.path or citation.commit or "",
        start_line=citation.start_line,
        end_line=citation.end_line,
        grade=grade_of(question.golds, *place, citation.document_id),
        quote=citation.quote[:_SHOWN_CHARS],
    )


def _head(measure: Measure) -> MeasureHead:
    return MeasureHead(
        name=measure.name,
        about=measure.about,
        is_lower_better=measure.is_lower_better,
        is_share=measure.is_share,
    )
