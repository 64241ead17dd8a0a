"""Writes published encoders as graphs that turn token ids into unit vectors: BERT, RoBERTa, MPNet, DistilBERT.

Of one text at a time, ``input_ids`` (1, tokens), for 8-bit weights, whose activations take their range from the whole
input; of a batch, with ``attention_mask`` (n, tokens), for floats. Output: ``embedding`` (n, dim), rows of length 1.
"""

import numpy as np
from onnx import TensorProto, helper

from whence.backends.bert_graph import Array, Graph, transformer_layer
from whence.backends.published_encoder import PublishedEncoder

_BUCKETS, _FARTHEST = 32, 128
"""How MPNet tells distances between tokens apart."""


def build(encoder: PublishedEncoder, weights: dict[str, Array], *, int8: bool, pooling: str) -> tuple[bytes, list[str]]:
    """The serialized model, for one text where ``int8``, else for batches, and the names of its 8-bit matrices."""
    graph, batched = Graph(weights, int8, encoder.shape.epsilon), not int8
    x = _embedded(graph, encoder)
    if batched:
        graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    bias = _distances(graph, encoder) if encoder.architecture == "mpnet" else ""
    for number in range(encoder.shape.n_layers):
        x = transformer_layer(graph, number, x, encoder.shape.n_heads, "mask" if batched else "", bias)
    _pooled(graph, x, pooling, batched=batched)
    n: int | str = "n" if batched else 1
    names = ("input_ids", "attention_mask") if batched else ("input_ids",)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [n, "tokens"]) for name in names]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [n, encoder.shape.dim])]
    return graph.finished("encoder", inputs, outputs), graph.quantized


def _embedded(graph: Graph, encoder: PublishedEncoder) -> str:
    """Words plus positions, normalised: (n, tokens, dim)."""
    words = graph.rows("words", graph.weights["embeddings.word_embeddings.weight"], "input_ids")
    positions = graph.weights["embeddings.position_embeddings.weight"][encoder.first_position :]
    segments = graph.weights.get("embeddings.token_type_embeddings.weight")
    graph.constant("positions", (positions if segments is None else positions + segments[0])[None])
    graph.constant("zero", np.array([0], np.int64))
    graph.constant("one", np.array([1], np.int64))
    graph.node("Shape", ["input_ids"], "n_tokens", start=1, end=2)
    graph.node("Slice", ["positions", "zero", "n_tokens", "one"], "positions.used")
    graph.node("Add", [words, "positions.used"], "words.placed")
    return graph.layer_norm("words.placed", "embeddings.LayerNorm", "embedded")


def _distances(graph: Graph, encoder: PublishedEncoder) -> str:
    """What attention adds for the distance of two tokens: (1, heads, tokens, tokens)."""
    most = encoder.shape.max_positions
    table = graph.weights["encoder.relative_attention_bias.weight"]
    distance = np.arange(1 - most, most)
    graph.constant("distance.bias", table[_bucket(distance)].T)
    graph.constant("distance.first", np.array(most - 1, np.int64))
    for name, value in (("none", 0), ("step", 1)):
        graph.constant(f"distance.{name}", np.array(value, np.int64))
    graph.node("Squeeze", ["n_tokens", "zero"], "distance.end")
    graph.node("Range", ["distance.none", "distance.end", "distance.step"], "distance.places")
    graph.node("Unsqueeze", ["distance.places", "zero"], "distance.to")
    graph.node("Unsqueeze", ["distance.places", "one"], "distance.from")
    graph.node("Sub", ["distance.to", "distance.from"], "distance.between")
    graph.node("Add", ["distance.between", "distance.first"], "distance.row")
    graph.node("Gather", ["distance.bias", "distance.row"], "distance.heads", axis=1)
    return graph.node("Unsqueeze", ["distance.heads", "zero"], "distance.added")


def _bucket(distance: Array) -> Array:
    """The row of the table for a key that stands so many tokens behind the query: half for each direction.

    The near half of each has a row a distance, the far half grows by logarithms.
    """
    half = _BUCKETS // 2
    near = half // 2
    far = np.abs(distance)
    grown = near + np.log(np.maximum(far, 1) / near) / np.log(_FARTHEST / near) * (half - near)
    return np.where(distance > 0, half, 0) + np.where(far < near, far, np.minimum(grown.astype(np.int64), half - 1))


def _pooled(graph: Graph, x: str, pooling: str, *, batched: bool) -> None:
    """One unit vector a text. Its length takes the place of a mean's division."""
    if pooling == "cls":
        graph.constant("first", np.array(0, np.int64))
        graph.node("Gather", [x, "first"], "pooled", axis=1)
    else:
        if batched:
            graph.constant("two", np.array([2], np.int64))
            graph.node("Cast", ["attention_mask"], "counted", to=TensorProto.FLOAT)
            graph.node("Unsqueeze", ["counted", "two"], "counted.wide")
            x = graph.node("Mul", [x, "counted.wide"], "states.counted")
        graph.node("ReduceSum", [x, "one"], "pooled", keepdims=0)
    graph.node("LpNormalization", ["pooled"], "embedding", axis=-1, p=2)
