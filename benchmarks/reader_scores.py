"""How well a reader reads: exact match and F1 on SQuAD's open dev half, given the paragraph, an answer always given.

    python -m benchmarks.reader_scores [FOLDER] [-n N]       # WHENCE_TEST_DATA names the data

FOLDER is a model folder, the shipped one by default. No text of a question is kept.
"""

import argparse
import random
import time
from pathlib import Path

from benchmarks.report import data_folder, table, write_result
from whence.backends.reader_scoring import ReaderFolder, read_asked
from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.exact_match import exact_match
from whence.metrics.f1 import f1
from whence.reading.onnx import SHIPPED

DEV = "squad/squad_v1.1_dev_open.jsonl.gz"
METRICS = {"exact match": exact_match, "F1": f1}


def main() -> None:
    parser = argparse.ArgumentParser(description="exact match and F1 of a reader, given the passage")
    parser.add_argument("folder", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("-n", "--n", type=int, default=0, help="so many questions, drawn; 0: all")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = list(read_asked(data_folder() / DEV))
    if options.n:
        rows = random.Random(options.seed).sample(rows, options.n)
    began = time.process_time()
    answers = ReaderFolder(options.folder).answers(rows)
    ms = (time.process_time() - began) * 1000 / len(rows)
    lines: list[list[object]] = []
    for name, measure in METRICS.items():
        values = [measure(answer.answer, row.answers) for answer, row in zip(answers, rows, strict=True)]
        interval = bootstrap_interval(values)
        lines.append([name, len(values), interval.mean, interval.low, interval.high])
    none_higher = sum(answer.margin < 0 for answer in answers) / len(answers)
    printed = table(["measure", "questions", "mean", "low", "high"], lines)
    print(printed)
    print(f"no answer scores higher: {none_higher:.3f}; processor time a question: {ms:.1f} ms")
    results = {"rows": lines, "none_higher": none_higher, "ms_a_question": ms}
    write_result("reader_scores", {"data": DEV, "n": len(rows)}, results, {"Reader, given the passage": printed})


if __name__ == "__main__":
    main()
