"""Decides whether a question asks for a fact, and for which. What no rule fits whole is not a fact question.

A rule names the concepts that must be there and those that may be; any other concept, and any unknown word, refuses.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from whence.answer.facts.difference import difference_query
from whence.answer.facts.guesses import guesses
from whence.answer.facts.parse_why import parse_why, with_first_line
from whence.answer.facts.phrasing import plain
from whence.answer.facts.query import FactQuery
from whence.answer.facts.ranges import range_query
from whence.answer.facts.rule import Rule
from whence.answer.facts.rules import RULES
from whence.answer.facts.wording import Token, respelled, tokens

MAX_QUESTION_CHARS: Final = 300
_ASKS: Final = frozenset({"who", "when", "which", "what", "where", "how", "list"})
_STARTS: Final = frozenset(
    {
        *("first", "last", "authors", "commit", "change", "tag", "history", "most", "mention", "blame", "rename"),
        *("previous", "default", "files", "PERSON", "methods", "members", "classes", "return", "newcomer", "untouched"),
        *("unreleased", "current", "know", "call", "use", "inherit", "signature", "size"),
    }
)
"""What a question without a verb of its own may begin with."""

_VERBS: Final = frozenset(
    {
        *("change", "new", "update", "edit", "commit", "link", "close", "address", "call", "use", "own"),
        *("know", "extend", "inherit", "derive", "subclass", "about", "mention", "reference"),
    }
)
"""Words that ask for something to be done where they come first."""

_OF_CODE: Final = frozenset(
    {"signature", "methods", "members", "inherit", "fulfil", "call", "use", "define", "implement", "annotation"}
)
"""Concepts that speak of things in the code."""

_DEEDS: Final = frozenset(
    {"add", "added", "introduce", "introduced", "remove", "removed", "drop", "dropped", "delete", "deleted"}
)
"""Words that speak of things in the code that come and go: "when was Blueprint added?"."""

_ACTIVE: Final = frozenset(
    {
        *("call", "calls", "invoke", "invokes", "use", "uses", "inherit", "inherits", "extend", "extends"),
        *("derive", "derives", "implement", "implements"),
    }
)
_ONE_PARAMETER: Final = frozenset({"argument", "parameter", "param", "arg", "kwarg"})

_SECOND: Final = timedelta(seconds=1)


def parse(question: str, today: datetime | None = None, *, project: str = "", guess: bool = False) -> FactQuery | None:
    """The fact a question asks for, or None where it is not, beyond doubt, a fact question.

    ``today`` is what "yesterday" and the like are counted from (default: now). ``project`` is what the project is
    called: "the commits of requests" are its own. With ``guess`` a plain word is taken for a name in the code, or for
    the id of a commit, where one is missing; whoever asks has to see whether it is one (``FactQuery.is_guess``).
    """
    today = today or datetime.now(UTC)
    if len(question) > MAX_QUESTION_CHARS or "\n\n" in question.strip():
        return None
    question = plain(question, project)
    if not question:
        return None
    reason = parse_why(question, today)
    if reason is not None:
        return reason
    of_first, last_line = with_first_line(question)
    if last_line and (query := _read(of_first, today)) is not None and query.kind == "line_author":
        return replace(query, last_line=last_line)
    if not guess:
        query = _read(question, today)
        respelt = question if query is not None else respelled(question)
        return query if respelt == question else _read(respelt, today)  # phrases are known by their letters
    read = _with_parameter(tokens(question, today))
    made = [(_parsed(taken, taken), kinds) for taken, kinds in guesses(read, question)]
    fitting = [query for query, kinds in made if query is not None and query.kind in kinds]
    return replace(fitting[0], is_guess=True) if len(fitting) == 1 else None


def _read(question: str, today: datetime) -> FactQuery | None:
    """The query of a question without manners, each word in it as it stands."""
    read = _with_parameter(tokens(question, today))
    return _parsed(read, _with_name(read))


def _parsed(read: Sequence[Token], named: Sequence[Token]) -> FactQuery | None:
    """The query of the concepts of a question; ``read`` are those before a type's name was seen in one."""
    is_type = named != read and not {token.concept for token in read} & _OF_CODE
    found = _with_person(named)
    if not found:
        return None
    is_whether = found[0].raw.lower() == "has"
    found = [token for place, token in enumerate(found) if not _is_idle(found, place)]
    if not found:
        return None
    concepts = frozenset(token.concept for token in found)
    is_whether = (is_whether and bool(concepts & {"rename", "remove"})) or {"NUMBER", "mention", "commit"} <= concepts
    if not found or (not concepts & _ASKS and not _is_noun_phrase(found) and not is_whether):
        return None
    difference = difference_query(found)
    if difference is not None:
        return difference
    for rule in RULES:
        if rule.fits(concepts):
            query = _query(rule, found)
            if query is not None:
                return replace(query, only_types=True) if is_type else query
    return range_query(found)


