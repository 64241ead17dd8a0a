"""whence optimize: a table, a record that is used, suites that refuse, and sentences for what cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.backends.published import make_model
from tests.cli.command import run

from whence.embedding.optimize import fastest, ways
from whence.evaluating import optimize as optimizing
from whence.evaluating.optimize import Loss

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
    again = run("optimize", source, *QUICK, "--dry-run", "--json", data=data)
    found = json.loads(again.out)
    assert found["record"] is None
    assert found["model"] == said["model"]
    assert found["chosen"]["problem"] == ""


def test_a_question_answering_model_becomes_a_reader(tmp_path: Path) -> None:
    source = make_model(tmp_path / "answers", head=True, architectures=["BertForQuestionAnswering"])
    result = run("optimize", source, *QUICK, data=tmp_path / "data")
    assert result.code == 0, result.err
    [made] = (tmp_path / "data" / "models").glob("answers-*/manifest.json")
    assert f'model = "{made.parent}" below [reader]' in result.out


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


@pytest.mark.parametrize("lost", [0.005, 0.5])
def test_a_way_that_loses_on_a_suite_is_refused(
    tmp_path: Path, indexed: Path, monkeypatch: pytest.MonkeyPatch, lost: float
) -> None:
    questions = tmp_path / "own.csv"
    questions.write_text("question,answer\nwhat may a parcel weigh?,30 kilograms\n")
    asked: list[Any] = []

    def reordered(measured: Any) -> Any:
        return sorted(fastest(measured), key=lambda one: one.way.choice.is_plain)

    def compared(before: Any, after: Any) -> list[Loss]:
        asked.append((before, after))
        return [Loss(suite="own", measure="right", before=1.0, after=1.0 - lost, lost=lost)]

    some = ways(1, True, [], [], (8,))
    monkeypatch.setattr(optimizing, "ways", lambda *_: some)
    monkeypatch.setattr(optimizing, "fastest", reordered)
    monkeypatch.setattr(optimizing, "compared", compared)
    monkeypatch.setattr(optimizing, "_TRIED", 1)
    result = run("optimize", "--suite", questions, "--in", "ferry", *QUICK, "--json", data=indexed)
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert len(asked) == 1
    is_plain = found["chosen"] == found["measured"][0]
    assert is_plain is (lost > 0.01)
    assert len(found["refused"]) == int(lost > 0.01)
    [before], [after] = asked[0]
    assert len(before.outcomes) == len(after.outcomes) == 1
