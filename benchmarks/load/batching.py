"""Whether embedding the texts of several requests together would take less processor time than one by one.

python -m benchmarks.load.batching DATA INDEX --questions 64 --at-once 8

Takes the texts that so many questions at once embed, in the best case for batches: all are there at the same moment,
and none is padded, so only texts of the same number of tokens run together. Prints the processor time a text takes
either way, and how far the vectors of a batch are from those of each text alone. Needs the extra `models` (the graph is
opened for batches, which the shipped one is not made for).
"""

import argparse
import itertools
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.load.questions import make_questions
from whence.embedding.onnx import MINILM
from whence.embedding.remembered import RememberingEmbedder
from whence.interface import Whence
from whence.protocols import Vectors
from whence.types import Role

REPEATS = 3
LARGEST = 16


def texts_of(data: str, index: str, n: int, seed: int) -> list[list[str]]:
    """The texts that each question embeds, none of them twice."""
    told: list[list[str]] = []
    heard: list[str] = []
    embed = RememberingEmbedder.embed

    def listening(self: RememberingEmbedder, texts: Sequence[str], role: Role) -> Vectors:
        heard.extend(texts)
        return embed(self, texts, role)

    questions = make_questions(data, index, n, seed)
    with mock.patch.object(RememberingEmbedder, "embed", listening), Whence(data) as whence:
        for question in questions:
            heard.clear()
            whence.ask(question, name=index)
            told.append(list(dict.fromkeys(heard)))
    return told


def session() -> Any:
    """The shipped model with an open first dimension, one thread."""
    import onnx
    import onnxruntime as ort

    model = onnx.load(str(MINILM / "model.onnx"))
    for value in (model.graph.input[0], model.graph.output[0]):
        first = value.type.tensor_type.shape.dim[0]
        first.ClearField("dim_value")
        first.dim_param = "texts"
    del model.graph.value_info[:]
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def batches(rows: list[list[int]]) -> list[list[list[int]]]:
    """Rows of equal length together, at most ``LARGEST``."""
    by_length: dict[int, list[list[int]]] = defaultdict(list)
    for row in rows:
        by_length[len(row)].append(row)
    return [same[at : at + LARGEST] for same in by_length.values() for at in range(0, len(same), LARGEST)]


def cpu_s(run: Any, groups: list[list[list[int]]]) -> float:
    """Least processor time of a few passes."""
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        for group in groups:
            run(group)
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str((MINILM / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    opened = session()

    def run(group: list[list[int]]) -> Any:
        return opened.run(None, {"input_ids": np.array(group, dtype=np.int64)})[0]

    asked = texts_of(given.data, given.index, given.questions, given.seed)
    windows = [
        list(itertools.chain.from_iterable(asked[at : at + given.at_once]))
        for at in range(0, len(asked), given.at_once)
    ]
    alone = together = 0.0
    sizes: list[int] = []
    cosines: list[float] = []
    for window in windows:
        rows = [encoding.ids for encoding in tokenizer.encode_batch(window)]
        groups = batches(rows)
        alone += cpu_s(run, [[row] for group in groups for row in group])
        together += cpu_s(run, groups)
        sizes += [len(group) for group in groups]
        for group in groups:
            singles = np.stack([run([row])[0] for row in group])
            cosines += (run(group) * singles).sum(axis=1).tolist()
    n = sum(sizes)
    print(f"{n} texts of {given.questions} questions, {given.at_once} at once: {n / len(sizes):.1f} texts a batch")
    saved = 1 - together / alone
    print(f"alone {alone / n * 1000:.2f} ms a text, together {together / n * 1000:.2f} ms ({saved:.0%} less)")
    print(f"cosine of a batch's vectors to those alone: least {min(cosines):.4f}, mean {np.mean(cosines):.4f}")


if __name__ == "__main__":
    main()
