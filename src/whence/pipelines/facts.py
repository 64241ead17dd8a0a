"""Facts first: a question that asks for a fact is answered from the history, before anything is searched."""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from whence.answer.facts.answering import answer_fact
from whence.answer.facts.draft import Fact
from whence.answer.facts.parse import parse
from whence.answer.facts.query import FactQuery
from whence.errors import HistoryNotLoadedError, UnreadableError
from whence.protocols import History
from whence.types import Answer, Citation, Claim

MODELS: dict[str, str] = {}


def fact_query(question: str) -> FactQuery | None:
    """What fact a question asks for, or None."""
    return parse(question)


def ask_facts(
    question: str,
    query: FactQuery,
    histories: Sequence[History],
    *,
    index: str,
    snapshot: int,
    as_of_date: datetime | None,
    fresh_at: datetime | None,
    indexed: float,
    began: float | None = None,
) -> Answer | None:
    """The answer to a fact question, or None where no history can say and the text may.

    Of several histories those that know are quoted one after the other, each by name; where none knows, the first
    one's word stands.
    """
    began = time.perf_counter() if began is None else began
    facts: list[tuple[History, Fact]] = []
    for history in histories:
        fact = _asked(query, history)
        if fact is not None:
            facts.append((history, fact))
    if not facts:
        return None
    known = [(history, fact) for history, fact in facts if fact.is_known] or facts[:1]
    text, citations, claims = _joined(known)
    revisions = {history.revision for history, _ in known}
    is_known = known[0][1].is_known
    return Answer(
        id=uuid.uuid4().hex,
        question=question,
        answer=text,
        kind="fact",
        confidence=1.0,
        abstained=not is_known,
        citations=citations,
        claims=claims,
        hits=(),
        models=MODELS,
        index=index,
        snapshot=snapshot,
        as_of=revisions.pop() if len(revisions) == 1 else "",
        as_of_date=as_of_date,
        indexed=indexed,
        fresh_at=fresh_at,
        skipped=(),
        elapsed_ms=(time.perf_counter() - began) * 1000,
    )


def _asked(query: FactQuery, history: History) -> Fact | None:
    """The history's word; where it cannot say, the reason is its word."""
    try:
        return answer_fact(query, history)
    except (HistoryNotLoadedError, UnreadableError) as error:
        return Fact(text=str(error), citations=(), claims=(), is_known=False)


def _joined(facts: Sequence[tuple[History, Fact]]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """One text of several, the numbers of the citations going on."""
    if len(facts) == 1:
        fact = facts[0][1]
        return fact.text, fact.citations, fact.claims
    from dataclasses import replace

    from whence.answer.facts.draft import renumbered

    text = ""
    citations: list[Citation] = []
    claims: list[Claim] = []
    for history, fact in facts:
        start = len(text) + (2 if text else 0)
        lead = f"{history.name}: "
        moved = renumbered(fact, len(citations))
        text += ("\n\n" if text else "") + lead + moved.text
        claims += [
            replace(claim, start=claim.start + start + len(lead), end=claim.end + start + len(lead))
            for claim in moved.claims
        ]
        citations += moved.citations
    return text, tuple(citations), tuple(claims)
