import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.evaluation.fakes import (
    MRR,
    RIGHT,
    FakeSuite,
    FakeSystem,
    a_run,
    abstained,
    bad,
    good,
    question,
)

from whence.errors import ModelError, StoreError, UsageError, WhenceError
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import EvalQuestion, Measure, Reply
from whence.evaluation.report import read_report, write_report
from whence.evaluation.runner import carry_out, drawn


def asked() -> list[EvalQuestion]:
    return [question("heron"), question("tern", must_pass=True), question("gull"), question("auk", answerable=False)]


def replies() -> dict[str, Reply]:
    return {"heron": good("heron"), "tern": bad("tern"), "gull": abstained("gull"), "auk": abstained("auk")}


def quality(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text[text.index('"quality"') : text.index('"costs"')]


def test_every_question_gets_its_scores_and_marks(tmp_path: Path) -> None:
    report = carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "j")
    by_id = {outcome.id: outcome for outcome in report.outcomes}
    assert by_id["heron"].scores == {"right": 1.0, "MRR": 1.0}
    assert by_id["heron"].is_right
    assert by_id["heron"].hits[0].grade == 1.0
    assert by_id["heron"].hits[0].legs == {"lexical": (1, 1.0)}
    assert by_id["heron"].citations[0].grade == 1.0
    assert by_id["tern"].scores == {"right": 0.0, "MRR": 0.0}
    assert by_id["tern"].is_right is False
    assert by_id["tern"].hits[0].grade == 0.0
    assert by_id["gull"].abstained
    assert by_id["auk"].scores == {"right": 1.0}
    assert [cost.ask_ms for cost in report.costs] == [5.0, 5.0, 3.0, 3.0]
    assert by_id["heron"].slices["kind"] == "where"


def test_a_question_that_fails_is_counted_and_the_others_go_on(tmp_path: Path) -> None:
    known = replies()
    del known["tern"]
    report = carry_out(a_run(FakeSuite(asked()), FakeSystem(known)), tmp_path / "j")
    assert [outcome.error for outcome in report.outcomes] == ["", "nothing is known of tern", "", ""]
    assert report.outcomes[1].scores == {}
    assert report.outcomes[1].is_right is False, "a question that must pass does not pass by failing"


def test_a_defect_of_the_system_is_named(tmp_path: Path) -> None:
    def break_once(one: EvalQuestion) -> None:
        if one.id == "gull":
            raise RuntimeError("the rope broke")

    report = carry_out(a_run(FakeSuite(asked()), FakeSystem(replies(), before=break_once)), tmp_path / "j")
    assert report.outcomes[2].error == "a defect: RuntimeError: the rope broke"


def test_where_all_fail_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(WhenceError, match=r"no question could be asked\. nothing is known of heron"):
        carry_out(a_run(FakeSuite(asked()), FakeSystem({})), tmp_path / "j")


def test_a_measure_that_fails_or_gives_no_number_is_counted_and_never_averaged(tmp_path: Path) -> None:
    def unreachable(_: EvalQuestion, __: Reply) -> float:
        raise ModelError("the judge did not answer within 10 s")

    def nonsense(_: EvalQuestion, __: Reply) -> float:
        return math.nan

    measures = (RIGHT, MRR, *(Measure(name=f.__name__, about="", of=f) for f in (unreachable, nonsense)))
    report = carry_out(a_run(FakeSuite(asked(), reported=measures), FakeSystem(replies())), tmp_path / "j")
    assert report.outcomes[0].failures == {
        "unreachable": "the judge did not answer within 10 s",
        "nonsense": "the value is nan",
    }
    assert set(report.outcomes[0].scores) == {"right", "MRR"}
    write_report(report, tmp_path / "r.json")
    assert read_report(tmp_path / "r.json") == report


