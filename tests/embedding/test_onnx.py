"""The embedder on ONNX Runtime: reference vectors, tokens, damage, options, and what the model can tell apart."""

import hashlib
import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from whence.embedding import onnx
from whence.embedding.model_folder import ModelFolder
from whence.embedding.onnx import MINILM, EmbeddingOptions, OnnxEmbedder
from whence.embedding.passage import passage_text
from whence.errors import ModelError

EMBEDDER = OnnxEmbedder()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINILM, tmp_path / "model"))


def cosine(first: str, second: str) -> float:
    rows = EMBEDDER.embed([first, second], "passage")
    return float(rows[0] @ rows[1])


@pytest.mark.parametrize("reduce_range", [False, True])
def test_vectors_stay_close_to_the_unquantized_model(reduce_range: bool) -> None:
    embedder = OnnxEmbedder(options=EmbeddingOptions(reduce_range=reduce_range))
    assert 0.98 < embedder.check() <= 1.0
    assert embedder.reduced_range is reduce_range


def test_seven_bits_are_the_eight_bit_weights_halved() -> None:
    folder = ModelFolder(MINILM)
    model = folder.read("model.onnx")
    row = folder.manifest["quantized"][0]
    n_inputs, n_outputs = row["shape"]
    eight = np.frombuffer(model, np.int8, n_inputs * n_outputs, row["int8_offset"]).reshape(n_inputs, n_outputs)
    scale = np.frombuffer(model, "<f4", n_outputs, row["scale_offset"])
    constants = folder.reduced(model)
    seven, doubled = constants[f"{row['name']}.int8"], constants[f"{row['name']}.scale"]
    assert np.abs(eight.astype(int)).max(axis=0).tolist() == [127] * n_outputs
    assert np.abs(seven.astype(int)).max() <= 64
    assert np.abs(seven * doubled - eight * scale).max() <= scale.max() * 1.001


def test_weights_that_come_out_wrong_are_replaced_by_seven_bits(
    copied: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agreement = OnnxEmbedder._agreement
    monkeypatch.setattr(
        OnnxEmbedder, "_agreement", lambda self, engine: agreement(self, engine) - (0 if engine.reduced else 0.05)
    )
    embedder = OnnxEmbedder(copied)
    with caplog.at_level(logging.WARNING, logger=onnx.__name__):
        assert embedder.reduced_range
    assert "7-bit weights" in caplog.text


def test_a_model_that_computes_something_else_is_refused(copied: Path) -> None:
    reference = np.load(copied / "reference.npy")[::-1].copy()
    np.save(copied / "reference.npy", reference)
    rewrite_digest(copied, "reference.npy")
    with pytest.raises(ModelError, match="wrong vectors"):
        OnnxEmbedder(copied).embed(["x"], "passage")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "reference.npy"])
