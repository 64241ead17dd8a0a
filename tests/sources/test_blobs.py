"""Texts of files are remembered by what they hold, up to a bound, and are what extracting them again gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.sources import blobs
from whence.sources.blobs import ExtractedTexts
from whence.sources.content import Content, extract

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
