import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whence.errors import NotARepositoryError, RefusedError, UnreadableError
from whence.sources.documents import DocumentsSource
from whence.sources.options import SourceOptions
from whence.types import Document

Make = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "a.md").write_text("# A\n\nwords\n")
    return place


def test_a_single_file_is_a_source(folder: Path, texts: Make) -> None:
    (folder / "b.md").write_text("# B\n")
    source = DocumentsSource(str(folder / "a.md"))
    assert source.name == "a"
    assert texts(source) == {"a.md": "# A\n\nwords\n"}
    assert source.read("b.md", source.state().revision) is None


@pytest.mark.parametrize(("name", "content"), [("a.pdf", b"%PDF-1.4 broken"), ("b.bin", b"\0\1"), ("c.txt", b" \n")])
def test_a_single_file_without_text_is_an_error(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    source = DocumentsSource(str(tmp_path / name))
    with pytest.raises(UnreadableError, match=name):
        list(source.fetch({}))


def test_broken_files_among_others_are_skipped(folder: Path, texts: Make, reasons: Make) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "empty.txt").write_bytes(b"")
    source = DocumentsSource(str(folder))
    assert set(texts(source)) == {"a.md"}
    assert reasons(source) == {"broken.pdf": "damaged PDF", "empty.txt": "empty"}


def test_links_are_not_followed(folder: Path, tmp_path: Path, texts: Make, reasons: Make) -> None:
    (tmp_path / "secret.txt").write_text("outside\n")
    (tmp_path / "other").mkdir()
    (folder / "out.txt").symlink_to("../secret.txt")
    (folder / "in.md").symlink_to("a.md")
    (folder / "loop").symlink_to(".", target_is_directory=True)
    (folder / "away").symlink_to(tmp_path / "other", target_is_directory=True)
    (folder / "gone").symlink_to("nowhere")
    source = DocumentsSource(str(folder))
    assert set(texts(source)) == {"a.md"}
    assert reasons(source) == {
        "out.txt": "symbolic link out of the folder",
        "in.md": "symbolic link",
        "loop": "symbolic link",
        "away": "symbolic link out of the folder",
        "gone": "symbolic link",
    }
    revision = source.state().revision
    for path in ("out.txt", "in.md", "loop/a.md", "../secret.txt", str(tmp_path / "secret.txt"), "a.md\0"):
        assert source.read(path, revision) is None


def test_a_location_may_itself_be_a_link(folder: Path, tmp_path: Path, texts: Make) -> None:
    (tmp_path / "alias").symlink_to(folder)
    source = DocumentsSource(str(tmp_path / "alias"))
    assert source.id == DocumentsSource(str(folder)).id
    assert set(texts(source)) == {"a.md"}


def test_ignore_files_count_at_every_level(folder: Path, texts: Make, reasons: Make) -> None:
    for path, text in {
        ".gitignore": "build/\n*.log\n",
        ".whenceignore": "/drafts/*\n!/drafts/good.md\n",
        "build/x.md": "# X\n",
        "run.log": "log\n",
        "drafts/bad.md": "# Bad\n",
        "drafts/good.md": "# Good\n",
        "deep/.gitignore": "*.md\n!keep.md\n",
        "deep/lost.md": "# Lost\n",
        "deep/keep.md": "# Keep\n",
        "node_modules/m/index.js": "x\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    source = DocumentsSource(str(folder))
    assert set(texts(source)) == {
        ".gitignore",
        ".whenceignore",
        "a.md",
        "deep/.gitignore",
        "deep/keep.md",
        "drafts/good.md",
    }
    assert reasons(source) == {
        "build/": "listed in .gitignore",
        "deep/lost.md": "listed in .gitignore",
        "drafts/bad.md": "listed in .whenceignore",
        "node_modules/": "vendored",
        "run.log": "listed in .gitignore",
    }


def test_pipes_are_never_opened(folder: Path, tmp_path: Path, reasons: Make) -> None:
    os.mkfifo(folder / "pipe.txt")
    assert reasons(DocumentsSource(str(folder))) == {"pipe.txt": "not a regular file"}
    with pytest.raises(RefusedError):
        DocumentsSource(str(folder / "pipe.txt"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_skipped(folder: Path, reasons: Make) -> None:
    (folder / "locked.txt").write_text("x")
    (folder / "locked.txt").chmod(0)
    assert reasons(DocumentsSource(str(folder))) == {"locked.txt": "cannot be opened (permission denied)"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="does not exist"):
        DocumentsSource(str(tmp_path / "nothing"))


def test_an_empty_folder_has_a_revision_and_no_documents(tmp_path: Path) -> None:
    source = DocumentsSource(str(tmp_path))
    assert source.state().revision
    assert list(source.fetch({})) == []


def test_large_files_are_skipped_by_the_limits(folder: Path, reasons: Make) -> None:
    (folder / "large.txt").write_text("x" * 1_000)
    source = DocumentsSource(str(folder), SourceOptions(max_text_bytes=999))
    assert reasons(source) == {"large.txt": "larger than 0.000999 MB"}


def test_a_text_is_readable_only_while_the_file_is_the_same(folder: Path) -> None:
    source = DocumentsSource(str(folder))
    state = source.state()
    document = next(item for item in source.fetch({}) if isinstance(item, Document))
    (folder / "a.md").write_text("# A\n\nother\n")  # same length, perhaps the same tick of the clock
    assert source.read("a.md", document.revision) is None
    assert source.read("a.md", state.revision) is None
    assert source.state().revision != state.revision
    assert source.read("a.md", source.state().revision) == "# A\n\nother\n"


def test_names_that_are_not_utf_8(folder: Path, texts: Make) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("coffee\n")
    source = DocumentsSource(str(folder))
    assert texts(source)["caf\\xe9.txt"] == "coffee\n"
    assert source.read("caf\\xe9.txt", source.state().revision) == "coffee\n"
