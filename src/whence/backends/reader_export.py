"""Makes the model folder of a reader: trained weights become an ONNX graph that serves without a training framework.

The folder holds model.onnx, tokenizer.json, reference.npy and manifest.json; the card is written by ``whence train``.
Inputs, int64 (n, tokens): ``input_ids`` of ``[CLS] question [SEP] passage [SEP]``, ``token_type_ids`` (1 for passage
and last [SEP]), and ``attention_mask``, which many programs give and which is not looked at: nothing is padded, and
masking took an eighth of the time of a run. Outputs, float32: ``start`` and ``end`` (n, tokens), where place 0 stands
for "no answer" and what is neither that nor of the passage is at -10000; ``relevance`` (n,), a logit. Pairs that run
together must be of one length, and share the range of their 8-bit activations: a pair that runs alone always has the
same logits.

Extra ``models``.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from whence.backends.bert_graph import Array, EncoderShape, Graph, locate, transformer_layer
from whence.errors import DiskFullError, ModelError
from whence.training.options import ReaderTraining

OUT_OF_REACH = -1e4
REFERENCE_PAIRS = (
    ("Where does the Rhine rise?", "The Rhine rises in the Swiss canton of Graubünden and flows to the North Sea."),
    ("Who keeps the lighthouse?", "Since 1912 the lighthouse of Skerry has been kept by the harbour office."),
    (
        "What does retries default to?",
        "def fetch(url, retries=3, timeout=None):\n    return _Session(retries).get(url)",
    ),
    ("How many moons has Mars?", "The bridge was closed for repairs in 1987 and opened again two years later."),
    ("When was the mill built?", "The mill, built in 1764, stands by the river; it was a school until 1931. " * 5),
)
"""What a reader is compared on where it is opened, with what its unquantized graph says of them."""


def read_weights(path: Path, shape: EncoderShape) -> dict[str, Array]:
    """Float32 arrays under the published names, the heads' too. Raises ``ModelError`` where some are missing."""
    try:
        weights = {name: np.asarray(value, np.float32) for name, value in load_file(str(path)).items()}
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(f"The weights in {path} cannot be read: {error}.") from error
    last = f"encoder.layer.{shape.n_layers - 1}.output.LayerNorm.bias"
    wanted = {"embeddings.word_embeddings.weight": shape.dim, last: shape.dim, "span.weight": shape.dim}
    for name, dim in (wanted | {"relevance.weight": shape.dim}).items():
        if name not in weights:
            raise ModelError(f"The weights in {path} have no {name}: they are not those of a reader of this shape.")
        if weights[name].shape[-1] != dim:
            found = weights[name].shape[-1]
            raise ModelError(f"{name} in {path} has {found} columns, the base has {dim}: they do not belong together.")
    return weights


