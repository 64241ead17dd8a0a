import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.errors import StoreError, UsageError
from whence.pipelines.options import IndexingOptions
from whence.settings import FILE_NAME, Settings, data_folder, fill, load_settings
from whence.store.folder import DataFolder
from whence.store.vectors import FLAT_ROWS


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WHENCE_DATA", "WHENCE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def load(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(tmp_path / "data", file)


def test_without_a_file_all_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "data") == Settings(data=tmp_path / "data")


def test_entries_replace_defaults_and_leave_the_others(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [indexing]
        vector_batch = 7
        vector_kinds = ["doc"]
        [retrieval]
        depth = 11
        [retrieval.fusion]
        lexical = 0.5
        """,
    )
    assert settings.indexing == IndexingOptions(vector_batch=7, vector_kinds=("doc",))
    assert settings.retrieval.depth == 11
    assert settings.retrieval.fusion.lexical == 0.5
    assert settings.retrieval.fusion.rrf_k == Settings(data=tmp_path).retrieval.fusion.rrf_k
    assert settings.asking == Settings(data=tmp_path).asking


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[indexin]\nvector_batch = 1", r"settings.toml: there is no table \[indexin\]; choose from store, .*indexing"),
        ("vector_batch = 1", r"settings.toml: there is no table \[vector_batch\]"),
        ("data = 'x'", r"settings.toml: there is no table \[data\]"),
        ("[indexing]\nbatch = 1", r"\[indexing\]: there is no entry 'batch'; choose from batch_chars, vector_batch"),
        ("[indexing]\nvector_batch = 'many'", r"\[indexing\]: vector_batch = 'many' does not fit: Input should be"),
        ("[indexing]\nvector_kinds = 3", r"\[indexing\]: vector_kinds = 3 does not fit"),
        ("[retrieval.fusion]\nlexica = 1.0", r"\[retrieval.fusion\]: there is no entry 'lexica'; choose from"),
        ("[indexing]\nvector_batch = 2026-01-01", r"vector_batch = .* does not fit: not a value"),
        ("[indexing", r"settings.toml cannot be read: Expected"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent.toml cannot be read"):
        load_settings(tmp_path, tmp_path / "absent.toml")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"odd.toml cannot be read"):
        load_settings(tmp_path, tmp_path / "odd.toml")


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def batch() -> int:
        return load_settings(tmp_path / "data").indexing.vector_batch

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_text("[indexing]\nvector_batch = 1")
    assert batch() == 1
    Path(FILE_NAME).write_text("[indexing]\nvector_batch = 2")
    assert batch() == 2
    (tmp_path / "named.toml").write_text("[indexing]\nvector_batch = 3")
    monkeypatch.setenv("WHENCE_CONFIG", str(tmp_path / "named.toml"))
    assert batch() == 3
    (tmp_path / "argument.toml").write_text("[indexing]\nvector_batch = 4")
    assert load_settings(tmp_path / "data", tmp_path / "argument.toml").indexing.vector_batch == 4


def test_where_the_data_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder().name == "whence"
    monkeypatch.setenv("WHENCE_DATA", str(tmp_path / "environment"))
    assert data_folder() == tmp_path / "environment"
    assert data_folder(tmp_path / "argument") == tmp_path / "argument"
    assert data_folder("relative") == Path.cwd() / "relative"


@given(
    batch_chars=st.integers(1, 10**9),
    kinds=st.lists(st.sampled_from(["code", "doc", "data"]), unique=True),
)
def test_any_fitting_entries_are_taken(batch_chars: int, kinds: list[str]) -> None:
    options = fill(IndexingOptions(), {"batch_chars": batch_chars, "vector_kinds": kinds}, "here")
    assert options == IndexingOptions(batch_chars=batch_chars, vector_kinds=tuple(kinds))


@pytest.mark.parametrize("value", ["yes", 1.5, True, []])
def test_an_integer_takes_only_an_integer(value: object) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        fill(IndexingOptions(), {"vector_batch": value}, "here")


def test_reading_settings_needs_no_heavy_library() -> None:
    check = (
        "import sys, whence.settings\n"
        "heavy = {'numpy', 'pyarrow', 'sqlalchemy', 'pydantic', 'lancedb', 'onnxruntime'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_an_approximate_index_is_made_where_the_store_makes_it() -> None:
    assert IndexingOptions().flat_rows == FLAT_ROWS


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("answer.extractive", "ReadingOptions"),
        ("embedding.onnx", "EmbeddingOptions"),
        ("retrieval.exact", "ExactOptions"),
        ("retrieval.hybrid", "RetrievalOptions"),
        ("pipelines.indexing", "IndexingOptions"),
        ("pipelines.asking", "AskingOptions"),
    ],
)
def test_options_are_found_beside_what_they_set(place: str, name: str) -> None:
    assert getattr(importlib.import_module(f"whence.{place}"), name).__module__.endswith(".options")


def test_a_data_folder_that_cannot_be_looked_at_is_said_in_a_sentence(tmp_path: Path) -> None:
    closed = tmp_path / ("x" * 300)  # too long a name; a folder that may not be entered fails alike
    settings = load_settings(closed)
    with pytest.raises(StoreError, match="cannot be read"):
        DataFolder(settings.data).exists()


def test_a_working_folder_that_is_gone_has_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert load_settings(tmp_path).data == tmp_path
