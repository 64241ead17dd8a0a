"""The calibration file loads, says what it was fitted on, and separates what is there from what is not."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
from tests.answer.material import HashEmbedder, make_chunk, make_hits

from whence.answer.confidence import LEXICAL_SIGNALS, MARKED_SIGNALS, SIGNALS, load_calibration, signals
from whence.answer.extractive import ExtractiveReader, ReadingOptions
from whence.answer.features import FEATURES
from whence.answer.shapes import SHAPES, is_put_as_question, shapes
from whence.answer.weights import load_json, load_weights
from whence.errors import ModelError
from whence.reading.stepwise import Stepwise
from whence.types import AnswerSpan, PassageReading, ReadPassages

CHUNKS = [
    make_chunk("The pool closes idle sockets after ten seconds. It keeps five of them.", path="pool.md"),
    make_chunk("A session keeps cookies between requests.", path="session.md"),
    make_chunk(
        "def close(pool):\n    pool.shut()\n    pool.log()\n    return 1\n", kind="code", path="pool.py", symbol="close"
    ),
]


def test_the_file_loads_and_round_trips() -> None:
    calibration = load_calibration()
    assert set(calibration.hybrid) == {"intercept", *SIGNALS}
    assert set(calibration.lexical) == {"intercept", *LEXICAL_SIGNALS}
    assert 0.0 < calibration.threshold < 1.0
    again = json.loads(json.dumps(asdict(calibration)))
    assert again == asdict(calibration)


def test_the_file_says_what_it_was_fitted_on() -> None:
    document = load_json("confidence.json")
    assert {"fitted_on", "seed", "hybrid_scores", "lexical_scores"} <= set(document)


@pytest.mark.parametrize("name", ["lexical", "embedded"])
def test_every_weight_belongs_to_a_feature(name: str) -> None:
    weights = load_json("reading.json")[name]
    assert isinstance(weights, dict)
    assert set(weights) <= set(FEATURES)
    assert load_weights().rarest > 1.0


def test_a_missing_file_is_one_clear_sentence() -> None:
    with pytest.raises(ModelError, match="install whence again"):
        load_json("absent.json")


def test_signals_have_their_names_and_bounds() -> None:
    scoring = ExtractiveReader(HashEmbedder()).score("When does `Pool.close` shut idle sockets?", make_hits(CHUNKS))
    assert scoring is not None
    values = signals(scoring)
    assert set(values) == {*SIGNALS, *SHAPES}
    assert all(-1.0 <= value <= 2.0 for value in values.values())


@pytest.mark.parametrize("reader", [ExtractiveReader(), ExtractiveReader(HashEmbedder())])
def test_what_is_there_is_more_likely_than_what_is_not(reader: ExtractiveReader) -> None:
    hits = make_hits(CHUNKS)
    there = reader.read("When does the pool close idle sockets?", hits).confidence
    missing = reader.read("When does the KafkaBroker rebalance partitions?", hits).confidence
    german = reader.read("Wann werden unbenutzte Verbindungen geschlossen?", hits).confidence
    assert there > missing
    assert there > german


def test_the_threshold_is_the_fitted_one_or_the_one_given() -> None:
    assert ExtractiveReader().threshold == load_calibration().threshold
    assert ExtractiveReader(None, ReadingOptions(threshold=0.9)).threshold == 0.9


@pytest.mark.parametrize("reader", [ExtractiveReader(), ExtractiveReader(HashEmbedder())])
def test_a_version_that_no_hit_names_is_missing(reader: ExtractiveReader) -> None:
    hits = make_hits(
        [make_chunk("The pool supports HTTP/1.1 over sockets, as httplib2 does.", path="pool.md"), *CHUNKS]
    )
    assert (
        reader.read("does the pool support HTTP/3 over sockets?", hits).confidence
        < reader.read("does the pool support HTTP/1.1 over sockets?", hits).confidence - 0.2
    )


class Sure:
    """Marks the first word of every passage, with one margin for all."""

    digest = "sure"

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def reads(self, question: str) -> bool:
        return question.endswith("?")

    def read(self, question: str, passages: Sequence[str]) -> ReadPassages:
        span = AnswerSpan(start=0, end=3, margin=self.margin)
        return ReadPassages(readings=(PassageReading(spans=(span,), relevance=self.margin),) * len(passages))


@pytest.mark.parametrize("margin", [-40.0, -3.0, 0.0, 7.0, 40.0])
def test_what_a_model_read_has_signals_of_its_own(margin: float) -> None:
    hits = make_hits([chunk for chunk in CHUNKS if chunk.kind == "doc"])
    scoring = ExtractiveReader(HashEmbedder(), passages=Sure(margin)).score("When are idle sockets closed?", hits)
    assert scoring is not None
    values = signals(scoring)
    assert set(values) == {*MARKED_SIGNALS, *SHAPES}
    assert all(-1.0 <= value <= 2.0 for value in values.values())
    assert values["read_yes_no"] == 0.0


def test_coefficients_of_readings_by_a_model_apply_to_those_alone() -> None:
    shipped = load_calibration()
    fitted = replace(shipped, marked={"intercept": 2.0, "read_margin": 3.0})
    without = {"dense_best": 0.5, "found": 1.0}
    assert fitted.probability(without) == shipped.probability(without)
    assert fitted.probability({**without, "read_margin": 1.0}) == pytest.approx(1 / (1 + math.exp(-5.0)))
    assert replace(fitted, marked={}).probability({**without, "read_margin": 1.0}) == shipped.probability(without)


@pytest.mark.parametrize("reader", [ExtractiveReader(), ExtractiveReader(passages=Sure(1.0))])
def test_one_threshold_serves_all_readings(reader: ExtractiveReader) -> None:
    assert reader.threshold == load_calibration().threshold == 0.25


def test_a_shape_has_coefficients_of_its_own() -> None:
    shipped = load_calibration()
    assert set(shipped.shapes) == set(SHAPES)
    assert all(set(own) == {"intercept", *SIGNALS} for own in shipped.shapes.values())
    fitted = replace(shipped, shapes={"apart": {"intercept": 1.0, "found": 1.0}})
    plain = {"dense_best": 0.5, "found": 1.0, "apart": 0.0, "stated": 0.0}
    assert fitted.probability(plain) == shipped.probability(plain) == replace(shipped, shapes={}).probability(plain)
    assert fitted.probability({**plain, "apart": 1.0}) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert fitted.probability({**plain, "stated": 1.0}) == shipped.probability(plain), "not fitted: as any other"
    words_alone = {"found": 1.0, "apart": 1.0}
    assert fitted.probability(words_alone) == shipped.probability(words_alone)


def test_a_model_that_read_goes_before_a_shape() -> None:
    fitted = replace(load_calibration(), marked={"intercept": 2.0}, shapes={"stated": {"intercept": -2.0}})
    assert fitted.probability({"dense_best": 0.5, "stated": 1.0, "read_margin": 0.0}) > 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_shape_changes_keeps_the_order(shape: str) -> None:
    shipped = load_calibration()
    own, plain = shipped.shapes[shape], shipped.hybrid
    slopes = {own[name] / plain[name] for name in SIGNALS if abs(plain[name]) > 0.3}
    assert min(slopes) > 0
    assert max(slopes) - min(slopes) < 0.01, "the logit as a whole is weighed"


def test_functions_in_files_of_their_own_are_a_collection() -> None:
    functions = [make_chunk(f"def f{n}():\n    return {n}\n", kind="code", path=f"f{n}.py") for n in range(5)]
    assert shapes("how to close a pool", make_hits(functions)) == {"apart": 1.0, "stated": 0.0}
    of_one_file = [*functions[:4], make_chunk("def g():\n    return 1\n", kind="code", path="f0.py")]
    assert shapes("how to close a pool", make_hits(of_one_file))["apart"] == 0.0
    assert shapes("how to close a pool", make_hits([*functions[:4], CHUNKS[0]]))["apart"] == 0.0
    assert shapes("how to close a pool", make_hits(functions[:4]))["apart"] == 0.0, "too few to tell"


def test_a_topic_put_to_prose_is_stated() -> None:
    prose, mixed = make_hits(CHUNKS[:2]), make_hits(CHUNKS)
    assert shapes("idle sockets of pools", prose) == {"apart": 0.0, "stated": 1.0}
    assert shapes("when are idle sockets closed?", prose)["stated"] == 0.0
    assert shapes("idle sockets of pools", mixed)["stated"] == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "when",
        "idle sockets?",
        "idle sockets",
        "what is a pool",
        "What " * 14,
        "what " * 15,
        "what " * 30 + "?",
        "x " * 31 + "?",
        "",
    ],
)
def test_what_is_put_as_a_question_is_what_a_model_reads(text: str) -> None:
    assert is_put_as_question(text) == Stepwise(Sure(0.0)).reads(text)  # type: ignore[arg-type]
