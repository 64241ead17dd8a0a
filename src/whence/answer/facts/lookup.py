"""Finds what a question names: paths, people, tags, commits. What is not there is said, with what may be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from whence.answer.facts.draft import Draft, Fact, short
from whence.errors import HistoryNotLoadedError
from whence.types import Commit, CommitQuery, Tag

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_N_NEAR = 3
N_NEAREST = 5
"""Tags of other branches of which one may be the release before; older ones are of versions kept alive."""

_PRE_RELEASE = re.compile(r"\d[._-]?(?:rc|alpha|beta|dev|pre|a|b|c)[._-]?\d*$", re.IGNORECASE)
_SHORT_VERSION = re.compile(r"v?\d+(?:\.\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: its path, without a trailing slash for folders, and whether it is there at the revision."""

    path: str
    is_present: bool
    is_folder: bool = False


class Unknown(Exception):
    """The question names something that is not there, or not only once; ``fact`` says so."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(fact.text)
        self.fact = fact


def find_place(history: History, wanted: str, *, folders: bool = True) -> Place:
    """The one file or folder that a path, or the end of one, means: present ones first. Raises ``Unknown``."""
    name = wanted.strip().removeprefix("./").strip("/")
    present = history.files()
    former = _former(history, name)
    found: list[Place] = []
    for match in (_same, _below, _same_in_other_case):
        found = match(name, present, True, folders) or match(name, former, False, folders)
        if found:
            break
    if len(found) == 1:
        return found[0]
    what = f"git ls-tree -r --name-only {short(history.revision)}"
    if found:
        listed = _listed([place.path for place in found])
        raise _unknown(history, f"{wanted} can be {counted_files(len(found))}: {listed}; say which by its path", what)
    near = _near(name, present)
    meant = f"; did you mean {_listed(near)}?" if near else ""
    raise _unknown(history, f"There is no file {wanted} at {short(history.revision)}, nor was there{meant}", what)


def counted_files(n: int) -> str:
    """ "2 files or folders" """
    return f"{n:,} files or folders"


def _same(name: str, paths: Sequence[str], is_present: bool, folders: bool) -> list[Place]:
    """The file or folder of this very path."""
    if name in paths:
        return [Place(name, is_present)]
    is_folder = folders and any(path.startswith(f"{name}/") for path in paths)
    return [Place(name, is_present, True)] if is_folder else []


def _below(name: str, paths: Sequence[str], is_present: bool, folders: bool) -> list[Place]:
    """Files that end with this path, else folders; for a bare word, files of that name with any suffix."""
    ends = [path for path in paths if path.endswith(f"/{name}")]
    if ends:
        return [Place(path, is_present) for path in ends]
    part = f"/{name}/"
    held = {path[: path.find(part) + len(part) - 1] for path in paths if part in path} if folders else set()
    if held:
        return [Place(path, is_present, True) for path in sorted(held)]
    stems = [path for path in paths if path.rpartition("/")[2].rpartition(".")[0] == name]
    return [Place(path, is_present) for path in stems] if "." not in name and "/" not in name else []


def _same_in_other_case(name: str, paths: Sequence[str], is_present: bool, folders: bool) -> list[Place]:
    """Like the two before, letter case not counting."""
    lowered = {path.lower(): path for path in reversed(paths)}
    found = _same(name.lower(), list(lowered), is_present, False) or _below(
        name.lower(), list(lowered), is_present, False
    )
    if found:
        return [Place(lowered[place.path], is_present) for place in found]
    start = f"{name.lower()}/"
    inside = sorted({path[: len(name)] for path in paths if path.lower().startswith(start)}) if folders else []
    return [Place(path, is_present, True) for path in inside]


def _former(history: History, name: str) -> Sequence[str]:
    """Paths that were ever there; only the one asked for, where the history is not loaded."""
    try:
        return history.former_files()
    except HistoryNotLoadedError:
        return [name] if name and history.log(CommitQuery(paths=(name,), n_max=1)) else []


def _near(name: str, paths: Sequence[str]) -> list[str]:
    by_end = {path.rpartition("/")[2].lower(): path for path in reversed(paths)}
    close = get_close_matches(name.rpartition("/")[2].lower(), by_end, n=_N_NEAR, cutoff=0.6)
    whole = get_close_matches(name, paths, n=1, cutoff=0.8)
    return list(dict.fromkeys([*whole, *(by_end[end] for end in close)]))[:_N_NEAR]


def find_person(history: History, wanted: str) -> str:
    """The whole name of the one author that a name, a part of one, or an address means. Raises ``Unknown``."""
    everybody = history.authors(CommitQuery())
    names = [name for name, _ in everybody]
    said = wanted.strip().strip("@").lower()
    command = "git shortlog -sn " + short(history.revision)
    if "@" in wanted:
        found = list(history.names_of(wanted.strip("<>")))
    else:
        found = [name for name in names if name == wanted.strip()] or [name for name in names if name.lower() == said]
        words = set(said.split())
        found = found or [name for name in names if words <= set(name.lower().replace(",", " ").split())]
    if len(found) == 1:
        return found[0]
    if found:
        counts = dict(everybody)
        listed = ", ".join(f"{name} ({counts.get(name, 0):,} commits)" for name in found[:10])
        raise _unknown(history, f"{wanted} can be {len(found)} people: {listed}; say which by the whole name", command)
    lowered = {name.lower(): name for name in reversed(names)}
    parts = {part: name for name in reversed(names) for part in name.lower().split()}
    near = [lowered[name] for name in get_close_matches(said, lowered, n=_N_NEAR, cutoff=0.6)]
    near += [parts[part] for word in said.split() for part in get_close_matches(word, parts, n=2, cutoff=0.75)]
    meant = f"; did you mean {_listed(list(dict.fromkeys(near))[:_N_NEAR])}?" if near else ""
    raise _unknown(history, f"No author {wanted} is in the history{meant}", command)


def find_tag(history: History, wanted: str) -> Tag:
    """The tag of this name, with or without "v" or another prefix; of "2.0" also 2.0.0. Raises ``Unknown``.

    Where the revision contains none of that name, one on another branch is meant.
    """
    for tags in (history.tags(), history.other_tags()):
        found = _tag_called(wanted, {tag.name: tag for tag in tags})
        if found is not None:
            return found
    near = get_close_matches(wanted, [tag.name for tag in (*history.tags(), *history.other_tags())], n=_N_NEAR)
    meant = f"; did you mean {_listed(near)}?" if near else ""
    command = f"git tag --merged {short(history.revision)}"
    raise _unknown(history, f"No tag {wanted} leads to a commit of this history{meant}", command)


def _tag_called(wanted: str, tags: Mapping[str, Tag]) -> Tag | None:
    lowered = {name.lower(): tag for name, tag in tags.items()}
    zeros = (".0", ".0.0") if _SHORT_VERSION.fullmatch(wanted) else ()  # people call 2.0.0 by "2.0"
    for said in (wanted.lower(), *(f"{wanted.lower()}{zero}" for zero in zeros)):
        for name in (wanted, said, f"v{said}", said.removeprefix("v")):
            if name in tags or name in lowered:
                return tags.get(name) or lowered[name]
        bare = said.removeprefix("v")
        marks = (f"-{bare}", f"/{bare}", f"-v{bare}", f"/v{bare}")
        ends = [tag for name, tag in lowered.items() if name.endswith(marks)]
        if len(ends) == 1:
            return ends[0]
    return None


def previous_tag(history: History, tag: Tag) -> Tag | None:
    """The newest tag among the proper ancestors of a tag; of one that is no pre-release, the newest that is none.

    Where releases are made on branches, too, that of the last older ones which lacks the fewest of its commits.
    """
    older = _finished(tag, [other for other in history.tags_within(tag.sha) if other.sha != tag.sha])
    if not history.other_tags():
        return older[-1] if older else None
    before = [other for other in (*history.tags(), *history.other_tags()) if other.tagged_at < tag.tagged_at]
    before = _finished(tag, sorted(before, key=lambda other: other.tagged_at))
    rated = [
        (n, other)
        for other in [*before[-N_NEAREST:], *older[-1:]]
        if (n := history.count(CommitQuery(span=f"{other.sha}..{tag.sha}")))
    ]
    return min(rated, key=lambda pair: pair[0])[1] if rated else None


def _finished(tag: Tag, others: list[Tag]) -> list[Tag]:
    """The tags that a tag may be compared with: pre-releases only where it is one itself, or nothing else is there."""
    if _PRE_RELEASE.search(tag.name):
        return others
    return [other for other in others if not _PRE_RELEASE.search(other.name)] or others


def find_commit(history: History, prefix: str) -> Commit:
    """The one commit whose id begins so. Raises ``Unknown``."""
    found = history.commits(prefix.lower())
    command = f"git rev-parse --disambiguate={prefix}"
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{commit.sha[:12]} ({commit.subject})" for commit in found)
        raise _unknown(history, f"{prefix} begins the ids of {len(found)} commits: {listed}; write more of it", command)
    raise _unknown(
        history, f"No commit whose id begins with {prefix} is in the history of {short(history.revision)}", command
    )


def _listed(items: Sequence[str]) -> str:
    shown = ", ".join(items[:10])
    return f"{shown} and {len(items) - 10} more" if len(items) > 10 else shown


def _unknown(history: History, sentence: str, command: str) -> Unknown:
    draft = Draft(history)
    draft.say(sentence, draft.command(command))
    return Unknown(draft.fact(is_known=False))
