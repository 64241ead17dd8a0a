"""Whether a question is about the past of the code: what changed, when, by whom and why.

Only then commits and hunks are searched; how something works is answered by the code as it is.
"""

import re
from collections.abc import Sequence

from whence.retrieval.analyzer import Analyzer
from whence.retrieval.mentions import Mention
from whence.types import HISTORY_KINDS, Kind, Scope

_DONE = (
    r"(?:chang|remov|add|deprecat|drop|renam|revert|replac|introduc|mov|delet|rewrit|rewrot|disabl|enabl|bump|pinn|"
    r"split|merg|switch|downgrad|upgrad|restor|refactor|fix|updat|extend|simplif|modif|adjust|loosen|tighten|vendor|"
    r"unvendor|rework|mad|set|stop|migrat|convert|back-?port|clean|undone|dropp|implement|adopt|abandon|limit|restrict|lower|increas|decreas|reduc)\w*"
)
_PAST = re.compile(
    rf"\b(?:why|what for|for what reason|how|when|who|by whom)\b[^?!]{{0,40}}\b(?:was|were|has|have|had|did|got)\b"
    rf"[^?!]{{0,120}}\b{_DONE}\b"
    rf"|\b(?:reason|rationale|motivation|motive|commit|change|patch|discussion)s? (?:for|behind|of|to) (?:the )?"
    rf"(?:\w+ing\b|\w*(?:removal|change|addition|deprecation|rename|revert|switch|move|introduction|drop)\b)"
    rf"|\bwho (?:\w+ )?{_DONE}\b"
    r"|\bsince (?:when|which|what)\b|\bas of (?:when|which)\b|\bwhen (?:was|were|did|has)\b"
    r"|\bwhat (?:has |have |had )?happened to\b"
    r"|\bwhat (?:has |have |had |was |were |got |else )?changed\b|\bwhat changes\b"
    r"|\bchanges? (?:made|over time|since|between)\b"
    r"|\b(?:which|what|that|the|this|a|in|by|first|last|latest|recent|each) commits?\b|\bcommits?\s+[0-9a-f]{6,40}\b"
    r"|\bcommit (?:history|message|log)s?\b|\bgit (?:log|blame|history)\b"
    r"|\b(?:bug)?fix(?:es|ed)? (?:for|of)\b|\bregress(?:ed|es)\b"
    r"|\b(?:a|the|this|which|any) regression\b(?! \w*(?:test|model|line|plot))"
    r"|\bintroduced (?:in|by|the|a)\b|\b(?:was|were|been|got) (?:\w+ly |since |later )?"
    r"(?:deprecated|removed|renamed|reverted|introduced|dropped|replaced|rewritten|merged)\b"
    r"|\b(?:is|are) (?:now )?deprecated\b"
    r"|\b(?:history|evolution) (?:of|behind)\b|\bevolved?\b|\bused to (?:be|have|use|do|return|raise|work)\b"
    r"|\b(?:no longer|any ?more|formerly|previously|originally|historically)\b|\bpull requests?\b",
    re.IGNORECASE,
)


_ASKING = (
    "change changes changed commit commits introduce introduced history regression pull reason reasons rationale "
    "motivation motive"
)
"""Words that say what kind of answer is wanted; as search words they lead to commits that are about commits."""


def telling_tokens(tokens: Sequence[str], analyzer: Analyzer) -> list[str]:
    """The tokens to search commits by, without those that only ask for commits; all, if no others are left."""
    asking = frozenset(analyzer.tokens(_ASKING))
    return [token for token in tokens if token not in asking] or list(tokens)


def asks_past(question: str) -> bool:
    """Whether the wording asks about change, its reasons, its authors or its time; English wording only."""
    return _PAST.search(" ".join(question.split())) is not None


def history_kinds(question: str, named: Sequence[Mention], scope: Scope) -> tuple[Kind, ...]:
    """The kinds of history to search: those a filter names, or all where the question asks about the past.

    A commit or an issue that the question names counts as asking.
    """
    if scope.kinds:
        return tuple(kind for kind in HISTORY_KINDS if kind in scope.kinds)
    named_past = any(mention.form in {"commit", "issue"} for mention in named)
    return HISTORY_KINDS if named_past or asks_past(question) else ()
