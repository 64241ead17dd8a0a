"""Texts of files are remembered by what they hold, up to a bound, and are what extracting them again gives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.sources import blobs
from whence.sources.blobs import ExtractedTexts, read_texts
from whence.sources.content import Content, extract
from whence.sources.options import SourceOptions

FILES = st.tuples(
    st.sampled_from(["a.py", "b.md", "c.txt", "d.pem"]), st.binary(max_size=40) | st.text(max_size=40).map(str.encode)
)


@settings(deadline=None, max_examples=60)
@given(st.lists(FILES, max_size=12), st.integers(0, 60))
def test_what_is_remembered_is_what_would_be_extracted(files: list[tuple[str, bytes]], most_chars: int) -> None:
    texts = ExtractedTexts(most_chars)
    for path, data in [*files, *files]:
        fresh = extract(path, data)
        assert texts.text(path, data) == (fresh.text if isinstance(fresh, Content) else None)
        assert sum(len(text or "") for text in texts._kept.values()) == texts._n_chars <= most_chars


def test_a_text_is_extracted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counting(path: str, data: bytes) -> Content | str:
        read.append(path)
        return extract(path, data)

    monkeypatch.setattr(blobs, "extract", counting)
    texts = ExtractedTexts()
    for data in (b"Lift it.", b"Lift it.", b"Lift this.", b"Lift it."):
        texts.text("a.md", data)
    texts.text("b.py", b"Lift it.")  # what a file says depends on its name
    assert read == ["a.md", "a.md", "b.py"]


def test_what_a_commit_holds_is_read_once(make_repository: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(files={"a.md": "Lift it."})
    commit = repository.git("rev-parse", "HEAD")
    asked = [("a.md", commit), ("absent.md", commit), ("a.md", "HEAD")]
    assert read_texts(repository.path, asked, SourceOptions()) == ["Lift it.", None, None]

    class Unread:
        def __init__(self, _: Path) -> None:
            raise AssertionError("git was asked")

    monkeypatch.setattr(blobs, "ObjectReader", Unread)
    assert read_texts(repository.path, [("a.md", commit)] * 2, SourceOptions()) == ["Lift it.", "Lift it."]
    for place in (("absent.md", commit), ("a.md", commit[:12])):  # what was not there, and what may mean another one
        with pytest.raises(AssertionError):
            read_texts(repository.path, [place], SourceOptions())


def test_no_more_places_are_remembered_than_allowed() -> None:
    texts = ExtractedTexts(most_places=2)
    places = [blobs._Place(Path("r"), f"{n}.md", "a" * 40, 100) for n in range(3)]
    for n, place in enumerate(places):
        texts.text(place.path, f"Lift {n}.".encode(), place)
    assert [texts.recall(place) for place in places] == [None, "Lift 1.", "Lift 2."]
