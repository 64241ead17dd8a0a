"""What reading costs: passages of 200 tokens, through the carried reader, in every form that it could be run in.

    python -m benchmarks.reader_speed [FOLDER] [--rounds 15]

FOLDER is a model folder, the shipped one by default. The forms take turns, so that what else the machine does meets all
of them alike; processor time is that of all threads together, its least and its median over the rounds. "off" is the
greatest difference of any logit from the same passage read alone. Token ids are drawn, the same in every run.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import table, write_result
from whence.model_files import read_file, read_manifest
from whence.reading.onnx import SHIPPED

N_TOKENS, N_ASKED, SEED = 200, 12, 7
MIXED = (40, 320, 120, 200, 80, 280, 160, 240)
"""Eight passages of one length are rare; 1,440 tokens in all."""
OUTPUTS = ("start", "end", "relevance")
LEVELS = {
    "none": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}

Ids = NDArray[np.int64]
Logits = list[NDArray[np.float32]]
"""What is said of each passage: start and end of its own tokens, and relevance, one after the other."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to read ``passages``; ``costs`` (processor ms) and ``waits`` (ms by the clock) grow round by round."""

    name: str
    passages: Sequence[Ids]
    read: Callable[[Sequence[Ids]], Logits]
    costs: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description="what reading passages of 200 tokens costs, form by form")
    parser.add_argument("folder", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    manifest = read_manifest(options.folder, ("name", "files"), "reading model")
    found = forms(read_file(options.folder, manifest, "model.onnx"))
    wanted = {id(form.passages): found[0].read(form.passages) for form in found}
    off = {form.name: _distance(form.read(form.passages), wanted[id(form.passages)]) for form in found}
    for _ in range(options.rounds):
        for form in found:
            began, cpu = time.perf_counter(), time.process_time()
            form.read(form.passages)
            form.costs.append((time.process_time() - cpu) * 1000)
            form.waits.append((time.perf_counter() - began) * 1000)
    rows = [
        [form.name, len(form.passages), *_ms([min(form.costs), median(form.costs), median(form.waits)]), off[form.name]]
        for form in found
    ]
    headings = ["form", "passages", "processor ms, least", "median", "clock ms", "off"]
    printed = table(headings, rows)
    print(printed)
    settings = {"model": manifest["name"], "tokens": N_TOKENS, "mixed": MIXED, "rounds": options.rounds, "seed": SEED}
    write_result("reader_speed", settings, {"headings": headings, "rows": rows}, {"Reading, form by form": printed})


def forms(model: bytes) -> list[Form]:
    """Every form that is compared, the program's own first."""
    chance = np.random.default_rng(SEED)
    eight, mixed = ([_ids(chance, n) for n in lengths] for lengths in ((N_TOKENS,) * 8, MIXED))
    sessions = {level: _session(model, level, 1) for level in LEVELS}
    plain, both = sessions["basic"], _session(model, "basic", 2)
    made = [Form(f"alone, one by one ({n})", eight * (n // 8) or eight[:n], _alone(plain)) for n in (1, 4, 8, 16)]
    made += [Form("alone, two at once", eight, _at_once(plain)), Form("alone, two threads a run", eight, _alone(both))]
    made += [
        Form(f"alone, graph optimization {level}", eight, _alone(session))
        for level, session in sessions.items()
        if session is not plain
    ]
    made += [Form(f"batches of {n}", eight, _batched(plain, n)) for n in (4, 8)]
    by_length = sorted(mixed, key=len)
    made += [Form("mixed lengths, alone, one by one", mixed, _alone(plain))]
    made += [Form("mixed lengths, alone, two at once", mixed, _at_once(plain))]
    made += [Form(f"mixed lengths, batches of {n}, padded", mixed, _batched(plain, n)) for n in (4, 8)]
    made += [Form("mixed lengths, sorted, batches of 4", by_length, _batched(plain, 4))]
    return sorted(made, key=lambda form: form.name != "alone, one by one (8)")


def _ids(chance: np.random.Generator, n_tokens: int) -> Ids:
    """A pair of question and passage; the marks are those of the carried reader's vocabulary."""
    return np.array([101, *chance.integers(2000, 20_000, n_tokens - 2), 102], np.int64)


def _session(model: bytes, level: str, n_threads: int) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = n_threads, 1, 3
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, LEVELS[level])
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _feed(passages: Sequence[Ids]) -> Mapping[str, Ids]:
    """Padded to the longest, as a batch has to be; the padding is masked for graphs that look at masks."""
    shape = (len(passages), max(map(len, passages)))
    ids, types, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, own in enumerate(passages):
        ids[row, : len(own)], types[row, N_ASKED : len(own)], mask[row, : len(own)] = own, 1, 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}


def _run(session: Any, passages: Sequence[Ids]) -> Logits:
    start, end, relevance = session.run(OUTPUTS, _feed(passages))
    return [
        np.concatenate([start[row, N_ASKED : len(own)], end[row, N_ASKED : len(own)], relevance[row : row + 1]])
        for row, own in enumerate(passages)
    ]


def _alone(session: Any) -> Callable[[Sequence[Ids]], Logits]:
    return lambda passages: [said for own in passages for said in _run(session, [own])]


def _at_once(session: Any) -> Callable[[Sequence[Ids]], Logits]:
    pool = ThreadPoolExecutor(2)
    return lambda passages: [said for [said] in pool.map(lambda own: _run(session, [own]), passages)]


def _batched(session: Any, size: int) -> Callable[[Sequence[Ids]], Logits]:
    return lambda passages: [
        said for at in range(0, len(passages), size) for said in _run(session, passages[at : at + size])
    ]


def _distance(said: Logits, wanted: Logits) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(said, wanted, strict=True))


def _ms(values: Sequence[float]) -> list[str]:
    return [f"{value:.0f}" for value in values]


if __name__ == "__main__":
    main()
