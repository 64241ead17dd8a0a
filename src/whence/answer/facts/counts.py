"""How many, and who or what the most: counts with the command that gives the same number."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.answer.facts.draft import Draft, Fact, counted, short
from whence.answer.facts.files import bounded
from whence.answer.facts.lookup import find_person, find_place
from whence.answer.facts.query import FactQuery
from whence.types import CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy


def commits(history: History, query: FactQuery) -> Fact:
    """Commits, merges counted, of the project, a path or an author, within bounds."""
    author = find_person(history, query.person) if query.person else ""
    place = find_place(history, query.file) if query.file else None
    asked, words = bounded(history, query, (place.path,) if place else (), author)
    n = history.count(asked)
    draft = Draft(history)
    command = draft.command(history.command(asked, count=True))
    noun = "merge commit" if query.merges else "commit"
    about = f" changed {place.path}" if place else ""
    by = f" by {author}" if author else ""
    when = f" {words}" if words else ""
    is_all = not (about or by or when or query.merges)
    history_of = f" in the history of {history.name} up to {short(history.revision)}" if is_all or not about else ""
    verb = "is" if n == 1 else "are"
    if about:
        draft.say(f"{counted(n, noun)}{by}{about}{when}", command)
        if place and place.is_present and not place.is_folder:
            followed = replace(asked, follow=True)
            n_followed = history.count(followed)
            if n_followed != n:
                told = draft.command(history.command(followed, count=True))
                draft.say(f"Followed through renames there are {n_followed:,}", told)
    else:
        draft.say(f"There {verb} {counted(n, noun)}{by}{when}{history_of}", command)
    if n and query.merges is None and not place:
        merges = CommitQuery(span=asked.span, since=asked.since, until=asked.until, author=author, merges=True)
        n_merges = history.count(merges)
        of_them = "1 of them is a merge" if n_merges == 1 else f"{n_merges:,} of them are merges"
        draft.say(of_them, draft.command(history.command(merges, count=True)))
    if history.is_cut:
        draft.say("The history here is cut (a shallow clone): only the commits that are here are counted", command)
    return draft.fact()


def authors(history: History, query: FactQuery) -> Fact:
    """Distinct author names after the mailmap."""
    place = find_place(history, query.file) if query.file else None
    asked, words = bounded(history, query, (place.path,) if place else ())
    n = len(history.authors(asked))
    draft = Draft(history)
    about = f" changed {place.path}" if place else " wrote commits"
    when = f" {words}" if words else ""
    draft.say(
        f"{counted(n, 'author')}{about}{when}, by name after .mailmap, up to {short(history.revision)}",
        draft.command(names_command(history, asked)),
    )
    return draft.fact()


def names_command(history: History, asked: CommitQuery) -> str:
    """The command that counts commits by the author's name."""
    log = history.command(asked).removeprefix("git log ")
    return f"git -c mailmap.blob={short(history.revision)}:.mailmap log --format=%aN {log} | sort | uniq -c | sort -rn"


def files(history: History, query: FactQuery) -> Fact:
    """Files in the tree at the revision, submodules left out."""
    place = find_place(history, query.file) if query.file else None
    draft = Draft(history)
    inside = [path for path in history.files() if place is None or path.startswith(place.path + "/")]
    command = ["git", "ls-tree", "-r", "--name-only", short(history.revision)]
    if place is not None:
        command += ["--", place.path]
    suffix = f".{query.text}" if query.text else ""
    if suffix:
        inside = [path for path in inside if path.lower().endswith(suffix)]
    if place is not None and not place.is_folder:
        draft.say(f"{place.path} is one file", draft.command(shlex.join(command)))
        return draft.fact()
    where = f" below {place.path}/" if place else ""
    verb = "is" if len(inside) == 1 else "are"
    listed = shlex.join(command) + (f" | grep -i '\\{suffix}$'" if suffix else "")
    kind = f"{suffix} file" if suffix else "file"
    draft.say(f"There {verb} {counted(len(inside), kind)}{where} at {short(history.revision)}", draft.command(listed))
    return draft.fact()


def top_authors(history: History, query: FactQuery) -> Fact:
    """Authors with the most commits."""
    place = find_place(history, query.file) if query.file else None
    asked, words = bounded(history, query, (place.path,) if place else ())
    counts = history.authors(asked)
    draft = Draft(history)
    command = draft.command(names_command(history, asked))
    what = f" to {place.path}" if place else f" of {history.name}"
    when = f" {words}" if words else ""
    if not counts:
        draft.say(f"Nobody made a commit{what}{when}", command)
        return draft.fact()
    shown = counts[: query.n_max] if query.n_max else counts
    best = [name for name, n in counts if n == counts[0][1]]
    leads = best[0] if len(best) == 1 else f"{', '.join(best[:3])} (equally)"
    draft.say(f"The most active author{what}{when} is {leads}, with {counted(counts[0][1], 'commit')}", command)
    if place and place.is_present and not place.is_folder:
        followed = replace(asked, follow=True)
        by_all = history.authors(followed)
        if by_all != counts:
            told = draft.command(names_command(history, followed))
            most = f"{by_all[0][0]}, with {counted(by_all[0][1], 'commit')}"
            draft.say(f"Followed through renames it is {most} (of {counted(len(by_all), 'author')})", told)
    rows = [(name, counted(n, "commit")) for name, n in shown]
    draft.rows(rows, len(shown) if query.n_max else len(counts), "authors", [command] * len(rows))
    return draft.fact()


def top_files(history: History, query: FactQuery) -> Fact:
    """Files changed by the most commits, merges left out; renames start a new count."""
    place = find_place(history, query.file) if query.file else None
    folder = place.path if place else ""
    n_max = query.n_max or 10
    found = history.busiest_files(folder, n_max)
    draft = Draft(history)
    paths = f" -- {folder}" if folder else ""
    command = draft.command(
        f"git log --no-merges -M50% --name-only --format= {short(history.revision)}{paths} | sort | uniq -c | sort -rn"
    )
    if not found:
        draft.say("No file was changed by any commit", command)
        return draft.fact()
    where = f" below {folder}/" if folder else ""
    path, n = found[0]
    draft.say(f"The most often changed file{where} is {path}, in {counted(n, 'commit')}", command)
    draft.rows([(path, counted(n, "commit")) for path, n in found], len(found), "files")
    return draft.fact()
