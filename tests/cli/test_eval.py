import json
from pathlib import Path

import pytest
from tests.cli.command import Result, run

CSV = (
    "id,question,answer,evidence,category\n"
    "weight,how heavy may a parcel be?,30 kilograms,README.md,limits\n"
    "crane,what raises an error when a parcel is too heavy?,too heavy for the crane,src/ferry/crane.py:6-9,code\n"
    "steer,who steers by the stars?,Captain,src/ferry/captain.py,people\n"
)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "parcels.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def evaluated(indexed: Path, questions: Path, tmp_path: Path) -> tuple[Result, Path]:
    out = tmp_path / "reports"
    return run("eval", questions, "--in", "ferry", "--out", out, "--baseline", "fts5", data=indexed), out


def quality(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text[text.index('"quality"') : text.index('"costs"')]


def test_own_questions_give_a_table_reports_and_a_page(evaluated: tuple[Result, Path]) -> None:
    result, out = evaluated
    assert result.code == 0, result.err
    assert "parcels" in result.out
    assert "3 questions" in result.out
    assert "whence" in result.out
    assert "fts5" in result.out
    assert "core-seconds a question" in result.out
    assert {path.name for path in out.iterdir()} == {"parcels.json", "parcels.fts5.json", "index.html"}
    assert "README.md" in (out / "index.html").read_text()


def test_the_same_run_again_is_the_same_byte_for_byte(
    evaluated: tuple[Result, Path], indexed: Path, questions: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    assert run("eval", questions, "--in", "ferry", "--out", again, data=indexed).code == 0
    assert quality(again / "parcels.json") == quality(evaluated[1] / "parcels.json")


def test_json_is_one_object_a_report(indexed: Path, questions: Path, tmp_path: Path) -> None:
    result = run("eval", questions, "--in", "ferry", "--out", tmp_path / "o", "--json", data=indexed)
    (record,) = result.records
    assert record["suite"] == "parcels"
    assert record["summary"]["counts"]["n"] == 3
    assert record["origin"]["system"] == "whence"
    assert result.err == ""


def test_a_limit_decides_the_exit_code(indexed: Path, questions: Path, tmp_path: Path) -> None:
    arguments = ("eval", questions, "--in", "ferry", "--out", tmp_path / "o")
    assert run(*arguments, "--fail-under", "hit@1=0", data=indexed).code == 0
    missed = run(*arguments, "--fail-under", "parcels:hit@1=1.5", data=indexed)
    assert missed.code == 1
    assert "below 1.5" in missed.out
    unknown = run(*arguments, "--fail-under", "beauty=0.5", data=indexed)
    assert unknown.code == 2
    assert "no suite that ran has it" in unknown.err


def test_scores_alone_hold_no_question(indexed: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    assert run("eval", questions, "--in", "ferry", "--out", out, "--scores-only", data=indexed).code == 0
    for path in out.iterdir():
        assert "how heavy" not in path.read_text()


def test_comparing_with_a_floor_and_with_itself(evaluated: tuple[Result, Path]) -> None:
    out = evaluated[1]
    same = run("eval", "compare", out, out, "--gate")
    assert same.code == 0, same.err
    assert "nothing is worse by more than chance" in same.out
    other = run("eval", "compare", out / "parcels.json", out / "parcels.fts5.json", "--json")
    (record,) = other.records
    assert record["pairings"][0]["after"] == "fts5"
    assert record["pairings"][0]["n_shared"] == 3


def test_a_gate_holds_what_got_worse(evaluated: tuple[Result, Path], tmp_path: Path) -> None:
    report = json.loads((evaluated[1] / "parcels.json").read_text())
    for name, value in (("better", 1.0), ("worse", 0.0)):
        lines = []
        for n in range(20):
            outcome = dict(
                report["quality"][0], id=f"q{n}", digest=f"d{n}", is_right=bool(value), scores={"right": value}
            )
            lines.append(outcome)
        (tmp_path / f"{name}.json").write_text(json.dumps({**report, "quality": lines}))
    lost = run("eval", "compare", tmp_path / "better.json", tmp_path / "worse.json", "--gate")
    assert lost.code == 1
    assert "worse by more than chance: all suites: right, parcels: right" in lost.out
    assert run("eval", "compare", tmp_path / "better.json", tmp_path / "worse.json").code == 0
    assert run("eval", "compare", tmp_path / "worse.json", tmp_path / "better.json", "--gate").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("squod",), "did you mean 'squad"),
        ((), "Usage"),
        (("run",), "No suite is named"),
        (("nothing.csv",), "There is no file nothing.csv"),
        (("failures", "--baseline", "google"), "no baseline 'google'"),
        (("failures", "--repo", "requests"), "NAME=PATH"),
        (("failures", "--repo", "requests=/nowhere/at/all"), "is not at /nowhere"),
        (("failures", "--suite-data", "/nowhere/at/all"), "is not there"),
        (("failures", "-n", "3", "--full"), "with --full or some with -n"),
        (("failures", "--fail-under", "right"), "METRIC=VALUE"),
        (("failures", "--fail-under", "right=nan"), "METRIC=VALUE"),
        (("failures", "--in", "nothing"), "nothing"),
        (("compare", "a.json", "b.json"), "There is no report a.json"),
    ],
)
def test_bad_usage_is_one_sentence(
    arguments: tuple[str, ...], said: str, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHENCE_TEST_DATA", raising=False)
    result = run(
        "eval", *arguments, data=None if arguments[:1] == ("compare",) or not arguments else indexed, cwd=tmp_path
    )
    assert said in result.out + result.err
    assert "Traceback" not in result.err
    assert result.code == (2 if arguments else 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("question,answer\n", "no questions"),
        ("query,answer\nwhy?,so\n", "parcels.csv:2 has no 'question'"),
        ("id,question,answer\na,one?,1\na,two?,2\n", "parcels.csv:3 has the id 'a' of line 2"),
        ("question,answer\nwhy?,so,more\n", "parcels.csv:2 has more cells"),
    ],
)
def test_a_bad_file_is_named_by_line(text: str, said: str, indexed: Path, questions: Path) -> None:
    questions.write_text(text)
    result = run("eval", questions, "--in", "ferry", data=indexed)
    assert result.code == 2
    assert said in result.err


def test_own_questions_need_an_index(questions: Path, tmp_path: Path) -> None:
    result = run("eval", questions, data=tmp_path / "none")
    assert result.code == 2
    assert "index" in result.err
    assert not (tmp_path / "none").exists()


def test_all_leaves_out_what_cannot_run_and_says_why(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHENCE_TEST_DATA", raising=False)
    listed = run("eval", "list", "--json", data=indexed)
    missing = {record["suite"]: record["missing"] for record in listed.records}
    assert missing["failures"] == ""
    assert "--suite-data" in missing["squad"]
    assert run("eval", "list", data=tmp_path / "none").code == 0
    assert not (tmp_path / "none").exists()


def test_a_report_of_another_form_is_refused(evaluated: tuple[Result, Path]) -> None:
    path = evaluated[1] / "parcels.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 7', 1))
    result = run("eval", "compare", path, path)
    assert result.code == 1
    assert "form 7" in result.err
