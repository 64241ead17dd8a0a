"""Published models become model folders: the same vectors, alone or in a batch; what cannot be run is one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backends.published import DIM, SPECIAL, make_model, states

from whence.backends import transformers_export
from whence.backends.transformers_export import Wishes, export_answerer, export_encoder, fingerprint
from whence.embedders import Embedders
from whence.embedding.onnx import OnnxEmbedder
from whence.embedding.options import EmbeddingOptions
from whence.errors import DiskFullError, ModelError

TEXTS = ["where is the lamp", "file", "", "the crane lifts stone and rope in the harbour " * 3]


def unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def ids_of(folder: Path, text: str) -> list[int]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return list(tokenizer.encode(text).ids)


@pytest.mark.parametrize("architecture", SPECIAL)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_those_of_the_published_model(
    tmp_path: Path, architecture: str, pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers_export, "FAITHFUL", 1.1)
    source = make_model(tmp_path / "source", architecture)
    export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes(pooling=pooling))
    embedder = OnnxEmbedder(tmp_path / "made")
    assert embedder.digest.startswith("tiny-fp32-")
    rows = embedder.embed(TEXTS, "passage")
    found = [states(source, ids_of(source, text)) for text in TEXTS]
    wanted = unit(np.stack([one.mean(axis=0) if pooling == "mean" else one[0] for one in found]))
    np.testing.assert_allclose(rows, wanted, atol=2e-5)


@pytest.mark.parametrize("architecture", ["bert", "mpnet"])
def test_eight_bits_stay_near_and_are_taken_where_they_do(
    tmp_path: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_model(tmp_path / "source", architecture)
    monkeypatch.setattr(transformers_export, "FAITHFUL", 0.9)
    export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes())
    embedder = OnnxEmbedder(tmp_path / "made")
    assert embedder.digest.startswith("tiny-int8-")
    assert 0.95 < embedder.check() < 0.999999


def test_long_texts_far_apart_in_mpnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers_export, "FAITHFUL", 1.1)
    source = make_model(tmp_path / "source", "mpnet")
    export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes())
    text = "stone rope " * 90
    row = OnnxEmbedder(tmp_path / "made").embed([text], "passage")[0]
    np.testing.assert_allclose(row, unit(states(source, ids_of(source, text)).mean(axis=0)), atol=2e-5)


def test_prefixes_pooling_and_limit_are_the_models_own_unless_set(tmp_path: Path) -> None:
    source = make_model(tmp_path / "source")
    (source / "modules.json").write_text(
        json.dumps([{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}])
    )
    (source / "1_Pooling").mkdir()
    said = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "word_embedding_dimension": DIM}
    (source / "1_Pooling" / "config.json").write_text(json.dumps(said))
    prompts = {"prompts": {"query": "who ", "document": "the "}}
    (source / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    (source / "sentence_bert_config.json").write_text('{"max_seq_length": 9}')
    export_encoder(source, tmp_path / "own", name="tiny", wishes=Wishes())
    export_encoder(source, tmp_path / "set", name="tiny", wishes=Wishes(question_prefix="", passage_prefix="file "))
    own, plain = OnnxEmbedder(tmp_path / "own"), OnnxEmbedder(tmp_path / "set")
    manifest = json.loads((tmp_path / "own" / "manifest.json").read_text())
    assert (manifest["pooling"], manifest["max_tokens"]) == ("cls", 9)
    np.testing.assert_array_equal(own.embed(["lamp"], "question"), plain.embed(["who lamp"], "question"))
    np.testing.assert_array_equal(plain.embed(["lamp"], "passage"), plain.embed(["file lamp"], "question"))
    assert own.digest != plain.digest
    many, cut = "stone " * 50, "stone " * 7
    np.testing.assert_array_equal(own.embed([many], "question"), own.embed([cut], "question"))


def test_another_wish_or_file_is_another_model(tmp_path: Path) -> None:
    source = make_model(tmp_path / "source")
    first = fingerprint(source, Wishes())
    assert fingerprint(source, Wishes()) == first
    assert fingerprint(source, Wishes(pooling="cls")) != first
    (source / "config.json").write_text((source / "config.json").read_text() + " ")
    assert fingerprint(source, Wishes()) != first


def test_a_question_answering_model_becomes_a_reader(tmp_path: Path) -> None:
    from whence.reading.onnx import OnnxPassageReader

    source = make_model(tmp_path / "source", head=True)
    export_answerer(source, tmp_path / "made", name="tiny")
    assert OnnxPassageReader(tmp_path / "made").digest.startswith("tiny-")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def break_config(source: Path, **values: object) -> None:
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps({**config, **values}))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "unknown architecture": (lambda source: break_config(source, model_type="lamp2"), "architecture 'lamp2'"),
    "no architecture": (lambda source: break_config(source, model_type=""), "architecture 'unknown'"),
    "other dimension": (lambda source: break_config(source, hidden_size=24), "has 12 columns, config.json says 24"),
    "more layers": (lambda source: break_config(source, num_hidden_layers=5), "do not fit config.json"),
    "heads that do not divide": (lambda source: break_config(source, num_attention_heads=5), "cannot share"),
    "another activation": (lambda source: break_config(source, hidden_act="relu"), "runs only 'gelu'"),
    "no config": (lambda source: (source / "config.json").unlink(), "there is no config.json"),
    "config cut short": (lambda source: (source / "config.json").write_text('{"model'), "cannot be read"),
    "weights cut short": (lambda source: cut(source / "model.safetensors"), "is the file complete"),
    "no weights": (lambda source: (source / "model.safetensors").unlink(), "no weights"),
    "tokenizer cut short": (lambda source: cut(source / "tokenizer.json"), "tokenizer .* cannot be read"),
    "no tokenizer": (lambda source: (source / "tokenizer.json").unlink(), "no tokenizer.json"),
    "no word of pooling": (
        lambda source: (source / "modules.json").write_text('[{"path": "1_Pooling", "type": "x.Pooling"}]'),
        "no 1_Pooling/config.json",
    ),
    "strange layer": (
        lambda source: (source / "modules.json").write_text('[{"path": "2_Dense", "type": "x.Dense"}]'),
        "layer Dense",
    ),
}


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_cannot_be_run_is_one_sentence_and_leaves_nothing(tmp_path: Path, damage: str) -> None:
    source = make_model(tmp_path / "source")
    breaks, told = DAMAGE[damage]
    breaks(source)
    with pytest.raises(ModelError, match=told) as raised:
        export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes())
    assert "\n" not in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_pooling_that_is_not_known_and_a_model_without_a_head(tmp_path: Path) -> None:
    source = make_model(tmp_path / "source")
    with pytest.raises(ModelError, match="no pooling 'max'"):
        export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes(pooling="max"))
    with pytest.raises(ModelError, match="no head for spans"):
        export_answerer(source, tmp_path / "made", name="tiny")


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_model(tmp_path / "source")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFullError, match="No space left"):
        export_encoder(source, tmp_path / "made", name="tiny", wishes=Wishes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_model_is_made_once_and_found_again_without_its_source(tmp_path: Path) -> None:
    source = make_model(tmp_path / "source")
    options = EmbeddingOptions(model=str(source))
    first = Embedders(tmp_path / "models", options).wanted()
    made = (first.folder / "model.onnx").stat().st_mtime_ns
    assert str(tmp_path) not in (first.folder / "manifest.json").read_text(encoding="utf-8")
    again = Embedders(tmp_path / "models", options).wanted()
    assert again.digest == first.digest
    assert (again.folder / "model.onnx").stat().st_mtime_ns == made
    source.rename(tmp_path / "elsewhere")
    assert Embedders(tmp_path / "models", options).wanted().digest == first.digest
    found = Embedders(tmp_path / "models", EmbeddingOptions()).of_digest(first.digest)
    assert found is not None
    assert found.embed(["lamp"], "question").shape == (1, DIM)


def test_a_name_is_looked_up_in_the_local_cache_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    cache = tmp_path / "cache"
    snapshot = cache / "models--acme--tiny-embedder" / "snapshots" / ("ab" * 20)
    make_model(snapshot)
    refs = cache / "models--acme--tiny-embedder" / "refs"
    refs.mkdir()
    (refs / "main").write_text("ab" * 20)
    asked = huggingface_hub.snapshot_download
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **more: asked(name, cache_dir=cache, **more))
    embedder = Embedders(tmp_path / "models", EmbeddingOptions(model="acme/tiny-embedder")).wanted()
    assert embedder.digest.startswith("tiny-embedder-")
    with pytest.raises(ModelError, match="hf download acme/other"):
        Embedders(tmp_path / "models", EmbeddingOptions(model="acme/other")).wanted()
    with pytest.raises(ModelError, match="no model folder"):
        Embedders(tmp_path / "models", EmbeddingOptions(model="./nowhere")).wanted()
