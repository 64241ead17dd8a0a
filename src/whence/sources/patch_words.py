"""The words that a commit's patch holds, for an index of names over time: what is not among them cannot have changed.

A word is a maximal run of word characters, letter case kept. Of renamed files every word counts as changed, because
``git log -S`` compares them with nothing, and those of files whose patch is cut; of binary files the runs of plain
letters, digits and underscores do.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from whence.sources.patches import FilePatch, Patch
from whence.sources.redaction import redact
from whence.store.word_segments import TextPart

MIN_WORD_CHARS: Final = 2
MAX_WORD_CHARS: Final = 100
MIN_BINARY_CHARS: Final = 4
"""Shorter runs in binary files are noise; a commit that has such a file is looked at for shorter words anyway."""

MAX_BLOB_BYTES: Final = 4_000_000
_OVERLAP_CHARS: Final = MAX_WORD_CHARS // 2
_WORDS: Final = re.compile(rf"\w{{{MIN_WORD_CHARS},}}")
_PLAIN_RUNS: Final = re.compile(rf"[A-Za-z0-9_]{{{MIN_BINARY_CHARS},}}")

ReadBlob = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchWords:
    """``words`` tells of each word in added or removed lines whether it occurs more or less often in some file.

    Words of more than 100 characters are there as pieces of 100 that overlap by half. ``is_doubtful`` says that words
    may be missing: of a redacted patch, or of a version that is needed and cannot be read. ``has_binary`` says that
    short words of a binary file are missing.
    """

    words: dict[str, bool]
    is_doubtful: bool = False
    has_binary: bool = False


def patch_words(patch: Patch, read_blob: ReadBlob, *, is_redacted: bool = False) -> PatchWords:
    """The words of a patch whose lines are redacted; ``read_blob`` gives versions of files by id."""
    words: dict[str, bool] = {}
    is_doubtful = is_redacted
    has_binary = False
    for file in patch.files:
        if file.is_binary or file.is_cut or file.status in "RC":
            has_binary |= file.is_binary
            is_doubtful |= file.is_cut and not (file.old_blob or file.new_blob)
            for text in _versions(file, read_blob):
                is_doubtful |= text is None
                found = (_PLAIN_RUNS if file.is_binary else _WORDS).findall(text or "")
                words.update(dict.fromkeys(found, True))
        if file.hunks:
            _add_changed(words, file)
    long = [word for word in words if len(word) > MAX_WORD_CHARS]
    for word in long:
        is_change = words.pop(word)
        for piece in _pieces(word):
            words[piece] = words.get(piece, False) or is_change
    return PatchWords(words=words, is_doubtful=is_doubtful, has_binary=has_binary)


def _add_changed(words: dict[str, bool], file: FilePatch) -> None:
    added: list[str] = []
    removed: list[str] = []
    for hunk in file.hunks:
        added += [line for line in hunk.lines if line[0] == "+"]
        removed += [line for line in hunk.lines if line[0] == "-"]
    new = _WORDS.findall("\n".join(added))
    old = _WORDS.findall("\n".join(removed))
    if not old or not new:
        words.update(dict.fromkeys(new or old, True))
        return
    before, after = Counter(old), Counter(new)
    for word, count in after.items():
        if before.pop(word, 0) != count:
            words[word] = True
        else:
            words.setdefault(word, False)
    words.update(dict.fromkeys(before, True))


def _versions(file: FilePatch, read_blob: ReadBlob) -> Iterator[str | None]:
    """The texts of both versions, redacted; None for one that cannot be used whole."""
    for blob in (file.old_blob, file.new_blob):
        if not blob:
            continue
        data = read_blob(blob)
        if data is None or len(data) > MAX_BLOB_BYTES:
            yield None
            continue
        text, n_masked = redact(data.decode("latin-1" if file.is_binary else "utf-8", "replace"), "")
        yield text
        if n_masked:
            yield None


def _pieces(word: str) -> Iterator[str]:
    for start in range(0, len(word) - _OVERLAP_CHARS, _OVERLAP_CHARS):
        yield word[start : start + MAX_WORD_CHARS]


def text_parts(text: str) -> tuple[TextPart, ...]:
    """What every patch that changes how often a text occurs has in its words; empty where words cannot tell."""
    if not text.isascii() or "\n" in text:
        return ()
    found = [
        TextPart(
            text=match[0],
            is_open_left=match.start() == 0,
            is_open_right=match.end() == len(text),
            is_short=len(match[0]) < MIN_BINARY_CHARS,
        )
        for match in _WORDS.finditer(text)
        if len(match[0]) <= _OVERLAP_CHARS
    ]
    return tuple(sorted(found, key=lambda part: -len(part.text)))


def is_one_word(text: str) -> bool:
    """Whether the text can only lie within a single word."""
    return re.fullmatch(r"\w+", text) is not None


def is_told(word: str) -> bool:
    """Whether the words of patches tell of this one."""
    return word.isascii() and is_one_word(word) and MIN_WORD_CHARS <= len(word) <= _OVERLAP_CHARS
