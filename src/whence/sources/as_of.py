"""From a tag, a commit or a moment to the commit of the indexed history that it means.

Dates as people write them are read by the caller; here a moment is given. Nothing younger than the indexed revision
can be meant, and nothing that this revision does not reach.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from whence.errors import AsOfError, NotARepositoryError, RevisionError, UnreadableError
from whence.sources.git_process import GitResult, run_git
from whence.sources.history import is_shallow, moment, read_tags
from whence.types import Tag

_N_NEAR = 3
_N_LISTED = 5
_KEPT = 1_000
_STEPS = re.compile(r"(?P<base>.*?)(?P<steps>(?:[~^]\d*)+)")
_PREFIX = re.compile(r"[0-9a-f]{4,64}")
_NEWEST = frozenset({"head", "@", "now", "newest", "latest"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A past state of one source. ``wanted`` is what the person wrote, ``revision`` the commit that it means.

    ``position`` counts the first-parent commits of the indexed revision that this one reaches, itself included;
    ``is_on_line`` says whether it is one of them. ``until`` is the last moment asked for, where a date was.
    ``note`` says what a person should know of how it was understood, or is "".
    """

    wanted: str
    revision: str
    committed_at: datetime
    position: int
    is_on_line: bool = True
    until: datetime | None = None
    note: str = ""


