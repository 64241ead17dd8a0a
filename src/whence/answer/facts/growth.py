"""Facts about how the project grows: size, age, what changes together, commits by year and month."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, counted, day, short
from whence.answer.facts.files import bounded
from whence.answer.facts.lookup import find_person, find_place
from whence.answer.facts.query import FactQuery
from whence.types import Citation, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_N_ROWS_BY_YEAR = 40


def size(history: History, query: FactQuery) -> Fact:
    """Lines of a file, a folder or everything at the revision; binary files have none."""
    place = find_place(history, query.file) if query.file else None
    draft = Draft(history)
    if place is not None and not place.is_present:
        draft.say(f"{place.path} is not there at {short(history.revision)}", _tree(draft, place.path))
        return draft.fact(is_known=False)
    found = history.changes("", history.revision, (place.path,) if place else ())
    paths = f" -- {place.path}" if place else ""
    command = draft.command(f"git diff --numstat {_EMPTY_TREE} {short(history.revision)}{paths}")
    lines = sum(change.added or 0 for change in found)
    binary = sum(change.added is None for change in found)
    if place is not None and not place.is_folder:
        text = f"{place.path} is binary and has no lines" if binary else f"{place.path} has {counted(lines, 'line')}"
        draft.say(f"{text} at {short(history.revision)}", command)
        return draft.fact()
    where = f"below {place.path}/" if place else f"in {history.name}"
    left_out = f", {counted(binary, 'binary file')} left out" if binary else ""
    n_files = counted(len(found) - binary, "text file")
    at = f"{where} at {short(history.revision)}{left_out}"
    draft.say(f"There are {counted(lines, 'line')} in {n_files} {at}", command)
    by_suffix: Counter[str] = Counter()
    for change in found:
        name = change.path.rpartition("/")[2]
        by_suffix[f".{name.rpartition('.')[2]}" if "." in name.lstrip(".") else name] += change.added or 0
    rows = [(suffix, counted(n, "line")) for suffix, n in by_suffix.most_common() if n]
    if len(rows) > 1:
        draft.rows(rows, len(rows), "kinds of files")
    return draft.fact()


def coupled(history: History, query: FactQuery) -> Fact:
    """Other files changed by the commits, merges left out, that changed a file; most often first."""
    place = find_place(history, query.file)
    asked = CommitQuery(paths=(place.path,), merges=False)
    counts = history.touched(asked)
    inside = f"{place.path}/"
    others = [(path, n) for path, n in counts if path != place.path and not path.startswith(inside)]
    draft = Draft(history)
    paths = f"{short(history.revision)} -- {place.path}"
    command = draft.command(f"git log --no-merges --full-diff --no-renames --name-only --format= {paths}")
    total = history.count(asked)
    if not total:
        draft.say(f"Git shows no commit for {place.path}", command)
        return draft.fact(is_known=False)
    if not others:
        draft.say(f"No other file was changed in the {counted(total, 'commit')} that changed {place.path}", command)
        return draft.fact()
    path, n = others[0]
    of = f"in {n:,} of the {counted(total, 'commit')} that changed it under this path, merges left out"
    draft.say(f"{path} changed most often together with {place.path}, {of}", command)
    rows = [(path, counted(n, "commit"), f"{n / total:.0%}") for path, n in others[: query.n_max or None]]
    draft.rows(rows, len(rows), "files")
    return draft.fact()


def by_period(history: History, query: FactQuery) -> Fact:
    """Commits per year or month of the committer date, UTC, merges counted; months without commits are left out."""
    author = find_person(history, query.person) if query.person else ""
    place = find_place(history, query.file) if query.file else None
    asked, words = bounded(history, query, (place.path,) if place else (), author)
    form = "%Y-%m" if query.unit == "month" else "%Y"
    by_month = query.unit == "month"
    times = Counter((moment.year, moment.month if by_month else 1) for moment in history.moments(asked))
    counts = {f"{datetime(*period, 1, tzinfo=UTC):{form}}": n for period, n in times.items()}
    draft = Draft(history)
    shown = history.command(asked).replace("git log", f"git log --date=format-local:{form} --format=%cd", 1)
    command = draft.command(f"TZ=UTC {shown} | sort | uniq -c")
    by = f" by {author}" if author else ""
    to = f" to {place.path}" if place else ""
    when = f" {words}" if words else ""
    if not counts:
        draft.say(f"There is no commit{by}{to}{when}", command)
        return draft.fact()
    most = max(sorted(counts), key=lambda period: counts[period])
    n = sum(counts.values())
    unit = f"{query.unit or 'year'}s" if len(counts) > 1 else query.unit or "year"
    total = f"{counted(n, 'commit')}{by}{to}{when} in {len(counts):,} {unit}"
    draft.say(f"There {'is' if n == 1 else 'are'} {total}; the most in one are {counts[most]:,}, in {most}", command)
    rows = [(period, f"{counts[period]:,}") for period in sorted(counts, reverse=True)]
    draft.rows(rows, len(rows), unit)
    rest = rows[MAX_ROWS:]
    if rest:
        more = f" and {len(rest) - _N_ROWS_BY_YEAR:,} more" if len(rest) > _N_ROWS_BY_YEAR else ""
        draft.line("  " + ", ".join(f"{period}: {n}" for period, n in rest[:_N_ROWS_BY_YEAR]) + more)
    return draft.fact()


def oldest(history: History, query: FactQuery) -> Fact:
    """The files whose paths have been there longest, by the first commit that changed them; renames start anew."""
    return _aged(history, query, is_last=False)


def untouched(history: History, query: FactQuery) -> Fact:
    """The files whose last change is longest ago."""
    return _aged(history, query, is_last=True)


def _aged(history: History, query: FactQuery, *, is_last: bool) -> Fact:
    place = find_place(history, query.file) if query.file else None
    folder = place.path if place else ""
    found = history.ages(folder, last=is_last)
    draft = Draft(history)
    below = f" -- {folder}" if folder else ""
    log = f"git log --no-merges --reverse --name-only --format='%h %cs' {short(history.revision)}{below}"
    if not found:
        draft.say(f"No file{f' below {folder}/' if folder else ''} is known to the history", draft.command(log))
        return draft.fact(is_known=False)
    n_max = min(query.n_max or MAX_ROWS, MAX_ROWS)
    shown = [(path, history.log(CommitQuery(span=sha, n_max=1))[0]) for path, sha in found[:n_max]]
    path, commit = shown[0]
    alike = sum(sha == commit.sha for _, sha in found)
    where = f" below {folder}/" if folder else ""
    told = f'commit {short(commit.sha)} "{commit.subject}" by {commit.author} on {day(commit)}'
    others = f" (with {counted(alike - 1, 'other file')} of that commit)" if alike > 1 else ""
    if is_last:
        longest = f"The file{where} that was not changed for the longest time is {path}{others}"
        sentence = f"{longest}; its last change is {told}"
    else:
        sentence = f"The oldest file{where}, by its present path, is {path}{others}, first changed in {told}"
    draft.say(sentence, draft.commit(commit))
    rows = [(path, day(commit), short(commit.sha)) for path, commit in shown]
    draft.rows(rows, len(found) if not query.n_max else len(rows), "files", [draft.commit(c) for _, c in shown])
    return draft.fact()


def _tree(draft: Draft, path: str) -> Citation:
    return draft.command(f"git ls-tree -r --name-only {short(draft.history.revision)} -- {path}")
