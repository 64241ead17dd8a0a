"""Recognises what a question names outright: identifiers, paths, commits, issues and quoted text.

Reads the question alone and asks no index; ``exact`` looks the mentions up. A mention that turns out to name nothing
costs one lookup, so the rules lean towards recognising.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from whence.retrieval.plain_names import plain_names

Form = Literal["name", "path", "commit", "issue", "quote"]

MAX_MENTIONS = 12
MAX_MENTION_CHARS = 300
MAX_SCANNED_CHARS = 20_000

_IDENTIFIER = r"[^\W\d]\w*"
_QUOTES = re.compile(r"\"([^\"\n]{4,300})\"|“([^”\n]{4,300})”|«([^»\n]{4,300})»|(?<!\w)'([^'\n]{4,300})'(?!\w)")
_BACKTICKS = re.compile(r"`{1,3}([^`\n]{1,300})`{1,3}")
_ERROR_LINE = re.compile(r"\b\w*(?:Error|Exception|Warning|Fault|panic): +([^\n]{8,300})")
_PATH = re.compile(r"(?<![\w/:])/?(?:[\w.@+\-]+/)+[\w.@+\-]*\w")
_DOTTED = re.compile(rf"\b{_IDENTIFIER}(?:(?:\.|::|#){_IDENTIFIER})+")
_SNAKE = re.compile(r"\b(?:_+[^\W_]\w*|[^\W\d_][^\W_]*_\w+)\b")
_CAMEL = re.compile(r"\b(?:[A-Z]+[a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w+|[a-z]+[a-z0-9]*[A-Z]\w*)\b")
_CALL = re.compile(rf"\b({_IDENTIFIER})\(")
_TYPED = re.compile(
    rf"\b({_IDENTIFIER})(?:'s)? +"
    r"(?:class|method|function|decorator|exception|module|attribute|property|constant|file)\b"
)
_ASKED = re.compile(
    rf"\b(?:where(?: is|'s)|what (?:does|is)|who calls|callers of|definition of|signature of|usages? of|explain)"
    rf" +({_IDENTIFIER})\b",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{3,})\b")
_HYPHENED = re.compile(r"(?<![\w/.\-])-{0,2}([^\W\d_][^\W_]*(?:-[^\W_]+)+)(?![\w/\-]|\.\w)")
_COMMIT = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b")
_ISSUE = re.compile(r"(?<![\w&])#(\d{1,7})\b")
_NOT_NAMES = frozenset(
    {"e.g", "i.e", "etc", "the", "this", "that", "each", "which", "what", "test", "wrapper", "helper"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """``text`` as the question has it, without marks; ``sure`` is False where the word may be plain language.

    A "name" may have dots: "Session.send" and "sessions.py" look alike, and only the index knows which is a file.
    """

    text: str
    form: Form
    sure: bool = True


def mentions(question: str) -> list[Mention]:
    """What the question names, the surest first, then in order of the rules; at most ``MAX_MENTIONS``, none twice."""
    found: dict[str, Mention] = {}
    for mention in _recognised(question[:MAX_SCANNED_CHARS]):
        key = mention.text.lower()
        if not 2 <= len(key) <= MAX_MENTION_CHARS or key in _NOT_NAMES:
            continue
        held = found.get(key)
        if held is None or (mention.sure and not held.sure):
            found[key] = mention
    ordered = sorted(found.values(), key=lambda mention: not mention.sure)
    return _without_parts(ordered)[:MAX_MENTIONS]


def _recognised(question: str) -> Iterator[Mention]:
    for match in _BACKTICKS.finditer(question):
        yield from _quoted(match.group(1).strip())
    for match in _QUOTES.finditer(question):
        yield from _quoted(next(group for group in match.groups() if group is not None).strip())
    for match in _ERROR_LINE.finditer(question):
        yield Mention(text=match.group(1).strip(), form="quote")
    for match in _ISSUE.finditer(question):
        yield Mention(text=f"#{match.group(1)}", form="issue")
    for match in _COMMIT.finditer(question):
        yield Mention(text=match.group(), form="commit")
    for match in _PATH.finditer(question):
        yield Mention(text=match.group(), form="path", sure="." in match.group() or match.group().count("/") > 1)
    for match in _DOTTED.finditer(question):
        yield Mention(text=match.group(), form="name")
    for pattern in (_SNAKE, _CAMEL):
        for match in pattern.finditer(question):
            yield Mention(text=match.group(), form="name")
    for match in _CALL.finditer(question):
        yield Mention(text=match.group(1), form="name")
    yield from _unsure(question)


def _unsure(question: str) -> Iterator[Mention]:
    """What may be a name or plain language."""
    for pattern in (_TYPED, _ASKED, _CAPITAL):
        for match in pattern.finditer(question):
            yield Mention(text=match.group(1), form="name", sure=False)
    for name in plain_names(question):
        yield Mention(text=name, form="name", sure=False)
    for match in _HYPHENED.finditer(question):  # an option or a header, or a word like "well-known"
        yield Mention(text=match.group(1), form="quote", sure=False)


def _quoted(text: str) -> Iterator[Mention]:
    """A quotation is a name where it is one word, else a passage to be found letter by letter."""
    bare = re.sub(r"\(.*\)$", "", text)
    if re.fullmatch(rf"@?{_IDENTIFIER}(?:(?:\.|::|#){_IDENTIFIER})*", bare):
        yield Mention(text=bare.lstrip("@"), form="name")
    elif re.fullmatch(r"[\w.@+\-/]+", text) and "/" in text.strip("/"):
        yield Mention(text=text, form="path")
    elif re.search(r"\w\W+\w", text):
        yield Mention(text=text, form="quote")


def _without_parts(found: list[Mention]) -> list[Mention]:
    """Leaves out unsure mentions that another one holds: "Session" beside "Session.send"."""
    words = {part for mention in found if mention.sure for part in re.split(r"\W+", mention.text.lower())}
    return [mention for mention in found if mention.sure or mention.text.lower() not in words]
