"""The order of a history: where each commit stands in ``git log``, along first parents, and when it landed.

It holds a name and a few numbers of each commit, so that a walk over a hundred thousand of them stays small.
"""

from collections.abc import Iterable, Iterator

from whence.sources.history import Step
from whence.store.history import Person, Placed


class Order:
    """What a walk over all commits of a revision leaves: names, parents and people."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.people: set[Person] = set()
        self._numbers: dict[str, int] = {}  # a parent gets its number when it is first named
        self._walked: list[int] = []
        self._parents: dict[int, tuple[int, ...]] = {}
        for step in steps:
            number = self._number(step.sha)
            self._walked.append(number)
            if step.parents:
                self._parents[number] = tuple(self._number(parent) for parent in step.parents)
            self.people.update(step.people)

    def __len__(self) -> int:
        return len(self._walked)

    def shas(self) -> Iterator[str]:
        """Every commit, newest first."""
        names = list(self._numbers)
        return (names[number] for number in self._walked)

    def has_parents(self, sha: str) -> bool:
        """Whether a commit has any parent that can be reached."""
        return self._numbers.get(sha, -1) in self._parents

    def placed(self) -> Iterator[Placed]:
        """Every commit with its place from the oldest, its position along first parents, and where it landed."""
        positions, landed = self._positions(1)
        n_all = len(self._walked)
        for n, (sha, number) in enumerate(zip(self.shas(), self._walked, strict=True)):
            yield sha, n_all - n, positions.get(number), landed[number]

    def landings(self, base: str, position: int) -> dict[str, tuple[int | None, int]] | None:
        """(position along first parents, where it landed) of each commit that was walked, down to ``base``.

        ``position`` is that of the base. None where the line of first parents does not lead there.
        """
        names = list(self._numbers)
        line = self._line()
        if not line or names[line[0]] != base:
            return None
        positions, landed = self._positions(position)
        return {names[number]: (positions.get(number), landed[number]) for number in self._walked}

    def _positions(self, first: int) -> tuple[dict[int, int], list[int]]:
        """By number: the position along first parents, the oldest there at ``first``; and where every commit landed."""
        line = self._line()
        return {number: position for position, number in enumerate(line, start=first)}, self._landed(line, first)

    def _line(self) -> list[int]:
        """The commits along first parents, oldest first."""
        line = self._walked[:1]
        while line and (parents := self._parents.get(line[-1])):
            line.append(parents[0])
        return line[::-1]

    def parents_beyond(self) -> set[str]:
        """Parents that were not walked themselves."""
        names, walked = list(self._numbers), set(self._walked)
        return {names[number] for parents in self._parents.values() for number in parents if number not in walked}

    def _landed(self, line: list[int], first: int) -> list[int]:
        """By number: the position of the oldest commit along first parents that reaches it."""
        landed = [0] * len(self._numbers)
        for position, tip in enumerate(line, start=first):
            waiting = [tip]
            while waiting:
                number = waiting.pop()
                if not landed[number]:
                    landed[number] = position
                    waiting.extend(self._parents.get(number, ()))
        return landed

    def _number(self, sha: str) -> int:
        return self._numbers.setdefault(sha, len(self._numbers))
