"""Puts an evaluation together: corpora made and indexed once, whence or a floor asked, reports written.

Corpora that suites bring are indexed in a data folder of their own, ``eval/`` within the user's; indexes that the user
has are only read.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from whence.errors import StoreError, UnknownIndexError, UsageError
from whence.evaluation.baselines import Material, baseline_named, baselines
from whence.evaluation.derived import summarized
from whence.evaluation.discovery import suite_named
from whence.evaluation.protocols import Inputs, Suite
from whence.evaluation.records import Corpus, EvalQuestion, IndexCorpus, Reply, RepositoryCorpus, WrittenCorpus
from whence.evaluation.report import CorpusState, Machine, Origin, Report, write_report
from whence.evaluation.runner import Run, carry_out, drawn
from whence.interface import Whence
from whence.pipelines.progress import Listener, Progress, silent
from whence.settings import Settings, StoreOptions
from whence.store.scope import Filters
from whence.types import Chunk

FOLDER = "eval"
DEFAULT_N = 500
SYSTEM = "whence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be evaluated. ``suites`` are names; ``n`` of 0 asks all questions of each.

    ``data`` is the folder of data sets (None: WHENCE_TEST_DATA), ``repositories`` are local ones by name, ``file`` the
    user's own questions, ``index`` the index they are asked of. Reports are written to ``out``.
    """

    suites: Sequence[str]
    out: Path
    n: int = DEFAULT_N
    seed: int = 0
    data: Path | None = None
    repositories: Mapping[str, Path] = field(default_factory=dict)
    file: Path | None = None
    index: str | None = None
    baselines: Sequence[str] = ()


def inputs_of(whence: Whence, request: Request) -> Inputs:
    """What suites may use. Raises ``UsageError`` for a folder or repository that is not there."""
    named = request.data or (Path(os.environ["WHENCE_TEST_DATA"]) if os.environ.get("WHENCE_TEST_DATA") else None)
    if named is not None and not named.is_dir():
        raise UsageError(f"The folder of data sets {named} is not there: name it with --suite-data.")
    for name, place in request.repositories.items():
        if not place.is_dir():
            raise UsageError(f"The repository {name} is not at {place}: name its folder with --repo {name}=PATH.")
    if request.file is not None and not request.file.is_file():
        raise UsageError(f"There is no file {request.file}.")
    there = whence.folder.exists()
    return Inputs(
        data=named.absolute() if named else None,
        repositories={name: place.absolute() for name, place in request.repositories.items()},
        file=request.file,
        index=_chosen(whence, request.index) if there else "",
        histories=whence.histories if there else None,
        documents=whence.documents if there else None,
        embedder=lambda: whence.embedder,
    )


def evaluate(whence: Whence, request: Request, listener: Listener = silent) -> Iterator[Report]:
    """The report of each suite asked of each system, as soon as it is written: ``OUT/SUITE.json``.

    Floors follow whence, as ``OUT/SUITE.FLOOR.json``. What is done of a suite is kept beside and taken up by the next
    run of the same. Raises ``UsageError`` before anything is asked where a suite cannot run.
    """
    inputs = inputs_of(whence, request)
    suites = [suite_named(name) for name in request.suites]
    for name in request.baselines:
        if name not in baselines():
            raise UsageError(f"There is no baseline {name!r}: choose from {', '.join(baselines())}.")
    for suite in suites:
        if missing := suite.missing(inputs):
            raise UsageError(missing if missing.startswith("The suite") else f"{suite.name}: {missing}")
    with _own_folder(whence.settings, listener) as own:
        for suite in suites:
            yield from _suite(suite, inputs, request, whence, own, listener)


def _suite(
    suite: Suite, inputs: Inputs, request: Request, user: Whence, own: Whence, listener: Listener
) -> Iterator[Report]:
    questions = drawn(suite, inputs, request.n, request.seed)
    places = _Places(suite, inputs, user, own)
    corpora = {name: places.prepared(name) for name in places.used(questions)}
    label = suite.name if suite.name != "custom" or request.file is None else request.file.stem
    with tempfile.TemporaryDirectory(prefix="whence-floor-") as scratch:
        material = Material(chunks=places.chunks, files=places.files, scratch=Path(scratch))
        for name in (SYSTEM, *request.baselines):
            system = places if name == SYSTEM else baseline_named(name, material)
            path = request.out / (f"{label}.json" if name == SYSTEM else f"{label}.{name}.json")
            journal = path.with_suffix(".journal")
            run = Run(
                suite=suite,
                system=system,
                inputs=inputs,
                questions=questions,
                origin=_origin(user, name),
                n=request.n,
                seed=request.seed,
                corpora=corpora,
                machine=this_machine(),
            )
            report = carry_out(run, journal, _Told(f"{label}, {name}" if request.baselines else label, listener))
            write_report(report, path, summarized(report))
            journal.unlink(missing_ok=True)
            yield report


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


