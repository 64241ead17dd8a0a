"""Exact match and F1, with the scores published for a known system as the check."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.exact_match import exact_match, normalized_answer
from whence.metrics.f1 import f1

TEXTS = st.text(alphabet="abthe .,'-é\n", max_size=20)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("The  Cat's\tpaw.", "cats paw"),
        ("an apple a day", "apple day"),
        ("theatre", "theatre"),
        ("5,500,000", "5500000"),
        ("the-end", "theend"),
        ("a.", ""),
        ("Amazônia", "amazônia"),
    ],
)
def test_normalization(text: str, normalized: str) -> None:
    assert normalized_answer(text) == normalized


def test_answers_worked_by_hand() -> None:
    assert exact_match("The Amazon", ["Amazonia", "amazon."]) == 1
    assert exact_match("Amazon forest", ["Amazon"]) == 0
    assert f1("Amazon forest", ["Amazon"]) == pytest.approx(2 / 3)
    assert f1("Amazon forest", ["rain forest of Amazon", "Amazon"]) == pytest.approx(2 * 1 * 0.5 / 1.5)
    # Repeated words count as often as both have them.
    assert f1("no no no", ["no no yes"]) == pytest.approx(2 / 3)
    assert f1("yes", ["no"]) == 0


def test_the_empty_answer_abstains() -> None:
    assert exact_match("", [""]) == f1("", [""]) == f1("the", [""]) == 1
    assert exact_match("", ["Paris"]) == f1("", ["Paris"]) == f1("Paris", [""]) == 0


def test_an_answer_needs_a_reference() -> None:
    with pytest.raises(ValueError, match="reference"):
        exact_match("x", [])
    with pytest.raises(ValueError, match="reference"):
        f1("x", [])


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_f1_is_bounded_by_exact_match(prediction: str, references: list[str]) -> None:
    assert exact_match(prediction, references) <= f1(prediction, references) <= 1
    assert f1(prediction, [prediction]) == exact_match(prediction, [prediction]) == 1


@given(TEXTS, TEXTS)
def test_f1_is_symmetric_and_normalization_settles(one: str, other: str) -> None:
    assert f1(one, [other]) == pytest.approx(f1(other, [one]))
    assert normalized_answer(normalized_answer(one)) == normalized_answer(one)


def test_published_predictions_get_their_known_scores() -> None:
    folder = os.environ.get("WHENCE_TEST_DATA")
    if not folder:
        pytest.skip("WHENCE_TEST_DATA is not set")
    squad = Path(folder) / "squad"
    with gzip.open(squad / "squad_v1.1_dev_open.jsonl.gz", "rt", encoding="utf-8") as lines:
        references = {row["id"]: row["answers"] for row in map(json.loads, lines)}
    name = "v1.1_open_BERT_ensemble_Google_AI_Language.jsonl"
    with (squad / "reference_predictions" / name).open(encoding="utf-8") as lines:
        predictions = {row["id"]: row["prediction"] for row in map(json.loads, lines)}
    assert predictions.keys() == references.keys()
    matches = [exact_match(predictions[key], references[key]) for key in references]
    overlaps = [f1(predictions[key], references[key]) for key in references]
    assert round(100 * sum(matches) / len(matches), 2) == 86.22
    assert round(100 * sum(overlaps) / len(overlaps), 2) == 92.44
