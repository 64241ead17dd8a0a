"""Measures ways to run an embedding model: how fast, how near the unquantized model, and why some cannot be."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from whence.embedding.choice import Choice, Chosen, Open
from whence.embedding.model_folder import ModelFolder
from whence.embedding.onnx import FAITHFUL, OnnxEmbedder
from whence.embedding.options import EmbeddingOptions
from whence.errors import ModelError, WhenceError

PASSAGE_WORDS = (12, 40, 80, 120, 160, 24, 100, 140)
"""How long the passages are that speed is measured on: like those of a project's chunks, long and short mixed."""

N_QUESTIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to run a model: its choice, and the graph "" (as it came), "fp32" or "fp16"."""

    choice: Choice
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one way brings. ``rate`` is passages a second, ``core_ms`` processor time a passage over all cores.

    ``question_ms`` is the median for one short question alone. ``agreement`` is the least cosine to the unquantized
    model. ``problem`` says why it cannot be taken, "" where it can; what was not measured is 0.
    """

    way: Way
    rate: float = 0.0
    core_ms: float = 0.0
    question_ms: float = 0.0
    agreement: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What a way costs, in the units of ``Measured``."""

    rate: float
    core_ms: float
    question_ms: float


def ways(
    cores: int, quantized: bool, providers: Sequence[str], openvino: Sequence[str], batches: Sequence[int]
) -> list[Way]:
    """What is worth measuring on a machine with these ``providers`` of ONNX Runtime and precisions of OpenVINO.

    As the model came is first. A graph with 8-bit weights takes one text a run; graphs of floats take ``batches``.
    """
    found = [Way(choice=Choice(), variant="")]
    if cores > 1:
        found.append(Way(choice=Choice(threads=cores), variant=""))
    if not quantized:
        found += [Way(choice=Choice(batch=size), variant="") for size in batches if size > 1]
    else:
        found += [Way(choice=_of("fp32", batch=size), variant="fp32") for size in batches]
    for precision in openvino:
        for variant in ("", "fp32") if quantized else ("",):
            sizes = (1,) if quantized and not variant else tuple(batches)
            found += [
                Way(
                    choice=_of(variant, runtime="openvino", provider="CPU", precision=precision, batch=size),
                    variant=variant,
                )
                for size in sizes
            ]
    for provider in ("CUDAExecutionProvider", "TensorrtExecutionProvider"):
        if provider in providers:
            large = sorted({*batches, 32, 128})
            found += [
                Way(choice=_of(variant, provider=provider, batch=size), variant=variant)
                for variant in ("fp16", "fp32")
                for size in large
            ]
    return found


def _of(variant: str, **settings: object) -> Choice:
    choice = replace(Choice(), **settings)  # type: ignore[arg-type]
    return replace(choice, file=file_of(variant)) if variant else choice


def file_of(variant: str) -> str:
    """What the graph of a variant is called beside its record."""
    return f"optimized-{variant}.onnx"


def passages(folder: Path) -> list[str]:
    """Texts to measure speed on, made of the words of the model's own reference texts; always the same."""
    words = " ".join(ModelFolder(folder).manifest["reference_texts"]).split()
    made = []
    for number, n_words in enumerate(PASSAGE_WORDS * 2):
        start = 7 * number
        made.append(" ".join(words[(start + place) % len(words)] for place in range(n_words)))
    return made


def measure(
    folder: Path,
    options: EmbeddingOptions,
    found: Iterable[Way],
    graphs: Mapping[str, Callable[[], bytes]],
    open_other: Open,
    *,
    seconds: float = 3.0,
    told: Callable[[int], None] = lambda done: None,  # noqa: ARG005
) -> list[Measured]:
    """Each way in turn, about so many ``seconds`` each; ``graphs`` makes the graph of a variant when first needed."""
    texts = passages(folder)
    made: dict[str, bytes] = {"": b""}
    measured = []
    for done, way in enumerate(found):
        try:
            if way.variant not in made:
                made[way.variant] = graphs[way.variant]()
            chosen = Chosen(choice=way.choice, graph=made[way.variant])
            embedder = OnnxEmbedder(folder, options, chosen=chosen, open_other=open_other)
            measured.append(_measured(way, embedder, texts, seconds))
        except WhenceError as error:
            measured.append(Measured(way=way, problem=str(error)))
        told(done + 1)
    return measured


