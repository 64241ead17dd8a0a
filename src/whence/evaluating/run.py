"""Carries out a request: suites chosen, corpora made ready, whence and the floors asked, reports and page written."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from whence.errors import UnknownIndexError, UsageError
from whence.evaluating.origin import origin_of, this_machine
from whence.evaluating.places import SYSTEM, Places
from whence.evaluation.baselines import Material, baseline_named, baselines
from whence.evaluation.derived import summarized
from whence.evaluation.discovery import suite_named, suites
from whence.evaluation.judging.configured import judge_of
from whence.evaluation.protocols import Inputs, Suite
from whence.evaluation.report import Report, scores_only, write_report, write_whole
from whence.evaluation.repositories import git_lines
from whence.evaluation.runner import Run, carry_out, drawn
from whence.interface import Whence
from whence.pipelines.progress import Listener, Progress, silent
from whence.settings import StoreOptions
from whence.sources.stored import mirror_folder

FOLDER = "eval"
DEFAULT_N = 500
ALL = "all"
OWN_QUESTIONS = "custom"
_OWN_FORMS = (".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be evaluated. ``suites`` are names, "all", or files of the user's own questions.

    ``n`` of 0 asks all questions of each. ``data`` is the folder of data sets (None: WHENCE_TEST_DATA),
    ``repositories`` are local ones by name, ``index`` is the one that own questions are asked of. Reports are written
    to ``out``, without any text unless ``keeps_text``. Corpora are indexed in ``own`` (None: kept within the data
    folder).
    """

    suites: Sequence[str]
    out: Path
    n: int = DEFAULT_N
    seed: int = 0
    data: Path | None = None
    repositories: Mapping[str, Path] = field(default_factory=dict)
    index: str | None = None
    baselines: Sequence[str] = ()
    keeps_text: bool = True
    own: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One suite that can run, with what it gets; ``label`` names its report."""

    label: str
    suite: Suite
    inputs: Inputs


def inputs_of(whence: Whence, request: Request) -> Inputs:
    """What suites may use. Raises ``UsageError`` for a folder or repository that is not there."""
    named = request.data or (Path(os.environ["WHENCE_TEST_DATA"]) if os.environ.get("WHENCE_TEST_DATA") else None)
    if named is not None and not named.is_dir():
        raise UsageError(f"The folder of data sets {named} is not there: name it with --suite-data.")
    for name, place in request.repositories.items():
        if not place.is_dir():
            raise UsageError(f"The repository {name} is not at {place}: name its folder with --repo {name}=PATH.")
    there = whence.folder.exists()
    return Inputs(
        data=named.absolute() if named else None,
        repositories={name: place.absolute() for name, place in request.repositories.items()},
        index=_chosen(whence, request.index) if there else "",
        histories=whence.histories if there else None,
        documents=whence.documents if there else None,
        mirrors=partial(_mirrors, whence) if there else None,
        embedder=lambda: whence.embedder,
        judge=judge_of(os.environ, lambda: whence.embedder),
    )


def _mirrors(whence: Whence, index: str) -> list[Path]:
    """The bare copies of an index's repositories, but for those that have moved on since it was made."""
    places = [(mirror_folder(one.source_id, whence.folder.mirrors), one.revision) for one in whence.histories(index)]
    return [place for place, revision in places if place and git_lines(place, "rev-parse", "HEAD") == [revision]]


def plan(whence: Whence, request: Request) -> tuple[list[Planned], dict[str, str]]:
    """The suites to run, and why others of "all" are left out, by name.

    Raises ``UsageError`` where a suite that is named itself cannot run, or a baseline is not known.
    """
    for name in request.baselines:
        if name not in baselines():
            raise UsageError(f"There is no baseline {name!r}: choose from {', '.join(baselines())}.")
    if not request.suites:
        raise UsageError('No suite is named: `whence eval list` shows them; "all" runs every one that can run here.')
    inputs = inputs_of(whence, request)
    planned: dict[str, Planned] = {}
    left_out: dict[str, str] = {}
    for name in request.suites:
        if name == ALL:
            for suite in suites().values():
                if missing := suite.missing(inputs):
                    left_out[suite.name] = missing
                else:
                    planned[suite.name] = Planned(label=suite.name, suite=suite, inputs=inputs)
        else:
            one = _planned(name, inputs)
            if one.label in planned and planned[one.label].inputs != one.inputs:
                raise UsageError(f"Two files of questions are called {one.label}: their reports would be one.")
            planned[one.label] = one
    if not planned:
        told = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise UsageError(f"No suite can run here. {told}")
    return list(planned.values()), left_out


