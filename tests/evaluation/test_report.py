import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.fakes import FakeSuite, FakeSystem, a_run, abstained, bad, good, question

from whence.errors import StoreError, UsageError, VersionError
from whence.evaluation.derived import summarized
from whence.evaluation.report import Report, digest_of, read_report, scores_only, write_report
from whence.evaluation.runner import carry_out


@pytest.fixture
def report(tmp_path: Path) -> Report:
    asked = [question("heron"), question("tern"), question("auk", answerable=False)]
    replies = {"heron": good("heron"), "tern": bad("tern"), "auk": abstained("auk")}
    return carry_out(a_run(FakeSuite(asked), FakeSystem(replies)), tmp_path / "journal")


def test_what_is_written_is_read_again(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "deep" / "r.json", summarized(report))
    assert read_report(tmp_path / "deep" / "r.json") == report
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["r.json"]


def test_one_question_stands_on_one_line(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "r.json")
    lines = (tmp_path / "r.json").read_text().splitlines()
    assert sum('"id": "heron"' in line for line in lines) == 2, "once in quality, once in costs"


def test_scores_alone_hold_no_text_and_still_compare(report: Report, tmp_path: Path) -> None:
    write_report(scores_only(report), tmp_path / "r.json", summarized(report))
    written = (tmp_path / "r.json").read_text()
    for text in ("where is", "at quay", "in the dock", "other.txt"):
        assert text not in written
    kept = read_report(tmp_path / "r.json")
    assert [one.scores for one in kept.outcomes] == [one.scores for one in report.outcomes]
    assert [one.digest for one in kept.outcomes] == [one.digest for one in report.outcomes]


def test_questions_asked_differently_have_different_digests() -> None:
    one = question("heron")
    others = [
        replace(one, question="why?"),
        replace(one, paths=("a",)),
        replace(one, as_of="v1"),
        replace(one, corpus="x"),
    ]
    assert len({digest_of(one), *map(digest_of, others)}) == 5
    assert digest_of(one) == digest_of(replace(one, answers=("other",)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "not a report"),
        ('{"a": 1}', "not a report"),
        ('{"format": 1, "header": {}, "quality": []}', "damaged at header"),
        ('{"format": 1, "header": null, "quality": 7}', "damaged"),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(UsageError, match=said):
        read_report(tmp_path / "r.json")


def test_a_report_of_another_form_says_so(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r.json").write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(VersionError, match="form 99"):
        read_report(tmp_path / "r.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_report(tmp_path / "nothing.json")


def test_nothing_half_written_is_left(report: Report, tmp_path: Path) -> None:
    (tmp_path / "r.json").mkdir()
    with pytest.raises(StoreError, match="Cannot write"):
        write_report(report, tmp_path / "r.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "r.json"]