def test_a_changed_byte_is_found(copied: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        OnnxEmbedder(copied).embed(["x"], "passage")


def test_a_file_cut_short_is_found(copied: Path) -> None:
    data = (copied / "model.onnx").read_bytes()
    (copied / "model.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"model\.onnx is damaged"):
        OnnxEmbedder(copied).embed(["x"], "passage")


def test_a_model_that_the_runtime_cannot_open_is_our_error(copied: Path) -> None:
    (copied / "model.onnx").write_bytes(b"not a model")
    rewrite_digest(copied, "model.onnx")
    with pytest.raises(ModelError, match="cannot be opened"):
        OnnxEmbedder(copied).embed(["x"], "passage")


@pytest.mark.parametrize("manifest", [b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_manifest_is_our_error(copied: Path, manifest: bytes) -> None:
    (copied / "manifest.json").write_bytes(manifest)
    with pytest.raises(ModelError, match=r"manifest\.json is damaged"):
        _ = OnnxEmbedder(copied).dim


def test_absent_files_are_named(tmp_path: Path, copied: Path) -> None:
    with pytest.raises(ModelError, match="There is no embedding model in"):
        _ = OnnxEmbedder(tmp_path / "nowhere").digest
    (copied / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"Cannot read .*tokenizer\.json"):
        OnnxEmbedder(copied).embed(["x"], "passage")


@pytest.mark.parametrize("max_tokens", [1, 513, -1])
def test_a_token_limit_the_model_cannot_have_is_refused(max_tokens: int) -> None:
    with pytest.raises(ModelError, match="reads 3 to 512"):
        OnnxEmbedder(options=EmbeddingOptions(max_tokens=max_tokens)).embed(["x"], "passage")


def test_the_digest_names_weights_and_limit_but_not_speed(copied: Path) -> None:
    assert OnnxEmbedder(copied).digest == EMBEDDER.digest
    assert OnnxEmbedder(options=EmbeddingOptions(max_tokens=256, threads=1)).digest == EMBEDDER.digest
    assert OnnxEmbedder(options=EmbeddingOptions(max_tokens=128)).digest != EMBEDDER.digest
    rewrite_digest(copied, "model.onnx", b"other weights")
    assert OnnxEmbedder(copied).digest != EMBEDDER.digest


def test_an_error_in_one_text_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = OnnxEmbedder(options=EmbeddingOptions(threads=2))
    embedder.embed(["x"], "passage")
    asked: list[str] = []

    class Failing:
        def encode(self, text: str) -> None:
            asked.append(text)
            raise RuntimeError("no tokens today")

    engine = embedder._engine()
    broken = type(engine)(Failing(), engine.run, 100)  # type: ignore[arg-type]
    monkeypatch.setattr(embedder, "_loaded", broken)
    with pytest.raises(ModelError, match="no tokens today"):
        embedder.embed([f"text {i}" for i in range(50)], "passage")
    assert len(asked) < 50


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # As published with the original: lower case, accents off, word pieces, [CLS] 101 and [SEP] 102 around.
        ("", [101, 102]),
        ("The cat sat on the mat.", [101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102]),
        ("THE CAT\tsat on\n\nthe mat .", [101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102]),
        ("Who maintains the project?", [101, 2040, 9319, 1996, 2622, 1029, 102]),
        ("a" * 101, [101, 100, 102]),
        ("\x00\ufffd", [101, 102]),
    ],
)
def test_token_ids_are_those_of_the_original(text: str, ids: list[int]) -> None:
    assert EMBEDDER._engine().tokenizer.encode(text).ids == ids


def test_long_texts_are_cut_at_the_limit() -> None:
    tokenizer = EMBEDDER._engine().tokenizer
    assert len(tokenizer.encode("word " * 1000).ids) == 256
    blank_start = " \n" * 50_000 + "bread"
    np.testing.assert_array_equal(*EMBEDDER.embed([blank_start, "bread"], "passage"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How does Session.request work?", "HOW DOES SESSION.REQUEST WORK?"),
        ("def f(x):\n    return x", "def  f(x):\n\n\treturn x"),
        ("café", "cafe"),
    ],
)
def test_case_spaces_and_accents_do_not_matter(first: str, second: str) -> None:
    np.testing.assert_array_equal(*EMBEDDER.embed([first, second], "passage"))


@pytest.mark.parametrize(
    ("text", "paraphrase", "unrelated"),
    [
        (
            "How do I stop a request that takes too long?",
            "Pass timeout= to give up waiting for the server.",
            "The licence is Apache 2.0.",
        ),
        ("delete a file", "os.remove(path)", "math.sqrt(number)"),
        ("The parser rejects empty input.", "Blank strings cannot be parsed.", "Colours of the terminal are set here."),
        (
            "Who can merge pull requests?",
            "Only maintainers have the right to merge changes.",
            "Sort the list before searching.",
        ),
    ],
)
def test_a_paraphrase_is_nearer_than_something_else(text: str, paraphrase: str, unrelated: str) -> None:
    assert cosine(text, paraphrase) > cosine(text, unrelated) + 0.05


def test_importing_loads_no_heavy_library() -> None:
    program = (
        "import sys, whence.embedding.onnx as o; e = o.OnnxEmbedder(); e.digest, e.dim; "
        "sys.exit(bool({'onnxruntime', 'tokenizers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("title", "symbol", "wanted"),
    [
        ("src/a.py", "A.b", "src/a.py A.b\ntext"),
        ("src/a.py", "", "src/a.py\ntext"),
        ("", "A.b", "A.b\ntext"),
        ("", "", "text"),
    ],
)
def test_a_passage_begins_with_its_place(title: str, symbol: str, wanted: str) -> None:
    assert passage_text(title, symbol, "text") == wanted


def rewrite_digest(folder: Path, name: str, data: bytes | None = None) -> None:
    if data is not None:
        (folder / name).write_bytes(data)
    content = (folder / name).read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
