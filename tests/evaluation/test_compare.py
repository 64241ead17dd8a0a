from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.fakes import MRR, RIGHT, FakeSuite, FakeSystem, a_run, abstained, bad, good, question

from whence.errors import UsageError
from whence.evaluation.compare import compared
from whence.evaluation.records import EvalQuestion, Measure, Reply
from whence.evaluation.report import Report, scores_only
from whence.evaluation.runner import carry_out
from whence.metrics.holm import holm

NAMES = [f"ship{n:02d}" for n in range(24)]


def report(tmp_path: Path, right: Sequence[str], names: Sequence[str] = NAMES, **more: object) -> Report:
    asked = [question(name, quay="north" if n % 2 else "south") for n, name in enumerate(names)]
    replies = {name: good(name) if name in right else bad(name) for name in names}
    return _run(tmp_path, asked, replies)


def _run(tmp_path: Path, asked: list[EvalQuestion], replies: dict[str, Reply], *measures: Measure) -> Report:
    suite = FakeSuite(asked, reported=measures or (RIGHT, MRR))
    return carry_out(a_run(suite, FakeSystem(replies)), tmp_path / f"j{len(list(tmp_path.iterdir()))}")


def test_a_clear_loss_is_told_with_its_questions(tmp_path: Path) -> None:
    found = compared({"harbour": report(tmp_path, NAMES)}, {"harbour": report(tmp_path, NAMES[:12])})
    right = found.overall[0]
    assert (right.measure, right.n, right.before, right.after) == ("right", 24, 1.0, 0.5)
    assert right.change == pytest.approx(-0.5)
    assert right.low <= -0.5 <= right.high
    assert {shift.id for shift in right.losses} == set(NAMES[12:])
    assert not right.wins
    assert right.losses[0].text.startswith("where is ship")
    assert right.is_significant
    assert not found.passes
    assert {one.group for one in found.sliced} == {"quay: north", "quay: south"}


def test_a_loss_that_is_spread_over_suites_and_measures_holds_the_gate(tmp_path: Path) -> None:
    idle = [Measure(name=f"idle {n}", about="", of=lambda q, r: 1.0) for n in range(6)]
    asked = [question(name) for name in NAMES]
    fine, worse = ({name: good(name) if n >= lost else bad(name) for n, name in enumerate(NAMES)} for lost in (0, 3))
    before = {suite: _run(tmp_path, asked, fine, RIGHT, *idle) for suite in ("harbour", "quay")}
    after = {suite: _run(tmp_path, asked, worse, RIGHT, *idle) for suite in ("harbour", "quay")}
    found = compared(before, after)
    assert not any(one.is_significant for one in found.overall), "corrected for 14 measures none is"
    assert found.verdict is not None
    assert (found.verdict.n, len(found.verdict.losses), found.verdict.wins) == (48, 6, ())
    assert {shift.id for shift in found.verdict.losses} >= {"harbour: ship00", "quay: ship00"}
    assert found.significant_losses == (found.verdict,)
    assert not found.passes
    assert compared(after, before).passes
    assert compared(before, {"harbour": after["harbour"], "quay": before["quay"]}).passes, "3 of 48 may be chance"


def test_chance_is_no_loss(tmp_path: Path) -> None:
    found = compared({"harbour": report(tmp_path, NAMES[:12])}, {"harbour": report(tmp_path, NAMES[1:12])})
    assert found.overall[0].change < 0
    assert found.passes


def test_the_same_twice_differs_in_nothing(tmp_path: Path) -> None:
    found = compared({"harbour": report(tmp_path, NAMES[:5])}, {"harbour": report(tmp_path, NAMES[:5])})
    assert all(one.p == 1.0 and one.change == 0.0 and not one.wins and not one.losses for one in found.overall)
    assert found.passes


def test_only_common_questions_count_and_that_is_said(tmp_path: Path) -> None:
    before, after = report(tmp_path, NAMES[:20], NAMES[:20]), report(tmp_path, NAMES, NAMES[10:])
    pairing = compared({"harbour": before}, {"harbour": after}).pairings[0]
    assert (pairing.n_shared, pairing.only_before, pairing.only_after) == (10, 10, 4)


def test_a_question_that_was_reworded_is_left_out(tmp_path: Path) -> None:
    asked = [question("heron"), question("tern")]
    moved = [question("heron"), EvalQuestion(id="tern", suite="harbour", question="and where is tern?")]
    replies = {"heron": good("heron"), "tern": good("tern")}
    found = compared({"h": _run(tmp_path, asked, replies)}, {"h": _run(tmp_path, moved, replies)})
    assert (found.pairings[0].n_shared, found.pairings[0].reworded) == (1, 1)


def test_reports_without_text_compare_as_well(tmp_path: Path) -> None:
    before, after = report(tmp_path, NAMES), report(tmp_path, NAMES[:12])
    full = compared({"h": before}, {"h": after}).overall[0]
    bare = compared({"h": scores_only(before)}, {"h": scores_only(after)}).overall[0]
    assert (bare.p, bare.change, len(bare.losses)) == (full.p, full.change, len(full.losses))


def test_reports_of_different_suites_have_nothing_in_common(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no question in common: the first is of squad, the second of facts"):
        compared({"squad": report(tmp_path, NAMES)}, {"facts": report(tmp_path, NAMES)})


def test_where_lower_is_better_an_increase_is_a_loss(tmp_path: Path) -> None:
    lower = Measure(name="wrong", about="", of=lambda q, r: 1 - (RIGHT.of(q, r) or 0.0), is_lower_better=True)
    asked = [question(name) for name in NAMES]
    before = _run(tmp_path, asked, {name: good(name) for name in NAMES}, RIGHT, lower)
    after = _run(tmp_path, asked, {name: bad(name) for name in NAMES}, RIGHT, lower)
    wrong = compared({"h": before}, {"h": after}).overall[1]
    assert (wrong.change, wrong.gain) == (1.0, -1.0)
    assert len(wrong.losses) == 24
    assert wrong in compared({"h": before}, {"h": after}).significant_losses


def test_what_must_pass_and_what_breaks_holds_the_gate(tmp_path: Path) -> None:
    asked = [question("heron", must_pass=True), *(question(name) for name in NAMES)]
    fine = {one.id: good(one.id) for one in asked}
    failed = {**fine, "heron": abstained("heron")}
    broken = {name: reply for name, reply in fine.items() if name != "ship03"}
    before = _run(tmp_path, asked, fine)
    found = compared({"h": before}, {"h": _run(tmp_path, asked, failed)})
    assert found.newly_failed == ("h: heron",)
    assert not found.passes
    found = compared({"h": before}, {"h": _run(tmp_path, asked, broken)})
    assert found.pairings[0].new_errors == ("ship03",)
    assert not found.passes
    assert compared({"h": _run(tmp_path, asked, failed)}, {"h": before}).passes


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(p <= q <= 1 for p, q in zip(values, corrected, strict=True))
    ordered = sorted(zip(values, corrected, strict=True))
    assert [q for _, q in ordered] == sorted(q for _, q in ordered)
