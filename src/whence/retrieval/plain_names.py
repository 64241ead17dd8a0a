"""Names of code that a question writes as plain language: "register a blueprint" for ``register_blueprint``."""

import re

LONGEST_WORDS = 14
"""Words of a question up to which neighbours are tried as one name; a longer one has too many of them."""
MOST_PAIRS = 4

_WORD = re.compile(r"(?<![\w.`'-])[A-Za-z]{2,}(?![\w.`'-])")
_JOINS = frozenset({"a", "an", "the", "my", "your", "its"})
"""Words that may stand between two parts of a name."""
_NEVER_TEXT = """
about across am and any are as at be because been before behind being between both but by can could did do does doing
each for from had has have having how if in into is it itself just me more most no nor not of off on once only or
other our out over own same she should so some such than that their them then there these they this those through to
too under until up very was we were what when where which while who whom whose why will with would within without you
happen happens class method function module attribute property decorator exception
"""
_NEVER_IN_NAMES = frozenset(_NEVER_TEXT.split())


def plain_names(question: str) -> list[str]:
    """Pairs of neighbouring words of a short question as a name may join them, in order: each as "a_b" and as "AB"."""
    if len(question.split()) > LONGEST_WORDS:
        return []
    runs: list[list[str]] = [[]]
    end = 0
    for match in _WORD.finditer(question):
        word = match.group().lower()
        is_apart = question[end : match.start()].strip() not in {"", *_JOINS}
        end = match.end()
        if word in _JOINS and not is_apart:
            continue
        if is_apart or word in _NEVER_IN_NAMES:
            runs.append([])
        if word not in _NEVER_IN_NAMES and word not in _JOINS:
            runs[-1].append(word)
    pairs = [run[at : at + 2] for run in runs for at in range(len(run) - 1)]
    return [name for pair in pairs[:MOST_PAIRS] for name in ("_".join(pair), "".join(map(str.capitalize, pair)))]
