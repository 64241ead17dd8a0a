"""The reader's graph computes what its weights say, in float and in 8 bits; its folder is whole or not there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whence.embedding.model_folder import ModelFolder
from whence.errors import DiskFullError, ModelError
from whence.training.options import ReaderTraining

onnx = pytest.importorskip("onnx", reason="the extra for models is not installed")
safetensors = pytest.importorskip("safetensors.numpy", reason="the extra for models is not installed")

DIM, N_HEADS, WORDS, POSITIONS, WIDE, EPSILON = 24, 2, 40, 48, 48, 1e-5
Array = np.ndarray[Any, Any]


def weights(seed: int = 3) -> dict[str, Array]:
    """An encoder of two layers with weights at random, under their published names, and the two heads."""
    chance = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return chance.normal(0, 0.4, shape).astype(np.float32)

    made = {
        "embeddings.word_embeddings.weight": some(WORDS, DIM),
        "embeddings.position_embeddings.weight": some(POSITIONS, DIM),
        "embeddings.token_type_embeddings.weight": some(2, DIM),
        "embeddings.LayerNorm.weight": 1 + some(DIM),
        "embeddings.LayerNorm.bias": some(DIM),
        "span.weight": some(2, DIM),
        "span.bias": some(2),
        "relevance.weight": some(1, DIM),
        "relevance.bias": some(1),
    }
    for n in range(2):
        layer = f"encoder.layer.{n}."
        for name, rows, columns in (
            ("attention.self.query", DIM, DIM),
            ("attention.self.key", DIM, DIM),
            ("attention.self.value", DIM, DIM),
            ("attention.output.dense", DIM, DIM),
            ("intermediate.dense", WIDE, DIM),
            ("output.dense", DIM, WIDE),
        ):
            made[f"{layer}{name}.weight"], made[f"{layer}{name}.bias"] = some(rows, columns), some(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            made[f"{layer}{name}.weight"], made[f"{layer}{name}.bias"] = 1 + some(DIM), some(DIM)
    return made


def norm(x: Array, w: dict[str, Array], name: str) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
    return np.asarray(scaled * w[f"{name}.weight"] + w[f"{name}.bias"])


def gelu(x: Array) -> Array:
    from math import erf

    return np.asarray(x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2)


def by_hand(w: dict[str, Array], ids: Array, types: Array) -> tuple[Array, Array, Array]:
    """Start, end and relevance of one pair, written out from the definition of the encoder."""

    def dense(x: Array, name: str) -> Array:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][types], w, "embeddings.LayerNorm")
    for n in range(2):
        layer = f"encoder.layer.{n}."
        q, k, v = (
            dense(x, f"{layer}attention.self.{part}").reshape(len(ids), N_HEADS, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        raw = q @ k.swapaxes(1, 2) / np.sqrt(DIM / N_HEADS)
        shares = np.exp(raw - raw.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), DIM)
        x = norm(dense(mixed, f"{layer}attention.output.dense") + x, w, f"{layer}attention.output.LayerNorm")
        wide = gelu(dense(x, f"{layer}intermediate.dense"))
        x = norm(dense(wide, f"{layer}output.dense") + x, w, f"{layer}output.LayerNorm")
    spans = x @ w["span.weight"].T + w["span.bias"]
    spans[1:][types[1:] == 0] = -1e4
    return spans[:, 0], spans[:, 1], x[0] @ w["relevance.weight"][0] + w["relevance.bias"][0]


def written_base(folder: Path, **other: object) -> Path:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder.mkdir()
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *(f"w{n}" for n in range(WORDS - 4))]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "model_type": "bert",
        "num_hidden_layers": 2,
        "num_attention_heads": N_HEADS,
        "hidden_size": DIM,
        "max_position_embeddings": POSITIONS,
        "layer_norm_eps": EPSILON,
    }
    (folder / "config.json").write_text(json.dumps(config | other), encoding="utf-8")
    return folder


def exported(tmp_path: Path, *, int8: bool, base: Path | None = None) -> Path:
    from whence.backends.reader_export import export_reader

    safetensors.save_file(weights(), str(tmp_path / "weights.safetensors"))
    base, out = base or written_base(tmp_path / "base"), tmp_path / "out"
    export_reader(tmp_path / "weights.safetensors", base, out, ReaderTraining(max_tokens=40), name="tiny", int8=int8)
    return out


def run(folder: Path, ids: Array, types: Array, mask: Array | None = None) -> list[Array]:
    import onnxruntime as ort

    session = ort.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    given = {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids) if mask is None else mask}
    made: list[Array] = session.run(["start", "end", "relevance"], given)
    return made


def pair(n_question: int, n_passage: int, seed: int = 0) -> tuple[Array, Array]:
    chance = np.random.default_rng(seed)
    ids = np.concatenate([[1], chance.integers(4, WORDS, n_question), [2], chance.integers(4, WORDS, n_passage), [2]])
    types = np.array([0] * (n_question + 2) + [1] * (n_passage + 1))
    return ids.astype(np.int64), types.astype(np.int64)


def test_the_float_graph_is_the_encoder_written_out_by_hand(tmp_path: Path) -> None:
    ids, types = pair(4, 13)
    start, end, relevance = run(exported(tmp_path, int8=False), ids[None], types[None])
    for made, wanted in zip((start[0], end[0], relevance[0]), by_hand(weights(), ids, types), strict=True):
        np.testing.assert_allclose(made, wanted, atol=2e-4)
    assert relevance.shape == (1,)


def test_pairs_of_one_length_may_run_together_and_the_mask_is_not_looked_at(tmp_path: Path) -> None:
    folder = exported(tmp_path, int8=False)
    pairs = [pair(5, 17, 1), pair(5, 17, 2)]
    ids, types = (np.stack(side) for side in zip(*pairs, strict=True))
    together = run(folder, ids, types, np.zeros_like(ids))
    for n, (own, kinds) in enumerate(pairs):
        alone = run(folder, own[None], kinds[None])
        for of_all, of_one in zip(together, alone, strict=True):
            np.testing.assert_allclose(of_all[n], of_one[0], atol=1e-4)


def test_8_bit_logits_stay_near_and_the_folder_says_what_it_holds(tmp_path: Path) -> None:
    folder = exported(tmp_path, int8=True)
    ids, types = pair(4, 20)
    start, _, relevance = run(folder, ids[None], types[None])
    wanted = by_hand(weights(), ids, types)
    reached = types == 1
    assert np.corrcoef(start[0][reached], wanted[0][reached])[0, 1] > 0.99
    assert abs(float(relevance[0] - wanted[2])) < 0.3
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    model = ModelFolder(folder)
    assert manifest["precision"] == "int8"
    assert len(manifest["quantized"]) == 8
    assert set(model.reduced(model.read("model.onnx"))) >= {"layer1.output.int8", "layer1.output.scale"}


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    base = written_base(tmp_path / "base")
    first = (exported(tmp_path, int8=True, base=base) / "model.onnx").read_bytes()
    assert (exported(tmp_path, int8=True, base=base) / "model.onnx").read_bytes() == first


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"hidden_size": 32}, "24 columns, the base has 32"),
        ({"num_hidden_layers": 6}, r"have no encoder\.layer\.5"),
        ({"model_type": "gpt2"}, "only BERT encoders"),
        ({"num_attention_heads": None}, "does not describe a BERT encoder"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    base = written_base(tmp_path / "base", **change)
    with pytest.raises(ModelError, match=complaint):
        exported(tmp_path, int8=True, base=base)
    assert not (tmp_path / "out").exists()


def test_broken_weights_and_a_full_disk_are_one_sentence(tmp_path: Path) -> None:
    from whence.backends.reader_export import export_reader

    base = written_base(tmp_path / "base")
    (tmp_path / "bad.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="cannot be read"):
        export_reader(tmp_path / "bad.safetensors", base, tmp_path / "out", ReaderTraining(), name="x")
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    with pytest.raises(DiskFullError, match="cannot be written"):
        exported(tmp_path, int8=True, base=base)


def test_reading_gives_the_words_of_the_best_span(tmp_path: Path) -> None:
    from whence.backends.reader_scoring import Asked, ReaderFolder

    reader = ReaderFolder(exported(tmp_path, int8=False), n_threads=1)
    passage = " ".join(f"w{n}" for n in range(12))
    rows = [Asked(id=f"{n}", question=f"w{n} w3", passage=passage, answers=("w5",) if n % 2 else ()) for n in range(6)]
    answers = reader.answers(rows)
    assert [row.id for row in answers] == [row.id for row in rows]
    assert all(row.answer and row.answer in passage for row in answers)
    scored = reader.score(rows)
    assert (scored.n_answerable, scored.n_unanswerable) == (3, 3)
    assert 0 <= scored.none_auc <= 1


def test_a_full_disk_ends_the_writing_of_the_carried_encoder_in_one_sentence(tmp_path: Path) -> None:
    import resource
    import signal

    from whence.backends.shipped_encoder import write_shipped_encoder
    from whence.embedding.onnx import MINILM

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(DiskFullError, match="encoder cannot be written"):
            write_shipped_encoder(MINILM, tmp_path / "base")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, earlier)
    write_shipped_encoder(MINILM, tmp_path / "base")
    assert (tmp_path / "base" / "config.json").is_file()
