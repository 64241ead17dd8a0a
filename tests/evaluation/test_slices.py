import pytest

from whence.evaluation.records import EvalQuestion
from whence.evaluation.slices import slices_of


def slices(text: str, **own: str) -> dict[str, str]:
    return dict(slices_of(EvalQuestion(id="1", suite="s", question=text, slices=own)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Where is the crane?", "where"),
        ("How many parcels fit?", "how many"),
        ("Does it rain in Northport?", "yes or no"),
        ("In which harbour does it rain?", "which"),
        ("the crane breaks on Mondays", "other"),
        ("'Why' is not a question", "why"),
        ("", "other"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert slices(text)["kind"] == kind


@pytest.mark.parametrize(
    "text", ["what does lift_parcel do", "why `x`?", "is getLimit slow", "call lift()", "a.b_c", "use --fast"]
)
def test_identifiers_are_seen(text: str) -> None:
    assert slices(text)["identifier"] == "names an identifier"


@pytest.mark.parametrize("text", ["what does the crane do?", "Who steers? The captain.", "Mr. Heron sails - why?"])
def test_plain_words_are_plain(text: str) -> None:
    assert slices(text)["identifier"] == "plain words"


def test_length_and_what_the_suite_says_itself() -> None:
    assert slices("one two three")["length"] == "up to 8 words"
    assert slices("word " * 12)["length"] == "9 to 16 words"
    assert slices("word " * 17)["length"] == "over 16 words"
    assert slices("why?", kind="trick", hops="2") | {} == {**slices("why?"), "kind": "trick", "hops": "2"}
