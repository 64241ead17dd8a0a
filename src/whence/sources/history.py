"""Reads the commits and tags of a mirror: everything that is loaded into the history tables.

It streams; memory does not grow with the number of commits. Questions about single commits, files and lines go to
``sources/history_queries.py``.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from whence.errors import PartialCloneError, UnreadableError
from whence.sources.blobs import path_text
from whence.sources.damage import readable
from whence.sources.git_process import git_environment, run_git, without_credentials
from whence.sources.mirror import is_borrowed
from whence.types import Change, Commit, Tag

RENAME_SHARE = "-M50%"
_READ_BYTES = 1 << 16
_MARK = "\x01"
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B", "%(trailers:only=true,unfold=true)")
_FILES_ALONE = ("--raw", "--no-renames")
_FILES_AND_LINES = ("--raw", "--numstat", RENAME_SHARE)
_WALK_FIELDS = ("%H", "%P", "%an", "%ae", "%aN", "%aE", "%cn", "%ce", "%cN", "%cE")


def history_settings(revision: str) -> dict[str, str]:
    """Configuration that every command on history runs with, so that the user's own cannot change a fact.

    The mailmap is that of ``revision`` itself.
    """
    return {
        "mailmap.blob": f"{revision}:.mailmap",
        "mailmap.file": "",
        "log.mailmap": "true",
        "log.showRoot": "true",
        "log.follow": "false",
        "log.diffMerges": "off",
        "log.date": "default",
        "log.excludeDecoration": "",
        "i18n.logOutputEncoding": "UTF-8",
        "diff.renames": "true",
        "diff.renameLimit": "1000",
        "diff.algorithm": "myers",
        "diff.indentHeuristic": "true",
        "diff.ignoreSubmodules": "none",
        "diff.suppressBlankEmpty": "false",
        "diff.relative": "false",
        "diff.noprefix": "false",
        "diff.mnemonicPrefix": "false",
        "color.ui": "never",
        "core.attributesFile": os.devnull,
        "blame.ignoreRevsFile": "",
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of a walk. ``people`` are (name, email, mapped name, mapped email) of author and committer."""

    sha: str
    parents: tuple[str, ...]
    people: tuple[tuple[str, str, str, str], ...]


def walk(mirror: Path, revision: str, beyond: str = "") -> Iterator[Step]:
    """Every commit that the revision reaches, newest first, in the order of ``git log``. Raises ``UnreadableError``.

    With ``beyond``, only those that this commit does not reach.
    """
    told = f"--format={_MARK}{'%x00'.join(_WALK_FIELDS)}"
    arguments = ["log", "-z", "--no-show-signature", told, revision, *([f"^{beyond}"] if beyond else []), "--"]
    fields: list[str] = []
    for token in _tokens(mirror, arguments, revision):
        fields.append(_decoded(token))
        if len(fields) == len(_WALK_FIELDS):
            author, committer = _people(fields)
            yield Step(fields[0].removeprefix(_MARK), tuple(fields[1].split()), (author, committer))
            fields = []


def names_in_order(mirror: Path, revision: str) -> Generator[str, None, None]:
    """Ids of the same commits in the same order; ends git when it is closed. Raises ``UnreadableError``."""
    tokens = _tokens(mirror, ["log", "-z", "--no-show-signature", "--format=%H", revision, "--"], revision)
    return (token.decode() for token in tokens)


def same_mailmap(mirror: Path, first: str, second: str) -> bool:
    """Whether two commits give everybody the same names."""
    blobs = [run_git(mirror, "rev-parse", "--verify", "-q", f"{each}:.mailmap").text for each in (first, second)]
    return blobs[0] == blobs[1]


def _people(fields: Sequence[str]) -> tuple[tuple[str, str, str, str], tuple[str, str, str, str]]:
    return (fields[2], fields[3], fields[4], fields[5]), (fields[6], fields[7], fields[8], fields[9])


