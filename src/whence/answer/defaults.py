"""What sets a default that a question asks for: the line with the value, and the line of the constant behind it.

A search ranks chunks, and the line that gives a parameter its value resembles no question: such lines are looked up by
the name that is set.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from whence.answer.calls import last_part
from whence.answer.passages import Passage
from whence.answer.places import is_test
from whence.answer.quotes import requoted
from whence.answer.terms import STOP_WORDS, code_names, words
from whence.types import Chunk, Evidence, Hit, Reading

N_CHUNKS: Final = 60
"""Chunks that are looked through for one name; most of them only use it."""
_ASKS: Final = re.compile(r"\bdefaults?\b", re.IGNORECASE)
_FRAMING: Final = frozenset(
    ["default", "defaults", "value", "setting", "set", "option", "parameter", "argument", "config", "configuration"]
)
_SETS: Final = re.compile(
    r"^[ \t]*(?:(?:self|cls)\.)?(?:[\"'](?P<key>[\w.-]+)[\"'][ \t]*:|(?P<name>[A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=))"
    r"[ \t]*(?P<value>[^\s#][^\n]*)$",
    re.MULTILINE,
)
_VALUE: Final = re.compile(r"[\"'\d\[({-]|(?:None|True|False|null|true|false)\b|[A-Z][A-Z0-9_]{2,}\b|\w+\(")
_WRITTEN_OUT: Final = re.compile(r"(?:[\"'\d-]|(?:None|True|False|null|true|false)\b)[^()]*$|[A-Z][A-Z0-9_]{2,},?$")
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]{2,}\b")
_ABOVE: Final = re.compile(r"(?:^[ \t]*(?:#|//)[^\n]*\n){1,8}\Z", re.MULTILINE)
_DECLARES: Final = re.compile(r"\bdefault\s*[=:]\s*\S")
_MOST: Final = 3
_MOST_DECLARED: Final = 14
"""Lines of a declaration that is quoted whole."""
_MOST_LINES: Final = 8
_BESIDE: Final = ("examples/", "docs/", "benchmarks/", "scripts/", "tools/")
_LOOKED_UP: Final = 0.05
"""Of the best evidence, for what is looked up."""


@dataclass(frozen=True, slots=True)
class _Set:
    item: Evidence
    match: re.Match[str]

    @property
    def name(self) -> str:
        return str(self.match["key"] or self.match["name"])


def names_set(question: str) -> tuple[str, ...]:
    """The names in code whose default a question asks for, lower case, without those of types; may be ()."""
    if not _ASKS.search(question):
        return ()
    lasts = (last_part(name) for name in code_names(question))
    return tuple(dict.fromkeys(name.lower() for name in lasts if not is_type(name)))


def constants_behind(question: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The constants that the defaults asked for are set to, and whose own lines are not among the evidence."""
    if not _ASKS.search(question):
        return ()
    behind = [found[0] for one in _found(question, evidence) if (found := _CONSTANT.match(one.match["value"]))]
    there = {one.name for one in _set_lines(evidence)}
    return tuple(name for name in dict.fromkeys(behind) if name not in there)


def with_set(reading: Reading, names: Sequence[str], chunks: Sequence[Chunk]) -> Reading:
    """The reading with those of ``chunks`` that give one of these names a value; its confidence stays."""
    if not reading.evidence:
        return reading
    wanted = {name.lower() for name in names}
    known = {item.hit.chunk.id for item in reading.evidence}
    best = max(item.score for item in reading.evidence)
    least = min(item.hit.score for item in reading.evidence)
    added: list[Evidence] = []
    for chunk in chunks:
        if chunk.id in known:
            continue
        hit = Hit(chunk=chunk, score=least, rank=len(known) + len(added) + 1, legs={})
        item = Evidence(hit=hit, start=chunk.start, end=chunk.end, text=chunk.text, score=_LOOKED_UP * best)
        found = [one for one in _set_lines([item]) if one.name.lower() in wanted]
        if found:
            added.append(requoted(item, *_line_of(found[0])))
    return replace(reading, evidence=(*reading.evidence, *added))


def default_passages(question: str, evidence: Sequence[Evidence]) -> list[Passage]:
    """The lines that give what the question names its value, and that of the constant behind the first."""
    if not _ASKS.search(question):
        return []
    found = _found(question, evidence)
    if not found:
        return _declared(question, evidence)
    first = found[0]
    out = [_line(first)]
    constant = _CONSTANT.match(first.match["value"])
    for one in _set_lines(evidence) if constant else ():
        if constant is not None and one.match["name"] == constant.group():
            return [*out, _line(one)]
    owners = {_owner(first.item.hit.chunk)}
    for other in found[1:]:
        owner = _owner(other.item.hit.chunk)
        is_written_out = _WRITTEN_OUT.match(other.match["value"].rstrip(" ,"))
        if is_written_out and owner not in owners and _is_place_of_defaults(other.item.hit.chunk):
            owners.add(owner)
            out.append(_line(other))
    return out[:_MOST]


