"""The form of a rule: which concepts make which fact question."""

from dataclasses import dataclass
from functools import cached_property

from whence.answer.facts.query import FactKind


@dataclass(frozen=True, kw_only=False)
class Rule:
    """``needs`` are groups of alternatives ("a|b c": a or b, and c); ``allows`` may be there, ``lacks`` must not.

    ``function_first`` says that of two names the first is the function and the second its parameter.
    """

    kind: FactKind
    needs: str
    allows: str = ""
    lacks: str = ""
    merges: bool | None = None
    function_first: bool = False

    @cached_property
    def _groups(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(group.split("|")) for group in self.needs.split())

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return frozenset(self.allows.split()).union(*self._groups)

    @cached_property
    def _lacking(self) -> frozenset[str]:
        return frozenset(self.lacks.split())

    def fits(self, concepts: frozenset[str]) -> bool:
        """Whether a question with exactly these concepts asks for this."""
        return (
            concepts <= self._allowed
            and not self._lacking & concepts
            and all(group & concepts for group in self._groups)
        )
