"""Texts of files at commits of a bare repository, by path and revision: reading without fetching.

Paths here are text; those in a git tree are bytes. ``path_text`` and ``path_bytes`` go between them.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from whence.sources.content import Content, extract, size_limit
from whence.sources.git_process import ObjectReader, run_git
from whence.sources.options import SourceOptions

_NO_OBJECT = "0" * 40
_KEPT_CHARS = 16_000_000


def path_text(raw: bytes) -> str:
    """A path of a tree as text; bytes that are not UTF-8 appear as ``\\xNN``."""
    return raw.decode("utf-8", "backslashreplace")


def path_bytes(path: str) -> bytes:
    """The inverse of ``path_text``, for paths that do not themselves contain such an escape above 7f."""
    raw = path.encode("utf-8", "surrogateescape")
    return re.sub(rb"\\x([89a-f][0-9a-f])", lambda found: bytes([int(found[1], 16)]), raw)


def read_texts(
    repository: Path, paths_and_revisions: Sequence[tuple[str, str]], options: SourceOptions
) -> list[str | None]:
    """Texts in the order asked for, None where a commit or a file in it is absent or has no text.

    Revisions are commit ids: a branch could move between ``fetch`` and ``read``. One git process serves all. Raises
    ``UnreadableError`` where the repository is damaged.
    """
    names = [_object_name(repository, path, revision) for path, revision in paths_and_revisions]
    with ObjectReader(repository) as objects:
        contents = objects.read_all(names)
        return [_text(pair[0], data, options) for pair, data in zip(paths_and_revisions, contents, strict=True)]


def _text(path: str, data: bytes | None, options: SourceOptions) -> str | None:
    if data is None or len(data) > size_limit(path, options):
        return None
    return _texts.text(path, data)


class ExtractedTexts:
    """What the bytes of files say, decoded and redacted: of the last ones asked for, which are cited again and again.

    Bytes are told apart by their hash, so nothing is remembered of where they came from. Thread-safe.
    """

    def __init__(self, most_chars: int = _KEPT_CHARS) -> None:
        self._most_chars = most_chars
        self._n_chars = 0
        self._kept: OrderedDict[bytes, str | None] = OrderedDict()
        self._lock = Lock()

    def text(self, path: str, data: bytes) -> str | None:
        """The text of a file of this name, None where it has none."""
        name = blake2b(path.encode("utf-8", "surrogatepass") + b"\0", digest_size=16)
        name.update(data)
        key = name.digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        content = extract(path, data)
        text = content.text if isinstance(content, Content) else None
        with self._lock:
            if key not in self._kept:
                self._kept[key] = text
                self._n_chars += len(text or "")
            while self._n_chars > self._most_chars and self._kept:
                self._n_chars -= len(self._kept.popitem(last=False)[1] or "")
        return text


_texts = ExtractedTexts()


def _object_name(repository: Path, path: str, revision: str) -> str:
    """What ``cat-file`` is asked for; the id of no object for what cannot be there."""
    if not re.fullmatch(r"[0-9a-f]{4,64}", revision) or {"", ".", ".."} & set(path.split("/")) or "\0" in path:
        return _NO_OBJECT
    raw = path_bytes(path)
    if b"\n" in raw:  # the reader takes one request a line
        row = run_git(repository, "ls-tree", "-z", revision, "--", os.fsdecode(raw)).output
        return row.split(b"\t")[0].split()[2].decode() if row else _NO_OBJECT
    return f"{revision}:{os.fsdecode(raw)}"