def _is_idle(found: Sequence[Token], place: int) -> bool:
    """Whether a token has done its work: "did", and an "and" that only joins two questions about one thing."""
    if found[place].concept == "and":
        after = [token.concept for token in found[place + 1 : place + 3]]
        return not after or after[0] in _ASKS or (after[0] == "in" and after[-1] in _ASKS)
    return found[place].concept == "do"


def _is_noun_phrase(found: Sequence[Token]) -> bool:
    """Whether the question begins like "first commit of ..." or "authors of ...", without a verb of its own."""
    first = found[1] if found[0].concept == "COUNT" and len(found) > 1 else found[0]
    return first.concept in _STARTS and first.raw.lower() not in _VERBS


def _with_parameter(found: Sequence[Token]) -> list[Token]:
    """The tokens with the one unknown word of a question for a default made a name: parameters look like words."""
    unknown = [n for n, token in enumerate(found) if token.concept == "?"]
    named = [n for n, token in enumerate(found) if token.concept == "NAME"]
    is_asked = any(token.concept == "default" for token in found)
    if not is_asked or len(unknown) != 1 or len(named) != 1 or not found[unknown[0]].raw.isidentifier():
        return list(found)
    made = list(found)
    made[unknown[0]] = Token("NAME", found[unknown[0]].raw)
    if named[0] < unknown[0]:  # the rule takes the first for the parameter
        made[named[0]], made[unknown[0]] = made[unknown[0]], made[named[0]]
    return made


def _with_name(found: Sequence[Token]) -> list[Token]:
    """The tokens with the one unknown word of a question about code made a name, where it is written like a type's."""
    unknown = [n for n, token in enumerate(found) if token.concept == "?"]
    concepts = {token.concept for token in found}
    speaks_of_code = concepts & _OF_CODE or any(token.raw.lower() in _DEEDS for token in found)
    if len(unknown) != 1 or unknown[0] == 0 or "NAME" in concepts or not speaks_of_code or "by" in concepts:
        return list(found)
    raw = found[unknown[0]].raw
    is_type = raw.isidentifier() and raw[0].isupper() and not raw.isupper()
    return [Token("NAME", raw) if n == unknown[0] and is_type else token for n, token in enumerate(found)]


def _with_person(found: Sequence[Token]) -> list[Token] | None:
    """The tokens with the one run of unknown words that stands where a person is named made one.

    None where unknown words stand elsewhere.
    """
    made: list[Token] = []
    runs = 0
    for token in found:
        if token.concept == "?" and made and made[-1].concept == "?":
            made[-1] = Token("?", f"{made[-1].raw} {token.raw}")
            continue
        runs += token.concept == "?"
        made.append(token)
    if not runs:
        return made
    place = next(n for n, token in enumerate(made) if token.concept == "?")
    before = made[place - 1] if place else Token("", "")
    after = made[place + 1] if place + 1 < len(made) else Token("", "")
    words = made[place].raw.split()
    does = {"make", "commit", "write", "change"}
    bounds = {"since", "until", "in", "between", "from", "to", ""}
    named = (
        (before.concept == "by" and after.concept in bounds | does | {"by"})
        or (
            (
                before.raw.lower() in {"from", "commit"}
                or (before.concept == "commit" and before.raw[-2:].lower() != "ed")
            )
            and after.concept in bounds | does
        )
        or (before.concept in {"do", "commit"} and after.concept in does | {"first", "last"})
        or (before.raw.lower() in {"do", "does", "did"} and after.raw.lower() == "have")
        or (before.concept == "what" and after.raw.lower() == "changed" and len(words) > 1 and words[0][0].isupper())
        or (before.raw.lower() == "did" and after.raw.lower() == "do" and words[0][0].isupper())
        or (after.concept in {"first", "last"} and before.concept in {"when", "what", "which", "", "commit"})
    )
    if runs > 1 or len(words) > 4 or not named:
        return None
    made[place] = Token("PERSON", made[place].raw)
    return made