def _declared(question: str, evidence: Sequence[Evidence]) -> list[Passage]:
    """The short declaration of an option, named by the words of the question, that says its default among the rest."""
    asked = {word for word in words(question) if word not in STOP_WORDS | _FRAMING}
    for item in evidence:
        chunk = item.hit.chunk
        named = set(words(last_part(chunk.symbol)))
        short = chunk.kind == "code" and chunk.text.strip().count("\n") < _MOST_DECLARED
        if named and short and named <= asked and len(asked - named) <= 1 and _DECLARES.search(chunk.text):
            start = len(chunk.text) - len(chunk.text.lstrip("\n"))
            end = len(chunk.text.rstrip())
            evidence_of = replace(requoted(item, start, end), answer_start=None, answer_end=None)
            return [Passage(evidence=evidence_of, said=(), code=chunk.text[start:end])]
    return []


def is_type(name: str) -> bool:
    """Whether a name is written as those of types are."""
    return name[:1].isupper() and not name.isupper()


def _found(question: str, evidence: Sequence[Evidence]) -> list[_Set]:
    """The lines that set what is asked for: those of the types named first, then values that are written out."""
    names = {last_part(name).lower() for name in code_names(question) if not is_type(last_part(name))}
    named_types = [last_part(name) for name in code_names(question) if is_type(last_part(name))]
    types = {word for name in named_types for word in words(name)}
    owners = {part.lower() for name in code_names(question) for part in name.split(".")[:-1]}
    owners.update(name.lower() for name in named_types)
    asked = [word for word in words(question) if word not in STOP_WORDS | _FRAMING | types]
    found = []
    for one in _set_lines(evidence):
        name = one.name.lower()
        joined = name.replace("_", "")
        if name in names or (not names and len(asked) > 1 and all(word in joined for word in asked)):
            found.append(one)
    of_owner = [one for one in found if owners & set(one.item.hit.chunk.symbol.lower().split("."))]
    found = of_owner or found
    return sorted(found, key=_standing)


def _standing(one: _Set) -> tuple[bool, bool, bool]:
    """What comes first is lower: the project's own, a value that is written out, a parameter or field."""
    value = one.match["value"].rstrip()
    declared = ":" in one.match.group().partition("=")[0] and one.match["name"] is not None
    return (
        not _is_place_of_defaults(one.item.hit.chunk),
        not _WRITTEN_OUT.match(value.rstrip(" ,")),
        not (declared or (value.endswith(",") and one.match["key"] is None)),
    )


def _is_place_of_defaults(chunk: Chunk) -> bool:
    """Whether what stands there is the project's own, and not a use of it."""
    return not chunk.path.startswith(_BESIDE) and (chunk.kind == "data" or bool(chunk.symbol))


def _owner(chunk: Chunk) -> str:
    return f"{chunk.path}:{chunk.symbol}"


def _set_lines(evidence: Sequence[Evidence]) -> Iterator[_Set]:
    """Every line of the code and configuration found that sets a name to something written out."""
    seen: set[str] = set()
    for item in evidence:
        chunk = item.hit.chunk
        if chunk.id in seen or chunk.kind not in ("code", "data") or is_test(chunk.path):
            continue
        seen.add(chunk.id)
        for match in _SETS.finditer(chunk.text):
            one = _Set(item, match)
            if _VALUE.match(match["value"]) and one.name not in match["value"]:
                yield one


def _line_of(one: _Set) -> tuple[int, int]:
    """The statement that sets a name, in characters of its chunk: its line, and those that close its brackets."""
    text = one.item.hit.chunk.text
    end = one.match.start() + len(one.match.group().rstrip())
    start = text.rfind("\n", 0, end - len(one.match.group().strip())) + 1
    value = one.match.start("value")
    for _ in range(_MOST_LINES):
        if _depth(text[value:end]) <= 0:
            return start, end
        after = text.find("\n", end + 1)
        end = after if after >= 0 else len(text)
    return start, one.match.start() + len(one.match.group().rstrip())


def _depth(text: str) -> int:
    return sum(text.count(mark) for mark in "([{") - sum(text.count(mark) for mark in ")]}")


def _line(one: _Set) -> Passage:
    """The line with the comment above it, which says more of a default than its value."""
    text = one.item.hit.chunk.text
    line, end = _line_of(one)
    above = _ABOVE.search(text[:line])
    start = above.start() if above is not None else line
    start += len(text[start:]) - len(text[start:].lstrip())
    said = (text[start:line],) if above is not None else ()
    evidence = replace(requoted(one.item, start, end), answer_start=None, answer_end=None)
    return Passage(evidence=evidence, said=said, code=text[line:end])
