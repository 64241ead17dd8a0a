"""What reaches the screen: nothing that a terminal would obey, colour and links only where there is a terminal."""

import os
import pty
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.command import run, start

from whence.cli.progress import ProgressDisplay, pace, remaining
from whence.cli.reports import skipped_words
from whence.cli.screen import about, count, duration, printable, span
from whence.pipelines.progress import Progress

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7][0-9;]*m")
LINK = "\x1b]8;"


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_printable_text_cannot_command_a_terminal_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.encode("utf-8") is not None
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert printable(shown) == shown
    assert shown.count("\n") == text.count("\n")


def test_amounts_and_times_are_what_people_write() -> None:
    assert [duration(s) for s in (0.14, 4.12, 42.4, 109, 7500)] == [
        "140 ms",
        "4.1 s",
        "42 s",
        "1 min 49 s",
        "2 h 05 min",
    ]
    assert (count(1, "file"), count(2310, "file")) == ("1 file", "2,310 files")
    assert (span(7, 7), span(7, 12)) == ("7", "7-12")
    assert skipped_words({"binary": 2, "vendored": 3}) == "5 files (3 vendored, 2 binary)"
    assert about("", "a.md > Limits", "a.md") == "Limits"
    assert about("", "a.py", "a.py") == ""
    assert about("Crane.lift", "a.py", "a.py") == "Crane.lift"


def test_pace_and_time_left() -> None:
    half = Progress(stage="vectors", done=50, total=100, rate=20.0)
    assert (pace(half), remaining(half)) == ("20/s", "2.5 s left")
    assert (pace(Progress(stage="vectors", total=9)), remaining(Progress(stage="vectors", total=9))) == ("", "")
    assert remaining(Progress(stage="vectors", done=100, total=100, rate=20.0)) == ""


def test_progress_without_a_terminal_is_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr("whence.cli.progress.time.monotonic", lambda: float(next(clock)))
    with ProgressDisplay() as display:
        display(Progress(stage="waiting", note="index ferry in process 7"))
        display(Progress(stage="text", total=100))
        display(Progress(stage="ready", note="ferry @1234567   4 files   text ready in 1.0 s: you can ask now"))
        for done in range(0, 100, 20):
            display(Progress(stage="vectors", done=done, total=100, rate=4.0))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "waiting for index ferry in process 7",
        "ferry @1234567   4 files   text ready in 1.0 s: you can ask now",
        "vectors 40/100 (4.0/s, 15 s left)",
        "vectors 80/100 (4.0/s, 5 s left)",
    ]


def test_json_keeps_the_display_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(quiet=True) as display:
        display(Progress(stage="text", total=1))
        display(Progress(stage="ready", note="a   b   c"))
    assert capsys.readouterr() == ("", "")


def on_terminal(*words: object, data: Path, **env: str) -> str:
    """What a command shows on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    env = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40", "NO_COLOR": "", **env}
    process = start(*words, data=data, env=env, output=theirs)
    os.close(theirs)
    shown = b""
    try:
        while read := os.read(ours, 65536):
            shown += read
    except OSError:  # the other side is closed: how Linux ends a terminal
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_a_terminal_gets_colours_and_links(indexed: Path, ferry: Path) -> None:
    shown = on_terminal("ask", "How does the crane lift a parcel?", data=indexed)
    assert COLOUR.search(shown)
    assert LINK in shown
    assert f"file://{ferry}/" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x1b]*\x1b\\", "", shown)
    assert all(len(line) <= 80 for line in plain.splitlines())


def test_no_color_is_obeyed(indexed: Path) -> None:
    assert not COLOUR.search(on_terminal("search", "crane", data=indexed, NO_COLOR="1"))


def test_a_pipe_gets_plain_unwrapped_text(indexed: Path) -> None:
    for words in (["ask", "How does the crane lift a parcel?"], ["search", "crane"], ["open", "1"], ["status"]):
        result = run(*words, data=indexed)
        assert result.code == 0
        assert "\x1b" not in result.out
        assert "…" not in result.out


def test_hostile_text_in_an_index_is_shown_harmless(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text(
        "# Harbour\n\nThe pilot \x1b]0;owned\x07\x1b[2J boards at dawn \u202ekcab.\n", encoding="utf-8"
    )
    data = tmp_path / "data"
    assert run("index", folder, "--until", "text", data=data).code == 0
    for words in (["search", "pilot boards"], ["ask", "When does the pilot board?"], ["open", "a.md"]):
        result = run(*words, data=data)
        assert not set("\x1b\x07\u202e") & set(result.out + result.err)