class _Places:
    """Where the corpora of a suite are searched; at the same time whence as the system under test."""

    def __init__(self, suite: Suite, inputs: Inputs, user: Whence, own: Whence) -> None:
        self._corpora: dict[str, Corpus] = {corpus.name: corpus for corpus in suite.corpora(inputs)}
        self._suite, self._user, self._own = suite, user, own
        self._at: dict[str, tuple[Whence, str]] = {}
        self.chunks: Callable[[str], Sequence[Chunk]] = cache(self._read_chunks)
        """The chunks of a corpus, cut as they are searched."""

    @property
    def name(self) -> str:
        """What stands at the head of its column."""
        return SYSTEM

    def used(self, questions: Sequence[EvalQuestion]) -> list[str]:
        """The names of the corpora that questions ask, each once. Raises ``UsageError`` for one the suite has not."""
        names = list(dict.fromkeys(self._name(question.corpus) for question in questions))
        for name in names:
            if name not in self._corpora:
                raise UsageError(f"{self._suite.name} asks questions of {name!r}, but brings no such corpus.")
        return names

    def prepared(self, name: str) -> CorpusState:
        """Sees to it that a corpus is indexed."""
        corpus = self._corpora[name]
        if isinstance(corpus, IndexCorpus):
            self._at[name] = self._user, self._user.choose(corpus.name)
        elif isinstance(corpus, WrittenCorpus):
            self._at[name] = self._own, self._indexed(_written(self._own.folder.root, corpus), corpus.digest, corpus)
        else:
            self._at[name] = self._own, self._indexed(corpus.location, corpus.revision, corpus)
        whence, index = self._at[name]
        snapshot = whence.ledger.snapshot(index)
        if snapshot is None or not snapshot.n_chunks:
            raise UsageError(f"{self._suite.name}: the corpus {name or index} is empty: nothing in it can be searched.")
        digest = corpus.digest if isinstance(corpus, WrittenCorpus) else _revisions(snapshot.sources)
        return CorpusState(
            index=index,
            snapshot=snapshot.id if isinstance(corpus, IndexCorpus) else 0,
            n_documents=snapshot.n_documents,
            n_chunks=snapshot.n_chunks,
            digest=digest,
        )

    def reply(self, question: EvalQuestion, depth: int, *, wants_answer: bool) -> Reply:
        """What a user gets: the hits of a search, and the answer to the question asked."""
        whence, index = self._at[self._name(question.corpus)]
        filters = Filters(paths=question.paths, as_of=question.as_of)
        began, spent = time.perf_counter(), time.process_time()
        hits = whence.search(question.question, depth, name=index, filters=filters).hits if depth else ()
        searched = time.perf_counter()
        answer = whence.ask(question.question, name=index, filters=filters) if wants_answer else None
        return Reply(
            hits=hits,
            answer=answer,
            search_ms=(searched - began) * 1000 if depth else 0.0,
            ask_ms=(time.perf_counter() - searched) * 1000 if wants_answer else 0.0,
            cpu_ms=(time.process_time() - spent) * 1000,
        )

    def files(self, name: str) -> Sequence[tuple[str, str]]:
        """Path and text of every document of a corpus."""
        whence, index = self._at[self._name(name)]
        return [(document.path, document.text) for document in whence.documents(index)]

    def _read_chunks(self, name: str) -> Sequence[Chunk]:
        whence, index = self._at[self._name(name)]
        return list(whence.chunks(index))

    def _name(self, name: str) -> str:
        return name or next(iter(self._corpora), "")

    def _indexed(self, location: Path, identity: str, corpus: WrittenCorpus | RepositoryCorpus) -> str:
        """Indexes a place under a name that no other content has; the name tells content and how it is cut."""
        recipe = f"{location}\0{identity}\0{self._own.recipe}"
        index = f"{_plain(corpus.name)}-{hashlib.sha256(recipe.encode()).hexdigest()[:10]}"
        revision = corpus.revision if isinstance(corpus, RepositoryCorpus) else ""
        done = self._own.folder.root / "ready" / index
        if not done.exists() or index not in self._own.ledger.index_names():
            self._own.index(location, name=index, revision=revision)
            done.parent.mkdir(exist_ok=True)
            done.touch()
        return index


def _written(root: Path, corpus: WrittenCorpus) -> Path:
    """The folder of a corpus, written whole or not at all."""
    place = root / "corpora" / f"{_plain(corpus.name)}-{hashlib.sha256(corpus.digest.encode()).hexdigest()[:10]}"
    if place.is_dir():
        return place
    beside = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        corpus.write(beside)
        beside.replace(place)
    except OSError as error:
        raise StoreError(f"Cannot write the corpus {corpus.name} into {root}: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


@contextmanager
def _own_folder(settings: Settings, listener: Listener) -> Iterator[Whence]:
    """A data folder within the user's, for the corpora of suites; its ledger is always a file in it."""
    with Whence(
        settings=replace(settings, data=settings.data / FOLDER, store=StoreOptions()), listener=listener
    ) as own:
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


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._") else "-" for letter in name)[:60]


def _revisions(sources: Mapping[str, object]) -> str:
    told = sorted((name, getattr(source, "revision", "")) for name, source in sources.items())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _origin(whence: Whence, system: str) -> Origin:
    settings = {name: value for name, value in asdict(whence.settings).items() if name not in ("data", "store")}
    return Origin(
        system=system,
        version=version("whence"),
        commit=_commit(),
        build=_build(),
        settings=hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:12],
        models={"embedder": whence.embedder.digest} if system == SYSTEM else {},
    )


@cache
def _build() -> str:
    """A digest of the program's own sources: results of another program are never mixed with those of this one."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")) + sorted(root.rglob("*.json")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _commit() -> str:
    """The program's commit, "+" after it for changes, "" where it is not run from its repository."""
    from whence.sources.git_process import run_git

    root = Path(__file__).parent
    tracked = run_git(root, "ls-files", "--error-unmatch", "evaluating.py")
    said = run_git(root, "rev-parse", "--short=10", "HEAD")
    if tracked.status != 0 or said.status != 0:
        return ""
    return said.text.strip() + ("+" if run_git(root, "status", "--porcelain", "--", ".").text.strip() else "")


@cache
def this_machine() -> Machine:
    """As far as the system tells."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):
        memory = 0.0
    return Machine(
        cpu=_cpu(),
        cores=cores,
        memory_gib=round(memory, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