def test_an_interrupted_run_goes_on_and_ends_like_one_that_was_not(tmp_path: Path) -> None:
    class Stopped(BaseException):
        pass

    def stop(one: EvalQuestion) -> None:
        if one.id == "gull":
            raise Stopped

    with pytest.raises(Stopped):
        carry_out(a_run(FakeSuite(asked()), FakeSystem(replies(), before=stop)), tmp_path / "j")
    second = FakeSystem(replies())
    resumed = carry_out(a_run(FakeSuite(asked()), second), tmp_path / "j")
    assert second.asked == ["gull", "auk"]
    whole = carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "other")
    write_report(resumed, tmp_path / "resumed.json")
    write_report(whole, tmp_path / "whole.json")
    assert quality(tmp_path / "resumed.json") == quality(tmp_path / "whole.json")


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.evaluation.fakes import FakeSuite, FakeSystem, a_run
from tests.evaluation.test_runner import asked, replies
from whence.evaluation.runner import carry_out

def kill(one):
    if one.id == "gull":
        os.kill(os.getpid(), signal.SIGKILL)

carry_out(a_run(FakeSuite(asked()), FakeSystem(replies(), before=kill)), Path(sys.argv[1]))
"""


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    place = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": place}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "j")], env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    second = FakeSystem(replies())
    resumed = carry_out(a_run(FakeSuite(asked()), second), tmp_path / "j")
    assert second.asked == ["gull", "auk"]
    whole = carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "other")
    assert resumed.outcomes == whole.outcomes


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_torn_last_line_is_asked_again(tmp_path: Path, cut: int) -> None:
    carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "j")
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole[:-cut])
    second = FakeSystem(replies())
    carry_out(a_run(FakeSuite(asked()), second), tmp_path / "j")
    assert second.asked == ["auk"]
    assert len((tmp_path / "j").read_bytes().splitlines()) == 5


def test_results_of_another_program_or_other_questions_are_not_taken_over(tmp_path: Path) -> None:
    carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "j")
    second = FakeSystem(replies())
    carry_out(a_run(FakeSuite(asked()), second, build="b2"), tmp_path / "j")
    assert len(second.asked) == 4
    third = FakeSystem(replies())
    carry_out(a_run(FakeSuite(asked()[:3]), third, build="b2"), tmp_path / "j")
    assert len(third.asked) == 3


def test_a_journal_of_nonsense_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"\xff\x00 nothing\n[]\n")
    system = FakeSystem(replies())
    carry_out(a_run(FakeSuite(asked()), system), tmp_path / "j")
    assert len(system.asked) == 4
    assert json.loads((tmp_path / "j").read_text().splitlines()[1])["outcome"]["id"] == "heron"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Choose another folder with --out"):
        carry_out(a_run(FakeSuite(asked()), FakeSystem(replies())), tmp_path / "file" / "j")


def test_questions_are_checked_before_any_is_asked() -> None:
    with pytest.raises(UsageError, match="two questions have the id 'tern'"):
        drawn(FakeSuite([question("tern"), question("tern")]), Inputs(), 0, 0)
    with pytest.raises(UsageError, match="no questions"):
        drawn(FakeSuite([]), Inputs(), 0, 0)
    with pytest.raises(UsageError, match="needs a boat"):
        drawn(FakeSuite(asked(), lacks="it needs a boat"), Inputs(), 0, 0)


def test_a_suite_without_its_own_verdict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no measure 'seaworthy'"):
        carry_out(a_run(FakeSuite(asked(), right="seaworthy"), FakeSystem(replies())), tmp_path / "j")


def test_a_ranking_shorter_than_asked_for_is_no_problem(tmp_path: Path) -> None:
    suite = FakeSuite([question("heron")], depth=1000)
    report = carry_out(a_run(suite, FakeSystem({"heron": good("heron")})), tmp_path / "j")
    assert report.outcomes[0].scores["MRR"] == 1.0


def test_progress_counts_what_an_earlier_run_did(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    carry_out(a_run(FakeSuite(asked()[:2]), FakeSystem(replies())), tmp_path / "j", lambda *at: told.append(at))
    carry_out(a_run(FakeSuite(asked()[:2]), FakeSystem(replies())), tmp_path / "j", lambda *at: told.append(at))
    assert told == [(0, 2), (1, 2), (2, 2), (2, 2)]
