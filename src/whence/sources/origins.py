"""Whence lines come, asked of git: blame through moves, copies, new layouts and the commits a project ignores itself.

It knows commits and lines, not reasons (``answer/facts/why.py``). Blame of one line as git shows it, without looking
through anything, is in ``history_queries.py``.
"""

import os
import re
import shlex
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whence.errors import NotARepositoryError, UnreadableError
from whence.sources.blobs import path_bytes, read_texts
from whence.sources.git_process import GitResult, copy_is_gone, run_git
from whence.sources.history import RENAME_SHARE, history_settings, moment, split_message
from whence.sources.layout import Hunk, earlier_line, hunks_of, is_layout
from whence.sources.log_rows import unquoted
from whence.sources.options import SourceOptions
from whence.sources.redaction import redact
from whence.types import Commit, Origins, Stretch

TIMEOUT_S: Final = 20.0
THOROUGH_S: Final = 6.0
"""Lines moved from other files are looked for this long; then blame without them must do."""

LOOK_THROUGH_S: Final = 1.5
"""After this no further layout is looked through; each costs a blame of its own."""

MAX_ROUNDS: Final = 6
IGNORED_FILE: Final = ".git-blame-ignore-revs"
_MOVES: Final = ("-w", "-M", "-C", "-C")
_FIELDS: Final = "%x01%H%x00%P%x00%aN%x00%aE%x00%at%x00%cN%x00%cE%x00%ct%x00%B%x00%(trailers:only=true,unfold=true)%x00"
_N_FIELDS: Final = 10


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file asked for, and where blame has followed it to; ``previous`` is (commit, path) before that."""

    number: int
    sha: str
    path: str
    line: int
    previous: tuple[str, str] | None


class OriginQueries:
    """Git, asked where lines of ``revision`` come from. Raises ``UnreadableError``."""

    def __init__(self, mirror: Path, revision: str, options: SourceOptions | None = None) -> None:
        self._mirror = mirror
        self.revision = revision
        self._options = options or SourceOptions()
        self._settings = history_settings(revision)

    def origins(self, path: str, first: int, last: int) -> Origins | None:
        """Whence lines ``first`` to ``last`` come; None where the file is not there or has fewer lines."""
        began = time.perf_counter()
        is_whole = True
        try:
            lines = self._blame(self.revision, path, [(first, last)], _MOVES, timeout_s=THOROUGH_S)
        except UnreadableError:
            is_whole = False
            lines = self._blame(self.revision, path, [(first, last)], ("-w",))
        if lines is None:
            return None
        passed: dict[str, None] = {}
        ignored = self._ignored()
        if is_whole:
            lines, is_whole = self._before_layouts(lines, passed, frozenset(ignored), began)
            lines = self._without(ignored, path, lines, passed)
        commits = {commit.sha: commit for commit in self.commits([*{line.sha: None for line in lines}, *passed])}
        return Origins(
            stretches=tuple(_stretches(lines, commits)),
            passed=tuple(commits[sha] for sha in passed),
            command=self._command(path, first, last, is_whole=is_whole, ignores=bool(passed.keys() & set(ignored))),
            is_whole=is_whole,
        )

    def commits(self, shas: Sequence[str]) -> list[Commit]:
        """The commits of these ids in the order given, with whole messages and mapped names, redacted."""
        if not shas:
            return []
        arguments = ["log", "--no-walk=unsorted", "-z", "--no-patch", "--no-show-signature", "--no-notes"]
        tokens = self._asked(*arguments, f"--format={_FIELDS}", *shas, "--").output.split(b"\0")
        found = []
        for start in (n for n, token in enumerate(tokens) if token.startswith(b"\x01")):
            found.append(_commit([_decoded(part) for part in tokens[start : start + _N_FIELDS]]))
        return found

    def sizes(self, path: str) -> list[tuple[str, int]]:
        """(commit, lines added and removed) of those that changed a file, newest first, through renames."""
        spot = os.fsdecode(path_bytes(path))
        options = ["--follow", RENAME_SHARE, "--numstat", "--no-merges", "--format=%x01%H", self.revision]
        found = []
        for part in self._asked("log", "--no-show-signature", *options, "--", spot).text.split("\x01")[1:]:
            sha, *rows = part.split("\n")
            numbers = [row.split("\t")[:2] for row in rows if "\t" in row]
            found.append((sha.strip(), sum(int(number) for pair in numbers for number in pair if number.isdigit())))
        return found

    def bringing(self, sha: str, landing: str) -> list[str]:
        """The merges that brought a commit towards ``landing``, which has it, from the first one on; ids.

        A merge of the main line into the commit's own branch is none of them.
        """
        span = [f"^{sha}", landing, "--"]
        found = self._asked("rev-list", "--ancestry-path", "--topo-order", "--reverse", "--parents", *span).text
        on_the_way = {sha}
        merges = []
        for row in found.split("\n"):
            commit, *parents = row.split() or [""]
            if len(parents) > 1 and parents[0] not in on_the_way:
                merges.append(commit)
            on_the_way.add(commit)
        return merges

    def _ignored(self) -> list[str]:
        """Commits that the project itself asks blame to ignore, in a file at the revision."""
        text = read_texts(self._mirror, [(IGNORED_FILE, self.revision)], self._options)[0] or ""
        return re.findall(r"(?m)^[ \t]*([0-9a-f]{40})\b", text)

    def _blame(
        self,
        revision: str,
        path: str,
        ranges: Sequence[tuple[int, int]],
        options: Sequence[str],
        ignored: Sequence[str] = (),
        timeout_s: float = TIMEOUT_S,
    ) -> list[_Line] | None:
        spot = os.fsdecode(path_bytes(path))
        spans = [f"-L{first},{last}" for first, last in ranges]
        with tempfile.NamedTemporaryFile("w", suffix=".revs") as listed:
            listed.write("".join(f"{sha}\n" for sha in ignored))
            listed.flush()
            told = [f"--ignore-revs-file={listed.name}"] if ignored else []
            result = self._run(timeout_s, "blame", "--porcelain", *options, *told, *spans, revision, "--", spot)
        if result.status != 0:
            if "has only" in result.complaint or "no such path" in result.complaint:
                return None
            raise self._failed("blame", result)
        return list(_porcelain(result.output))

    def _before_layouts(
        self, lines: list[_Line], passed: dict[str, None], ignored: frozenset[str], began: float
    ) -> tuple[list[_Line], bool]:
        """The lines followed to before the commits that only laid them out anew, which are added to ``passed``."""
        seen: set[tuple[str, str]] = set()
        for _ in range(MAX_ROUNDS):
            places = {(line.sha, line.path): line.previous[1] for line in lines if line.previous is not None}
            places = {place: former for place, former in places.items() if place not in seen}
            if not places:
                return lines, True
            if time.perf_counter() - began > LOOK_THROUGH_S:
                return lines, False
            seen |= places.keys()
            lines = self._stepped_back(lines, self._layouts(places, ignored), passed, ignored)
        return lines, True

    def _layouts(
        self, places: Mapping[tuple[str, str], str], ignored: frozenset[str]
    ) -> dict[tuple[str, str], list[Hunk]]:
        """The hunks of each (commit, path) that change nothing but the layout; of an ignored commit all of them.

        ``places`` maps to the path before the commit.
        """
        shas = list(dict.fromkeys(sha for sha, _ in sorted(places)))
        paths = sorted({path for _, path in places} | set(places.values()))
        spots = [os.fsdecode(path_bytes(path)) for path in paths]
        arguments = ["log", "--no-walk=unsorted", "-p", "-U0", "-w", RENAME_SHARE, "--no-ext-diff", "--no-textconv"]
        output = self._asked(*arguments, "--no-color", "--format=%x01%H", *shas, "--", *spots).output
        found: dict[tuple[str, str], list[Hunk]] = {}
        for part in output.split(b"\x01")[1:]:
            sha = part[:40].decode("ascii", "replace")
            for path, hunks in hunks_of(part.decode("utf-8", "replace")):
                if (sha, path) in places:
                    found[sha, path] = hunks if sha in ignored else [hunk for hunk in hunks if is_layout(hunk)]
        return {place: hunks for place, hunks in found.items() if hunks}

    def _stepped_back(
        self,
        lines: list[_Line],
        layouts: Mapping[tuple[str, str], list[Hunk]],
        passed: dict[str, None],
        ignored: frozenset[str],
    ) -> list[_Line]:
        """Lines that a layout rewrote, blamed again from before it."""
        moved: dict[tuple[str, str], dict[int, list[int]]] = {}
        for place, line in enumerate(lines):
            hunks = layouts.get((line.sha, line.path), ())
            earlier = earlier_line(hunks, line.line, anywhere=line.sha in ignored) if line.previous else None
            if earlier is not None and line.previous is not None:
                passed[line.sha] = None
                moved.setdefault(line.previous, {}).setdefault(earlier, []).append(place)
        made = list(lines)
        for (sha, path), wanted in moved.items():
            before = self._blame(sha, path, [(n, n) for n in sorted(wanted)], _MOVES) or []
            for found in before:
                for place in wanted.get(found.number, ()):
                    made[place] = _Line(lines[place].number, found.sha, found.path, found.line, found.previous)
        return made

    def _without(self, ignored: Sequence[str], path: str, lines: list[_Line], passed: dict[str, None]) -> list[_Line]:
        """The lines that are still those of ignored commits, as git itself looks through these."""
        wanted = {line.number: line.sha for line in lines if line.sha in set(ignored)}
        if not wanted:
            return lines
        found = self._blame(self.revision, path, [(n, n) for n in sorted(wanted)], _MOVES, ignored) or []
        other = {line.number: line for line in found if line.sha != wanted.get(line.number)}
        passed.update(dict.fromkeys(wanted[number] for number in other))
        return [other.get(line.number, line) for line in lines]

    def _command(self, path: str, first: int, last: int, *, is_whole: bool, ignores: bool) -> str:
        options = [*(_MOVES if is_whole else ("-w",)), *([f"--ignore-revs-file={IGNORED_FILE}"] if ignores else [])]
        return shlex.join(["git", "blame", *options, f"-L{first},{last}", self.revision[:7], "--", path])

    def _asked(self, *arguments: str) -> GitResult:
        result = self._run(TIMEOUT_S, *arguments)
        if result.status != 0:
            raise self._failed(arguments[0], result)
        return result

    def _run(self, timeout_s: float, *arguments: str) -> GitResult:
        try:
            return run_git(self._mirror, *arguments, settings=self._settings, timeout_s=timeout_s)
        except NotARepositoryError as error:
            raise copy_is_gone(self._mirror) from error

    def _failed(self, command: str, result: GitResult) -> UnreadableError:
        said = result.complaint or "no reason given"
        return UnreadableError(f"Git {command} failed in the copy of {self._mirror.name} ({said}): run `whence sync`.")


def _porcelain(output: bytes) -> Iterator[_Line]:
    """The lines of ``git blame --porcelain``; a commit's paths stand where it comes first, and where they change."""
    sha, number, line = "", 0, 0
    before: tuple[str, str] | None = None
    places: dict[str, tuple[str, tuple[str, str] | None]] = {}
    for row in output.split(b"\n"):
        if row.startswith(b"\t"):
            path, previous = places[sha]
            yield _Line(number, sha, path, line, previous)
        elif row.startswith(b"filename "):
            places[sha] = unquoted(row[9:]), before
        elif row.startswith(b"previous "):
            parent, _, name = row[9:].partition(b" ")
            before = parent.decode(), unquoted(name)
        elif match := re.match(rb"([0-9a-f]{40}) (\d+) (\d+)(?: \d+)?$", row):
            sha, line, number = match[1].decode(), int(match[2]), int(match[3])
            before = None


def _stretches(lines: Sequence[_Line], commits: Mapping[str, Commit]) -> Iterator[Stretch]:
    """Neighbouring lines of one commit and path put together, where they stood together there, too."""
    start = 0
    for n in range(1, len(lines) + 1):
        before = lines[n - 1]
        if n < len(lines) and (lines[n].sha, lines[n].path) == (before.sha, before.path):
            continue
        first = lines[start]
        yield Stretch(
            commit=commits[first.sha],
            path=first.path,
            line=first.line,
            start_line=first.number,
            end_line=before.number,
        )
        start = n


def _commit(fields: Sequence[str]) -> Commit:
    subject, body = split_message(fields[8])
    return Commit(
        sha=fields[0].removeprefix("\x01"),
        parents=tuple(fields[1].split()),
        author=fields[2],
        author_email=fields[3],
        authored_at=moment(fields[4]),
        committer=fields[5],
        committer_email=fields[6],
        committed_at=moment(fields[7]),
        subject=redact(subject, "")[0],
        body=redact(body, "")[0] if body else "",
        trailers=tuple(_trailers(fields[9].split("\n"))),
    )


def _trailers(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(":")
        if colon and key.strip():
            yield key.strip(), redact(value.strip(), "")[0]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
