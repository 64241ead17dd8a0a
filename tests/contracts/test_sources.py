"""What every source promises, over every member of the seam."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from whence.protocols import Source
from whence.sources.documents import DocumentsSource
from whence.sources.git import GitSource
from whence.types import Document, Skipped, Unchanged

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
FILES: dict[str, bytes] = {
    "README.md": b"# Title\r\n\r\nSome words.\r\n",
    "a b.py": b"def f() -> int:\n    return 1\n",
    "a-dash/x.txt": b"dash sorts before slash\n",
    "a/x.txt": "ünï ☃\n".encode(),
    "deploy.env": f"TOKEN={TOKEN}\n".encode(),
    "latin.txt": "Ça coûte très cher, près du château de Besançon.\n".encode("latin-1"),
    "page.html": b"<title>Page</title>\n<p>one &amp; two</p>\n<script>x()</script>\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0",
    "vendor/lib.py": b"x = 1\n",
    "whole.dat.txt": b"\0\0\0\0",
}


@dataclass(frozen=True)
class Place:
    """A folder with files, how to publish a change to them, and how to open it."""

    folder: Path
    publish: Callable[[], None]
    open: Callable[[], Source]


@pytest.fixture(params=["git", "git address", "documents"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    folder = tmp_path / "project"
    folder.mkdir()
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)

    def commit() -> None:
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "change"]):
            settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "core.autocrlf=false"]
            environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
            subprocess.run(["git", *settings, *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    def nothing() -> None:
        return None

    if request.param == "documents":
        return Place(folder, nothing, lambda: DocumentsSource(str(folder)))
    location = str(folder) if request.param == "git" else f"file://{folder}"
    commit()
    return Place(folder, commit, lambda: GitSource(location, tmp_path / "mirrors"))


def documents(source: Source) -> dict[str, Document]:
    return {item.path: item for item in source.fetch({}) if isinstance(item, Document)}


def test_the_id_is_stable_and_part_of_every_document_id(place: Place) -> None:
    first, second = place.open(), place.open()
    first.state()
    second.state()
    assert first.id == second.id
    assert [item.id for item in documents(first).values()] == [item.id for item in documents(second).values()]
    assert all(item.id == f"{first.id}:{item.path}" for item in documents(first).values())
    assert all(item.source_id == first.id for item in documents(first).values())


def test_the_state_is_stable_until_something_changes(place: Place) -> None:
    revision = place.open().state().revision
    assert revision
    assert place.open().state().revision == revision
    (place.folder / "a b.py").write_bytes(b"def g() -> int:\n    return 2\n")
    place.publish()
    assert place.open().state().revision != revision


def test_records_come_in_order_of_path_and_each_file_once(place: Place) -> None:
    source = place.open()
    source.state()
    paths = [item.path for item in source.fetch({}) if not isinstance(item, Unchanged)]
    assert paths == sorted(set(paths))
    assert {path.split("/")[0] for path in paths} >= {path.split("/")[0] for path in FILES}


def test_what_is_skipped_says_why(place: Place) -> None:
    source = place.open()
    source.state()
    skipped = {item.path.rstrip("/"): item.reason for item in source.fetch({}) if isinstance(item, Skipped)}
    assert skipped["picture.png"] == "binary"
    assert skipped["whole.dat.txt"] == "binary"
    assert skipped.get("vendor/lib.py", skipped.get("vendor")) == "vendored"
    assert all(reason.strip() for reason in skipped.values())


def test_texts_are_decoded_and_redacted(place: Place) -> None:
    source = place.open()
    source.state()
    found = documents(source)
    assert found["README.md"].text == "# Title\n\nSome words.\n"
    assert found["README.md"].title == "Title"
    assert found["latin.txt"].text == "Ça coûte très cher, près du château de Besançon.\n"
    assert found["page.html"].text.split("\n")[1] == "one & two"
    assert found["deploy.env"].text == f"TOKEN={'█' * len(TOKEN)}\n"
    assert found["deploy.env"].metadata["redactions"] == 1


def test_what_is_held_comes_back_unchanged(place: Place) -> None:
    source = place.open()
    source.state()
    first = documents(source)
    again = list(source.fetch({item.id: item.digest for item in first.values()}))
    assert [item.id for item in again if isinstance(item, Unchanged)] == [item.id for item in first.values()]
    assert not [item for item in again if isinstance(item, Document)]


def test_only_an_edited_document_is_delivered_again_and_a_deleted_one_is_gone(place: Place) -> None:
    source = place.open()
    source.state()
    first = documents(source)
    held = {item.id: item.digest for item in first.values()}
    (place.folder / "a/x.txt").write_bytes(b"edited\n")
    (place.folder / "a b.py").unlink()
    (place.folder / "new.md").write_bytes(b"# New\n")
    place.publish()
    source.state()
    second = list(source.fetch(held))
    assert [item.path for item in second if isinstance(item, Document)] == ["a/x.txt", "new.md"]
    unchanged = {item.id for item in second if isinstance(item, Unchanged)}
    assert unchanged == set(held) - {first["a/x.txt"].id, first["a b.py"].id}


def test_reading_gives_what_fetching_gave(place: Place) -> None:
    source = place.open()
    state = source.state()
    found = documents(source)
    for path, document in found.items():
        assert source.read(path, document.revision) == document.text
        assert source.read(path, state.revision) == document.text
    assert source.read("absent.txt", state.revision) is None
    assert source.read("../project/README.md", state.revision) is None
    assert source.read(str(place.folder / "README.md"), state.revision) is None


def test_many_are_read_in_the_order_asked_for(place: Place) -> None:
    source = place.open()
    assert isinstance(source, GitSource | DocumentsSource)
    source.state()
    found = documents(source)
    pairs = [(item.path, item.revision) for item in reversed(found.values())]
    pairs.insert(1, ("absent.txt", pairs[0][1]))
    expected: list[str | None] = [item.text for item in reversed(found.values())]
    expected.insert(1, None)
    assert source.read_many(pairs) == expected
    assert source.read_many([]) == []


def test_a_stream_can_be_stopped_and_begun_again(place: Place) -> None:
    source = place.open()
    source.state()
    stream = source.fetch({})
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(list(source.fetch({}))) >= len(FILES)
