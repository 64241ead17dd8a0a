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
from typing import NamedTuple

from whence.sources.content import Content, extract, size_limit
from whence.sources.git_process import ObjectReader, run_git
from whence.sources.options import SourceOptions

_NO_OBJECT = "0" * 40
_KEPT_CHARS = 16_000_000
_KEPT_PLACES = 20_000
_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


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

    Revisions are commit ids: a branch could move between ``fetch`` and ``read``. At most one git process serves all,
    and none where every text is remembered: what a commit holds stays what it is. Raises ``UnreadableError`` where the
    repository is damaged.
    """
    places = [_Place(repository, path, revision, size_limit(path, options)) for path, revision in paths_and_revisions]
    texts = {place: _texts.recall(place) for place in places}
    missing = [place for place in places if texts[place] is None]
    if missing:
        with ObjectReader(repository) as objects:
            names = [_object_name(repository, place.path, place.revision) for place in missing]
            for place, data in zip(missing, objects.read_all(names), strict=True):
                is_fit = data is not None and len(data) <= place.most_bytes
                texts[place] = _texts.text(place.path, data, place) if is_fit and data is not None else None
    return [texts[place] for place in places]


class _Place(NamedTuple):
    """Where a text was read, and how long it may be."""

    repository: Path
    path: str
    revision: str
    most_bytes: int


class ExtractedTexts:
    """What the bytes of files say, decoded and redacted: of the last ones asked for, which are cited again and again.

    Bytes are told apart by their hash; a file at a whole commit id, which never changes, also by its place.
    Thread-safe.
    """

    def __init__(self, most_chars: int = _KEPT_CHARS, most_places: int = _KEPT_PLACES) -> None:
        self._most_chars, self._most_places = most_chars, most_places
        self._n_chars = 0
        self._kept: OrderedDict[bytes, str | None] = OrderedDict()
        self._at: OrderedDict[_Place, bytes] = OrderedDict()
        self._lock = Lock()

    def recall(self, place: "_Place") -> str | None:
        """The text that was read there, None where it has to be read."""
        with self._lock:
            key = self._at.get(place, b"")
            if key in self._kept:
                self._at.move_to_end(place)
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def text(self, path: str, data: bytes, place: "_Place | None" = None) -> str | None:
        """The text of a file of this name, None where it has none; remembers that it was read at a place."""
        name = blake2b(path.encode("utf-8", "surrogatepass") + b"\0", digest_size=16)
        name.update(data)
        key = name.digest()
        with self._lock:
            if place is not None and _COMMIT_ID.fullmatch(place.revision):
                self._at[place] = key
                if len(self._at) > self._most_places:
                    self._at.popitem(last=False)
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
