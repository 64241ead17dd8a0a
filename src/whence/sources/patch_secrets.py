"""Masks credentials in patches. What a hunk shows of a private key may have neither its first nor its last line, so the
whole versions of the file decide there; marks, lengths and lines stay.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from whence.sources.patches import FilePatch, Hunk, Patch
from whence.sources.redaction import MASK, redact

ReadBlob = Callable[[str], bytes | None]
"""A version of a file by its id; None where it is not there."""

MAX_VERSION_BYTES: Final = 4_000_000
"""Of larger versions, and of those that cannot be read, whatever looks like a line of a key is masked."""

_KEY_MARKS: Final = re.compile(rb"(?i)private key|putty-user-key-file-")
_KEY_LINE: Final = re.compile(
    r"""(?xm) ^[^A-Za-z0-9+/=\n]{0,40}+ (?P<line> [A-Za-z0-9+/=]{20,}+ ) (?:\\[nr]|[^A-Za-z0-9+/=\n])*+ $
    | (?P<run> (?<![A-Za-z0-9+/=]) [A-Za-z0-9+/=]{40,}+ )"""
)
_HEAD: Final = re.compile(r"@@+ [^@]*@@+ ?")
_KEY_FRAME: Final = re.compile(r"(?i)private key|private-mac:|private-lines:")


@dataclass(frozen=True, slots=True)
class MaskedPatch:
    """A patch without credentials, made by ``masked_patch``; ``n_masked`` says how many there were."""

    patch: Patch
    n_masked: int


def masked_patch(patch: Patch, read_blob: ReadBlob) -> MaskedPatch:
    """What every reader of a patch gets to see of it."""
    return MaskedPatch(*redacted_patch(patch, read_blob))


def redacted_patch(patch: Patch, read_blob: ReadBlob) -> tuple[Patch, int]:
    """The patch with every credential in its lines masked, and how many there were."""
    bare = "\n".join(line[1:] for file in patch.files for hunk in file.hunks for line in hunk.lines)
    is_clean = redact(bare, "")[1] == 0
    if is_clean and not _may_show_key(bare):
        return patch, 0
    n_masked = 0
    files = []
    for file in patch.files:
        secrets = _secrets_of(file, read_blob)
        hunks = []
        for hunk in file.hunks:
            lines, n = _masked(hunk, secrets)
            context = _masked_line(f"@@ @@ {hunk.context}", f"@@ @@ {redact(hunk.context, '')[0]}", secrets)[6:]
            hunks.append(replace(hunk, lines=tuple(lines), context=context) if n else hunk)
            n_masked += n
        files.append(replace(file, hunks=tuple(hunks)))
    return (replace(patch, files=tuple(files)), n_masked) if n_masked else (patch, 0)


def masked_diff(text: str, versions: Callable[[], Iterable[bytes | None]]) -> str:
    """A printed patch with every credential masked; ``versions`` gives its files before and after, where needed."""
    lines = redact(text, "")[0].split("\n")
    if _may_show_key("\n".join(line[1:] for line in text.split("\n"))):
        secrets = secret_lines(versions(), text)
        lines = [_masked_line(plain, line, secrets) for plain, line in zip(text.split("\n"), lines, strict=True)]
    return "\n".join(lines)


def secret_lines(versions: Iterable[bytes | None], shown: str) -> dict[str, str]:
    """The lines of these versions of a file that hold a part of a private key, each with its masked form.

    Where a version cannot be read, the lines of the text ``shown`` that look like those of a key count.
    """
    secrets: dict[str, str] = {}
    for data in versions:
        if data is None or len(data) > MAX_VERSION_BYTES:
            bare = "\n".join(line[1:] for line in shown.split("\n"))
            secrets |= _differing(bare, _KEY_LINE.sub(_blanked, bare))
        elif _KEY_MARKS.search(data):
            text = data.decode("utf-8", "replace")
            secrets |= _differing(text, redact(text, "")[0])
    return secrets


def _masked_line(plain: str, masked: str, secrets: Mapping[str, str]) -> str:
    """A printed line without what the secret lines hide; the head of a hunk may quote the beginning of one."""
    if head := _HEAD.match(plain):
        lead, context = head.end(), plain[head.end() :]
        hidden = next((form for line, form in secrets.items() if context and line.startswith(context)), None)
        return masked if hidden is None else masked[:lead] + _both(masked[lead:], hidden[: len(context)])
    return masked[:1] + _both(masked[1:], secrets.get(plain[1:], masked[1:]))


def _may_show_key(bare: str) -> bool:
    return _KEY_FRAME.search(bare) is not None or any(
        _is_mixed(found["run"]) if found["run"] else len(set(found["line"])) >= 8 for found in _KEY_LINE.finditer(bare)
    )


def _secrets_of(file: FilePatch, read_blob: ReadBlob) -> Mapping[str, str]:
    shown = "\n".join(line for hunk in file.hunks for line in hunk.lines)
    if not shown or not _may_show_key("\n".join(line[1:] for line in shown.split("\n"))):
        return {}
    return secret_lines((read_blob(blob) for blob in (file.old_blob, file.new_blob) if blob), shown)


def _masked(hunk: Hunk, secrets: Mapping[str, str]) -> tuple[Sequence[str], int]:
    """The lines of a hunk without credentials, and how many those were."""
    bare = [line[1:] for line in hunk.lines]
    text, n = redact("\n".join(bare), "")
    masked = text.split("\n")
    if secrets:
        whole = [_both(line, secrets.get(plain, line)) for plain, line in zip(bare, masked, strict=True)]
        n += whole != masked
        masked = whole
    return [line[:1] + plain for line, plain in zip(hunk.lines, masked, strict=True)], n


def _differing(text: str, masked: str) -> dict[str, str]:
    pairs = zip(text.split("\n"), masked.split("\n"), strict=True)
    return {plain: hidden for plain, hidden in pairs if plain != hidden}


def _both(one: str, other: str) -> str:
    """Two masked forms of a line as one."""
    return "".join(MASK if MASK in pair else pair[0] for pair in zip(one, other, strict=True))


def _blanked(found: re.Match[str]) -> str:
    name = "line" if found["line"] else "run"
    if not _is_mixed(found[name]):
        return found[0]
    start, end = found.start(name) - found.start(), found.end(name) - found.start()
    return found[0][:start] + MASK * (end - start) + found[0][end:]


def _is_mixed(run: str) -> bool:
    return any(c.isdigit() for c in run) and any(c.islower() for c in run) and any(c.isupper() for c in run)
