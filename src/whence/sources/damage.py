"""Reads on where single commits of a history cannot be read: a copy may lack the contents of a few files."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from whence.errors import PartialCloneError, UnreadableError

Told = TypeVar("Told")

_PROBLEM: Final = "Contents of files cannot be read in"
_ID: Final = re.compile(r"\b[0-9a-f]{12}\b")

MOST_UNREADABLE: Final = 200
"""Commits that may be unreadable; a history with more is damaged as a whole."""


def readable(
    read: Callable[[Sequence[str]], Iterator[Told]],
    shas: Sequence[str],
    without: Callable[[str], Told],
    id_of: Callable[[Told], str] | None = None,
) -> Iterator[Told]:
    """What ``read`` gives for each commit, in order; for one that it cannot read, what ``without`` makes of its id.

    ``read`` gives one item a commit (with ``id_of`` it may leave some out) and ends with ``UnreadableError`` at or
    after the first that it cannot read; the last item before that may be half of one. Raises what ``without`` raises,
    and ``UnreadableError`` where too many commits are damaged.
    """
    waiting, n_unreadable = list(shas), 0
    while waiting:
        held: list[Told] = []
        n_told = 0
        places = {sha: n for n, sha in enumerate(waiting)} if id_of is not None else {}
        try:
            for item in read(waiting):
                if held:
                    n_told = places[id_of(held[0])] + 1 if id_of is not None else n_told + 1
                    yield held.pop()
                held.append(item)
            yield from held
            return
        except PartialCloneError:
            raise
        except UnreadableError:
            if n_unreadable >= MOST_UNREADABLE:
                raise
        first = waiting[n_told]  # it or the next one is damaged: which, shows alone
        try:
            yield from list(read([first]))
        except UnreadableError:
            n_unreadable += 1
            yield without(first)
        waiting = waiting[n_told + 1 :]


def problem_of(shas: Sequence[str]) -> str:
    """What is said of a history in which these commits cannot be read whole."""
    shown = list(dict.fromkeys(sha[:12] for sha in shas))
    commits = "1 commit" if len(shown) == 1 else f"{len(shown):,} commits"
    return f"{_PROBLEM} {commits} ({', '.join(shown)}); git fsck --full names them"


def unreadable_commits(problem: str) -> list[str]:
    """The first twelve digits of the commits that ``problem_of`` was told of; empty for any other problem."""
    return _ID.findall(problem) if problem.startswith(_PROBLEM) else []
