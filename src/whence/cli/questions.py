"""Questions from a file or from standard input, and the loop that answers a file of them."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.cli.options import print_json
from whence.errors import QuestionError, UsageError, WhenceError

if TYPE_CHECKING:
    from whence.store.scope import Filters

MAX_INPUT_BYTES = 4_000_000
"""A question on standard input is not read beyond this; the limit on characters is far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question of a file. ``id`` is the asker's own, else the number of the line, from 1."""

    id: object
    question: str
    filters: "Filters"


def from_stdin() -> str:
    """The question that standard input holds. Raises ``QuestionError`` for what is not UTF-8."""
    read = sys.stdin.buffer.read(MAX_INPUT_BYTES)
    try:
        return read.decode("utf-8")
    except UnicodeDecodeError as error:
        raise QuestionError("The question on standard input is not UTF-8 text: convert it first.") from error


def answer_all(path: str, narrowed_by: "Filters", answer: Callable[[Entry], dict[str, Any]]) -> int:
    """Prints one JSON object a question, in order and with its id; returns how many could not be answered.

    One that fails gives ``{"id", "error"}`` and does not end the others. Raises ``UsageError`` where the file cannot
    be read.
    """
    failed = 0
    for number, line in _lines(path):
        name: object = number
        try:
            record = _record(line, number)
            name = record.get("id", number)
            entry = _entry(record, name, narrowed_by)
            found = {**answer(entry), "id": name}
        except WhenceError as error:
            failed += 1
            found = {"id": name, "error": str(error)}
        print_json(found)
    return failed


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """(number, line) of the lines that are not blank."""
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The questions in {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The questions in {path} are not UTF-8 text (byte {error.start}).") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _record(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UsageError(f"Line {number} is not a JSON object: {reason}.") from error
    except RecursionError as error:
        raise UsageError(f"Line {number} is not a JSON object: nested too deeply.") from error
    if not isinstance(record, dict):
        raise UsageError(f'Line {number} is not a JSON object: it needs one with "question".')
    return record


def _entry(record: dict[str, Any], name: object, narrowed_by: "Filters") -> Entry:
    question, wanted = record.get("question"), record.get("filters")
    if not isinstance(question, str):
        raise UsageError('The entry needs a "question" that is text.')
    if wanted is not None and not isinstance(wanted, dict):
        raise UsageError('The entry\'s "filters" must be an object, for example {"kinds": ["code"]}.')
    narrowed = narrowed_by if wanted is None else _narrowed(narrowed_by, wanted)
    if record.get("as_of") is not None:
        from whence.store.scope import parse_as_of

        narrowed = replace(narrowed, as_of=parse_as_of(record["as_of"]))
    return Entry(id=name, question=question, filters=narrowed)


def _narrowed(narrowed_by: "Filters", wanted: dict[str, Any]) -> "Filters":
    """The command's filters, those that the entry names replaced by the entry's."""
    from whence.store.scope import parse_filters

    parsed = parse_filters(wanted)
    named = [item.name for item in fields(parsed) if item.name in wanted]
    return replace(narrowed_by, **{name: getattr(parsed, name) for name in named})
