"""Keeps the citations of the last answer, so that ``whence open N`` knows what [N] was."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whence.errors import UsageError

if TYPE_CHECKING:
    from whence.types import Answer, Citation


def remember(kept: Path, answer: "Answer") -> None:
    """Writes the answer's citations to the file ``kept``; says so on standard error where that is not possible."""
    record = {"index": answer.index, "citations": [asdict(citation) for citation in answer.citations]}
    written = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        written.write_text(json.dumps(record), encoding="utf-8")
        written.replace(kept)
    except OSError as error:
        click.echo(f"(whence open will not know this answer: {error.strerror})", err=True)


def cited(kept: Path, number: int) -> "tuple[str, Citation]":
    """(index, citation) of number ``number`` of the last answer. Raises ``UsageError``."""
    from whence.types import Citation
    from whence.wire import from_json

    try:
        record = json.loads(kept.read_text(encoding="utf-8"))
        citations = [from_json(Citation, item) for item in record["citations"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError("There is no last answer to open a citation of: ask something first.") from error
    if not 1 <= number <= len(citations):
        has = f"citations 1 to {len(citations)}" if citations else "no citations"
        raise UsageError(f"The last answer has {has}: {number} is none of them.")
    return str(record["index"]), citations[number - 1]