def read_commits(
    mirror: Path,
    shas: Iterable[str],
    revision: str,
    *,
    changes: bool = True,
    on_unreadable: Callable[[str], object] = str,
) -> Iterator[Commit]:
    """The commits named, in the order given; people as they wrote themselves, texts not redacted.

    ``changes`` asks for those, too, which is most of git's work; merges have none. From a partial clone they come
    without numbers of lines and with renames as a file removed and another added. So do those of single commits that
    cannot be read because the content of a file is absent or damaged; ``on_unreadable`` is told their ids. Raises
    ``UnreadableError`` where commits or lists of files are.
    """
    wanted = list(shas)
    if is_borrowed(mirror):
        yield from _read_commits(mirror, wanted, revision, _FILES_ALONE if changes else ())
        return

    def whole(some: Sequence[str]) -> Iterator[Commit]:
        return _read_commits(mirror, some, revision, _FILES_AND_LINES if changes else ())

    def without_lines(sha: str) -> Commit:
        (commit,) = _read_commits(mirror, [sha], revision, _FILES_ALONE if changes else ())
        on_unreadable(sha)
        return commit

    yield from readable(whole, wanted, without_lines)


def _read_commits(mirror: Path, shas: Sequence[str], revision: str, told: Sequence[str]) -> Iterator[Commit]:
    arguments = [
        *("log", "--stdin", "--no-walk=unsorted", "-z", "--no-abbrev", "--no-show-signature", "--no-notes"),
        *((*told, "--no-ext-diff", "--no-textconv") if told else ()),
        f"--format={_MARK}{'%x00'.join(_FIELDS)}",
    ]
    if not shas:  # without any, git would tell HEAD
        return
    tokens = _tokens(mirror, arguments, revision, [f"{sha}\n" for sha in shas])
    token = next(tokens, None)
    while token is not None:
        header = [token.removeprefix(_MARK.encode()), *(next(tokens, b"") for _ in _FIELDS[1:])]
        changed: dict[bytes, list[bytes]] = {}
        counts: dict[bytes, tuple[int | None, int | None]] = {}
        token = next(tokens, None)
        while token is not None and not token.startswith(_MARK.encode()):
            _take_change(token.lstrip(b"\n"), tokens, changed, counts)
            token = next(tokens, None)
        yield _commit(header, changed, counts)


def _take_change(
    token: bytes,
    tokens: Iterator[bytes],
    changes: dict[bytes, list[bytes]],
    counts: dict[bytes, tuple[int | None, int | None]],
) -> None:
    """Takes one row of a raw listing, or of a numstat, off the stream; both name a file by its new path."""
    if token.startswith(b":"):
        status = token.rpartition(b" ")[2][:1]
        old = next(tokens, b"")
        path = next(tokens, b"") if status in b"RC" else old
        changes[path] = [status, old if status in b"RC" else b""]
    elif token:
        added, removed, path = token.split(b"\t", 2)
        if not path:
            next(tokens, b"")
            path = next(tokens, b"")
        counts[path] = (_number(added), _number(removed))


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def _commit(
    header: Sequence[bytes],
    changes: Mapping[bytes, Sequence[bytes]],
    counts: Mapping[bytes, tuple[int | None, int | None]],
) -> Commit:
    sha, parents, author, author_email, authored, committer, committer_email, committed, message, trailers = map(
        _decoded, header
    )
    subject, body = split_message(message)
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author=author,
        author_email=author_email,
        committer=committer,
        committer_email=committer_email,
        authored_at=moment(authored),
        committed_at=moment(committed),
        subject=subject,
        body=body,
        trailers=tuple(_trailers(trailers)),
        changes=tuple(
            Change(
                path=path_text(path),
                status=status.decode(),
                old_path=path_text(old),
                added=counts.get(path, (None, None))[0],
                removed=counts.get(path, (None, None))[1],
            )
            for path, (status, old) in changes.items()
        ),
    )


def split_message(message: str) -> tuple[str, str]:
    """Subject and body as git tells them: the subject is the first paragraph on one line."""
    first, _, rest = message.strip("\n").partition("\n\n")
    return " ".join(first.split("\n")).strip(), rest.strip("\n")


