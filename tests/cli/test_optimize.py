"""whence optimize: a table, a record that is used, suites that refuse, and sentences for what cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.backends.published import make_model
from tests.cli.command import run

from whence.backends.graph_variants import as_float32
from whence.embedding.choice import Choice, write_record
from whence.embedding.optimize import Measured, fastest, ways
from whence.evaluating import optimize as optimizing
from whence.evaluating import optimize_reader as optimizing_readers
from whence.evaluating.optimize import Loss
from whence.evaluating.optimize_reader import reading_questions, reading_ways
from whence.interface import Whence
from whence.readers import open_reader
from whence.reading.options import PassageReadingOptions

QUICK = ("--seconds", "0.1")


def test_a_published_model_is_measured_recorded_and_used(tmp_path: Path) -> None:
    source, data = make_model(tmp_path / "tiny"), tmp_path / "data"
    result = run("optimize", source, *QUICK, data=data)
    assert result.code == 0, result.err
    assert "passages/s" in result.out
    assert "Fastest: " in result.out
    assert f'model = "{source}" below [embedding]' in result.out
    [record] = (data / "models").glob("*/optimized.json")
    said = json.loads(record.read_text())
    assert len(said["measured"]) >= 2


def test_a_question_answering_model_becomes_a_reader(tmp_path: Path) -> None:
    source = make_model(tmp_path / "answers", head=True, architectures=["BertForQuestionAnswering"])
    result = run("optimize", source, *QUICK, data=tmp_path / "data")
    assert result.code == 0, result.err
    [made] = (tmp_path / "data" / "models").glob("answers-*/manifest.json")
    assert f'model = "{made.parent}" below [reader]' in result.out
    assert "logits off" in result.out
    said = json.loads((made.parent / "optimized.json").read_text(encoding="utf-8"))
    assert {row["variant"] for row in said["measured"]} >= {"as it came", "fp32"}


def lamps(folder: Path) -> Path:
    """Questions in the form of SQuAD."""
    rows = [
        {
            "id": str(n),
            "question": "where is the lamp",
            "context": f"the lamp is in harbour {n}",
            "answers": ["harbour"],
        }
        for n in range(6)
    ]
    path = folder / "lamps.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_reader_is_run_as_its_record_says_unless_settings_say_otherwise(tmp_path: Path) -> None:
    source = make_model(tmp_path / "answers", head=True, architectures=["BertForQuestionAnswering"])
    models = tmp_path / "data" / "models"
    options = PassageReadingOptions(model=str(source), threads=1)
    plain = open_reader(options, models)
    assert plain is not None
    [folder] = (path.parent for path in models.glob("answers-*/manifest.json"))
    before = plain.read("where is the lamp", ["the lamp is in harbour"])
    exact = as_float32((folder / "model.onnx").read_bytes())
    choice = Choice(file="optimized-fp32.onnx")
    write_record(folder, plain.digest, choice, {choice.file: exact}, {})
    chosen, other = open_reader(options, models), open_reader(replace(options, optimized=False), models)
    assert chosen is not None
    assert other is not None
    assert chosen.check() < plain.check()
    assert chosen.digest == plain.digest
    assert chosen.read("where is the lamp", ["the lamp is in harbour"]) != before
    assert other.read("where is the lamp", ["the lamp is in harbour"]) == before


def test_a_way_of_reading_that_finds_less_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_model(tmp_path / "answers", head=True, architectures=["BertForQuestionAnswering"])
    plain, quick = reading_ways(1, True, [])
    measured = iter([Measured(way=plain, rate=1.0), Measured(way=quick, rate=9.0)])
    monkeypatch.setattr(optimizing_readers, "_measured", lambda *_: next(measured))
    reached = iter([0.8, 0.7])
    monkeypatch.setattr(optimizing_readers, "_f1", lambda *_: next(reached))
    monkeypatch.setattr(optimizing_readers, "reading_ways", lambda *_: [plain, quick])
    result = run("optimize", source, "--suite", lamps(tmp_path), "--json", data=tmp_path / "data")
    assert result.code == 0, result.err
    said = json.loads(result.out)
    assert said["chosen"]["variant"] == "as it came"
    assert said["refused"][0]["loss"] == {"suite": "squad", "measure": "F1", "before": 0.8, "after": 0.7}


def test_a_reader_needs_questions_with_passages(tmp_path: Path) -> None:
    result = run("optimize", "reader", "--suite", "cranfield", "--suite-data", tmp_path, data=tmp_path / "data")
    assert result.code == 2
    assert "is judged by squad" in result.err
    assert len(reading_questions(str(lamps(tmp_path)), None, 4)) == 4


@pytest.mark.parametrize(
    ("model", "told"),
    [("./nowhere", "There is no model folder"), ("acme/never-fetched", "hf download acme/never-fetched")],
)
def test_a_model_that_is_not_here_is_one_sentence(tmp_path: Path, model: str, told: str) -> None:
    result = run("optimize", model, data=tmp_path / "data")
    assert result.code == 1
    assert told in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert not (tmp_path / "data" / "models").exists()


def test_a_suite_that_is_not_there_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    result = run("optimize", "--suite", "nothing-of-the-kind", data=tmp_path / "data")
    assert result.code == 2
    assert "nothing-of-the-kind" in result.err


@pytest.fixture
def two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the model came, and floats in batches, which are preferred whatever they cost."""
    some = [way for way in ways(1, True, [], [], (8,)) if way.choice.threads == 1]
    monkeypatch.setattr(optimizing, "ways", lambda *_: some)
    monkeypatch.setattr(
        optimizing, "fastest", lambda measured, **_: sorted(fastest(measured), key=lambda one: one.way.choice.is_plain)
    )


@pytest.mark.usefixtures("two_ways")
def test_a_way_that_loses_nothing_on_a_suite_is_taken_and_used(tmp_path: Path, indexed: Path) -> None:
    questions = tmp_path / "own.csv"
    questions.write_text("question,answer\nwhat may a parcel weigh?,30 kilograms\n")
    result = run("optimize", "--suite", questions, "--in", "ferry", *QUICK, "--json", data=indexed)
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert found["chosen"] == found["measured"][1]
    assert found["refused"] == []
    assert {loss["suite"] for loss in found["losses"]} == {"own"}
    with Whence(indexed) as whence:
        assert whence.embedders.wanted().choice.batch == 8
        assert whence.search("what may a parcel weigh?", name="ferry").hits[0].legs["dense"].rank == 1


@pytest.mark.usefixtures("two_ways")
def test_a_way_that_loses_on_a_suite_is_refused(tmp_path: Path, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = tmp_path / "own.csv"
    questions.write_text("question,answer\nwhat may a parcel weigh?,30 kilograms\n")
    loss = Loss(suite="own", measure="right", before=1.0, after=0.5, lost=0.5)
    monkeypatch.setattr(optimizing, "_asked", lambda *_: [])
    monkeypatch.setattr(optimizing, "compared", lambda *_: [loss])
    result = run("optimize", "--suite", questions, "--in", "ferry", *QUICK, "--dry-run", data=indexed)
    assert result.code == 0, result.err
    assert "refused: float32" in result.out
    assert "right fell from 1.000 to 0.500" in result.out
    assert "Fastest: as it came" in result.out
    assert not (indexed / "models").exists()
