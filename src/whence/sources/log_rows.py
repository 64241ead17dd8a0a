"""What git logs in rows ended by NUL, read back: commits, the files that they change, and paths in quotes."""

from collections.abc import Iterator, Sequence
from typing import Final

from whence.sources.blobs import path_text
from whence.sources.history import moment
from whence.sources.redaction import redact
from whence.types import Change, Commit

COMMIT_FORMAT: Final = "%x01%H%x00%P%x00%aN%x00%aE%x00%at%x00%cN%x00%cE%x00%ct%x00%s%x00"


def unquoted(name: bytes) -> str:
    """A path of a porcelain, which quotes what has control characters or quotes in it."""
    if not name.startswith(b'"'):
        return path_text(name)
    plain = name[1:-1].decode("latin-1")
    return path_text(plain.encode("latin-1").decode("unicode_escape").encode("latin-1"))


def parse_log(output: bytes) -> list[Commit]:
    """Commits of a log in ``COMMIT_FORMAT`` and ``-z``, with the changes of ``--raw`` where it was given."""
    return [_commit(fields, tuple(parse_changes(rows))) for fields, rows in records(output, 9)]


def records(output: bytes, n_fields: int) -> Iterator[tuple[list[str], bytes]]:
    """So many fields of each commit of a log in ``-z``, and the raw rows that follow them."""
    tokens = iter(output.split(b"\0"))
    token = next(tokens, None)
    while token is not None:
        if not token.startswith(b"\x01"):
            token = next(tokens, None)
            continue
        head = (token[1:], *(next(tokens, b"") for _ in range(n_fields - 1)))
        rows: list[bytes] = []
        token = next(tokens, None)
        while token is not None and not token.startswith(b"\x01"):
            row = token.lstrip(b"\n")
            rows.append(row)
            if row.startswith(b":"):  # a path may begin with the mark of a commit
                rows += [next(tokens, b"") for _ in range(2 if row.rpartition(b" ")[2][:1] in b"RC" else 1)]
            token = next(tokens, None)
        yield [part.decode("utf-8", "replace") for part in head], b"\0".join(rows)


def _commit(fields: Sequence[str], changes: tuple[Change, ...]) -> Commit:
    return Commit(
        sha=fields[0],
        parents=tuple(fields[1].split()),
        author=fields[2],
        author_email=fields[3],
        authored_at=moment(fields[4]),
        committer=fields[5],
        committer_email=fields[6],
        committed_at=moment(fields[7]),
        subject=redact(fields[8], "")[0],
        changes=changes,
    )


def parse_changes(output: bytes) -> list[Change]:
    """Rows of ``--raw -z``, with the counts of ``--numstat -z`` where they follow."""
    tokens = iter(output.split(b"\0"))
    found: dict[bytes, tuple[str, bytes]] = {}
    counts: dict[bytes, tuple[int | None, int | None]] = {}
    for token in tokens:
        if token.startswith(b":"):
            status = token.rpartition(b" ")[2][:1].decode()
            old = next(tokens, b"")
            found[next(tokens, b"") if status in "RC" else old] = (status, old if status in "RC" else b"")
        elif token.count(b"\t") >= 2:
            added, removed, path = token.split(b"\t", 2)
            if not path:
                next(tokens, b"")
                path = next(tokens, b"")
            counts[path] = (_number(added), _number(removed))
    return [
        Change(
            path=path_text(path),
            status=status,
            old_path=path_text(old),
            added=counts.get(path, (None, None))[0],
            removed=counts.get(path, (None, None))[1],
        )
        for path, (status, old) in found.items()
    ]


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None
