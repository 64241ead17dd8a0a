"""Other forms of the embedding graphs that ``bert_graph`` writes: floats in place of 8 bits, batches, half precision.

8-bit weights times their scales are the floats: no more is lost than was lost already, and activations are exact again.
Extra ``models``.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from whence.backends.bert_graph import IR_VERSION, OPSETS, PRODUCER
from whence.errors import ModelError

_QUANTIZED = "DynamicQuantizeMatMul"
_POOLING = ("states.counted", "pooled")
"""From the first of these on all is float32: sums over all tokens and their squares do not fit 16 bits."""
_LARGEST = 65504.0


def as_float32(model: bytes) -> bytes:
    """The graph with float32 weights that takes batches: ``input_ids`` and ``attention_mask`` (n, tokens).

    The same graph where it is one already. Raises ``ModelError`` for one that was not written here.
    """
    graph = _read(model)
    held = {tensor.name: tensor for tensor in graph.initializer}
    nodes, constants, replaced = [], [], set()
    for node in graph.node:
        if node.op_type == _QUANTIZED:
            values, scale = (numpy_helper.to_array(held[name]) for name in node.input[1:3])
            replaced |= set(node.input[1:3])
            weight, product = f"{node.output[0]}.weight", f"{node.output[0]}.product"
            constants.append(numpy_helper.from_array(values.astype(np.float32) * scale, weight))
            nodes.append(helper.make_node("MatMul", [node.input[0], weight], [product], name=product))
            nodes.append(helper.make_node("Add", [product, node.input[4]], [node.output[0]], name=node.output[0]))
        else:
            nodes.append(node)
    nodes = _with_float_tables(nodes, held, constants, replaced)
    if all(one.name != "attention_mask" for one in graph.input):
        nodes = _with_mask(nodes, constants)
    constants += [tensor for tensor in graph.initializer if tensor.name not in replaced]
    return _written(graph, nodes, constants)


def as_float16(model: bytes) -> bytes:
    """A graph of ``as_float32`` with weights and activations in half precision; ins and outs stay as they are."""
    graph = _read(model)
    constants = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        halved = np.clip(values, -_LARGEST, _LARGEST).astype(np.float16) if values.dtype == np.float32 else values
        constants.append(numpy_helper.from_array(halved, tensor.name))
    nodes, is_cast = [], False
    for node in graph.node:
        if node.output[0] in _POOLING and not is_cast:
            nodes.append(helper.make_node("Cast", [node.input[0]], ["states.float"], name="cast", to=TensorProto.FLOAT))
            node.input[0], is_cast = "states.float", True
        nodes.append(node)
    return _written(graph, nodes, constants)


def _read(model: bytes) -> Any:
    try:
        made = onnx.load_from_string(model)
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(f"The graph cannot be read: {error}.") from error
    if made.producer_name != PRODUCER:
        raise ModelError("The graph was not written by whence: only its own graphs are given other forms.")
    return made.graph


def _with_float_tables(nodes: list[Any], held: dict[str, Any], constants: list[Any], replaced: set[str]) -> list[Any]:
    """Rows of 8-bit tables times their scales become rows of a float table."""
    kept = {name.removesuffix(".int8") for name in held if name.endswith(".int8")} - {
        name.removesuffix(".int8") for name in replaced
    }
    made = []
    for node in nodes:
        name, _, part = node.output[0].rpartition(".")
        if name not in kept or part not in ("row", "float", "row_scale", "vector"):
            made.append(node)
        elif part == "row":
            ids = node.input[1]
            values, scale = (numpy_helper.to_array(held[f"{name}.{kind}"]) for kind in ("int8", "scale"))
            replaced |= {f"{name}.int8", f"{name}.scale"}
            constants.append(numpy_helper.from_array(values.astype(np.float32) * scale, f"{name}.weight"))
            made.append(helper.make_node("Gather", [f"{name}.weight", ids], [f"{name}.vector"], name=f"{name}.vector"))
    return made


def _with_mask(nodes: list[Any], constants: list[Any]) -> list[Any]:
    """Padding is neither attended to nor pooled."""
    made = [helper.make_node("Cast", ["attention_mask"], ["mask"], name="mask", to=TensorProto.INT32)]
    for node in nodes:
        if node.op_type == "MultiHeadAttention":
            inputs = [*node.input, "", "", ""][:6]
            inputs[4] = "mask"
            del node.input[:]
            node.input.extend(inputs if inputs[5] else inputs[:5])
        elif node.op_type == "ReduceSum" and node.output[0] == "pooled":
            constants.append(numpy_helper.from_array(np.array([2], np.int64), "mask.axis"))
            made.append(helper.make_node("Cast", ["attention_mask"], ["counted"], name="counted", to=TensorProto.FLOAT))
            made.append(helper.make_node("Unsqueeze", ["counted", "mask.axis"], ["counted.wide"], name="counted.wide"))
            made.append(helper.make_node("Mul", [node.input[0], "counted.wide"], ["states.counted"], name="states"))
            node.input[0] = "states.counted"
        made.append(node)
    return made


def _written(graph: Any, nodes: list[Any], constants: list[Any]) -> bytes:
    if len(graph.output) > 1:  # a reader's has all its inputs already
        body = helper.make_graph(nodes, graph.name, list(graph.input), list(graph.output), constants)
        made = helper.make_model(body, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name=PRODUCER)
        return bytes(made.SerializeToString(deterministic=True))
    dim = graph.output[0].type.tensor_type.shape.dim[-1].dim_value
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"]) for name in names]
    outputs = [helper.make_tensor_value_info(graph.output[0].name, TensorProto.FLOAT, ["n", dim])]
    body = helper.make_graph(nodes, graph.name, inputs, outputs, constants)
    made = helper.make_model(body, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name=PRODUCER)
    return bytes(made.SerializeToString(deterministic=True))
