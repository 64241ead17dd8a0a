"""Published models of other architectures run with transformers: the library's own numbers, whatever is read beside."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whence.embedders import Embedders
from whence.embedding.options import EmbeddingOptions
from whence.errors import MissingExtraError, ModelError
from whence.readers import open_reader, reader_folder
from whence.reading.options import PassageReadingOptions

needs_transformers = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("transformers") and find_spec("onnx")),
    reason="the extra transformers is absent",
)
WORDS = ["where", "is", "the", "lamp", "read", "file", "of", "a", "who", "crane", "lifts", "stone", "and", "rope", "in"]
PASSAGE = "the crane lifts stone and rope in the file"
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


def make(folder: Path, architecture: str, *, answers: bool = False) -> Path:
    """A tiny model as it is published."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    configs: dict[str, Any] = {
        "deberta-v2": lambda: transformers.DebertaV2Config(**SIZES, relative_attention=True, type_vocab_size=0),
        "modernbert": lambda: transformers.ModernBertConfig(**SIZES, pad_token_id=0, cls_token_id=2, sep_token_id=3),
        "roberta": lambda: transformers.RobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=0),
        "electra": lambda: transformers.ElectraConfig(**SIZES, embedding_size=16),
    }
    config = configs[architecture]()
    config.vocab_size, config.max_position_embeddings = len(vocabulary), 128
    torch.manual_seed(3)
    kind = transformers.AutoModelForQuestionAnswering if answers else transformers.AutoModel
    kind.from_config(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.torch
@needs_transformers
@pytest.mark.parametrize("architecture", ["deberta-v2", "modernbert", "electra"])
def test_an_embedder_of_another_architecture_gives_the_librarys_vectors(architecture: str, tmp_path: Path) -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    source = make(tmp_path / "source", architecture)
    options = EmbeddingOptions(model=str(source), threads=1, question_prefix="where ")
    embedder = Embedders(tmp_path / "models", options).wanted()
    texts = ["lamp", PASSAGE, "who lifts"]
    rows = embedder.embed(texts, "passage")
    model = AutoModel.from_pretrained(str(source)).eval()
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    for text, row in zip(texts, rows, strict=True):
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].mean(dim=0)
        wanted = (states / states.norm()).numpy()
        assert float(row @ wanted) == pytest.approx(1.0, abs=1e-4)
    alone = embedder.embed(["lamp"], "question")
    np.testing.assert_allclose(alone, embedder.embed(["where lamp"], "passage"), atol=1e-5)
    manifest = (embedder.folder / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in manifest
    source.rename(tmp_path / "elsewhere")
    again = Embedders(tmp_path / "models", options).wanted()
    assert again.digest == embedder.digest
    np.testing.assert_array_equal(again.embed(texts, "passage"), rows)


@pytest.mark.torch
@needs_transformers
@pytest.mark.parametrize("architecture", ["deberta-v2", "electra", "roberta"])
def test_a_question_answering_model_of_another_architecture_reads(architecture: str, tmp_path: Path) -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForQuestionAnswering

    source = make(tmp_path / "source", architecture, answers=True)
    reader = open_reader(PassageReadingOptions(model=str(source)), tmp_path / "models")
    assert reader is not None
    [reading, other] = reader.read("who lifts the stone", [PASSAGE, "the lamp is a file"])
    encoded = Tokenizer.from_file(str(source / "tokenizer.json")).encode("who lifts the stone", PASSAGE)
    given = {"input_ids": torch.tensor([encoded.ids])}
    if architecture == "electra":
        given["token_type_ids"] = torch.tensor([encoded.type_ids])
    with torch.inference_mode():
        said = AutoModelForQuestionAnswering.from_pretrained(str(source)).eval()(**given)
    none = float(said.start_logits[0, 0] + said.end_logits[0, 0])
    assert reading.relevance == pytest.approx(-none, abs=1e-4)
    assert reading.spans
    span = reading.spans[0]
    first = encoded.char_to_token(span.start, 1)
    last = encoded.char_to_token(span.end - 1, 1)
    score = float(said.start_logits[0, first] + said.end_logits[0, last])
    assert span.margin == pytest.approx(score - none, abs=1e-4)
    assert reader.read("who lifts the stone", ["the lamp is a file"])[0] == other
    assert reader.digest.startswith("source-fp32-")


@pytest.mark.torch
@needs_transformers
def test_what_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    source = make(tmp_path / "source", "electra")
    with pytest.raises(ModelError, match="does not answer questions"):
        reader_folder(str(source), tmp_path / "models")
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    for more, complaint in (
        ({"auto_map": {"AutoModel": "code.Model"}}, "brings code of its own"),
        ({"architectures": ["ElectraForCausalLM"]}, "is a decoder"),
    ):
        (source / "config.json").write_text(json.dumps({**config, **more}), encoding="utf-8")
        with pytest.raises(ModelError, match=complaint):
            Embedders(tmp_path / "models", EmbeddingOptions(model=str(source))).wanted()
    (source / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (source / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ModelError, match="cannot be run with transformers"):
        Embedders(tmp_path / "models", EmbeddingOptions(model=str(source))).wanted()
    assert not list((tmp_path / "models").glob("*/manifest.json"))


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx", reason="the extra for models is not installed")
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "whence.backends.transformers_models", raising=False)
    monkeypatch.delattr("whence.backends.transformers_models", raising=False)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "config.json").write_text('{"model_type": "modernbert"}', encoding="utf-8")
    (tmp_path / "source" / "model.safetensors").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"pip install 'whence\[transformers\]'"):
        Embedders(tmp_path / "models", EmbeddingOptions(model=str(tmp_path / "source"))).wanted()
