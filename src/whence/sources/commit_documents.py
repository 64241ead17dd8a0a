"""Writes a commit down as a document: its message, the files it changed, and what changed in them.

    <subject>

    <body>

    M src/api.py +3 -1
    R docs/old.rst -> docs/new.rst +0 -0

    diff src/api.py
    @@ -10,7 +10,9 @@ Session.request
     ...

The same commit always gives the same text, so a citation can be resolved by writing it again. ``chunking/diff.py``
reads this form.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b

from whence.sources import ignore
from whence.sources.languages import classify
from whence.sources.options import HistoryOptions
from whence.sources.patch_secrets import MaskedPatch, ReadBlob
from whence.sources.patches import FilePatch, Hunk, Patch
from whence.sources.redaction import redact
from whence.types import Commit, Document, commit_id

FORMAT = 2
"""Raised whenever the same commit would be written differently."""

MAX_CODE_BYTES = 200_000
"""Versions of files beyond this are not looked into for the names of definitions."""

Enclosing = Callable[[Sequence[str], int, str], str]
"""(lines of a version of a file, line from 0, language) to the qualified name of the definition there, or ""."""


def commit_digest(sha: str, position: int, options: HistoryOptions) -> str:
    """Changes whenever the document of a commit, or where it landed, would."""
    return f"{shared_digest(options)}{position}-{sha}"


def shared_digest(options: HistoryOptions) -> str:
    """With what the digests of all commits that are written in the same way begin."""
    return blake2b(f"{FORMAT} {options.hunks} {options.max_patch_lines}".encode(), digest_size=4).hexdigest() + "-"


class CommitWriter:
    """Writes commits of one source. ``enclosing`` names definitions, ``read_blob`` gives versions of files by id."""

    def __init__(self, source_id: str, options: HistoryOptions, enclosing: Enclosing, read_blob: ReadBlob) -> None:
        self._source_id = source_id
        self._options = options
        self._enclosing = enclosing
        self._read_blob = read_blob

    def digest(self, sha: str, position: int) -> str:
        """Changes whenever the document, or where it landed, would."""
        return commit_digest(sha, position, self._options)

    def document(self, commit: Commit, masked: MaskedPatch, position: int) -> Document:
        """The document of a commit whose texts are redacted; ``position`` is where it landed along first parents."""
        patch = masked.patch
        reason = self._left_out(patch)
        parts = [commit.subject]
        if commit.body:
            parts.append(commit.body)
        listing = "\n".join(_listed(file) for file in patch.files)
        if listing:
            parts.append(listing)
        head = "\n\n".join(parts)
        metadata: dict[str, object] = {"position": position, "patch_start": len(head)}
        shown = [] if reason else _shown(patch)
        text = head
        if shown:
            text = f"{head}\n\n{self._patch_text(shown)}"
            metadata |= {"patch_start": len(head) + 2, "languages": [classify(file.path)[1] for file in shown]}
            if masked.n_masked:
                metadata["redactions"] = masked.n_masked
        if reason:
            metadata["left_out"] = reason
        return Document(
            id=commit_id(self._source_id, commit.sha),
            source_id=self._source_id,
            revision=commit.sha,
            kind="commit",
            path="",
            text=text,
            digest=self.digest(commit.sha, position),
            title=commit.subject,
            author=commit.author,
            authored_at=commit.authored_at,
            committed_at=commit.committed_at,
            metadata=metadata,
        )

    def looked_into(self, patch: Patch) -> list[str]:
        """Ids of the versions of files that ``document`` will ask for, so that they can be read ahead."""
        files = [] if self._left_out(patch) else [file for file in _shown(patch) if classify(file.path)[0] == "code"]
        return [blob for file in files for blob in dict.fromkeys(_blob(hunk, file) for hunk in file.hunks) if blob]

    def _left_out(self, patch: Patch) -> str:
        """Why the hunks of a commit are not kept, "" where they are."""
        if not self._options.hunks:
            return "hunks switched off"
        n_lines = sum(sum(1 for line in hunk.lines if line[:1] != " ") for file in patch.files for hunk in file.hunks)
        if patch.is_cut or n_lines > self._options.max_patch_lines:
            return f"patch of more than {self._options.max_patch_lines:,} lines"
        return ""

    def _patch_text(self, files: Sequence[FilePatch]) -> str:
        """The hunks of the files."""
        pieces: list[str] = []
        for file in files:
            pieces.append(f"diff {_one_line(file.path)}")
            for hunk, symbol in zip(file.hunks, self._symbols(file), strict=True):
                pieces.append(_head(hunk, symbol))
                pieces += hunk.lines
        return "\n".join(pieces)

    def _symbols(self, file: FilePatch) -> list[str]:
        """For each hunk the definition that its first changed line begins or stands in."""
        kind, language = classify(file.path)
        if kind != "code":
            return [""] * len(file.hunks)
        versions = _Versions(file, self._read_blob)
        return [self._symbol(hunk, file, versions, language) for hunk in file.hunks]

    def _symbol(self, hunk: Hunk, file: FilePatch, versions: "_Versions", language: str) -> str:
        is_removal = _is_removal(hunk)
        passed_over = "+" if is_removal else "-"
        own = [line[1:] for line in hunk.lines if line[:1] != passed_over]
        at = _first_change(hunk, passed_over)
        start = hunk.old_start if is_removal else hunk.new_start
        whole = None if not _blob(hunk, file) else versions.old if is_removal else versions.new
        lines, at = (own, at) if whole is None else (whole, start - 1 + at)
        symbol = self._enclosing(lines, at, language) if lines else ""
        return redact(symbol, "")[0] if symbol else ""


def _shown(patch: Patch) -> list[FilePatch]:
    return [file for file in patch.files if file.hunks and not ignore.skip_by_path(file.path)]


def _is_removal(hunk: Hunk) -> bool:
    return not any(line[:1] == "+" for line in hunk.lines)


def _blob(hunk: Hunk, file: FilePatch) -> str:
    """The version of the file that tells where a hunk stands; "" where the hunk itself begins the file."""
    is_removal = _is_removal(hunk)
    if file.status == "T" or (hunk.old_start if is_removal else hunk.new_start) <= 1:
        return ""
    return file.old_blob if is_removal else file.new_blob


class _Versions:
    """The lines of a file before and after a commit, read when first asked for; None where they cannot be."""

    def __init__(self, file: FilePatch, read_blob: ReadBlob) -> None:
        self._file = file
        self._read_blob = read_blob

    @cached_property
    def old(self) -> list[str] | None:
        return self._lines(self._file.old_blob)

    @cached_property
    def new(self) -> list[str] | None:
        return self._lines(self._file.new_blob)

    def _lines(self, blob: str) -> list[str] | None:
        data = self._read_blob(blob) if blob else None
        if data is None or len(data) > MAX_CODE_BYTES:
            return None
        return data.decode("utf-8", "replace").split("\n")


def _first_change(hunk: Hunk, passed_over: str) -> int:
    """The first changed line, counted from 0 among the lines of the side that is shown."""
    at = 0
    for line in hunk.lines:
        mark = line[:1]
        if mark == passed_over:
            continue
        if mark != " ":
            return at
        at += 1
    return 0


def _listed(file: FilePatch) -> str:
    """A row of the list of files, with the reason where its lines are not shown."""
    path = f"{_one_line(file.old_path)} -> {_one_line(file.path)}" if file.old_path else _one_line(file.path)
    if file.is_binary:
        return f"{file.status} {path} binary"
    counts = "" if file.added is None else f" +{file.added} -{file.removed}"
    reason = ignore.skip_by_path(file.path)
    return f"{file.status} {path}{counts}" + (f" ({reason})" if reason else "")


def _head(hunk: Hunk, symbol: str) -> str:
    place = f"@@ -{hunk.old_start},{hunk.old_lines} +{hunk.new_start},{hunk.new_lines} @@"
    return f"{place} {symbol}" if symbol else place


def _one_line(path: str) -> str:
    return path.replace("\n", "\\n")
