from pathlib import Path

import pytest
from tests.evaluation.fakes import FakeSuite, FakeSystem, a_run, abstained, bad, good, question

from whence.evaluation.derived import Summary, summarized
from whence.evaluation.records import EvalQuestion, Reply
from whence.evaluation.runner import carry_out


def summary(tmp_path: Path, asked: list[EvalQuestion], replies: dict[str, Reply]) -> Summary:
    return summarized(carry_out(a_run(FakeSuite(asked), FakeSystem(replies)), tmp_path / "j"))


def mixed(tmp_path: Path) -> Summary:
    asked = [
        question("heron", quay="north"),
        question("tern", quay="north"),
        question("gull", quay="south"),
        question("auk", answerable=False, quay="south"),
        question("coot", answerable=False, must_pass=True),
    ]
    replies = {
        "heron": good("heron", 0.9),
        "tern": bad("tern", 0.7),
        "gull": abstained("gull", 0.2),
        "auk": abstained("auk", 0.1),
        "coot": bad("coot", 0.5),
    }
    return summary(tmp_path, asked, replies)


def test_means_are_over_the_questions_a_measure_applies_to(tmp_path: Path) -> None:
    found = mixed(tmp_path)
    assert found.values["right"].n == 5
    assert found.values["right"].mean == pytest.approx(2 / 5)
    assert found.values["MRR"].n == 3, "unanswerable questions have no gold file"
    assert found.values["MRR"].mean == pytest.approx(1 / 3)
    assert found.values["MRR"].low <= found.values["MRR"].mean <= found.values["MRR"].high


def test_counts(tmp_path: Path) -> None:
    counts = mixed(tmp_path).counts
    assert (counts.n, counts.answerable, counts.unanswerable) == (5, 3, 2)
    assert (counts.abstained, counts.wrongly_abstained, counts.wrongly_answered) == (2, 1, 1)
    assert counts.failed_must_pass == ("coot",)


def test_slices_group_what_has_them(tmp_path: Path) -> None:
    slices = mixed(tmp_path).slices
    assert slices["quay"]["north"]["right"].mean == pytest.approx(0.5)
    assert slices["quay"]["south"]["right"].n == 2
    assert "kind" not in slices, "a slice with one group tells nothing"


def test_calibration_by_hand(tmp_path: Path) -> None:
    found = mixed(tmp_path).calibration
    assert found is not None
    # Answerable at .9, .7, .2 against unanswerable at .1, .5: five of six pairs are in order.
    assert found.auroc_answerable == pytest.approx(5 / 6)
    # Given answers: .9 right, .7 and .5 wrong; each in a bin of its own.
    assert found.n_answered == 3
    assert found.ece == pytest.approx((0.1 + 0.7 + 0.5) / 3)
    assert found.ece_adaptive == pytest.approx((0.9 + 0.7 + 0.5 - 1) / 3), "three answers are one bin"
    assert found.brier == pytest.approx((0.01 + 0.49 + 0.25) / 3)
    assert list(found.curve[0]) == pytest.approx([0.2, 0.0])
    assert list(found.curve[-1]) == pytest.approx([1.0, 4 / 5])
    assert found.coverage_at_90 == pytest.approx(0.2)


def test_what_has_no_meaning_is_left_out(tmp_path: Path) -> None:
    found = summary(tmp_path, [question("heron"), question("tern")], {name: good(name) for name in ("heron", "tern")})
    assert found.calibration is not None
    assert found.calibration.auroc_answerable is None
    assert found.calibration.auroc_right is None


def test_a_system_that_only_searches_has_no_confidence(tmp_path: Path) -> None:
    only_hits = Reply(hits=good("heron").hits, search_ms=4.0)
    found = summary(tmp_path, [question("heron")], {"heron": only_hits})
    assert found.calibration is None
    assert set(found.values) == {"MRR"}
    assert found.latency is not None
    assert found.latency.p50_ms == 4.0


def test_times_are_those_of_the_answer(tmp_path: Path) -> None:
    found = summary(tmp_path, [question("heron")], {"heron": good("heron")})
    assert found.latency is not None
    assert found.latency.p50_ms == 5.0
    assert found.cpu_s == pytest.approx(0.004)
    assert found.questions_per_s == pytest.approx(200.0)
