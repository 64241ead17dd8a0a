"""A reading model in the real format whose logits are known: those of its words, looked up in tables."""

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_model(
    folder: Path,
    words: Mapping[str, tuple[float, float]],
    *,
    none: float = 0.0,
    max_tokens: int = 32,
    outputs: tuple[str, str, str] = ("start", "end", "relevance"),
    reference: Mapping[tuple[str, str], tuple[float, float, float]] | None = None,
) -> Path:
    """A model that gives each word (in lower case; "##s" is the rest of one) its own start and end logit.

    Unknown words get -4 each, [CLS] gets half of ``none`` each. Relevance is the largest start logit of the passage.
    ``reference`` says, by question and passage, what the model claims to find: relevance, no answer, best span.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    vocabulary = {word: number for number, word in enumerate([*MARKS, *words])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    start = np.array([-9, -4, none / 2, -9, *(one for one, _ in words.values())], np.float32)
    end = np.array([-9, -4, none / 2, -9, *(other for _, other in words.values())], np.float32)
    nodes = [
        helper.make_node("Gather", ["start_of", "input_ids"], [outputs[0]]),
        helper.make_node("Gather", ["end_of", "input_ids"], [outputs[1]]),
        helper.make_node("Cast", ["token_type_ids"], ["inside"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["inside", "one"], ["outside"]),
        helper.make_node("Mul", ["outside", "far"], ["lowered"]),
        helper.make_node("Add", [outputs[0], "lowered"], ["of_passage"]),
        helper.make_node("ReduceMax", ["of_passage", "axis"], [outputs[2]], keepdims=0),
    ]
    constants = {
        "start_of": start,
        "end_of": end,
        "one": np.float32(1),
        "far": np.float32(100),
        "axis": np.array([1], np.int64),
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"])
        for name in ("input_ids", "token_type_ids", "attention_mask")
    ]
    shapes = (["n", "tokens"], ["n", "tokens"], ["n"])
    given = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(outputs, shapes, strict=True)
    ]
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tables", inputs, given, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"model.onnx": model.SerializeToString(), "tokenizer.json": tokenizer.to_str().encode()}
    if reference is not None:
        held_numbers = BytesIO()
        np.save(held_numbers, np.array(list(reference.values()), np.float32))
        files["reference.npy"] = held_numbers.getvalue()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest: dict[str, object] = {
        "name": "tables",
        "max_tokens": max_tokens,
        "max_question_tokens": 8,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        },
    }
    if reference is not None:
        manifest["reference_texts"] = [list(pair) for pair in reference]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
