"""Finds the fastest way to run a reading model on this machine that reads as well, and records it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from whence.embedding.choice import Choice, Chosen, available_cores
from whence.embedding.optimize import PASSAGE_WORDS, Measured, Way, fastest, file_of, measured_of, speed_of
from whence.errors import MissingExtraError, ModelError, UsageError, WhenceError
from whence.evaluating.optimize import MOST_LOST, Loss, Optimized, has_company, keep_record, runtimes
from whence.evaluation.rows import json_rows
from whence.metrics.f1 import f1
from whence.model_files import read_file, read_manifest
from whence.pipelines.progress import Listener, Progress, silent
from whence.readers import as_chosen, reader_record
from whence.reading.onnx import FAITHFUL, MAX_THREADS, OnnxPassageReader

if TYPE_CHECKING:
    from whence.interface import Whence
    from whence.reading.options import PassageReadingOptions

SQUAD = "squad/squad_v1.1_dev_open.jsonl.gz"
SEED = 7
_TRIED = 4

Question = tuple[str, str, tuple[str, ...]]
"""A question, the passage that answers it, and all answers that count."""


def optimize_reader(
    whence: Whence,
    place: Path,
    questions: Sequence[Question] = (),
    listener: Listener = silent,
    *,
    seconds: float = 3.0,
    records: bool = True,
) -> Optimized:
    """Measures the ways to run the reader in ``place`` and records the best.

    Logits must agree with those of the unquantized model; where there are ``questions``, the F1 of the words that are
    read may not fall by more than ``MOST_LOST`` either. Raises ``ModelError``, ``UsageError``, ``StoreError``.
    """
    manifest = read_manifest(place, ("name", "reference_texts"), "reading model")
    if "runtime" in manifest:
        raise UsageError(f"{place} runs with {manifest['runtime']}, as it came: only graphs have other ways.")
    options = replace(whence.settings.reader, optimized=False)
    plain = OnnxPassageReader(place, options)
    providers, openvino, absent = runtimes()
    del providers  # pairs are read alone: a device of its own would wait for each
    cores = min(options.threads or available_cores(), MAX_THREADS)
    found = reading_ways(cores, bool(manifest.get("quantized")), openvino)
    graphs, load, texts = _graphs(place), os.getloadavg()[0], passages(manifest)
    measured = []
    for done, way in enumerate(found):
        listener(Progress(stage="measuring", done=done, total=len(found)))
        measured.append(_measured(place, options, way, graphs, texts, seconds))
    busy = has_company(load)
    ranked = fastest(measured, is_busy=busy)
    if not ranked:
        raise UsageError(f"{plain.digest} cannot be run on this machine: {measured[0].problem}")
    chosen = ranked[0]
    losses: tuple[Loss, ...] = ()
    refused: tuple[tuple[Measured, Loss], ...] = ()
    if questions:
        chosen, losses, refused = _checked(place, options, ranked, graphs, questions, listener)
    record = None
    if records:
        record = keep_record(
            reader_record(place, plain, whence.embedders.folder), plain.digest, chosen, graphs, measured, losses
        )
    return Optimized(
        model=plain.digest,
        folder=place,
        dim=0,
        n_passages=len(texts),
        load=load,
        is_busy=busy,
        measured=tuple(measured),
        chosen=chosen,
        absent=tuple(text for text in absent if "OpenVINO" in text),
        losses=losses,
        refused=refused,
        record=record,
    )


def reading_questions(suite: str, data: Path | None, n: int) -> list[Question]:
    """``n`` questions with passage and answers, drawn: of "squad" in the folder of data sets, or of a file like it.

    Raises ``UsageError`` where there are none.
    """
    if suite == "squad" and data is None:
        raise UsageError("The suite squad needs its data: name their folder with --suite-data, or WHENCE_TEST_DATA.")
    path = data / SQUAD if suite == "squad" and data is not None else Path(suite).expanduser()
    if not path.is_file():
        raise UsageError(f"A reader is judged by squad, or by a file like it; {path} is not there.")
    try:
        rows = [row for _, row in json_rows(path)]
        every = [(str(row["question"]), str(row["context"]), tuple(map(str, row["answers"]))) for row in rows]
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path} has no questions with context and answers ({error!r}).") from error
    if not every:
        raise UsageError(f"{path} has no questions.")
    return random.Random(SEED).sample(every, min(n, len(every)))


def reading_ways(cores: int, quantized: bool, openvino: Sequence[str]) -> list[Way]:
    """What is worth measuring: as the model came is first. A pair is read alone, whatever runs it."""
    threads = (1, cores) if cores > 1 else (1,)
    found = [Way(choice=Choice(threads=n), variant="") for n in threads]
    if quantized:
        found += [Way(choice=Choice(file=file_of("fp32"), threads=n), variant="fp32") for n in threads]
    variant = "fp32" if quantized else ""
    for precision in openvino:
        settings = Choice(runtime="openvino", provider="CPU", precision=precision)
        if variant:
            settings = replace(settings, file=file_of(variant))
        found += [Way(choice=replace(settings, threads=n), variant=variant) for n in threads]
    return found


def passages(manifest: Mapping[str, Any]) -> list[str]:
    """Texts to measure speed on, made of the words of the model's own reference pairs; always the same."""
    pairs = manifest["reference_texts"]
    words = [word for pair in pairs for text in pair for word in str(text).split()]
    return [
        " ".join(words[(7 * number + place) % len(words)] for place in range(n_words))
        for number, n_words in enumerate(PASSAGE_WORDS)
    ]


