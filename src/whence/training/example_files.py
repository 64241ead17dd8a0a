"""Files that hold examples: JSON Lines, plain or ``.gz``, read whole or not at all, and rows padded for a batch."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from whence.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Ids = NDArray[np.int64]
Made = TypeVar("Made")


def read_lines(path: Path, made: Callable[[Any], Iterable[Made]]) -> Iterator[Made]:
    """What ``made`` makes of the object in each line.

    Raises ``UsageError`` that names the file that cannot be read, or the first line that is none or that ``made``
    refuses with a ``ValueError``, ``KeyError`` or ``TypeError``; nothing is skipped silently.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    number = 1
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - named in the error
                yield from made(_object(line))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}; nothing was trained.") from error
    except (json.JSONDecodeError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise UsageError(f"{path.name}, line {number} is no JSON object ({error}); nothing was trained.") from error
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{path.name}, line {number}: {reason}; nothing was trained.") from error


def write_lines(rows: "Iterable[DataclassInstance]", path: Path) -> int:
    """Writes records one a line, the file whole or not at all; returns how many."""
    part = path.with_name(path.name + ".part")
    opened = gzip.open if path.suffix == ".gz" else open
    count = 0
    with opened(part, "wt", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
            count += 1
    part.replace(path)
    return count


def padded(rows: Sequence[Ids]) -> tuple[Ids, NDArray[np.bool_]]:
    """Token ids and their mask, (n, tokens); the width is a multiple of 16, so that few shapes occur."""
    width = padded_width(rows)
    ids, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), bool)
    for n, row in enumerate(rows):
        ids[n, : len(row)] = row
        mask[n, : len(row)] = True
    return ids, mask


def padded_width(rows: Sequence[Ids]) -> int:
    """How many tokens wide ``padded`` makes them."""
    return -(-max(len(row) for row in rows) // 16) * 16


def _object(line: str) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise json.JSONDecodeError("a line must hold one object", line, 0)
    return row
