"""However a command ends, the user reads a sentence and the caller gets a code."""

import pytest
from tests.cli.command import Result, run

from whence.cli import main as entry
from whence.errors import DiskFullError, UsageError


def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Result:
    """What is left when a command ends with this error."""

    def fail(_group: object, _context: object) -> None:
        raise error

    monkeypatch.setattr(entry.LazyGroup, "invoke", fail)
    return run("status")


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("Wrong."), 2), (DiskFullError("Full."), 1), (UsageError("Two.\nLines \x1b[2J."), 2)]
)
def test_errors_of_ours_are_sentences(monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    result = ending(monkeypatch, error)
    shown = str(error).replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert result == Result(code, "", f"error: {shown}\n")


@pytest.mark.parametrize("error", [KeyError("colour"), RuntimeError("first line\nsecond"), AssertionError()])
def test_a_defect_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.delenv("WHENCE_DEBUG", raising=False)
    result = ending(monkeypatch, error)
    assert result.code == 1
    assert result.err.startswith(f"error: A defect in whence ({type(error).__name__}: ")
    assert len(result.err.splitlines()) == 1
    monkeypatch.setenv("WHENCE_DEBUG", "1")
    with pytest.raises(type(error)):
        ending(monkeypatch, error)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (entry.Terminated(), 143), (EOFError(), 130)])
def test_interrupts_have_their_codes(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    result = ending(monkeypatch, error)
    assert (result.code, result.out, result.err.strip()) == (code, "", "")
