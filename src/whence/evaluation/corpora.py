"""Corpora that suites write: text files by name."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from whence.evaluation.records import WrittenCorpus


def written(name: str, files: Mapping[str, str]) -> WrittenCorpus:
    """A corpus of these texts by relative path ("/" between folders). The digest is over all of them."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{len(text)}\0{text}\0".encode("utf-8", "surrogatepass"))

    def write(folder: Path) -> None:
        for path, text in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.rstrip() + "\n", encoding="utf-8", newline="\n")

    return WrittenCorpus(name=name, digest=digest.hexdigest()[:32], write=write)


def line_of(text: str, position: int) -> int:
    """The line, from 1, that holds a character of a text."""
    return text.count("\n", 0, position) + 1
