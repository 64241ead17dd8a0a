"""Decides whether a question asks why something in the history was done. What behaves is not history: it is searched.

A question that asks for a reason is taken apart like other questions of fact. What is left must be one thing and one
deed, and the deed must be told as past.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from whence.answer.facts.query import FactKind, FactQuery
from whence.answer.facts.rule import Rule
from whence.answer.facts.wording import Token, tokens

_POLITE: Final = (
    r"(?:(?:please |(?:can|could|would|will) you (?:please )?)*(?:tell|show|give) me |do you know |i wonder "
    r"|i(?:'d| would) like to know |i (?:want|need) to know )*"
)
_WHY: Final = re.compile(
    rf"\s*{_POLITE}(?:why\b|how come\b|for (?:what|which) reason\b"
    r"|what(?:'s| is| was| are| were)? the (?P<noun>reason|rationale|motivation|justification)s?"
    r" (?:for|behind|of|to)\b)",
    re.IGNORECASE,
)
_FIXED: Final = re.compile(rf"\s*{_POLITE}(?:what|which) (?:bugs?|issues?|problems?)\b", re.IGNORECASE)
_PAST: Final = re.compile(r"\b(?:was|were|did|had|got|ha(?:s|ve) (?:\S+ ){0,4}been)\b", re.IGNORECASE)
_PRESENT: Final = re.compile(r"\b(?:is|are|does|do|would|should|can|could|will|may|must|might)\b", re.IGNORECASE)
_RANGE: Final = re.compile(r"(\blines? |:)(\d{1,7})\s?(?:-|–|to|through|until)\s?(\d{1,7})\b", re.IGNORECASE)
_DEEDS: Final = (
    (r"\b(?:renaming|moving|relocating)\b", "rename"),
    (r"\b(?:changing|modifying|editing|touching|altering|rewriting|rewritten|reworked|refactored)\b", "change"),
    (r"\b(?:dropping|deleting|killing)\b", "remove"),
    (r"\b(?:we|you|people|the authors|the maintainers|the developers)\b", "they"),
    (r"\b(?:like this|like that|this way|that way|written so|at all|in the first place)\b", ""),
    (r"\bexists?(?:ing)?\b|\bexistence\b|\bneeded\b", ""),
)
_IMPORTED: Final = re.compile(
    r"\b(?:the )?(?!(?:un|non)?(?:used|needed|necessary)\b)"
    r"(?!(?:the|an?|this|that|its|new|old|last|first|star|local|relative|absolute|circular|lazy|extra|optional|direct|"
    r"transitive|conditional|duplicate|redundant|external|internal|vendored|bundled|python|standard|third|hard)\b)"
    r"([A-Za-z][\w-]{2,}) (?:import|dependency|package|library)\b",
    re.IGNORECASE,
)
"""What is named by saying that it was imported: "the simplejson import"."""
_BESIDE: Final = "in by from commit function line files project make there and"

_RULES: Final = (
    Rule("why_line", needs="FILE LINE", allows="in commit add write change make line do there from"),
    Rule("why_commit", needs="SHA", allows="commit make write do add issue fix change by they"),
    Rule("why_removed", needs="FILE|NAME|TEXT remove", allows=_BESIDE),
    Rule("why_renamed", needs="FILE rename", allows=_BESIDE),
    Rule("why_added", needs="FILE|NAME|TEXT add|write", allows=_BESIDE),
    Rule("why_changed", needs="FILE|NAME change", allows=_BESIDE),
    Rule("why_file", needs="FILE", allows="in project"),
)
_DONE: Final = frozenset({"why_removed", "why_renamed", "why_added", "why_changed"})


def parse_why(question: str, today: datetime) -> FactQuery | None:
    """The reason a question asks for, or None where it is not, beyond doubt, one that the history gives."""
    asked = _WHY.match(question)
    fixed = _FIXED.match(question) if asked is None else None
    if asked is None and fixed is None:
        return None
    rest = question[(asked or fixed).end() :]  # type: ignore[union-attr]
    rest, last_line = with_first_line(rest)
    rest = _IMPORTED.sub(r"`\1`", rest)
    for pattern, word in _DEEDS:
        rest = re.sub(pattern, word, rest, flags=re.IGNORECASE)
    found = [token for token in tokens(rest, today) if token.concept != "do"]
    concepts = frozenset(token.concept for token in found)
    rule = next((rule for rule in _RULES if rule.fits(concepts)), None)
    if rule is None or not _is_history(rule.kind, rest, is_named=asked is not None and bool(asked["noun"])):
        return None
    if fixed is not None and (rule.kind != "why_commit" or "fix" not in concepts):
        return None
    return _query(rule.kind, found, last_line)


def with_first_line(text: str) -> tuple[str, int]:
    """The text with the lower end of a range of lines in its place, and the upper end; 0 where there is no range."""
    match = _RANGE.search(text)
    if match is None:
        return text, 0
    first, last = sorted((int(match[2]), int(match[3])))
    return f"{text[: match.start()]}{match[1]}{first}{text[match.end() :]}", last


def _is_history(kind: FactKind, rest: str, *, is_named: bool) -> bool:
    """Whether a deed is told as past ("was removed", "the reason for removing"), not as behaviour ("is removed")."""
    if kind not in _DONE:
        return True
    if is_named:
        return not _PRESENT.search(rest)
    past, present = _PAST.search(rest), _PRESENT.search(rest)
    return past is not None and (present is None or past.start() < present.start())


def _query(kind: FactKind, found: Sequence[Token], last_line: int) -> FactQuery | None:
    of: dict[str, list[str]] = {}
    for token in found:
        of.setdefault(token.concept, []).append(token.raw)
    if any(len(of.get(entity, ())) > 1 for entity in ("FILE", "LINE", "SHA", "NAME", "TEXT")):
        return None
    if sum(bool(of.get(entity)) for entity in ("FILE", "NAME", "TEXT")) > 1:
        return None
    return FactQuery(
        kind=kind,
        file=_only(of, "FILE"),
        text=_only(of, "NAME") or _only(of, "TEXT"),
        line=int(_only(of, "LINE") or 0),
        last_line=last_line,
        sha=_only(of, "SHA"),
    )


def _only(of: Mapping[str, Sequence[str]], entity: str) -> str:
    return of[entity][0] if entity in of else ""