def build(weights: dict[str, Array], shape: EncoderShape, *, int8: bool) -> tuple[bytes, list[str]]:
    """The serialized model and the names of its 8-bit matrices."""
    graph = Graph(weights, int8, shape.epsilon)
    x = _embedded(graph)
    for number in range(shape.n_layers):
        x = transformer_layer(graph, number, x, shape.n_heads)
    _heads(graph, x)
    sides: list[str | int] = ["n", "tokens"]
    names = ("input_ids", "token_type_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, sides) for name in names]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name in ("start", "end")]
    outputs.append(helper.make_tensor_value_info("relevance", TensorProto.FLOAT, ["n"]))
    return graph.finished("reader", inputs, outputs), graph.quantized


def _embedded(graph: Graph) -> str:
    """Words plus positions plus types, normalised: (n, tokens, dim)."""
    words = graph.rows("words", graph.weights["embeddings.word_embeddings.weight"], "input_ids")
    graph.constant("zero", np.array(0, np.int64))
    graph.constant("one", np.array(1, np.int64))
    graph.node("Shape", ["input_ids"], "sides")
    graph.node("Gather", ["sides", "one"], "n_tokens", axis=0)
    graph.node("Range", ["zero", "n_tokens", "one"], "places")
    positions = graph.rows("positions", graph.weights["embeddings.position_embeddings.weight"], "places")
    types = graph.constant("types", graph.weights["embeddings.token_type_embeddings.weight"])
    graph.node("Gather", [types, "token_type_ids"], "types.vector")
    graph.node("Add", [words, positions], "words.placed")
    graph.node("Add", ["words.placed", "types.vector"], "words.typed")
    return graph.layer_norm("words.typed", "embeddings.LayerNorm", "embedded")


def _heads(graph: Graph, x: str) -> None:
    """``start``, ``end`` and ``relevance`` of the token states ``x``; they stay float32."""
    graph.node("Cast", ["token_type_ids"], "in_passage", to=TensorProto.BOOL)
    graph.node("Equal", ["places", "zero"], "is_first")
    graph.node("Or", ["in_passage", "is_first"], "allowed")
    out_of_reach = graph.constant("out_of_reach", np.array(OUT_OF_REACH, np.float32))
    for number, name in enumerate(("start", "end")):
        weight = graph.constant(f"{name}.weight", graph.weights["span.weight"][number])
        bias = graph.constant(f"{name}.bias", graph.weights["span.bias"][number])
        product = graph.node("MatMul", [x, weight], f"{name}.product")
        graph.node("Where", ["allowed", graph.node("Add", [product, bias], f"{name}.logits"), out_of_reach], name)
    graph.node("Gather", [x, "zero"], "pair", axis=1)
    weight = graph.constant("relevance.weight", graph.weights["relevance.weight"][0])
    bias = graph.constant("relevance.bias", graph.weights["relevance.bias"])
    graph.node("Add", [graph.node("MatMul", ["pair", weight], "relevance.product"), bias], "relevance")


def reference(model: bytes, tokenizer: Tokenizer, options: ReaderTraining) -> NDArray[np.float32]:
    """What ``model`` says of ``REFERENCE_PAIRS``, float32 (pairs, 3).

    Columns: relevance, the sum of the logits of "no answer", and of the best start and the best end in the passage.
    """
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    rows = []
    for question, passage in REFERENCE_PAIRS:
        start, end, relevance = session.run(None, encoded_pair(tokenizer, question, passage, options))
        rows.append([relevance[0], start[0, 0] + end[0, 0], start[0, 1:].max() + end[0, 1:].max()])
    return np.array(rows, np.float32)


def encoded_pair(
    tokenizer: Tokenizer, question: str, passage: str, options: ReaderTraining
) -> dict[str, NDArray[np.int64]]:
    """One pair as the model's inputs, (1, tokens) each; a passage that is too long is cut at its end."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[: options.max_question_tokens]
    room = options.max_tokens - len(asked) - 3
    held = tokenizer.encode(passage, add_special_tokens=False).ids[:room]
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = np.array([[first, *asked, last, *held, last]], np.int64)
    types = np.zeros_like(ids)
    types[:, len(asked) + 2 :] = 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids)}


def export_reader(
    weights: Path,
    base: Path,
    out: Path,
    options: ReaderTraining,
    *,
    name: str,
    said: Mapping[str, object] | None = None,
    int8: bool = True,
) -> None:
    """Writes the model folder ``out`` for the trained ``weights`` on the encoder that ``base`` describes.

    ``said`` joins the manifest (licence, data, scores). Files are put in place when all are made. Raises
    ``ModelError``, ``DiskFullError``.
    """
    shape = EncoderShape.read(base / "config.json")
    arrays = read_weights(weights, shape)
    tokenizer_file = slim_tokenizer(base / "tokenizer.json")
    tokenizer = Tokenizer.from_str(tokenizer_file.decode())
    exact, _ = build(arrays, shape, int8=False)
    model, quantized = build(arrays, shape, int8=True) if int8 else (exact, [])
    manifest = {
        "name": name,
        "task": "reader",
        "dim": shape.dim,
        "max_tokens": options.max_tokens,
        "max_question_tokens": options.max_question_tokens,
        "max_positions": shape.max_positions,
        "precision": "int8" if int8 else "fp32",
        **(said or {}),
        "reference_texts": REFERENCE_PAIRS,
        "quantized": locate(model, quantized),
    }
    rows = BytesIO()
    np.save(rows, reference(exact, tokenizer, options))
    files = {"model.onnx": model, "tokenizer.json": tokenizer_file, "reference.npy": rows.getvalue()}
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    }
    files["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file_name, data in files.items():
            _put(out / file_name, data)
    except OSError as error:
        raise DiskFullError(f"The model cannot be written to {out}: {error.strerror or error}.") from error


def slim_tokenizer(path: Path) -> bytes:
    """The tokenizer without truncation and padding, which the program sets itself. Raises ``ModelError``."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        tree["truncation"] = tree["padding"] = None
        made = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
        Tokenizer.from_str(made)
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(f"The tokenizer {path} cannot be read: {error}.") from error
    return made.encode()


def _put(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
