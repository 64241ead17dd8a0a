"""Whether a hunk changes nothing but the layout of code, and which line of the old layout a new one was.

Layout is white space, the breaking of lines, the kind of quotes, brackets and commas around what is broken, and the
order of imports: what formatters change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

MAX_HUNK_LINES: Final = 2_000
LIKE: Final = 0.6
MIN_CHARS: Final = 8
"""What is shorter than this stands in too many places to be looked for elsewhere."""

_LAYOUT: Final = re.compile(r"[\s,()'\"\\;]+")
_IMPORT: Final = re.compile(
    r"\s*(?:from\s+[\w.]+\s+import\b|import\s|#include\b|use\s|using\s|[\w\s,]+,?\s*\)?$|\)\s*$|$)"
)
_AT: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """What a hunk without context removes and adds; lines count from 1 in either version."""

    old_start: int
    new_start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def hunks_of(patch: str) -> Iterator[tuple[str, list[Hunk]]]:
    """(path after the commit, hunks) of each file of a patch made with ``-U0``; files that are gone have path ""."""
    path, hunks, is_open = "", list[Hunk](), False
    old: list[str] = []
    new: list[str] = []
    starts = (0, 0)

    def close() -> None:
        if old or new:
            hunks.append(Hunk(starts[0], starts[1], tuple(old), tuple(new)))
            old.clear()
            new.clear()

    for line in patch.split("\n"):
        if line.startswith("diff --git "):
            close()
            if path:
                yield path, hunks
            path, hunks, is_open = "", [], False
        elif match := _AT.match(line):
            close()
            starts, is_open = (int(match[1]), int(match[2])), True
        elif is_open and line.startswith("-"):
            old.append(line[1:])
        elif is_open and line.startswith("+"):
            new.append(line[1:])
        elif not is_open and line.startswith("+++ b/"):
            path = line[6:].removesuffix("\t")
    close()
    if path:
        yield path, hunks


def is_layout(hunk: Hunk) -> bool:
    """Whether the two sides say the same; a hunk that only adds or only removes something never does."""
    if not hunk.old or not hunk.new or len(hunk.old) + len(hunk.new) > MAX_HUNK_LINES:
        return False
    before, after = _bare("".join(hunk.old)), _bare("".join(hunk.new))
    if before == after:
        return bool(before)
    return _are_imports(hunk) and _words(hunk.old) == _words(hunk.new)


def earlier_line(hunks: Sequence[Hunk], line: int, *, anywhere: bool) -> int | None:
    """The line of the old version that a new line was, or most of it; None where it is in no hunk, or is new there.

    ``anywhere``: the line may come from another hunk, as where imports were sorted, if that has it whole.
    """
    own = next((hunk for hunk in hunks if hunk.new_start <= line < hunk.new_start + len(hunk.new)), None)
    if own is None:
        return None
    wanted = _bare(own.new[line - own.new_start])
    if not wanted:
        return own.old_start if own.old else None
    near = [(_likeness(wanted, _bare(text)), -n, own.old_start + n) for n, text in enumerate(own.old)]
    if anywhere:
        near = [rated for rated in near if rated[0] > LIKE]
        if not near and len(wanted) >= MIN_CHARS:
            removed = [(hunk.old_start + n, _bare(text)) for hunk in hunks for n, text in enumerate(hunk.old)]
            near = [(_likeness(wanted, text), -abs(at - line), at) for at, text in removed if wanted in text]
    likeness, _, place = max(near, default=(0.0, 0, 0))
    return place if likeness > 0 else None


def _likeness(wanted: str, text: str) -> float:
    if not text:
        return 0.0
    if wanted in text or text in wanted:
        return 1.0 + min(len(wanted), len(text)) / max(len(wanted), len(text))
    return SequenceMatcher(None, wanted, text, autojunk=False).ratio()


def _bare(text: str) -> str:
    return _LAYOUT.sub("", text)


def _are_imports(hunk: Hunk) -> bool:
    lines = [*hunk.old, *hunk.new]
    return any("import" in line for line in lines) and all(_IMPORT.match(line) for line in lines)


def _words(lines: tuple[str, ...]) -> list[str]:
    return sorted(set(re.findall(r"[\w.]+", "\n".join(lines))))
