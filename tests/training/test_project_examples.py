"""Examples from a project's own code, docs and commits: the span is the answer, the like passage does not hold it."""

import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from whence.training.options import ReaderTraining
from whence.training.project_examples import (
    ProjectText,
    change_examples,
    code_examples,
    like_passages,
    section_examples,
)
from whence.training.reading_examples import UNKNOWN, ReadingExample, encode

TOKENIZER = Path(__file__).resolve().parents[2] / "src" / "whence" / "models" / "minilm-l6" / "tokenizer.json"
GOOGLE = '''
class Lamp:
    def light(self, colour: str = "amber", *, wattage=40, dim=None):
        """Lights the lamp in the given colour until somebody turns it off.

        Args:
            colour (str): The shade that the glass is painted in.
            wattage: How much power the bulb draws.

        Returns:
            The seconds that the lamp has burnt so far.

        Raises:
            KeyError: If no bulb is in the socket.
        """
        if not self.bulb:
            raise KeyError("bulb")
        return self.burnt + 1
'''
FIELDS = '''
def fetch(url, tries=3):
    """Fetches the page behind an address and hands back its text.

    :param url: where the page is to be found,
        with its scheme
    :return: the decoded text of the page
    """
    return decode(ask(url, tries))
'''
NUMPY = '''
def mean(values, axis=0):
    """Computes the arithmetic mean of the values along one axis.

    Parameters
    ----------
    values : array
        What is averaged.

    Returns
    -------
    float
        The mean.
    """
    return sum(values) / len(values)
'''


def text(body: str, path: str = "lamp.py") -> ProjectText:
    return ProjectText(project="lamps", path=path, text=body)


def answers(*bodies: str, seeds: range = range(12)) -> dict[str, set[str]]:
    """The answers by kind and name over several seeds, since a run draws among what a function offers."""
    found: dict[str, set[str]] = {}
    for seed in seeds:
        for example in code_examples([text(body) for body in bodies], seed):
            if not example.is_whole:
                key = example.id.split("/", 2)[2]
                found.setdefault(key, set()).add(example.passage[example.start : example.end])
    return found


def test_the_parts_of_a_docstring_are_answers_at_their_place() -> None:
    assert answers(GOOGLE) == {
        "Lamp.light/default/colour": {'"amber"'},
        "Lamp.light/default/wattage": {"40"},
        "Lamp.light/parameter/colour": {"The shade that the glass is painted in."},
        "Lamp.light/parameter/wattage": {"How much power the bulb draws."},
        "Lamp.light/return/": {"The seconds that the lamp has burnt so far."},
        "Lamp.light/raise/KeyError": {"If no bulb is in the socket."},
    }


def test_fields_of_sphinx_and_sections_of_numpy_are_read() -> None:
    found = answers(FIELDS, NUMPY)
    assert found["fetch/parameter/url"] == {"where the page is to be found,\n        with its scheme"}
    assert found["fetch/return/"] == {"the decoded text of the page"}
    assert found["fetch/default/tries"] == {"3"}
    assert found["mean/return/"] == {"float\n        The mean."}


def test_a_summary_asks_for_the_function_without_its_docstring() -> None:
    (whole,) = [example for example in code_examples([text(GOOGLE)], 1) if example.is_whole]
    assert whole.question == "Lights the lamp in the given colour until somebody turns it off"
    assert "Lights the lamp" not in whole.passage
    assert "return self.burnt + 1" in whole.passage


@pytest.mark.parametrize("body", ["def broken(:\n", "\0", "x = 1\n", "def f():\n    pass\n"])
def test_what_does_not_parse_or_says_nothing_gives_no_example(body: str) -> None:
    assert list(code_examples([text(body)], 1)) == []


@pytest.mark.parametrize(
    "page",
    [
        "# How lamps are lit\n\n" + "A keeper climbs the tower. " * 8 + "\n\n## Oils\n\nshort\n",
        "How lamps are lit\n=================\n\n" + "A keeper climbs the tower. " * 8 + "\n\nOils\n====\n\nshort\n",
    ],
)
def test_a_heading_asks_for_its_section(page: str) -> None:
    (example,) = section_examples([text(page, "lamps.md")])
    assert (example.question, example.is_whole) == ("How lamps are lit", True)
    assert example.passage.startswith("A keeper")
    assert "Oils" not in example.passage


def test_a_subject_asks_for_its_change_and_a_bare_one_for_nothing() -> None:
    change = "@@ -1 +1 @@\n-lamp.light()\n+lamp.light(colour='amber')\n" * 3
    kept = list(change_examples([text(change, "Light the lamp in amber"), text(change, "fix"), text("", "a b c d")]))
    assert [example.question for example in kept] == ["Light the lamp in amber"]


def test_a_like_passage_is_another_without_the_answer() -> None:
    examples = [example for body in (GOOGLE, FIELDS, NUMPY) for example in code_examples([text(body)], 4)]
    made = like_passages(examples, 1.0, seed=2)
    by_id = {example.id: example for example in examples}
    assert made
    for like in made:
        own = by_id[like.id.removesuffix("/like")]
        assert (like.question, like.is_answerable, like.is_whole) == (own.question, False, False)
        assert like.passage != own.passage


def test_what_has_no_known_span_teaches_no_span() -> None:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_truncation()
    whole = ReadingExample(id="a", question="lamp", passage="A lamp stands there.", is_whole=True)
    none = ReadingExample(id="b", question="lamp", passage="Nothing stands there.")
    places = [encode(example, tokenizer, ReaderTraining(), random.Random(1)) for example in (whole, none)]
    assert [(place.start, place.end) for place in places] == [(UNKNOWN, UNKNOWN), (0, 0)]
