"""Finds the fastest way to run an embedding model on this machine that loses nothing, and records it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from whence.embedders import open_other
from whence.embedding.choice import available_cores, write_record
from whence.embedding.model_folder import ModelFolder
from whence.embedding.onnx import MAX_THREADS, MINILM, OnnxEmbedder
from whence.embedding.optimize import Measured, as_row, fastest, measure, passages, ways
from whence.errors import MissingExtraError, StoreError, UsageError
from whence.evaluating.run import Request, evaluate, plan
from whence.evaluation.derived import summarized
from whence.interface import Whence
from whence.model_files import read_manifest
from whence.pipelines.progress import Listener, Progress, silent
from whence.readers import made_reader

if TYPE_CHECKING:
    from whence.evaluation.report import Report

MOST_LOST = 0.01
"""What a suite's measure may fall by."""

_TRIED = 4
_BATCHES = (1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One measure of one suite: as the model came, and as it would run. Whether more is better is in the sign."""

    suite: str
    measure: str
    before: float
    after: float
    lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimized:
    """What was found. ``losses`` are those of ``chosen``, empty where no suite was asked or it runs as it came.

    ``load`` is how many processes wanted to compute before it began; where they are many, ``is_busy``, and ways on the
    processor are compared by the processor time that they took. ``refused`` are faster ways that lost too much on
    a suite. ``record`` is None where nothing was to be recorded.
    """

    model: str
    folder: Path
    dim: int
    n_passages: int
    load: float
    is_busy: bool
    measured: tuple[Measured, ...]
    chosen: Measured
    absent: tuple[str, ...]
    losses: tuple[Loss, ...]
    refused: tuple[tuple[Measured, Loss], ...]
    record: Path | None


def optimize(
    whence: Whence,
    model: str,
    request: Request | None = None,
    listener: Listener = silent,
    *,
    seconds: float = 3.0,
    records: bool = True,
) -> Optimized:
    """Measures the ways to run ``model`` (a name, a path, "" for that of the settings) and records the best.

    Without suites, vectors must agree with the unquantized model's; with those of ``request``, no measure may fall by
    more than ``MOST_LOST`` either. Raises ``ModelError``, ``UsageError``, ``MissingExtraError``, ``StoreError``.
    """
    if request is not None:
        plan(whence, request)  # what cannot be asked is said before anything is measured
    embedders = whence.embedders
    place = embedders.folder_of(model or whence.settings.embedding.model)
    if runtime := read_manifest(place, (), "model").get("runtime"):
        raise UsageError(f"{place} runs with {runtime}, as it came: only graphs have other ways.")
    manifest = ModelFolder(place).manifest
    options = replace(whence.settings.embedding, model="")
    plain = OnnxEmbedder(place, options)
    cores = min(options.threads or available_cores(), MAX_THREADS)
    providers, openvino, absent = runtimes()
    found = ways(cores, bool(manifest["quantized"]), providers, openvino, _BATCHES)
    graphs, load = _graphs(place), os.getloadavg()[0]

    def told(done: int) -> None:
        listener(Progress(stage="measuring", done=done, total=len(found)))

    told(0)
    measured = measure(place, options, found, graphs, open_other, seconds=seconds, told=told)
    busy = has_company(load)
    ranked = fastest(measured, is_busy=busy)
    if not ranked:
        raise UsageError(f"{plain.digest} cannot be run on this machine: {measured[0].problem}")
    chosen = ranked[0]
    losses: tuple[Loss, ...] = ()
    refused: tuple[tuple[Measured, Loss], ...] = ()
    if request is not None:
        chosen, losses, refused = _checked(whence, plain, ranked, graphs, request, listener)
    record = None
    if records:
        record = keep_record(embedders.record(plain), plain.digest, chosen, graphs, measured, losses)
    return Optimized(
        model=plain.digest,
        folder=place,
        dim=plain.dim,
        n_passages=len(passages(place)),
        load=load,
        is_busy=busy,
        measured=tuple(measured),
        chosen=chosen,
        absent=absent,
        losses=losses,
        refused=refused,
        record=record,
    )


def has_company(load: float) -> bool:
    """Whether so many processes wanted to compute that the clock says little of one of them."""
    return load > 0.5 * available_cores()


def keep_record(
    folder: Path,
    digest: str,
    chosen: Measured,
    graphs: Mapping[str, Callable[[], bytes]],
    measured: Sequence[Measured],
    losses: Sequence[Loss],
) -> Path:
    """Leaves what was chosen, and what was measured beside it, in ``folder``. Raises ``StoreError``."""
    needed = {chosen.way.choice.file: graphs[chosen.way.variant]()} if chosen.way.variant else {}
    said = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "measured": [as_row(one) for one in measured],
        "losses": [{"suite": one.suite, "measure": one.measure, "lost": round(one.lost, 4)} for one in losses],
    }
    try:
        return write_record(folder, digest, chosen.way.choice, needed, said)
    except OSError as error:
        raise StoreError(f"The record cannot be written: {error.strerror or error}.") from error


def is_reader(place: Path) -> bool:
    """Whether a model folder holds a model that reads."""
    return bool(read_manifest(place, (), "model").get("task") == "reader")


def reader_of(whence: Whence, model: str) -> Path | None:
    """The folder of a reader, made of a published model if need be; None where the model is an embedder.

    Raises ``ModelError``, ``MissingExtraError``, ``DiskFullError``.
    """
    if model in ("", MINILM.name):
        return None
    place = made_reader(model, whence.embedders.folder)
    return place if place is not None and is_reader(place) else None


def _graphs(place: Path) -> dict[str, Callable[[], bytes]]:
    """What makes the graph of a variant, once."""
    made: dict[str, bytes] = {}

    def graph(variant: str) -> bytes:
        if variant not in made:
            try:
                from whence.backends.graph_variants import as_float16, as_float32
            except ImportError as error:
                raise MissingExtraError("not made: run `pip install 'whence[models]'`") from error
            if variant == "fp16":
                made[variant] = as_float16(graph("fp32"))
            else:
                made[variant] = as_float32(ModelFolder(place).read("model.onnx"))
        return made[variant]

    return {"fp32": lambda: graph("fp32"), "fp16": lambda: graph("fp16")}


def runtimes() -> tuple[list[str], list[str], tuple[str, ...]]:
    """Providers of ONNX Runtime, precisions of OpenVINO, and what is not here, in words."""
    import onnxruntime as ort

    providers = list(ort.get_available_providers())
    absent = [
        f"{name}: this ONNX Runtime ({ort.__version__}) was built without it"
        for name, provider in (("CUDA", "CUDAExecutionProvider"), ("TensorRT", "TensorrtExecutionProvider"))
        if provider not in providers
    ]
    try:
        from whence.backends.openvino import precisions

        openvino = precisions()
    except ImportError:
        openvino = []
        absent.insert(0, "OpenVINO: pip install 'whence[openvino]'")
    return providers, openvino, tuple(absent)


def _versions() -> dict[str, str]:
    found = {}
    for name in ("onnxruntime", "openvino"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _checked(
    whence: Whence,
    plain: OnnxEmbedder,
    ranked: Sequence[Measured],
    graphs: dict[str, Callable[[], bytes]],
    request: Request,
    listener: Listener,
) -> tuple[Measured, tuple[Loss, ...], tuple[tuple[Measured, Loss], ...]]:
    """The fastest way that no suite loses more by than it may, its losses, and what was refused before it.

    The corpora are embedded anew by each way that is tried; as the model came, nothing can be lost.
    """
    refused: list[tuple[Measured, Loss]] = []
    with tempfile.TemporaryDirectory(prefix="whence-optimize-") as scratch:
        before: list[Report] | None = None
        for number, one in enumerate(ranked[:_TRIED]):
            if one.way.choice.is_plain:
                return one, (), tuple(refused)
            before = before or _asked(whence, plain, Path(scratch, "before"), None, request, listener)
            place = Path(scratch, str(number))
            graph = {one.way.choice.file: graphs[one.way.variant]()} if one.way.variant else {}
            write_record(place / "models" / "optimized" / plain.digest, plain.digest, one.way.choice, graph, {})
            losses = compared(before, _asked(whence, plain, place, place / "models", request, listener))
            worst = max(losses, key=lambda loss: loss.lost, default=None)
            if worst is None or worst.lost <= MOST_LOST:
                return one, tuple(losses), tuple(refused)
            refused.append((one, worst))
    plainly = next((one for one in ranked if one.way.choice.is_plain), None)
    if plainly is None:
        raise UsageError("No way to run this model keeps what the suites measure; it stays as it is.")
    return plainly, (), tuple(refused)


def _asked(
    whence: Whence, plain: OnnxEmbedder, scratch: Path, models: Path | None, request: Request, listener: Listener
) -> list[Report]:
    """The reports of the suites with the model as it came, or as the record in ``models`` says."""
    embedding = replace(
        whence.settings.embedding,
        model="" if plain.folder == MINILM else str(plain.folder),
        folder=str(models or whence.embedders.folder),
        optimized=models is not None,
    )
    settings = replace(whence.settings, embedding=embedding)
    asked = replace(request, out=scratch / "reports", own=scratch / "corpora", keeps_text=False)
    with Whence(settings=settings, listener=listener) as other:
        return list(evaluate(other, plan(other, asked)[0], asked, listener))


def compared(before: Sequence[Report], after: Sequence[Report]) -> list[Loss]:
    """How far each measure that is a share falls, suite by suite; a rise is a negative loss."""
    losses = []
    for first, second in zip(before, after, strict=True):
        values, others = summarized(first).values, summarized(second).values
        for head in first.header.measures:
            if head.is_share and head.name in values and head.name in others:
                old, new = values[head.name].mean, others[head.name].mean
                lost = new - old if head.is_lower_better else old - new
                losses.append(Loss(suite=first.header.suite, measure=head.name, before=old, after=new, lost=lost))
    return losses