def _trailers(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        key, colon, value = line.partition(":")
        if colon and key.strip():
            yield key.strip(), value.strip()


def moment(seconds: str) -> datetime:
    """Seconds since 1970 as git prints them; dates that no calendar has become the nearest that it has."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def read_tags(mirror: Path) -> list[Tag]:
    """Every tag that leads to a commit, by date, then name. Raises ``UnreadableError``."""
    fields = (
        "%(refname:strip=2)",
        "%(objecttype)",
        "%(objectname)",
        "%(*objecttype)",
        "%(*objectname)",
        "%(taggerdate:unix)",
        "%(committerdate:unix)",
        "%(*committerdate:unix)",
        "%(contents:subject)",
    )
    result = run_git(mirror, "for-each-ref", f"--format={'%00'.join(fields)}%00", "refs/tags")
    if result.status != 0:
        raise UnreadableError(f"The tags of {mirror.name} cannot be read ({result.complaint}); run git fsck there.")
    tags = []
    for row in result.output.split(b"\0\n"):
        if not row.strip():
            continue
        name, kind, sha, inner_kind, inner, tagged, committed, inner_committed, subject = map(
            _decoded, row.split(b"\0")[: len(fields)]
        )
        is_annotated = kind == "tag"
        if (inner_kind if is_annotated else kind) != "commit":
            continue
        when = tagged or inner_committed if is_annotated else committed
        tags.append(
            Tag(
                name=name,
                sha=inner if is_annotated else sha,
                tagged_at=moment(when),
                is_annotated=is_annotated,
                subject=subject if is_annotated else "",
            )
        )
    return sorted(tags, key=lambda tag: (tag.tagged_at, tag.name))


def is_shallow(mirror: Path) -> bool:
    """Whether the oldest commits are missing from the mirror."""
    return run_git(mirror, "rev-parse", "--is-shallow-repository").text == "true"


def write_commit_graph(mirror: Path) -> bool:
    """Makes walks and searches by path fast; says whether git could. Facts are right without it."""
    result = run_git(mirror, "commit-graph", "write", "--reachable", "--changed-paths", "--split", timeout_s=1800)
    return result.status == 0


_SHA = re.compile(r"(?<![\w/.#-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}(?![\w-])")
_NUMBER = re.compile(r"(?:(?P<slug>[\w.-]+/[\w.-]+)|(?<![\w&/#-]))(?:#|(?<!\w)[Gg][Hh]-)(?P<number>\d{1,9})(?!\w)")


def find_links(message: str, web_url: str) -> set[tuple[str, str]]:
    """("issue", number) and ("commit", abbreviated id) that a message names.

    A number with another project's name before it, or in another project's address, is not one of ours.
    """
    slug = "/".join(web_url.split("/")[3:]).lower()
    links = {("commit", sha) for sha in _SHA.findall(message)}
    for match in _NUMBER.finditer(message):
        if match["slug"] is None or (slug and match["slug"].lower() == slug):
            links.add(("issue", str(int(match["number"]))))
    if web_url:
        kinds = r"(?:/-)?/(?:issues?|pulls?|pull-requests|merge_requests)/(\d{1,9})(?!\w)"
        for number in re.findall(re.escape(web_url) + kinds, message, re.IGNORECASE):
            links.add(("issue", str(int(number))))
    return links


def _decoded(raw: bytes) -> str:
    """Text of a message or name: git turns declared encodings into UTF-8; what is left over was written undeclared."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _tokens(mirror: Path, arguments: Sequence[str], revision: str, lines: Iterable[str] = ()) -> Iterator[bytes]:
    """What one git command prints, cut at NUL. ``lines`` are its input. Raises ``UnreadableError`` when it fails."""
    with streamed(mirror, arguments, revision, lines) as stdout:
        rest = b""
        while block := stdout.read(_READ_BYTES):
            *whole, rest = (rest + block).split(b"\0")
            yield from whole
        if rest:
            yield rest


@contextmanager
def streamed(mirror: Path, arguments: Sequence[str], revision: str, lines: Iterable[str] = ()) -> Iterator[IO[bytes]]:
    """What one git command prints, to be read to its end. ``lines`` are its input.

    Leaving early ends the command. Raises ``UnreadableError`` when it fails.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
        for line in lines:
            given.write(line.encode())
        given.seek(0)
        process = subprocess.Popen(
            ["git", *arguments],
            cwd=mirror,
            env=git_environment(settings=history_settings(revision)),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert process.stdout is not None
        try:
            yield process.stdout
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if status != 0:
            complaints.seek(0)
            said = without_credentials(complaints.read(2_000).decode("utf-8", "replace").strip().split("\n")[0])
            if is_borrowed(mirror):
                raise PartialCloneError(
                    f"{mirror.name} is a partial clone that left out what its commits changed ({said}); clone it whole "
                    "or with --filter=blob:none."
                )
            raise UnreadableError(f"The history in {mirror.name} cannot be read ({said}); run git fsck --full there.")
