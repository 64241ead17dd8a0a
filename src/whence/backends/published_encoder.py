"""Reads the folder of a published encoder: architecture, weights, tokenizer, pooling, prefixes, limit of tokens.

Weights of all architectures are given BERT's names, so that one writer of graphs serves them. Extra ``models``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from whence.backends.bert_graph import Array, EncoderShape
from whence.errors import MissingExtraError, ModelError

ARCHITECTURES = ("bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert")
POOLINGS = ("mean", "cls")
LONGEST_TOKENS = 512
"""What of a text is read unless a setting says otherwise: chunks are shorter, and the cost grows with the square."""

_KEYS = {
    "distilbert": ("n_layers", "n_heads", "dim", "activation"),
    "": ("num_hidden_layers", "num_attention_heads", "hidden_size", "hidden_act"),
}
_PREFIXES = ("bert.", "roberta.", "mpnet.", "distilbert.", "model.", "0.auto_model.")
_RENAMED = {
    "mpnet": (
        (".attention.attn.q.", ".attention.self.query."),
        (".attention.attn.k.", ".attention.self.key."),
        (".attention.attn.v.", ".attention.self.value."),
        (".attention.attn.o.", ".attention.output.dense."),
        (".attention.LayerNorm.", ".attention.output.LayerNorm."),
    ),
    "distilbert": (
        ("transformer.layer.", "encoder.layer."),
        (".attention.q_lin.", ".attention.self.query."),
        (".attention.k_lin.", ".attention.self.key."),
        (".attention.v_lin.", ".attention.self.value."),
        (".attention.out_lin.", ".attention.output.dense."),
        (".sa_layer_norm.", ".attention.output.LayerNorm."),
        (".ffn.lin1.", ".intermediate.dense."),
        (".ffn.lin2.", ".output.dense."),
        (".output_layer_norm.", ".output.LayerNorm."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEncoder:
    """What the folder says, before its weights are read.

    ``first_position`` is the row of the position table that a text's first token takes. ``max_tokens`` is how much is
    read unless a setting says otherwise. ``pooling`` is one of ``POOLINGS``; the prefixes stand before texts.
    """

    folder: Path
    architecture: str
    shape: EncoderShape
    first_position: int
    max_tokens: int
    pooling: str
    question_prefix: str
    passage_prefix: str


def read_encoder(folder: Path, pooling: str | None = None) -> PublishedEncoder:
    """What a folder in the published form holds; ``pooling`` takes the place of what it says.

    Raises ``ModelError`` for what cannot be run as it is meant.
    """
    config = _json(folder / "config.json")
    architecture = str(config.get("model_type", ""))
    if architecture not in ARCHITECTURES:
        raise ModelError(
            f"The model in {folder} is of the architecture {architecture or 'unknown'!r}: whence runs "
            f"{', '.join(ARCHITECTURES)}."
        )
    shape = _shape(folder, config, architecture)
    first = int(config.get("pad_token_id", 1)) + 1 if architecture not in ("bert", "distilbert") else 0
    question_prefix, passage_prefix = _prompts(folder)
    most = shape.max_positions - first
    return PublishedEncoder(
        folder=folder,
        architecture=architecture,
        shape=EncoderShape(
            n_layers=shape.n_layers,
            n_heads=shape.n_heads,
            dim=shape.dim,
            max_positions=most,
            epsilon=shape.epsilon,
        ),
        first_position=first,
        max_tokens=min(_token_limit(folder), most, LONGEST_TOKENS),
        pooling=pooling or _pooling(folder),
        question_prefix=question_prefix,
        passage_prefix=passage_prefix,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEncoder:
    """What the folder says of a model for which whence writes no graph; fields as in ``PublishedEncoder``."""

    architecture: str
    max_positions: int
    max_tokens: int
    pooling: str
    question_prefix: str
    passage_prefix: str


def architecture_of(folder: Path) -> str:
    """What ``config.json`` says, "" where it says nothing. Raises ``ModelError`` where there is no model."""
    return str(_json(folder / "config.json").get("model_type", ""))


def is_foreign(folder: Path) -> bool:
    """Whether whence writes no graph for this model, though it is one: another architecture, or another form of one.

    Raises ``ModelError`` where there is no model.
    """
    config = _json(folder / "config.json")
    architecture = str(config.get("model_type", ""))
    return architecture not in ARCHITECTURES or any(
        (config.get(key) or wanted) != wanted for key, wanted in _form(architecture).items()
    )


def foreign_encoder(folder: Path, pooling: str | None = None) -> ForeignEncoder:
    """What such a folder holds. Raises ``ModelError`` for what cannot be run as it is meant."""
    config = _json(folder / "config.json")
    architecture = str(config.get("model_type", ""))
    kinds = [str(name) for name in config.get("architectures") or ()]
    if not architecture:
        raise ModelError(f"The model in {folder} does not say of what architecture it is.")
    if config.get("is_decoder") or any(name.endswith("ForCausalLM") for name in kinds):
        raise ModelError(f"The model in {folder} ({architecture}) is a decoder: whence runs encoders.")
    if "auto_map" in config:
        raise ModelError(f"The model in {folder} ({architecture}) brings code of its own, which whence does not run.")
    pooling = pooling or _pooling(folder)
    if pooling not in POOLINGS:
        raise ModelError(f"There is no pooling {pooling!r}: choose from {', '.join(POOLINGS)}.")
    prompts = _prompts(folder)
    most = int(config.get("max_position_embeddings") or LONGEST_TOKENS)
    return ForeignEncoder(
        architecture=architecture,
        max_positions=most,
        max_tokens=min(_token_limit(folder), most, LONGEST_TOKENS),
        pooling=pooling,
        question_prefix=prompts[0],
        passage_prefix=prompts[1],
    )


def _prompts(folder: Path) -> tuple[str, str]:
    """What the model wants before questions and before passages."""
    prompts = _json(folder / "config_sentence_transformers.json", optional=True).get("prompts") or {}
    return str(prompts.get("query") or ""), str(prompts.get("passage") or prompts.get("document") or "")


def _form(architecture: str) -> dict[str, str]:
    """What ``config.json`` may say, at most, of activation and positions."""
    return {_KEYS.get(architecture, _KEYS[""])[3]: "gelu", "position_embedding_type": "absolute"}


def _shape(folder: Path, config: Mapping[str, Any], architecture: str) -> EncoderShape:
    layers, heads, dim, _ = _KEYS.get(architecture, _KEYS[""])
    try:
        shape = EncoderShape(
            n_layers=int(config[layers]),
            n_heads=int(config[heads]),
            dim=int(config[dim]),
            max_positions=int(config["max_position_embeddings"]),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{folder / 'config.json'} does not describe a {architecture} encoder ({error!r}).") from error
    for key, wanted in _form(architecture).items():
        if (config.get(key) or wanted) != wanted:
            raise ModelError(f"The model in {folder} has {key} {config[key]!r}: whence runs only {wanted!r}.")
    if shape.n_heads < 1 or shape.dim % shape.n_heads:
        raise ModelError(
            f"{folder / 'config.json'} is damaged: {shape.n_heads} heads cannot share {shape.dim} numbers."
        )
    return shape


def _token_limit(folder: Path) -> int:
    """What the model was made to read, in tokens; a large number where nothing is said."""
    for name, key in (("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length")):
        limit = _json(folder / name, optional=True).get(key)
        if isinstance(limit, int | float) and limit >= 3:
            return int(min(limit, 1e9))
    return 10**9


def _pooling(folder: Path) -> str:
    """How token states become a vector: as the sentence model says, "mean" where there is none."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = {str(one["type"]).rpartition(".")[2]: str(one["path"]) for one in modules}
    except FileNotFoundError:
        return "mean"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'modules.json'} cannot be read ({error!r}).") from error
    if others := kinds.keys() - {"Transformer", "Pooling", "Normalize"}:
        raise ModelError(f"The model in {folder} has a layer {sorted(others)[0]}, which whence cannot run.")
    if "Pooling" not in kinds:
        return "mean"
    if not (folder / kinds["Pooling"] / "config.json").is_file():
        raise ModelError(
            f"The model in {folder} is incomplete: it has no {kinds['Pooling']}/config.json, which says how it pools; "
            "fetch it again, or set pooling."
        )
    said = _json(folder / kinds["Pooling"] / "config.json")
    chosen = [key.removeprefix("pooling_mode_") for key, on in said.items() if key.startswith("pooling_mode_") and on]
    known = {"mean_tokens": "mean", "cls_token": "cls"}
    if len(chosen) != 1 or chosen[0] not in known:
        told = " and ".join(chosen) or "nothing"
        raise ModelError(f"The model in {folder} pools by {told}: whence knows {' and '.join(POOLINGS)}.")
    return known[chosen[0]]


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights. Raises ``ModelError`` where there are none."""
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    if index.is_file():
        return [folder / name for name in sorted(set(_json(index).get("weight_map", {}).values()))]
    if (folder / "pytorch_model.bin").is_file():
        return [folder / "pytorch_model.bin"]
    raise ModelError(f"There are no weights in {folder}: neither model.safetensors nor pytorch_model.bin.")


def read_weights(encoder: PublishedEncoder) -> dict[str, Array]:
    """Float32 arrays under BERT's names, those of other heads under their own.

    Raises ``ModelError`` for files that are cut short or of another shape than ``config.json`` says, and
    ``MissingExtraError`` for weights that only torch can read.
    """
    weights: dict[str, Array] = {}
    for path in weight_files(encoder.folder):
        weights |= {_plain(name, encoder.architecture): value for name, value in _arrays(path).items()}
    dim, n_layers = encoder.shape.dim, encoder.shape.n_layers
    wanted = {
        "embeddings.word_embeddings.weight": dim,
        "embeddings.position_embeddings.weight": dim,
        **{f"encoder.layer.{number}.attention.self.query.weight": dim for number in range(n_layers)},
        **{f"encoder.layer.{number}.output.LayerNorm.bias": dim for number in range(n_layers)},
    }
    for name, columns in wanted.items():
        if name not in weights:
            raise ModelError(f"The weights in {encoder.folder} have no {name}: they do not fit config.json.")
        if weights[name].shape[-1] != columns:
            found = weights[name].shape[-1]
            raise ModelError(f"{name} in {encoder.folder} has {found} columns, config.json says {columns}.")
    return weights


def _arrays(path: Path) -> dict[str, Array]:
    """The tensors of one file as float32."""
    if path.suffix == ".bin":
        return _pickled(path)
    from safetensors import safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            return {name: np.asarray(file.get_tensor(name), np.float32) for name in file.keys()}  # noqa: SIM118
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(f"The weights in {path} cannot be read ({error}): is the file complete?") from error


def _pickled(path: Path) -> dict[str, Array]:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(
            f"{path} can be read with torch alone: run `pip install 'whence[train]'`, or take model.safetensors."
        ) from error
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        return {name: value.float().numpy() for name, value in held.items()}
    except Exception as error:
        raise ModelError(f"The weights in {path} cannot be read ({error}): is the file complete?") from error


def _plain(name: str, architecture: str) -> str:
    """The name of a tensor as BERT's encoder would call it."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for old, new in _RENAMED.get(architecture, ()):
        name = name.replace(old, new)
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    """The object in a file; empty where it may be missing and is. Raises ``ModelError``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if optional:
            return {}
        raise ModelError(f"{path.parent} holds no published model: there is no {path.name}.") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}).") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} cannot be read: it holds no JSON object.")
    return found
