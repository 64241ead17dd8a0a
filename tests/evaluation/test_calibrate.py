"""Calibrating an index by the command: what is fitted, kept, refused and taken back."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from whence.cli.main import whence as program
from whence.interface import Whence

PLACES = (
    "Vardal",
    "Nesset",
    "Holm",
    "Tange",
    "Skarvoy",
    "Lindau",
    "Brekke",
    "Fure",
    "Grind",
    "Hestad",
    "Indre",
    "Jomfru",
)
THINGS = (("crane", "lifts {} tons"), ("lamp", "shines for {} miles"))


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """An index of two documents a place, and questions about them and about places that are not there."""
    folder = tmp_path / "harbours"
    folder.mkdir()
    rows = []
    for number, place in enumerate(PLACES, start=11):
        for thing, does in THINGS:
            said = does.format(number)
            (folder / f"{place}-{thing}.md").write_text(f"# {place}\n\nThe {thing} of {place} {said} in any weather.\n")
            asked = f"What does the {thing} of {place} do in any weather?"
            rows.append({"question": asked, "answer": said, "evidence": f"{place}-{thing}.md"})
            rows.append({"question": f"Which {thing} compiler renders the {place[::-1].lower()} sonata?"})
    with (tmp_path / "own.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["question", "answer", "evidence"])
        writer.writeheader()
        writer.writerows(rows)
    with Whence(tmp_path / "data") as whence:
        whence.index(folder, name="harbours")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = ["eval", "calibrate", *arguments, "--in", "harbours", "--data", str(folder / "data")]
    done = CliRunner().invoke(program, command)
    return done.exit_code, done.output, str(done.exception)


def test_a_fit_is_reported_on_unseen_questions_and_kept_only_if_it_helps(material: Path) -> None:
    code, told, _ = run(material, str(material / "own.csv"), "--json")
    assert code == 0, told
    found = json.loads(told.splitlines()[-1])
    assert found["index"] == "harbours"
    assert found["fit"]["n"] == 2 * len(PLACES) * len(THINGS)
    assert found["is_kept"] == (found["fit"]["after"]["brier"] < found["fit"]["before"]["brier"])
    with Whence(material / "data") as whence:
        snapshot = whence.ledger.snapshot("harbours")
        assert snapshot is not None
        assert (snapshot.recalibration is not None) == found["is_kept"]
    code, told, _ = run(material, "--reset")
    assert (code, told.strip()) == (0, "harbours uses the confidence that ships with whence.")
    with Whence(material / "data") as whence:
        again = whence.ledger.snapshot("harbours")
        assert again is not None
        assert again.recalibration is None


def test_too_few_questions_change_nothing(material: Path) -> None:
    (material / "few.csv").write_text("question,answer\nWhat lifts?,the crane\n")
    _, _, error = run(material, str(material / "few.csv"))
    assert "too few to fit a confidence" in error


def test_a_suite_about_something_else_is_refused(material: Path) -> None:
    _, _, error = run(material, "failures")
    assert "asks nothing of harbours" in error
