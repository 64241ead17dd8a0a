"""The report of one suite asked of one system: a header, the questions with their values, and what they cost.

A file holds one report: JSON with one question a line, so that two reports differ in the lines of the questions that
differ. The part "quality" is the same byte for byte whenever code, data and seed are.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whence.errors import StoreError, UsageError, VersionError
from whence.evaluation.records import Cost, EvalQuestion, Outcome
from whence.wire import from_json, to_json

FORMAT = 1
"""Number of the form of a report; another number is refused with a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureHead:
    """What a report must know of a measure when the function itself is no longer there."""

    name: str
    about: str
    is_lower_better: bool = False
    is_share: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusState:
    """What was searched: the index, its snapshot, how large it was, and a digest of what it was made from."""

    index: str
    snapshot: int
    n_documents: int
    n_chunks: int
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where it ran."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who was asked, with what in force. ``build`` is a digest of the program's own sources.

    ``commit`` is the program's own commit with "+" after it for changes, "" where it does not lie in a repository;
    ``settings`` a digest of all options.
    """

    system: str
    version: str = ""
    commit: str = ""
    build: str = ""
    settings: str = ""
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the figures are figures of. ``n_wanted`` of 0 means all questions there are."""

    suite: str
    about: str
    dataset: str
    right: str
    n_wanted: int
    seed: int
    measures: tuple[MeasureHead, ...]
    origin: Origin
    corpora: Mapping[str, CorpusState] = field(default_factory=dict)
    machine: Machine | None = None
    began: str = ""
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Outcomes in the suite's order, costs in the same; ``derived.summarized`` makes means of them."""

    header: Header
    outcomes: tuple[Outcome, ...]
    costs: tuple[Cost, ...]


def digest_of(question: EvalQuestion) -> str:
    """Identifies a question by what is asked and where: its text, filters and moment; 12 hex digits."""
    parts = (question.question, question.corpus, *question.paths, question.as_of)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def scores_only(report: Report) -> Report:
    """The report without any text of questions, answers and documents: ids, scores and places, fit to be published."""
    return replace(report, outcomes=tuple(_without_text(outcome) for outcome in report.outcomes))


def _without_text(outcome: Outcome) -> Outcome:
    return replace(outcome, question=None, answer="", citations=(), hits=())


def write_report(report: Report, path: Path, summary: object = None) -> None:
    """Writes the file whole or not at all. ``summary`` is added for other programs; it is derived and never read back.

    Raises ``StoreError``.
    """
    pieces = [
        f'{{"format": {FORMAT},\n"header": {_line(to_json(report.header))}',
        f'"quality": {_lines(report.outcomes)}',
        f'"costs": {_lines(report.costs)}',
    ]
    if summary is not None:
        pieces.append(f'"summary": {_line(to_json(summary))}')
    write_whole(path, ",\n".join(pieces) + "}\n")


def write_whole(path: Path, text: str) -> None:
    """Puts a text into a file, whole or not at all, with the folders above it. Raises ``StoreError``."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"Cannot write {path}: {error.strerror}. Choose another folder with --out.") from error


def read_report(path: Path) -> Report:
    """The report in a file. Raises ``UsageError`` for what is none, ``VersionError`` for another form."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The report {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a report: it is not JSON. `whence eval SUITE --out DIR` writes one."
        ) from error
    if not isinstance(content, dict) or "format" not in content or "quality" not in content:
        raise UsageError(f"{path} is not a report of `whence eval`: name a file that --out has written.")
    if content["format"] != FORMAT:
        raise VersionError(
            f"{path} has the form {content['format']} of a report, this whence reads form {FORMAT}: "
            "make it anew with `whence eval`."
        )
    return _parsed(content, path)


def _parsed(content: Mapping[str, Any], path: Path) -> Report:
    from pydantic import ValidationError

    parts = {"header": content.get("header"), "outcomes": content["quality"], "costs": content.get("costs", [])}
    try:
        return from_json(Report, parts)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"The report {path} is damaged at {place}: {first['msg'].lower()}; make it anew.") from error


def _lines(records: Sequence[object]) -> str:
    if not records:
        return "[]"
    return "[\n" + ",\n".join(_line(to_json(record)) for record in records) + "\n]"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
