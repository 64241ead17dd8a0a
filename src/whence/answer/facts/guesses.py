"""What a question may name in words that look like any other: code called like a word, ids without a letter or digit.

Nothing is known here of the project: whoever asks has to see whether it has what was guessed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from whence.answer.facts.query import FactKind
from whence.answer.facts.wording import Token

OF_WORDS: Final[frozenset[FactKind]] = frozenset({"callers", "definition", "signature", "members", "subclasses"})
"""What may be asked of a name that looks like any other word."""

OF_TYPES: Final[frozenset[FactKind]] = OF_WORDS | {"usages", "return_type", "introduced"}
"""The same of a name in capitals."""

OF_COMMITS: Final[frozenset[FactKind]] = frozenset({"commit_details", "commit_changes", "reviewers", "release_of"})

_ID: Final = re.compile(r"\d{7,40}|[a-f]{7,40}")
_BEFORE: Final = (
    r"\b(?:calls?|invokes?|callers? of|calls to|call sites of|where (?:is|are)|definitions? of|signature of"
    r"|(?:parameters|arguments|args|params) (?:of|to|for)|(?:subclasses|methods|members|attributes) of) "
)


def guesses(found: Sequence[Token], question: str) -> Iterator[tuple[list[Token], frozenset[FactKind]]]:
    """The tokens of a question with one of them taken for a name or an id, and what may be asked of it then."""
    unknown = [n for n, token in enumerate(found) if token.concept == "?"]
    if len(unknown) > 1 or any(token.concept in {"NAME", "TEXT", "SHA"} for token in found):
        return
    if unknown:
        raw = found[unknown[0]].raw
        if _ID.fullmatch(raw):
            yield _with(found, unknown[0], "SHA"), OF_COMMITS
        if _is_plain(raw, question):
            yield _with(found, unknown[0], "NAME"), OF_WORDS
        return
    for place, token in enumerate(found):
        raw = token.raw
        if token.is_entity or not raw.isidentifier() or not _is_plain(raw, question):
            continue
        is_type = raw[0].isupper() and not question.startswith(raw)
        if is_type:
            yield _with(found, place, "NAME"), OF_TYPES
        elif re.search(rf"(?i:{_BEFORE}){raw}(?![\w.-])|\bdoes {raw} (?:take|accept|expect)\b", question):
            yield _with(found, place, "NAME"), OF_WORDS


def _with(found: Sequence[Token], place: int, concept: str) -> list[Token]:
    return [Token(concept, token.raw) if n == place else token for n, token in enumerate(found)]


def _is_plain(raw: str, question: str) -> bool:
    """Whether a word names itself in a question, not a thing ("the session") or how one is ("are required?")."""
    if not raw.isidentifier() or re.search(rf"(?i:\b(?:which|what) (?:\w+ )+(?:is|are) ){raw}\W*$", question):
        return False
    return re.search(rf"(?<!\bthe )(?<!\ban )(?<!\ba )(?<![.\w-]){raw}(?![.\w-])", question) is not None