def _query(rule: Rule, found: Sequence[Token]) -> FactQuery | None:
    """The rule's query with the entities of the question, or None where there are too many of them."""
    of: dict[str, list[Token]] = {}
    for token in found:
        of.setdefault(token.concept, []).append(token)
    single = ("FILE", "LINE", "SHA", "NUMBER", "TEXT", "PERSON", "EMAIL", "COUNT")
    if any(len(of.get(kind, ())) > 1 for kind in single) or len(of.get("TAG", ())) > 2 or len(of.get("DATE", ())) > 2:
        return None
    is_of_text = rule.kind in {"introduced", "removed", "release_of"}  # looked for as it is written
    names = [token.raw if is_of_text else token.raw.replace("::", ".") for token in of.get("NAME", ())]
    parameter = ""
    if rule.kind in {"default_value", "parameter_added"}:
        if rule.function_first:
            names.reverse()
        if len(names) != 2 or (rule.kind == "parameter_added" and "." in names[0]):
            return None
        parameter, names = names[0], names[1:]
    elif len(names) > 1 or not _is_forwards(rule, found):
        return None
    times = _times(found)
    if times is None:
        return None
    since, until, tags = times
    if len(tags) == 2 and not {"between", "from", "to", "and", "since"} & of.keys():
        return None

    def raw(*kinds: str) -> str:
        return next((of[kind][0].raw for kind in kinds if kind in of), "")

    if rule.kind == "person_activity" and not _is_person(raw("PERSON", "EMAIL"), "DATE" in of):
        return None
    only = of.keys() & {"methods", "members", "classes"}
    return FactQuery(
        kind=rule.kind,
        file=raw("FILE"),
        text=names[0] if names else raw("TEXT", "SUFFIX"),
        parameter=parameter,
        line=int(raw("LINE") or 0),
        sha=raw("SHA"),
        tags=tags,
        number=int(raw("NUMBER") or 0),
        person=raw("PERSON", "EMAIL"),
        since=since,
        until=until,
        merges=rule.merges,
        n_max=int(raw("COUNT") or 0),
        unit="month" if "month" in of else "year" if "year" in of else "",
        only_methods=only == {"methods"},
        only_types=only == {"classes"},
    )


def _is_forwards(rule: Rule, found: Sequence[Token]) -> bool:
    """Whether a verb in the active stands before the name it is about: "which does X call" asks for something else.

    So does "what does the X argument do": that is one parameter, not all that X takes.
    """
    if rule.kind == "signature":
        pairs = pairwise(found)
        return not any(a.concept == "NAME" and b.raw.lower() in _ONE_PARAMETER for a, b in pairs)
    if rule.kind not in {"callers", "usages", "subclasses"}:
        return True
    place = next(n for n, token in enumerate(found) if token.concept == "NAME")
    return all(n < place for n, token in enumerate(found) if token.raw.lower() in _ACTIVE)


def _is_person(raw: str, is_bounded: bool) -> bool:
    """Whether words can be a person's name where a thing of the project could stand as well."""
    words = raw.split()
    return "@" in raw or (words[0][0].isupper() and (len(words) > 1 or is_bounded))


def _times(found: Sequence[Token]) -> tuple[datetime | None, datetime | None, tuple[str, ...]] | None:
    """(since, until, tags) that bound the question; None where the words around a date say nothing clear.

    One tag after "until" or "before" cannot be told from a range; such questions are refused.
    """
    since: datetime | None = None
    until: datetime | None = None
    tags: list[str] = []
    previous = ""
    for token in _in_order(found):
        period = token.period
        if token.concept == "TAG":
            if previous == "until":
                return None
            tags.append(token.raw)
        elif period is not None:
            if previous in {"since", "from"} or (previous == "between" and since is None):
                since = period.start
            elif previous == "until":
                until = period.start - _SECOND if _is_before(found) else period.end - _SECOND
            elif previous in {"and", "to"} and since is not None:
                until = period.end - _SECOND
            elif since is None and until is None:
                since, until = period.start, period.end - _SECOND
            else:
                return None
        if token.concept in {"since", "until", "between", "and", "from", "to", "in"}:
            previous = token.concept
        elif not token.is_entity or token.concept in {"FILE"}:
            previous = ""
    if tags and (since or until):
        return None
    return since, until, tuple(tags)


def _in_order(found: Sequence[Token]) -> list[Token]:
    """The tokens with the two dates of a range that is given backwards swapped."""
    made = list(found)
    dates = [n for n, token in enumerate(found) if token.period is not None]
    if len(dates) == 2 and dates[0] and found[dates[0] - 1].concept in {"between", "from", "since"}:
        first, last = (made[n] for n in dates)
        if first.period and last.period and first.period.start > last.period.start:
            made[dates[0]], made[dates[1]] = last, first
    return made


def _is_before(found: Sequence[Token]) -> bool:
    return any(token.concept == "until" and token.raw.lower() == "before" for token in found)


Route = Callable[[str], FactQuery | None]
"""What the router offers to others: a question to its query, or None."""