def _planned(name: str, inputs: Inputs) -> Planned:
    path = Path(name).expanduser()
    if path.suffix.lower() in _OWN_FORMS:
        if not path.is_file():
            raise UsageError(f"There is no file {name}.")
        label, suite, own = path.stem, suite_named(OWN_QUESTIONS), replace(inputs, file=path)
    else:
        label, suite, own = name, suite_named(name), inputs
    if missing := suite.missing(own):
        raise UsageError(missing)
    return Planned(label=label, suite=suite, inputs=own)


def evaluate(
    whence: Whence, planned: Sequence[Planned], request: Request, listener: Listener = silent
) -> Iterator[Report]:
    """The report of each suite asked of each system, as soon as it is written: ``OUT/SUITE.json``.

    Floors follow whence, as ``OUT/SUITE.FLOOR.json``. What is done of a suite is kept beside and taken up by the next
    run of the same.
    """
    with _own_folder(whence, request, listener) as own:
        for one in planned:
            yield from _reports(one, request, whence, own, listener)


def _reports(one: Planned, request: Request, user: Whence, own: Whence, listener: Listener) -> Iterator[Report]:
    questions = drawn(one.suite, one.inputs, request.n, request.seed)
    places = Places(one.suite, one.inputs, user, own)
    corpora = {name: places.prepared(name) for name in places.used(questions)}
    with tempfile.TemporaryDirectory(prefix="whence-floor-") as scratch:
        material = Material(chunks=places.chunks, files=places.files, scratch=Path(scratch))
        for name in (SYSTEM, *request.baselines):
            path = request.out / (f"{one.label}.json" if name == SYSTEM else f"{one.label}.{name}.json")
            journal = path.with_suffix(".journal")
            run = Run(
                suite=one.suite,
                label=one.label,
                system=places if name == SYSTEM else baseline_named(name, material),
                inputs=one.inputs,
                questions=questions,
                origin=origin_of(user, name),
                n=request.n,
                seed=request.seed,
                corpora=corpora,
                machine=this_machine(),
            )
            report = carry_out(run, journal, _Told(one.label if name == SYSTEM else f"{one.label}, {name}", listener))
            kept = report if request.keeps_text else scores_only(report)
            write_report(kept, path, summarized(kept))
            journal.unlink(missing_ok=True)
            yield kept


def write_page(reports: Sequence[Report], folder: Path) -> Path:
    """Puts the reports of a run into one page, ``FOLDER/index.html``; returns its path. Raises ``StoreError``."""
    from whence.evaluation.page.page import page

    path = folder / "index.html"
    write_whole(path, page(reports))
    return path


class _Told:
    """Turns (done, total) into progress, with a rate that leaves out what an earlier run did."""

    def __init__(self, label: str, listener: Listener) -> None:
        self._label, self._listener = label, listener
        self._first: int | None = None
        self._began = time.perf_counter()

    def __call__(self, done: int, total: int) -> None:
        if self._first is None:
            self._first, self._began = done, time.perf_counter()
        rate = (done - self._first) / max(time.perf_counter() - self._began, 1e-9)
        self._listener(Progress(stage=self._label, done=done, total=total, rate=rate))


@contextmanager
def _own_folder(user: Whence, request: Request, listener: Listener) -> Iterator[Whence]:
    """A data folder for the corpora of suites, with the user's models; its ledger is always a file in it."""
    settings = user.settings
    own_settings = replace(
        settings,
        data=request.own or settings.data / FOLDER,
        store=StoreOptions(),
        embedding=replace(settings.embedding, folder=str(user.embedders.folder)),
    )
    with Whence(settings=own_settings, listener=listener) as own:
        own.folder.create()
        yield own


def _chosen(whence: Whence, name: str | None) -> str:
    """The index of the user that is meant, "" where that cannot be said; suites that need one then say so."""
    try:
        return whence.choose(name)
    except UnknownIndexError:
        if name is not None:
            raise
        return ""