class Timeline:
    """The states that the history of one indexed revision has had. Lists are read once and kept.

    ``name`` is what people call the project. Methods raise ``AsOfError`` for what the history does not have, in one
    sentence, and ``UnreadableError`` for damage.
    """

    def __init__(self, mirror: Path, revision: str, name: str) -> None:
        self._mirror = mirror
        self._revision = revision
        self._name = name
        self._found: dict[str, AsOf] = {}

    def at_moment(self, wanted: str, start: datetime, until: datetime, now: datetime) -> AsOf:
        """The last first-parent commit with a committer date not after ``until``; ``start`` is later than ``now``
        where the date lies in the future, and the newest state is meant then."""
        ahead = f"{wanted} lies in the future: this is the newest indexed state" if start > now else ""
        until_s = until.timestamp()
        for n, (sha, committed_s) in enumerate(self._line):
            if committed_s <= until_s:
                return AsOf(
                    wanted=wanted,
                    revision=sha,
                    committed_at=moment(str(committed_s)),
                    position=len(self._line) - n,
                    until=until,
                    note=ahead,
                )
        first = moment(str(min(committed_s for _, committed_s in self._line)))
        cut = " here, because the repository is shallow" if is_shallow(self._mirror) else ""
        raise AsOfError(
            f"The history of {self._name} begins on {first:%Y-%m-%d}{cut}: nothing of it is there as of {wanted}."
        )

    def at_name(self, wanted: str) -> AsOf:
        """The commit of a tag (with or without a leading "v"), of an id's beginning, of HEAD, or so many before."""
        if wanted in self._found:
            return self._found[wanted]
        stepped = _STEPS.fullmatch(wanted)
        sha = self._named(stepped["base"] if stepped else wanted, wanted)
        if stepped:
            result = self._git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{sha}{stepped['steps']}^{{commit}}"
            )
            if result.status != 0 or not result.text:
                cut = ", or the repository is too shallow" if is_shallow(self._mirror) else ""
                raise AsOfError(
                    f"{wanted} leads to no commit of {self._name}: its history does not go back so far{cut}."
                )
            sha = result.text.split("\n")[-1]
        if len(self._found) >= _KEPT:
            self._found.clear()
        found = self._found[wanted] = self._reached(sha, wanted)
        return found

    def tag(self, wanted: str) -> Tag | None:
        """The tag of exactly this name, if there is one."""
        return next((tag for tag in self._tags if tag.name == wanted), None)

    def tags(self) -> list[Tag]:
        """Tags that the indexed revision reaches, oldest first."""
        reached = self._git("for-each-ref", f"--merged={self._revision}", "--format=%(refname:strip=2)", "refs/tags")
        names = set(reached.text.split("\n"))
        return [tag for tag in self._tags if tag.name in names]

    def _named(self, name: str, wanted: str) -> str:
        if name.lower() in _NEWEST or not name:
            return self._revision
        found = self._tags_called(name)
        if len(found) == 1:
            return found[0].sha
        if found:
            listed = ", ".join(tag.name for tag in found[:_N_LISTED])
            raise AsOfError(f"{name} can be several tags of {self._name}: {listed}; write the whole name.")
        if _PREFIX.fullmatch(name.lower()):
            shas = self._commits(name.lower())
            if len(shas) == 1:
                return shas[0]
            if shas:
                listed = ", ".join(sha[:12] for sha in shas[:_N_LISTED])
                raise AsOfError(f"{name} begins the ids of {len(shas)} commits ({listed}): write more of it.")
        raise AsOfError(self._unknown(name, wanted))

    def _tags_called(self, name: str) -> list[Tag]:
        """The tag of this name; else the tags that it means without "v", or as the end of a longer name."""
        exact = [tag for tag in self._tags if tag.name == name]
        if exact:
            return exact
        said = name.lower()
        bare = said.removeprefix("v")
        for wanted in ({said}, {bare, f"v{bare}"}):
            found = [tag for tag in self._tags if tag.name.lower() in wanted]
            if found:
                return found
        if not bare[:1].isdigit():
            return []
        ends = tuple(f"{lead}{bare}" for lead in ("-", "/", "-v", "/v"))
        whole = tuple(f"{lead}{bare}.0" for lead in ("", "v", "-", "/", "-v", "/v"))  # 2.0 is 2.0.0
        found = [tag for tag in self._tags if tag.name.lower().endswith(ends)]
        return found or [tag for tag in self._tags if tag.name.lower().endswith(whole[2:]) or tag.name.lower() in whole]

    def _unknown(self, name: str, wanted: str) -> str:
        if self._git("show-ref", "--verify", "--quiet", f"refs/heads/{name}").status == 0:
            return f"{name} is a branch of {self._name}, and branches move: name a tag, a date or a commit."
        near = get_close_matches(name, [tag.name for tag in self._tags], n=_N_NEAR, cutoff=0.6)
        meant = (
            f"; did you mean {', '.join(near)}?" if near else ": name a tag, a date such as 2020-01-31, or a commit."
        )
        return f"{self._name} has no tag, date or commit {wanted}{meant}"

    def _commits(self, prefix: str) -> list[str]:
        """Ids of the commits that begin so: of those that the indexed revision reaches, if any of them is."""
        shas = sorted(set(self._git("rev-parse", f"--disambiguate={prefix}").text.split()))[:200]
        commits = [sha for sha in shas if self._git("cat-file", "-t", sha).text == "commit"]
        return [sha for sha in commits if self._is_reached(sha)] or commits

    def _reached(self, sha: str, wanted: str) -> AsOf:
        if not self._is_reached(sha):
            if self._git("cat-file", "-e", f"{sha}^{{commit}}").status != 0:
                raise AsOfError(f"Commit {sha[:12]} of {wanted} is no longer in whence's copy of {self._name}.")
            raise AsOfError(
                f"{wanted} is not in the indexed history of {self._name}: {sha[:12]} is on another branch, or a force "
                f"push left it behind{self._instead(sha)}. `whence index --revision {wanted} --name NAME` makes an "
                "index of it."
            )
        behind = self._git("rev-list", "--count", "--first-parent", self._revision, f"^{sha}", "--")
        if behind.status != 0 or not behind.text.isdigit():
            raise self._failed("rev-list", behind)
        position = len(self._line) - int(behind.text)
        on_line = position > 0 and self._line[len(self._line) - position][0] == sha
        return AsOf(
            wanted=wanted,
            revision=sha,
            committed_at=self._committed_at(sha),
            position=position,
            is_on_line=on_line,
        )

    def _instead(self, sha: str) -> str:
        """States of the indexed history that may do as well as a commit beside it."""
        base = self._git("merge-base", sha, self._revision).text
        there = f"; --as-of {base[:10]} is where that branch left the indexed one" if base else ""
        return f"{there}, --as-of {self._committed_at(sha):%Y-%m-%d} the indexed one on that day" if there else there

    def _is_reached(self, sha: str) -> bool:
        return self._git("merge-base", "--is-ancestor", sha, self._revision).status == 0

    def _committed_at(self, sha: str) -> datetime:
        result = self._git("show", "-s", "--no-show-signature", "--format=%ct", sha, "--")
        if result.status != 0:
            raise self._failed("show", result)
        return moment(result.text.split("\n")[-1])

    @cached_property
    def _line(self) -> Sequence[tuple[str, int]]:
        """(commit, committer date in seconds) along first parents, newest first."""
        result = self._git("rev-list", "--first-parent", "--timestamp", self._revision, "--")
        if result.status != 0:
            raise self._failed("rev-list", result)
        rows = [row.split(" ", 1) for row in result.text.split("\n")]
        return [(sha, int(committed_s)) for committed_s, sha in rows]

    @cached_property
    def _tags(self) -> Sequence[Tag]:
        return read_tags(self._mirror)

    def _git(self, *arguments: str) -> GitResult:
        try:
            return run_git(self._mirror, *arguments)
        except NotARepositoryError as error:
            raise RevisionError(
                f"The local copy of {self._name} is gone: run `whence sync` to fetch it again."
            ) from error

    def _failed(self, command: str, result: GitResult) -> UnreadableError:
        said = result.complaint or "no reason given"
        return UnreadableError(f"Git {command} failed in the copy of {self._name} ({said}): run `whence sync`.")
