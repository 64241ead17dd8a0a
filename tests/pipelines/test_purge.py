"""After ``whence remove --purge`` nothing in the data folder tells what was there: not by a byte, not by a name."""

import os
import pty
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.command import PROGRAM, finish, make_repository, run, start
from tests.store.material import ListSource, Store

from whence.pipelines.removal import remove_index

MARKER = "xylophagousquagga"
FILES = {f"{MARKER}.md": f"# {MARKER}\n\nThe {MARKER} sleeps in the crane because it is warm there.\n"}


def traces(folder: Path, words: bytes = MARKER.encode()) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if words in bytes(path.relative_to(folder)) or (path.is_file() and words in path.read_bytes())
    ]


def type_at_the_prompt(data: Path, lines: list[str]) -> None:
    """The prompt as on a terminal, which alone keeps what was typed."""
    ours, theirs = pty.openpty()
    words = [*PROGRAM, "ask", "--data", str(data)]
    environment = {**os.environ, "TERM": "dumb"}
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True)
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    try:
        while os.read(ours, 65_536):
            pass
    except OSError:  # how the end of a terminal's program reads here
        pass
    assert process.wait(60) == 0
    os.close(ours)


def test_no_trace_of_a_repository_nor_of_what_was_asked(tmp_path: Path) -> None:
    pytest.importorskip("readline")
    data = tmp_path / "data"
    repository = make_repository(tmp_path / "source" / MARKER, FILES)
    assert run("index", repository, data=data).code == 0
    type_at_the_prompt(data, [f"Why does the {MARKER} sleep in the crane?", ":quit"])
    before = traces(data)
    assert {"history", "last-answer.json"} < set(before)
    assert any(name.startswith("mirrors/") and name.endswith(".lock") for name in before)
    removed = finish(start("remove", MARKER, "--purge", "--yes", data=data))
    assert removed.code == 0, removed.err
    assert traces(data) == []
    assert sorted(path.name for path in (data / "mirrors").iterdir()) == []


def test_texts_do_not_lie_open_in_the_database(make_store: Callable[..., Store]) -> None:
    """A compressed text is a trace too: its bytes go with it."""
    store = make_store()
    text = f"# {MARKER}\n\n" + f"{MARKER} " * 50
    store.run(ListSource({"a.md": text}), "hidden")
    packed = zlib.compress(text.encode(), level=1)
    assert traces(store.root, packed)
    remove_index(store.ledger, store.indexer("hidden").tables.writer, "hidden", purge=True, forget=lambda _: None)
    assert traces(store.root, packed) == []


def test_a_prompt_that_was_open_does_not_bring_its_questions_back(tmp_path: Path) -> None:
    """The file was there when the prompt began, and is gone when it ends."""
    from whence.cli.prompt import _history

    readline = pytest.importorskip("readline")
    file = tmp_path / "history"
    file.write_text("an earlier question\n")
    with _history(file):
        readline.add_history(MARKER)
        file.unlink()
    assert not file.exists()
    with _history(file):
        pass
    assert file.exists()
