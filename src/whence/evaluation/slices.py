"""The groups of questions that every suite is broken down by, read from the question itself."""

import re
from collections.abc import Mapping

from whence.evaluation.records import EvalQuestion

_KINDS = ("what", "how", "why", "where", "when", "who", "which")
_YES_NO = frozenset(
    {"is", "are", "was", "were", "do", "does", "did", "can", "could", "has", "have", "had", "will", "would", "should"}
    | {"may", "might", "must", "am", "isn't", "aren't", "doesn't"}
)
# A name as programs write it: a_b, a.b, aB, a(), A::b, --option, `anything`.
_IDENTIFIER = re.compile(r"`[^`]+`|\b\w+_\w+|\b[a-z]+[A-Z]\w*|\b[A-Z][a-z]+[A-Z]\w*|\w+\(\)|\w\.[a-z_]\w+|\w::\w|--\w")
_SHORT, _LONG = 8, 16


def slices_of(question: EvalQuestion) -> Mapping[str, str]:
    """The question's own slices first, with "kind", "length" and "identifier" added where it does not say them."""
    words = question.question.lower().split()
    found = {
        "kind": _kind(words),
        "length": f"up to {_SHORT} words"
        if len(words) <= _SHORT
        else f"over {_LONG} words"
        if len(words) > _LONG
        else f"{_SHORT + 1} to {_LONG} words",
        "identifier": "names an identifier" if _IDENTIFIER.search(question.question) else "plain words",
        "answerable": "answerable" if question.is_answerable else "unanswerable",
    }
    return {**question.slices, **{name: value for name, value in found.items() if name not in question.slices}}


def _kind(words: list[str]) -> str:
    plain = [word.strip("\"'`.,:;?!()") for word in words]
    if plain and plain[0] in _YES_NO:
        return "yes or no"
    if plain[:2] == ["how", "many"] or plain[:2] == ["how", "much"]:
        return "how many"
    return next((word for word in plain if word in _KINDS), "other")