def _measured(way: Way, embedder: OnnxEmbedder, texts: list[str], seconds: float) -> Measured:
    try:
        agreement = embedder.check()
    except ModelError as error:
        return Measured(way=way, problem=str(error))
    texts = texts * max(1, 2 * way.choice.batch // len(texts))
    speed = speed_of(
        lambda: embedder.embed(texts, "passage"),
        lambda number: embedder.embed([f"where is number {number} read?"], "question"),
        n_texts=len(texts),
        seconds=seconds,
    )
    is_faithful = agreement >= FAITHFUL
    problem = "" if is_faithful else f"cosine {agreement:.3f} to the unquantized model, {FAITHFUL} is the least"
    return measured_of(way, speed, agreement, problem)


def speed_of(
    run: Callable[[], object], ask: Callable[[int], object], *, n_texts: int, seconds: float, most_runs: int = 50
) -> Speed:
    """``run`` works on ``n_texts`` passages, again and again for so many ``seconds``; ``ask`` on one numbered question.

    What either raises is passed on.
    """
    rates: list[float] = []
    spent = 0.0
    ended = time.perf_counter() + seconds
    while not rates or (time.perf_counter() < ended and len(rates) < most_runs):
        began, cpu = time.perf_counter(), time.process_time()
        run()
        rates.append(n_texts / (time.perf_counter() - began))
        spent += time.process_time() - cpu
    waits = []
    for number in range(N_QUESTIONS):
        began = time.perf_counter()
        ask(number)
        waits.append(time.perf_counter() - began)
    return Speed(rate=median(rates), core_ms=spent / (len(rates) * n_texts) * 1000, question_ms=median(waits) * 1000)


def measured_of(way: Way, speed: Speed, agreement: float, problem: str = "") -> Measured:
    """A way with what was measured of it."""
    return Measured(
        way=way,
        rate=speed.rate,
        core_ms=speed.core_ms,
        question_ms=speed.question_ms,
        agreement=agreement,
        problem=problem,
    )


def fastest(measured: Sequence[Measured], *, is_busy: bool = False) -> list[Measured]:
    """Those that can be taken, fastest first; of two within 3 %, the one that keeps closer to how the model came.

    By the clock, but where the machine ``is_busy`` by processor time, if all of them run on the processor: what the
    clock says is then chance.
    """
    usable = [(place, one) for place, one in enumerate(measured) if not one.problem]
    by_processor = is_busy and all(one.way.choice.on_processor for _, one in usable)

    def speed(one: Measured) -> float:
        return 1 / one.core_ms if by_processor and one.core_ms else one.rate

    best: list[Measured] = []
    left = sorted(usable, key=lambda pair: -speed(pair[1]))
    while left:
        near = [pair for pair in left if speed(pair[1]) >= 0.97 * speed(left[0][1])]
        taken = min(near, key=lambda pair: pair[0])
        best.append(taken[1])
        left.remove(taken)
    return best


def as_row(one: Measured) -> dict[str, object]:
    """One measurement as a record keeps it and ``--json`` shows it."""
    choice = one.way.choice
    return {
        "variant": one.way.variant or "as it came",
        "runtime": choice.runtime,
        "provider": choice.provider,
        "precision": choice.precision,
        "threads": choice.threads,
        "batch": choice.batch,
        "rate": round(one.rate, 1),
        "core_ms": round(one.core_ms, 2),
        "question_ms": round(one.question_ms, 2),
        "agreement": round(one.agreement, 4),
        "problem": one.problem,
    }
