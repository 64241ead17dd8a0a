"""What 8-bit weights cost a reader: exact match and F1 on SQuAD's open dev half, float32 beside int8, paired.

    python -m benchmarks.reader_weights WEIGHTS BASE -n 500       # WHENCE_TEST_DATA names the data

WEIGHTS are what the training wrote (weights.safetensors), BASE the folder of the encoder it began from. Both graphs
are made from the same weights, in a folder that goes away again. No text of a question is kept.
"""

import argparse
import hashlib
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.report import data_folder, table, write_result
from whence.backends.reader_export import export_reader
from whence.backends.reader_scoring import Asked, ReaderFolder, read_asked
from whence.metrics.bootstrap import paired_bootstrap_interval
from whence.metrics.exact_match import exact_match
from whence.metrics.f1 import f1
from whence.training.options import ReaderTraining

DEV = "squad/squad_v1.1_dev_open.jsonl.gz"
METRICS = {"exact match": exact_match, "F1": f1}


def main() -> None:
    parser = argparse.ArgumentParser(description="8-bit against float32 weights of a reader")
    parser.add_argument("weights", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("-n", "--n", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = random.Random(options.seed).sample(list(read_asked(data_folder() / DEV)), options.n)
    read = {name: measured(options.weights, options.base, rows, int8=name == "int8") for name in ("float32", "int8")}
    lines, losses = [], {}
    for name, (values, figures) in read.items():
        means = [sum(values[metric]) / len(rows) for metric in METRICS]
        lines.append([name, *means, figures["bytes"], figures["ms_a_question"]])
    for metric in METRICS:
        losses[metric] = asdict(paired_bootstrap_interval(read["int8"][0][metric], read["float32"][0][metric]))
    headings = ["weights", *METRICS, "bytes", "processor ms a question"]
    printed = table(headings, lines)
    print(printed)
    print({metric: {part: round(value, 4) for part, value in loss.items()} for metric, loss in losses.items()})
    digest = hashlib.sha256(options.weights.read_bytes()).hexdigest()
    settings = {"data": DEV, "n": options.n, "seed": options.seed, "weights_sha256": digest}
    write_result("reader_weights", settings, {"rows": lines, "int8 less float32": losses}, {"Reader, 8 bits": printed})


def measured(
    weights: Path, base: Path, rows: Sequence[Asked], *, int8: bool
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Values by metric, a question each, and size and cost of the graph."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        export_reader(weights, base, out, ReaderTraining(), name="reader", int8=int8)
        reader = ReaderFolder(out)
        began = time.process_time()
        answers = [row.answer for row in reader.answers(rows)]
        cost = {"ms_a_question": (time.process_time() - began) * 1000 / len(rows)}
        cost["bytes"] = (out / "model.onnx").stat().st_size
    values = {
        metric: [measure(answer, row.answers) for answer, row in zip(answers, rows, strict=True)]
        for metric, measure in METRICS.items()
    }
    return values, cost


if __name__ == "__main__":
    main()
