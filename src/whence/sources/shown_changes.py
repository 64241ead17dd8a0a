"""Whether a commit changed how often a text occurs, told by its document where that shows all that git compares.

A document is as ``commit_documents.py`` writes it. ``git log -S`` counts a text in both versions of each file; lines
that both have count on both sides, so the added and removed lines say whether the counts differ.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_SHOWN: Final = re.compile(r"[AMDR] .*?(?: \+(\d+) -(\d+))")
"""A row of the list of files whose lines are all in the patch."""

_PLAIN: Final = re.compile(r"[ -~\t]+")


def is_shown(text: str) -> bool:
    """Whether documents can tell of the text at all: one line of plain characters."""
    return _PLAIN.fullmatch(text) is not None


def changes_count(document: str, metadata: Mapping[str, object], text: str) -> bool | None:
    """Whether some file has the text more or less often after the commit; None where the document does not show it.

    It does not where hunks are left out, lines were masked or files are binary, renamed or passed over.
    """
    if "left_out" in metadata or "redactions" in metadata:
        return None
    head, patch = document, ""
    if "languages" in metadata:
        start = int(str(metadata["patch_start"]))
        head, patch = document[: start - 2], document[start:]
    n_added, n_removed = patch.count("\n+"), patch.count("\n-")
    is_whole = True
    renamed = set[str]()
    for row in head.rpartition("\n\n")[2].split("\n"):
        match = _SHOWN.fullmatch(row)
        if match is None or row[0] == "R":
            is_whole = False
        if match is not None:
            n_added, n_removed = n_added - int(match[1]), n_removed - int(match[2])
            if row[0] == "R":
                renamed.add(row[2 : match.start(1) - 2].rpartition(" -> ")[2])
    if n_added or n_removed:
        return None
    if text in patch and any(_count(lines, text) for path, lines in _sections(patch) if path not in renamed):
        return True
    return False if is_whole else None


def _sections(patch: str) -> Iterator[tuple[str, Sequence[str]]]:
    """(path, lines of its hunks) of each file."""
    for section in re.split(r"(?m)^diff ", patch)[1:]:
        path, *lines = section.split("\n")
        yield path, lines


def _count(lines: Sequence[str], text: str) -> int:
    """How many more times the text occurs in added than in removed lines."""
    having = [line for line in lines if text in line]
    return sum((line[0] == "+") * line[1:].count(text) - (line[0] == "-") * line[1:].count(text) for line in having)
