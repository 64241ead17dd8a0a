"""Asks git about single commits, files, lines and names of one revision, with the very command that is shown.

Everything that leaves is decoded and redacted. Commands have a time limit; what takes longer is an error, not a guess.
"""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from whence.errors import NotARepositoryError, UnreadableError
from whence.sources.blobs import path_bytes, path_text, read_texts
from whence.sources.git_process import GitResult, ObjectReader, copy_is_gone, run_git
from whence.sources.history import RENAME_SHARE, history_settings, read_tags
from whence.sources.log_rows import COMMIT_FORMAT, parse_changes, parse_log, records, unquoted
from whence.sources.mirror import mark_damaged
from whence.sources.options import SourceOptions
from whence.sources.patch_secrets import masked_diff
from whence.types import Change, Commit, CommitQuery, LineOrigin, Tag

TIMEOUT_S = 20.0
SHOWN_LINES = 200
SHOWN_BYTES = 1_000_000
_WHOLE_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_N_KEPT = 2_000
_N_AT_ONCE = 500
_N_DIFFERENCES = 8
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class PathStep(NamedTuple):
    """A commit that ``git log`` shows for a path: its mapped author, and its changes there (of a merge, none)."""

    sha: str
    is_merge: bool
    author: str
    changes: tuple[Change, ...]


