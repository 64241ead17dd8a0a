"""Reads JSON Lines and CSV so that what cannot be read is named by file and line."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whence.errors import UsageError

Row = Mapping[str, Any]


def json_rows(path: Path) -> list[tuple[int, Row]]:
    """(line number from 1, object) for every line that is not blank; ``.gz`` is unpacked.

    Raises ``UsageError`` that names the line which is no JSON object.
    """
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path.name}:{number} is not JSON ({error}): write one object a line.") from error
        if not isinstance(row, dict):
            raise UsageError(f"{path.name}:{number} is not a JSON object: write one object a line.")
        rows.append((number, row))
    return rows


def csv_rows(path: Path) -> list[tuple[int, Row]]:
    """(line number at which the row ends, row by column name) of a CSV with a header line; column names in lower case.

    Raises ``UsageError`` for a file without header and for a row with more cells than the header.
    """
    reader = csv.DictReader(io.StringIO(_text(path).removeprefix("\ufeff"), newline=""), restkey="", strict=True)
    rows: list[tuple[int, Row]] = []
    try:
        if reader.fieldnames is None:
            raise UsageError(f"{path.name} is empty: its first line must name the columns.")
        reader.fieldnames = [str(name).strip().lower() for name in reader.fieldnames]
        for row in reader:
            if row.get(""):
                raise UsageError(f"{path.name}:{reader.line_num} has more cells than the header: quote commas.")
            rows.append((reader.line_num, {name: (value or "").strip() for name, value in row.items() if name}))
    except csv.Error as error:
        raise UsageError(f"{path.name}:{reader.line_num} is not CSV ({error}).") from error
    return rows


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path.name}:{line} is not UTF-8: save the file in that encoding.") from error
