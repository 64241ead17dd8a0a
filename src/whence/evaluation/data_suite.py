"""A suite made of functions for its questions, corpora and measures, with what all of them share: the drawing."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence.errors import UsageError
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSuite:
    """A ``Suite``. ``load`` gives all questions in a fixed order for a seed (which only what is drawn or made at
    random may depend on), ``corpora_of`` what is indexed; ``files`` are those needed below the folder of data sets.
    """

    name: str
    about: str
    dataset: str
    load: Callable[[Inputs, int], Sequence[EvalQuestion]]
    corpora_of: Callable[[Inputs], Sequence[Corpus]]
    measures_of: Callable[[Inputs], Sequence[Measure]]
    files: tuple[str, ...] = ()
    needs: Callable[[Inputs], str] | None = None
    right: str = "right"
    depth: int = 10
    wants_answers: bool = True

    def measures(self, inputs: Inputs) -> Sequence[Measure]:
        """What is reported, the most telling first."""
        return self.measures_of(inputs)

    def missing(self, inputs: Inputs) -> str:
        """What the suite needs and how to give it, or ""."""
        if self.files:
            if inputs.data is None:
                return f"The suite {self.name} needs its data: name the folder with --suite-data or WHENCE_TEST_DATA."
            for name in self.files:
                if not (inputs.data / name).is_file():
                    return f"The suite {self.name} needs {name} below {inputs.data}, and it is not there."
        return self.needs(inputs) if self.needs else ""

    def questions(self, inputs: Inputs, n: int, seed: int) -> Sequence[EvalQuestion]:
        """``n`` questions drawn with ``seed`` (0: all), in the order of the data. Must-pass questions always stay."""
        if lacking := self.missing(inputs):
            raise UsageError(lacking)
        return drawn(self.load(inputs, seed), n, seed)

    def corpora(self, inputs: Inputs) -> Sequence[Corpus]:
        """What must be indexed."""
        if lacking := self.missing(inputs):
            raise UsageError(lacking)
        return self.corpora_of(inputs)


def drawn(questions: Sequence[EvalQuestion], n: int, seed: int) -> list[EvalQuestion]:
    """At most ``n`` of the questions (0: all), those that must pass first of all, in the order given."""
    if n <= 0 or n >= len(questions):
        return list(questions)
    free = [place for place, one in enumerate(questions) if not one.must_pass]
    n_free = max(n - (len(questions) - len(free)), 0)
    kept = set(random.Random(f"draw {seed}").sample(free, n_free))
    return [one for place, one in enumerate(questions) if one.must_pass or place in kept]


def data(inputs: Inputs, name: str) -> Path:
    """A file below the folder of data sets; ``missing`` has seen to it that there is one."""
    return (inputs.data or Path()) / name
