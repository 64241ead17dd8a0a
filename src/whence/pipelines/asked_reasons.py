"""A question for why, when or by whom something was done, answered by the commit that did it and what tells of it.

The commit is found by searching, so it may be another one: the confidence stays that of the search.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from whence.answer.deeds import Deed, deed_asked
from whence.answer.facts.draft import Fact, renumbered
from whence.answer.facts.query import FactKind, FactQuery
from whence.types import Answer

AskFact = Callable[[FactQuery], Answer | None]
"""A fact of the same scope and state."""

_WHY: Final = re.compile(r"\bwhy\b|\bhow come\b|\breasons?\b|\brationale\b|\bmotivation\b|\bhappened\b", re.IGNORECASE)
_RELEASE: Final = re.compile(r"\b(?:releases?|versions?)\b", re.IGNORECASE)
OF_THE_NAME: Final = 0.5
OF_THE_NAME_ALONE: Final = 0.8
"""How sure what is said of a name is to be said of the thing asked for: where more than the name is asked, and not."""
_TOLD_BESIDE: Final = re.compile(r"^(?:It came with merge|\S+:\d+(?:-\d+)? has: )", re.MULTILINE)


def with_reasons(answer: Answer, question: str, ask: AskFact) -> Answer:
    """The answer, with who made the commit that leads it, when, and the reasons the history gives for it.

    What else was found is left out, unless it quotes more of that commit's message than its subject.
    """
    leading = answer.citations[0].commit if answer.citations else None
    deed = deed_asked(question, answer.index)
    if deed is None or answer.kind not in {"extractive", "none"}:
        return answer
    if answer.abstained or (deed.dated and (deed.word or not deed.things)):
        answer = _of_name(answer, deed, question, ask)
    if answer.abstained or not leading or answer.citations[0].commit != leading:
        return answer
    told = ask(FactQuery(kind="why_commit", sha=leading))
    if told is None or told.abstained:
        return answer
    if not _WHY.search(question):
        released = ask(FactQuery(kind="release_of", sha=leading)) if _RELEASE.search(question) else None
        return _made(answer, told if released is None or released.abstained else released)
    said = [c for c in answer.citations if c.commit == leading and not c.path and c.quote.strip() not in c.title]
    if not said:
        return replace(answer, answer=told.answer, citations=told.citations, claims=told.claims)
    if not _TOLD_BESIDE.search(told.answer):
        return answer
    fact = Fact(text=told.answer, citations=told.citations, claims=told.claims)
    moved = renumbered(fact, len(answer.citations))
    start = len(answer.answer) + 2
    claims = [replace(claim, start=claim.start + start, end=claim.end + start) for claim in moved.claims]
    return replace(
        answer,
        answer=f"{answer.answer}\n\n{moved.text}",
        citations=(*answer.citations, *moved.citations),
        claims=(*answer.claims, *claims),
    )


def _of_name(answer: Answer, deed: Deed, question: str, ask: AskFact) -> Answer:
    """When, or why, the one name of code came or went whose coming or going is asked for; else the answer as it is.

    The name may be less than what is asked for, so it is said of the name, and the answer is not certain.
    """
    name = deed.word if deed.comes else ""
    if not name and len(deed.written) == 1 and not deed.numbered and (deed.comes or deed.goes):
        name = deed.written[0]
    if not name:
        return answer
    kind: FactKind = "introduced" if deed.comes else "removed"
    if not deed.dated:
        kind = "why_added" if deed.comes else "why_removed"
    elif deed.comes and _RELEASE.search(question):
        kind = "release_of"
    told = ask(FactQuery(kind=kind, text=name, is_guess=bool(deed.word)))
    if told is None or told.abstained or not any(cited.commit for cited in told.citations):
        return answer
    if deed.goes and "was not removed" in told.answer.partition("\n")[0]:
        return answer  # of the name alone that says nothing of the thing
    sure = OF_THE_NAME if deed.things and not deed.word else OF_THE_NAME_ALONE
    return replace(told, kind="extractive", confidence=sure, hits=answer.hits, skipped=answer.skipped)


def _made(answer: Answer, told: Answer) -> Answer:
    """The answer with the first line told of its commit before it: who made it, and when."""
    line = told.answer.partition("\n")[0]
    first = tuple(claim for claim in told.claims if claim.end <= len(line))
    n_cited = max((n for claim in first for n in claim.citations), default=0)
    fact = Fact(text=answer.answer, citations=answer.citations, claims=answer.claims)
    moved = renumbered(fact, n_cited)
    start = len(line) + 2
    claims = [replace(claim, start=claim.start + start, end=claim.end + start) for claim in moved.claims]
    return replace(
        answer,
        answer=f"{line}\n\n{moved.text}",
        citations=(*told.citations[:n_cited], *moved.citations),
        claims=(*first, *claims),
    )