class HistoryQueries:
    """Git, asked about the past of ``revision`` in a bare repository. Raises ``UnreadableError``."""

    def __init__(self, mirror: Path, revision: str, options: SourceOptions | None = None) -> None:
        self.mirror = mirror
        self.revision = revision
        self.options = options or SourceOptions()
        self._settings = history_settings(revision)
        self._kept: dict[str, Commit] = {}
        self._unreadable: set[str] = set()
        self._counts: dict[CommitQuery, int] = {}
        self._differences: dict[tuple[str, ...], list[Change]] = {}

    def log(self, query: CommitQuery) -> list[Commit]:
        """The commits that a query means, newest first; with changes where it follows or filters by status."""
        if query == CommitQuery(span=query.span, n_max=1) and is_whole_id(query.span):
            return self.several([query.span])
        wants_changes = query.follow or bool(query.statuses)
        told = ["--raw", "--no-abbrev"] if wants_changes else ["--no-patch"]
        arguments = ["log", "-z", "--no-show-signature", "--no-notes", f"--format={COMMIT_FORMAT}", *told]
        result = self.asked(*arguments, *self.selection(query))
        return parse_log(result.output)

    def ends(self, query: CommitQuery) -> list[Commit]:
        """The newest and the oldest commit of a query (one, where they are the same); empty where there are none."""
        result = self.asked("log", "--format=%H", "--no-patch", *self.selection(query))
        shas = result.text.split()
        ends = dict.fromkeys([*shas[:1], *shas[-1:]])
        return self.several(list(ends))

    def several(self, shas: Sequence[str]) -> list[Commit]:
        """The commits of these whole ids, in the order given; the last that were asked for are kept."""
        kept = self._kept
        if len(kept) > _N_KEPT:
            self._kept = kept = {}
        missing = list(dict.fromkeys(sha for sha in shas if sha not in kept))
        for start in range(0, len(missing), _N_AT_ONCE):
            chosen = ("--no-walk=unsorted", *missing[start : start + _N_AT_ONCE], "--")
            arguments = ["log", "-z", "--no-show-signature", "--no-notes", f"--format={COMMIT_FORMAT}", "--no-patch"]
            kept.update((commit.sha, commit) for commit in parse_log(self.asked(*arguments, *chosen).output))
        return [kept[sha] for sha in shas]

    def path_log(self, path: str) -> list[PathStep]:
        """Every commit that ``git log`` shows for one file, newest first, with what it did to the path."""
        arguments = ["log", "-z", "--no-show-signature", "--no-notes", "--raw", "--no-abbrev", "--no-renames"]
        chosen = self.selection(CommitQuery(paths=(path,)))
        output = self.asked(*arguments, "--format=%x01%H%x00%P%x00%aN%x00", *chosen).output
        return [
            PathStep(fields[0], " " in fields[1], fields[2], tuple(parse_changes(rows)))
            for fields, rows in records(output, 3)
        ]

    def changing(
        self, text: str, shas: Sequence[str], n_max: int = 1, *, is_word: bool = False, merges: bool = False
    ) -> list[Commit]:
        """The first of these commits that change how often a text occurs in some file, in their order; merges never do.

        With ``merges``, the first merges that do, compared with their first parents. Commits whose files cannot be
        read are passed over.
        """
        shas = [sha for sha in shas if sha not in self._unreadable]
        if not shas:
            return []
        told = [*_changing(text, is_word=is_word), *(("--merges", "--diff-merges=first-parent") if merges else ())]
        # The number stands first: git takes one that follows for a wish to walk, and walks all that came before.
        chosen = (f"-{n_max}", "--no-walk=unsorted", "--no-renames", "--no-patch", *told, *shas, "--")
        result = self.run("log", "-z", "--no-show-signature", "--no-notes", f"--format={COMMIT_FORMAT}", *chosen)
        if result.status == 0:
            return parse_log(result.output)
        if not _lacks_content(result.complaint):
            raise self.failed("log", result)
        if len(shas) == 1:
            self._unreadable.update(shas)
            return []
        middle = len(shas) // 2
        found = self.changing(text, shas[:middle], n_max, is_word=is_word, merges=merges)
        if len(found) < n_max:
            found += self.changing(text, shas[middle:], n_max - len(found), is_word=is_word, merges=merges)
        return found

    def count(self, query: CommitQuery) -> int:
        """How many commits a query means; the last that were asked for are kept."""
        if query not in self._counts:
            if len(self._counts) >= _N_KEPT:
                self._counts.clear()
            self._counts[query] = self._counted(query)
        return self._counts[query]

    def _counted(self, query: CommitQuery) -> int:
        if query.author or query.follow or query.statuses or query.text:
            result = self.asked("log", "--format=%H", *(["--no-patch"]), *self.selection(query))
            return len(result.output.split())
        return int(self.asked("rev-list", "--count", *self.selection(query)).text or 0)

    def authors(self, query: CommitQuery) -> list[tuple[str, int]]:
        """(mapped name, commits), most first, ties by name."""
        result = self.asked("log", "-z", "--format=%aN", "--no-patch", *self.selection(query))
        counts: dict[str, int] = {}
        for name in result.output.removesuffix(b"\0").split(b"\0") if result.output else []:
            text = name.decode("utf-8", "replace")
            counts[text] = counts.get(text, 0) + 1
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def command(self, query: CommitQuery, *, count: bool) -> str:
        """The command for people: what is run, without the options that only shape its output."""
        plain = not (query.author or query.follow or query.statuses or query.text)
        shown = ["git", "rev-list", "--count"] if count and plain else ["git", "log"]
        if count and not plain:
            shown.append("--format=%h")
        return shlex.join([*shown, *self.selection(query, short=True)]) + (" | wc -l" if count and not plain else "")

    def selection(self, query: CommitQuery, *, short: bool = False) -> list[str]:
        """The options of ``git log`` that choose commits."""
        chosen: list[str] = []
        if query.n_max:
            chosen.append(f"-{query.n_max}")
        if query.first_parent:
            chosen.append("--first-parent")
        if query.merges is not None:
            chosen.append("--merges" if query.merges else "--no-merges")
        if query.since:
            chosen.append(f"--since={query.since:%Y-%m-%dT%H:%M:%SZ}")
        if query.until:
            chosen.append(f"--until={query.until:%Y-%m-%dT%H:%M:%SZ}")
        if query.author:
            chosen += ["--use-mailmap", f"--author=^{_basic_pattern(query.author)} <"]
        if query.text:
            chosen += _changing(query.text, is_word=query.is_word)
        if query.first_parent and (query.text or query.statuses):
            chosen.append("--diff-merges=first-parent")
        if query.statuses:
            chosen.append(f"--diff-filter={query.statuses}")
        if query.follow:
            chosen += ["--follow", RENAME_SHARE]
        elif query.statuses or query.text:
            chosen.append(RENAME_SHARE if "R" in query.statuses and not query.text else "--no-renames")
        span = query.span or self.revision
        if short:
            span = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b", r"\1", span)
        paths = [os.fsdecode(path_bytes(path)) for path in query.paths]
        return [*chosen, span, "--", *paths] if paths or not short else [*chosen, span]

    def commits(self, prefix: str) -> list[Commit]:
        """Commits that the revision reaches and whose id begins so; at most 10, by id."""
        if not is_part_of_id(prefix):
            return []
        found = self.run("rev-parse", f"--disambiguate={prefix}")
        shas = sorted(set(found.text.split()))[:200]
        commits = []
        for sha in shas:
            if self.run("cat-file", "-t", sha).text == "commit" and self.reaches(sha):
                commits += self.log(CommitQuery(span=sha, n_max=1))
        return commits[:10]

    def order(self) -> list[str]:
        """Ids of all commits that the revision reaches, newest first as ``git log`` orders them."""
        return self.ids(self.revision)

    def ids(self, span: str) -> list[str]:
        """Ids of all commits of a revision or range, newest first."""
        return self.asked("rev-list", span, "--").text.split()

    def reaches(self, sha: str) -> bool:
        """Whether the revision contains a commit."""
        return self.run("merge-base", "--is-ancestor", sha, self.revision).status == 0

    def shown(self, sha: str) -> str:
        """A commit as ``git show`` tells it, merges compared with their first parent, cut after 200 lines; redacted."""
        told = ("--stat=100", "--patch", RENAME_SHARE, "--format=fuller", "--date=iso", "--diff-merges=first-parent")
        plain = ("--no-show-signature", "--no-notes", "--no-ext-diff", "--no-textconv", "--no-color")
        text = self.asked("show", *plain, *told, sha, "--").output[:SHOWN_BYTES].decode("utf-8", "replace")
        lines = masked_diff(text, lambda: self._versions(sha)).rstrip("\n").split("\n")
        more = len(lines) - SHOWN_LINES
        return "\n".join([*lines[:SHOWN_LINES], f"({more:,} more lines)"] if more > 0 else lines)

    def _versions(self, sha: str) -> list[bytes | None]:
        """The files of a commit before and after it."""
        told = ("--raw", "-z", "--no-abbrev", "--no-renames", "--format=", "--diff-merges=first-parent")
        rows = [row.split() for row in self.asked("show", *told, sha, "--").output.split(b"\0")[::2]]
        blobs = [blob.decode() for row in rows for blob in row[2:4] if set(blob) != {48}]
        with ObjectReader(self.mirror) as objects:
            return list(objects.read_all(blobs))

    def changes(self, old: str, new: str, paths: Sequence[str]) -> list[Change]:
        """Files that differ between two commits, renames found; by path. ``old`` "" is nothing. The last are kept."""
        key = (old, new, *paths)
        if key not in self._differences:
            if len(self._differences) >= _N_DIFFERENCES:
                self._differences.clear()
            self._differences[key] = self._changed(old, new, paths)
        return list(self._differences[key])

    def _changed(self, old: str, new: str, paths: Sequence[str]) -> list[Change]:
        base = ["diff-tree", "-r", "-z", RENAME_SHARE, "--no-ext-diff", "--no-textconv", "--raw", "--numstat"]
        pathspecs = [os.fsdecode(path_bytes(path)) for path in paths]
        result = self.asked(*base, "--no-abbrev", old or _EMPTY_TREE, new, "--", *pathspecs)
        return sorted(parse_changes(result.output), key=lambda change: change.path)

    def files(self) -> list[str]:
        """Every path at the revision, submodules left out."""
        rows = self.asked("ls-tree", "-r", "-z", "--full-tree", self.revision).output.split(b"\0")
        return [path_text(row.partition(b"\t")[2]) for row in rows if row and not row.startswith(b"160000")]

    def tags(self) -> list[Tag]:
        """Every tag of the mirror that leads to a commit, oldest first."""
        return read_tags(self.mirror)

    def tagged(self, sha: str) -> set[str]:
        """Names of the tags that a commit contains."""
        result = self.asked("for-each-ref", f"--merged={sha}", "--format=%(refname:strip=2)", "refs/tags")
        return set(result.output.decode("utf-8", "replace").split("\n")) - {""}

    def tags_with(self, sha: str) -> set[str]:
        """Names of the tags that contain a commit."""
        result = self.asked("for-each-ref", f"--contains={sha}", "--format=%(refname:strip=2)", "refs/tags")
        return set(result.output.decode("utf-8", "replace").split("\n")) - {""}

    def blame(self, path: str, line: int) -> LineOrigin | None:
        """Where one line of a file at the revision comes from, as plain ``git blame`` says; None for no such line."""
        if line < 1:
            return None
        spot = os.fsdecode(path_bytes(path))
        result = self.run("blame", "--porcelain", f"-L{line},{line}", self.revision, "--", spot)
        if result.status != 0:
            if "has only" in result.complaint or "no such path" in result.complaint:
                return None
            raise self.failed("blame", result)
        head = result.output.split(b"\n")[0].split()
        paths = [row[9:] for row in result.output.split(b"\n") if row.startswith(b"filename ")]
        commit = self.several([head[0].decode()])[0]
        text = (self.text(path) or "").split("\n")
        shown = text[line - 1] if line <= len(text) else ""
        return LineOrigin(commit=commit, path=unquoted(paths[0]), line=int(head[1]), text=shown)

    def text(self, path: str, revision: str = "") -> str | None:
        """A file, decoded and redacted; None where there is none or it has no text."""
        return read_texts(self.mirror, [(path, revision or self.revision)], self.options)[0]

    def grep(self, text: str, revision: str, *, word: bool) -> list[str]:
        """Paths of the text files that hold a text (as a whole word) at a revision, by path."""
        result = self.run("grep", "-z", "-l", "-I", "-F", *(["-w"] if word else []), "-e", text, revision, "--")
        if result.status not in {0, 1}:
            raise self.failed("grep", result)
        return [path_text(row.partition(b":")[2]) for row in result.output.split(b"\0") if row]

    def asked(self, *arguments: str) -> GitResult:
        """What one git command gives, run as all of them are. Raises ``UnreadableError`` where it fails."""
        result = self.run(*arguments)
        if result.status != 0:
            raise self.failed(arguments[0], result)
        return result

    def run(self, *arguments: str) -> GitResult:
        """The same, where a failure tells something."""
        try:
            return run_git(self.mirror, *arguments, settings=self._settings, timeout_s=TIMEOUT_S)
        except NotARepositoryError as error:
            raise copy_is_gone(self.mirror) from error

    def failed(self, command: str, result: GitResult) -> UnreadableError:
        """The error for a command that failed."""
        said = result.complaint or "no reason given"
        if re.search(r"corrupt|is empty|inflate", said):
            mark_damaged(self.mirror)
        return UnreadableError(f"Git {command} failed in the copy of {self.mirror.name} ({said}): run `whence sync`.")


def is_whole_id(text: str) -> bool:
    """Whether this is a commit's id, not a part of one, a name or a range."""
    return _WHOLE_ID.fullmatch(text) is not None


def is_part_of_id(text: str) -> bool:
    """Whether a commit's id can begin so."""
    return re.fullmatch(r"[0-9a-f]{4,64}", text) is not None


def _lacks_content(complaint: str) -> bool:
    """Whether git stopped at a file of which the content is absent or damaged."""
    return re.search(r"unable to read |unable to unpack |is corrupt|bad object|missing blob", complaint) is not None


def _changing(text: str, *, is_word: bool) -> list[str]:
    """The options of ``git log`` for commits that change how often a text occurs."""
    if not is_word:
        return [f"-S{text}"]
    return ["--pickaxe-regex", rf"-S\b{re.escape(text)}\b"]


def _basic_pattern(name: str) -> str:
    """A name as git's basic regular expression, where only these characters have a meaning."""
    return re.sub(r"([\\.*\[\]^$])", r"\\\1", name)
