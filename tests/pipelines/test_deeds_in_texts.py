"""What people did is told by texts where there is no history: such questions are answered from them like others."""

from pathlib import Path

from whence.interface import Whence

TEXT = """# Norhaven

The harbour was known for its cranes. Model cranes were built for trials, and the measurements on the model crane were
begun by Ilse Brand in 1849. Her brother Otto kept the books of the harbour.

The exhibition of harbours was held every year. It was organised by the council of Norhaven.
"""


def test_who_started_something_is_read_in_a_document(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "norhaven.md").write_text(TEXT, encoding="utf-8")
    with Whence(tmp_path / "data") as whence:
        whence.index(folder, until="text")
        answer = whence.ask("Who started the measurements on the model crane?")
    assert not answer.abstained
    assert "Ilse Brand" in answer.answer


def test_a_report_may_name_much_that_its_answer_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "reply.md").write_text(
        "# Crane stops with a broken pipe\n\nThe crane stops with a broken pipe while the harbour server restarts. "
        "Raise the grace period of the harbour server, then the crane keeps its load.\n",
        encoding="utf-8",
    )
    said = "the crane stops with a broken pipe while the harbour server restarts"
    report = f"What keeps the load when {said}, in `lift_7` as {said}, and {said}, and then {said}?"
    with Whence(tmp_path / "data") as whence:
        whence.index(folder, until="text")
        assert not whence.ask(report).abstained
        assert whence.ask(f"What keeps the load when {said}, in `lift_7`?").abstained
