"""The prompt ends when it is told to, and not for an error."""

import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

from whence.cli.prompt import prompt
from whence.interface import Whence
from whence.store.scope import Filters

Line = str | type[BaseException]


@pytest.fixture
def talk(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[list[Line], list[str], "pytest.CaptureFixture[str]", Path]]:
    """(lines to type, prompts shown, the screen, the data folder)."""
    lines: list[Line] = []
    shown: list[str] = []

    def typed(text: str) -> str:
        shown.append(text)
        line = lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr(builtins, "input", typed)
    yield lines, shown, capsys, indexed
    assert not lines


def converse(data: Path) -> None:
    with Whence(data) as whence:
        prompt(whence, 10, None, Filters())


Talk = tuple[list[Line], list[str], "pytest.CaptureFixture[str]", Path]


def test_questions_and_commands(talk: Talk) -> None:
    lines, shown, screen, data = talk
    lines += ["How much may a parcel weigh at most?", ":open 1", "", ":in ferry", ":quit"]
    converse(data)
    out = screen.readouterr().out
    assert "30 kilograms" in out
    assert "> " in out
    assert set(shown) == {"ferry> "}


def test_errors_and_interrupts_end_the_question_not_the_prompt(talk: Talk) -> None:
    lines, shown, screen, data = talk
    lines += [KeyboardInterrupt, ":in nowhere", ":in", ":open 99", ":what", "x" * 30_000, EOFError]
    converse(data)
    told = screen.readouterr()
    assert told.err.count("error:") == 4
    assert "There is no index 'nowhere'" in told.err
    assert told.out.count("Ask a question.") == 2
    assert len(shown) == 7


def test_history_is_kept_in_the_data_folder_for_its_owner(talk: Talk) -> None:
    readline = pytest.importorskip("readline")
    lines, _, _, data = talk
    readline.clear_history()
    readline.add_history("an earlier question")
    lines += [":q"]
    converse(data)
    assert (data / "history").read_text(encoding="utf-8").splitlines()[-1] == "an earlier question"
    assert (data / "history").stat().st_mode & 0o077 == 0
