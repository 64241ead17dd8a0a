"""Tiny published models, made on the spot in their real formats, and what they compute, in plain numpy."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

save_file = pytest.importorskip("safetensors.numpy", reason="the models extra is not installed").save_file
pytest.importorskip("onnx", reason="the models extra is not installed")

Array = NDArray[np.float32]

WORDS = re.findall(
    r"\w+", "where is the lamp read file of a def return value who what crane lifts stone and rope in harbour"
)
DIM, WIDE, LAYERS, HEADS, POSITIONS = 12, 20, 2, 3, 200
SPECIAL = {
    "bert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]"),
    "distilbert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]"),
    "roberta": ("<s>", "<pad>", "</s>", "<unk>"),
    "xlm-roberta": ("<s>", "<pad>", "</s>", "<unk>"),
    "mpnet": ("<s>", "<pad>", "</s>", "[UNK]"),
}
_NAMES = {
    "mpnet": ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm"),
    "distilbert": (
        "attention.q_lin",
        "attention.k_lin",
        "attention.v_lin",
        "attention.out_lin",
        "sa_layer_norm",
        "ffn.lin1",
        "ffn.lin2",
        "output_layer_norm",
    ),
    "": (
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm",
    ),
}


def layer_names(architecture: str) -> list[str]:
    own, usual = _NAMES.get(architecture, ()), _NAMES[""]
    prefix = "transformer.layer" if architecture == "distilbert" else "encoder.layer"
    return [f"{prefix}.{{}}.{name}" for name in (*own, *usual[len(own) :])]


def make_model(folder: Path, architecture: str = "bert", *, seed: int = 0, head: bool = False, **more: Any) -> Path:
    """A model folder as it is published; ``more`` goes into config.json."""
    folder.mkdir(parents=True)
    special = SPECIAL[architecture]
    words = [*special, *WORDS]
    random = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return random.normal(0, 0.4, shape).astype(np.float32)

    offset = 0 if architecture in ("bert", "distilbert") else 2
    tensors = {"embeddings.word_embeddings.weight": some(len(words), DIM)}
    tensors["embeddings.position_embeddings.weight"] = some(POSITIONS + offset, DIM)
    if architecture not in ("mpnet", "distilbert"):
        tensors["embeddings.token_type_embeddings.weight"] = some(2 if architecture == "bert" else 1, DIM)
    tensors |= {"embeddings.LayerNorm.weight": 1 + some(DIM), "embeddings.LayerNorm.bias": some(DIM)}
    shapes = [(DIM, DIM)] * 4 + [None, (WIDE, DIM), (DIM, WIDE), None]
    for number in range(LAYERS):
        for name, shape in zip(layer_names(architecture), shapes, strict=True):
            tensors[f"{name.format(number)}.weight"] = 1 + some(DIM) if shape is None else some(*shape)
            tensors[f"{name.format(number)}.bias"] = some(DIM if shape is None else shape[0])
    if architecture == "mpnet":
        tensors["encoder.relative_attention_bias.weight"] = some(32, HEADS)
    if head:
        tensors = {f"{architecture}.{name}": value for name, value in tensors.items()}
        tensors |= {"qa_outputs.weight": some(2, DIM), "qa_outputs.bias": some(2)}
    save_file(tensors, folder / "model.safetensors")
    usual = ("num_hidden_layers", "num_attention_heads", "hidden_size", "hidden_act")
    own = ("n_layers", "n_heads", "dim", "activation")
    keys = own if architecture == "distilbert" else usual
    config = dict(zip(keys, (LAYERS, HEADS, DIM, "gelu"), strict=True))
    config |= {"model_type": architecture, "max_position_embeddings": POSITIONS + offset, "layer_norm_eps": 1e-5}
    config |= {"pad_token_id": special.index("<pad>") if offset else 0, **more}
    (folder / "config.json").write_text(json.dumps(config))
    write_tokenizer(folder, special, words)
    return folder


def write_tokenizer(folder: Path, special: tuple[str, ...], words: list[str]) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    first, last, unknown = (
        next(token for token in special if token in names)
        for names in (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[UNK]", "<unk>"))
    )
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token=unknown))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    ends = [(first, words.index(first)), (last, words.index(last))]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1", special_tokens=ends
    )
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(folder / "tokenizer.json"))


def states(folder: Path, ids: list[int]) -> Array:
    """The token states of one text, (tokens, dim), computed step by step as the architectures are described."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    architecture = config["model_type"]
    held = load_file(folder / "model.safetensors")
    tensors = {name.removeprefix(f"{architecture}."): value.astype(np.float64) for name, value in held.items()}
    offset = 0 if architecture in ("bert", "distilbert") else 2
    n = len(ids)
    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][offset : offset + n]
    if "embeddings.token_type_embeddings.weight" in tensors:
        x = x + tensors["embeddings.token_type_embeddings.weight"][0]

    def norm(values: Any, name: str) -> Any:
        centred = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return centred / spread * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def dense(values: Any, name: str) -> Any:
        return values @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    x = norm(x, "embeddings.LayerNorm")
    added = np.zeros((HEADS, n, n))
    if architecture == "mpnet":
        table = tensors["encoder.relative_attention_bias.weight"]
        for i in range(n):
            for j in range(n):
                added[:, i, j] = table[bucket(j - i)]
    for number in range(LAYERS):
        query, key, value, out, first, wide, narrow, second = (
            name.format(number) for name in layer_names(architecture)
        )
        q, k, v = (dense(x, name).reshape(n, HEADS, -1).transpose(1, 0, 2) for name in (query, key, value))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(DIM // HEADS) + added
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        attended = (weights / weights.sum(-1, keepdims=True)) @ v
        x = norm(x + dense(attended.transpose(1, 0, 2).reshape(n, DIM), out), first)
        middle = dense(x, wide)
        active = middle * 0.5 * (1 + np.vectorize(math.erf)(middle / math.sqrt(2)))
        x = norm(x + dense(active, narrow), second)
    made: Array = x.astype(np.float32)
    return made


def bucket(distance: int) -> int:
    """MPNet's class of a distance: 16 for each direction, of which 8 are exact and 8 grow up to 128."""
    side = 16 if distance > 0 else 0
    far = abs(distance)
    if far < 8:
        return side + far
    return side + min(15, 8 + int(math.log(far / 8) / math.log(16) * 8))