def _graphs(place: Path) -> dict[str, Callable[[], bytes]]:
    """What makes the graph of a variant, once."""
    made: dict[str, bytes] = {}

    def exact() -> bytes:
        if not made:
            try:
                from whence.backends.graph_variants import as_float32
            except ImportError as error:
                raise MissingExtraError("not made: run `pip install 'whence[models]'`") from error
            made["fp32"] = as_float32(read_file(place, read_manifest(place, (), "reading model"), "model.onnx"))
        return made["fp32"]

    return {"": lambda: b"", "fp32": exact}


def _reader(place: Path, options: PassageReadingOptions, way: Way, graph: bytes) -> OnnxPassageReader:
    return as_chosen(place, options, Chosen(choice=way.choice, graph=graph))


def _measured(
    place: Path,
    options: PassageReadingOptions,
    way: Way,
    graphs: Mapping[str, Callable[[], bytes]],
    texts: list[str],
    seconds: float,
) -> Measured:
    """What one way brings; ``agreement`` is how far its logits are off, on average."""
    try:
        reader = _reader(place, options, way, graphs[way.variant]())
        off = reader.check()
    except WhenceError as error:
        return Measured(way=way, problem=str(error).splitlines()[0])
    if not off <= FAITHFUL:
        return Measured(way=way, agreement=off, problem=f"logits {off:.2f} off, {FAITHFUL:g} is the most")
    speed = speed_of(
        lambda: reader.read("where is the limit of retries set?", texts),
        lambda number: reader.read(f"where is number {number} read?", texts[2:3]),
        n_texts=len(texts),
        seconds=seconds,
    )
    return measured_of(way, speed, off)


def _checked(
    place: Path,
    options: PassageReadingOptions,
    ranked: Sequence[Measured],
    graphs: Mapping[str, Callable[[], bytes]],
    questions: Sequence[Question],
    listener: Listener,
) -> tuple[Measured, tuple[Loss, ...], tuple[tuple[Measured, Loss], ...]]:
    """The fastest way that reads as well as the model as it came, its loss, and what was refused before it."""
    refused: list[tuple[Measured, Loss]] = []
    before: float | None = None
    for one in ranked[:_TRIED]:
        if one.way.choice.is_plain:
            return one, (), tuple(refused)
        if before is None:
            before = _f1(OnnxPassageReader(place, options), questions, listener)
        after = _f1(_reader(place, options, one.way, graphs[one.way.variant]()), questions, listener)
        loss = Loss(suite="squad", measure="F1", before=before, after=after, lost=before - after)
        if loss.lost <= MOST_LOST:
            return one, (loss,), tuple(refused)
        refused.append((one, loss))
    plainly = next((one for one in ranked if one.way.choice.is_plain), None)
    if plainly is None:
        raise ModelError("No way to run this model reads as well as it came; it stays as it is.")
    return plainly, (), tuple(refused)


def _f1(reader: OnnxPassageReader, questions: Sequence[Question], listener: Listener) -> float:
    """Mean F1 of the best words, whether or not none would score higher."""
    values = []
    for done, (question, passage, answers) in enumerate(questions):
        if done % 20 == 0:
            listener(Progress(stage="reading", done=done, total=len(questions)))
        [reading] = reader.read(question, [passage])
        said = passage[reading.spans[0].start : reading.spans[0].end] if reading.spans else ""
        values.append(f1(said, answers))
    return fmean(values)
