"""Gives back the float32 weights of the encoder that whence carries, as a folder that training can begin from.

The 8-bit matrices are multiplied by their scales; what rounding lost stays lost, which training makes up for. The
second token type, which the carried graph leaves out, begins as the first. Extra ``models``.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save

from whence.backends.bert_graph import Array
from whence.embedding.model_folder import ModelFolder
from whence.errors import DiskFullError

_PARTS = {
    "attention_output": "attention.output.dense",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
}
_NORMS = {"attention_normed": "attention.output.LayerNorm", "output_normed": "output.LayerNorm"}
_CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "num_attention_heads": 12,
    "type_vocab_size": 2,
    "attention_probs_dropout_prob": 0.1,
    "hidden_dropout_prob": 0.1,
    "pad_token_id": 0,
}


def write_shipped_encoder(model: Path, out: Path) -> None:
    """Writes config.json, tokenizer.json and model.safetensors into ``out`` for the model folder ``model``.

    Raises ``ModelError``, ``DiskFullError``.
    """
    folder = ModelFolder(model)
    graph = onnx.load_from_string(folder.read("model.onnx")).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    n_layers = sum(name.endswith(".intermediate.int8") for name in held)
    weights = _embeddings(held)
    for number in range(n_layers):
        weights.update(_layer(held, number))
    words = weights["embeddings.word_embeddings.weight"]
    config = _CONFIG | {
        "vocab_size": words.shape[0],
        "hidden_size": words.shape[1],
        "intermediate_size": held["layer0.intermediate.int8"].shape[1],
        "max_position_embeddings": weights["embeddings.position_embeddings.weight"].shape[0],
        "num_hidden_layers": n_layers,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "tokenizer.json").write_bytes(folder.read("tokenizer.json"))
        # As bytes: the library's own writing tells of a full disk in an error of its own.
        made = save({name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()})
        (out / "model.safetensors").write_bytes(made)
        (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DiskFullError(f"The encoder cannot be written to {out}: {error.strerror or error}.") from error


def _embeddings(held: dict[str, Array]) -> dict[str, Array]:
    positions = held["positions"][0]
    return {
        "embeddings.word_embeddings.weight": held["words.int8"].astype(np.float32) * held["words.scale"],
        "embeddings.position_embeddings.weight": positions,
        "embeddings.token_type_embeddings.weight": np.zeros((2, positions.shape[1]), np.float32),
        "embeddings.LayerNorm.weight": held["embedded.scale"],
        "embeddings.LayerNorm.bias": held["embedded.bias"],
    }


def _layer(held: dict[str, Array], number: int) -> dict[str, Array]:
    own, prefix = f"layer{number}", f"encoder.layer.{number}."
    made: dict[str, Array] = {}
    joint, bias = _matrix(held, f"{own}.query_key_value"), held[f"{own}.query_key_value.bias"]
    for part, weight, offset in zip(
        ("query", "key", "value"), np.split(joint, 3, axis=1), np.split(bias, 3), strict=True
    ):
        made[f"{prefix}attention.self.{part}.weight"] = weight.T
        made[f"{prefix}attention.self.{part}.bias"] = offset
    for part, name in _PARTS.items():
        made[f"{prefix}{name}.weight"] = _matrix(held, f"{own}.{part}").T
        made[f"{prefix}{name}.bias"] = held[f"{own}.{part}.bias"]
    for part, name in _NORMS.items():
        made[f"{prefix}{name}.weight"] = held[f"{own}.{part}.scale"]
        made[f"{prefix}{name}.bias"] = held[f"{own}.{part}.bias"]
    return made


def _matrix(held: dict[str, Array], name: str) -> Array:
    return held[f"{name}.int8"].astype(np.float32) * held[f"{name}.scale"]
