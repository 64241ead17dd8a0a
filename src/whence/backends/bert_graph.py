"""Writes BERT encoders as ONNX graphs for ONNX Runtime, node by node: fused, and with 8-bit weights where wanted.

No training framework takes part: weights come as arrays under their published names, and the same weights give the
same bytes. int8 means: every weight matrix symmetric int8 with one scale a column, multiplied by activations that the
runtime quantizes as it goes; the word table symmetric int8 with one scale a row; all else float32. Extra ``models``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from whence.errors import ModelError

RUNTIME_DOMAIN = "com.microsoft"
PRODUCER = "whence"
OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid(RUNTIME_DOMAIN, 1)]
IR_VERSION = 9

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """The sizes of an encoder that its weights alone do not tell."""

    n_layers: int
    n_heads: int
    dim: int
    max_positions: int
    epsilon: float

    @classmethod
    def read(cls, config: Path) -> "EncoderShape":
        """From a published ``config.json``. Raises ``ModelError`` where it is none, or of another architecture."""
        try:
            values = json.loads(config.read_text(encoding="utf-8"))
            shape = cls(
                n_layers=int(values["num_hidden_layers"]),
                n_heads=int(values["num_attention_heads"]),
                dim=int(values["hidden_size"]),
                max_positions=int(values["max_position_embeddings"]),
                epsilon=float(values["layer_norm_eps"]),
            )
        except OSError as error:
            raise ModelError(f"There is no {config}: {error.strerror or error}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{config} does not describe a BERT encoder ({error!r}).") from error
        if values.get("model_type") != "bert" or values.get("hidden_act", "gelu") != "gelu":
            raise ModelError(
                f"{config} is of {values.get('model_type')!r}: only BERT encoders with GELU can be written."
            )
        return shape


@dataclass
class Graph:
    """Nodes and constants of one model while it is written. ``quantized`` names the 8-bit matrices so far."""

    weights: dict[str, Array]
    int8: bool
    epsilon: float
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    quantized: list[str] = field(default_factory=list)

    def constant(self, name: str, values: Array) -> str:
        """Adds an initializer and returns its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Adds a node with one output and returns the output's name."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, name: str, x: str, weight: Array, bias: Array) -> str:
        """``x @ weight + bias``; weight (inputs, outputs)."""
        offset = self.constant(f"{name}.bias", bias)
        if not self.int8:
            product = self.node("MatMul", [x, self.constant(f"{name}.weight", weight)], f"{name}.product")
            return self.node("Add", [product, offset], f"{name}.sum")
        values, scale = quantize(weight, axis=0)
        self.quantized.append(name)
        inputs = [x, self.constant(f"{name}.int8", values), self.constant(f"{name}.scale", scale), "", offset]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.sum", RUNTIME_DOMAIN)

    def dense(self, name: str, source: str, x: str) -> str:
        """The linear layer whose weights lie under ``source`` (outputs, inputs)."""
        return self.linear(name, x, self.weights[f"{source}.weight"].T, self.weights[f"{source}.bias"])

    def rows(self, name: str, table: Array, ids: str) -> str:
        """The rows of ``table`` that ``ids`` name; 8-bit with one scale a row where the graph is."""
        if not self.int8:
            return self.node("Gather", [self.constant(f"{name}.weight", table), ids], f"{name}.vector")
        values, scale = quantize(table, axis=1)
        self.constant(f"{name}.int8", values)
        self.constant(f"{name}.scale", scale[:, None])
        self.node("Gather", [f"{name}.int8", ids], f"{name}.row")
        self.node("Cast", [f"{name}.row"], f"{name}.float", to=TensorProto.FLOAT)
        self.node("Gather", [f"{name}.scale", ids], f"{name}.row_scale")
        return self.node("Mul", [f"{name}.float", f"{name}.row_scale"], f"{name}.vector")

    def layer_norm(self, x: str, prefix: str, output: str) -> str:
        """LayerNormalization over the last axis with the weights under ``prefix``."""
        scale = self.constant(f"{output}.scale", self.weights[f"{prefix}.weight"])
        bias = self.constant(f"{output}.bias", self.weights[f"{prefix}.bias"])
        # The runtime's SkipLayerNormalization is ten times slower on a CPU than Add and LayerNormalization.
        return self.node("LayerNormalization", [x, scale, bias], output, epsilon=self.epsilon, axis=-1)

    def finished(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> bytes:
        """The serialized model."""
        body = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        model = helper.make_model(body, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name=PRODUCER)
        return bytes(model.SerializeToString(deterministic=True))


def quantize(weight: Array, axis: int) -> tuple[Array, Array]:
    """Symmetric int8 in -127..127 and the float32 scale of each line along ``axis``'s other axis."""
    scale = (np.abs(weight).max(axis=axis, keepdims=True) / np.float32(127)).astype(np.float32)
    scale[scale == 0] = 1
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), np.squeeze(scale, axis)


def transformer_layer(graph: Graph, number: int, x: str, n_heads: int, mask: str = "", bias: str = "") -> str:
    """One encoder layer: attention and feed-forward, each added to its input and normalised.

    ``mask`` names int32 (n, tokens), 1 where a token may be attended to; "" where all may. ``bias`` names float32
    (1, heads, tokens, tokens) that attention adds to its scores; "" where it adds nothing.
    """
    name, prefix = f"layer{number}", f"encoder.layer.{number}."
    parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([graph.weights[f"{part}.weight"].T for part in parts], axis=1)
    offset = np.concatenate([graph.weights[f"{part}.bias"] for part in parts])
    joint = graph.linear(f"{name}.query_key_value", x, weight, offset)
    split = [f"{name}.query", f"{name}.key", f"{name}.value"]
    graph.nodes.append(helper.make_node("Split", [joint], split, name=f"{name}.split", axis=-1, num_outputs=3))
    inputs = [*split, "", mask, bias] if bias else [*split, "", mask] if mask else split
    attended = graph.node("MultiHeadAttention", inputs, f"{name}.attended", RUNTIME_DOMAIN, num_heads=n_heads)
    output = graph.dense(f"{name}.attention_output", f"{prefix}attention.output.dense", attended)
    added = graph.node("Add", [output, x], f"{name}.attention_added")
    x = graph.layer_norm(added, f"{prefix}attention.output.LayerNorm", f"{name}.attention_normed")
    wide = graph.dense(f"{name}.intermediate", f"{prefix}intermediate.dense", x)
    wide = graph.node("Gelu", [wide], f"{name}.activated", RUNTIME_DOMAIN)
    output = graph.dense(f"{name}.output", f"{prefix}output.dense", wide)
    added = graph.node("Add", [output, x], f"{name}.output_added")
    return graph.layer_norm(added, f"{prefix}output.LayerNorm", f"{name}.output_normed")


def locate(model: bytes, quantized: Sequence[str]) -> list[dict[str, object]]:
    """Where each 8-bit matrix and its scales lie in the file, so that a program without onnx can requantize them.

    Raises ``ModelError`` where one is not found exactly once.
    """
    found = {t.name: t for t in onnx.load_from_string(model).graph.initializer}
    rows: list[dict[str, object]] = []
    for name in quantized:
        row: dict[str, object] = {"name": name, "shape": list(found[f"{name}.int8"].dims)}
        for part in ("int8", "scale"):
            raw = found[f"{name}.{part}"].raw_data
            if model.count(raw) != 1:
                raise ModelError(f"{name}.{part} is not found exactly once in the model.")
            row[f"{part}_offset"] = model.index(raw)
        rows.append(row)
    return rows
