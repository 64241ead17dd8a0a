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
        line = self._line()
        positions = {number: position for position, number in enumerate(line, start=1)}
        landed = self._landed(line)
        n_all = len(self._walked)
        for n, (sha, number) in enumerate(zip(self.shas(), self._walked, strict=True)):
            yield sha, n_all - n, positions.get(number), landed[number]

    def _line(self) -> list[int]:
        """The commits along first parents, oldest first."""
        line = self._walked[:1]
        while line and (parents := self._parents.get(line[-1])):
            line.append(parents[0])
        return line[::-1]

    def _landed(self, line: list[int]) -> list[int]:
        """By number: the position of the oldest commit along first parents that reaches it."""
        landed = [0] * len(self._numbers)
        for position, tip in enumerate(line, start=1):
            waiting = [tip]
            while waiting:
                number = waiting.pop()
                if not landed[number]:
                    landed[number] = position
                    waiting.extend(self._parents.get(number, ()))
        return landed

    def _number(self, sha: str) -> int:
        return self._numbers.setdefault(sha, len(self._numbers))
