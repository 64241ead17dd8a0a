"""Facts about one file or folder: who, when, renamed, removed, line by line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, commit_row, counted, day, short, told
from whence.answer.facts.lookup import Place, find_place, find_tag
from whence.answer.facts.query import FactQuery
from whence.errors import UnreadableError
from whence.types import Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy


def last_change(history: History, query: FactQuery) -> Fact:
    """The commit that ``git log -1`` shows for the path."""
    place = find_place(history, query.file)
    draft = Draft(history)
    asked = CommitQuery(paths=(place.path,), n_max=1)
    found = history.log(asked)
    if not found:
        return _nothing(draft, place, asked)
    commit = found[0]
    draft.say(f"{place.path} was last changed {told(commit)}{_gone(history, commit, place)}", draft.commit(commit))
    return draft.fact()


def _gone(history: History, commit: Commit, place: Place) -> str:
    """What the last commit of a path did to it, where it is not there any more."""
    if place.is_present:
        return ""
    try:
        new = "" if place.is_folder else _renamed_to(history, commit, place)
        did = f"renamed it to {new}" if new else "removed it"
    except UnreadableError:
        did = "removed or renamed it"
    return f", which {did} (it is not in {short(history.revision)})"


def first_change(history: History, query: FactQuery) -> Fact:
    """The oldest commit that added the file, through renames; for folders, the oldest that touched it."""
    place = find_place(history, query.file)
    draft = Draft(history)
    if place.is_folder:
        asked = CommitQuery(paths=(place.path,))
        found = history.ends(asked)
        if not found:
            return _nothing(draft, place, asked)
        draft.say(f"The first commit below {place.path}/ was made {told(found[-1])}", draft.commit(found[-1]))
        return _with_cut(draft)
    here = history.log(CommitQuery(paths=(place.path,), statuses="A"))
    if not here:
        return _nothing(draft, place, CommitQuery(paths=(place.path,), statuses="A"))
    origin, path = _origin(history, place) if place.is_present else (here[-1], place.path)
    if origin is None or path == place.path:  # following also finds what a merge later passed over
        first = origin or here[-1]
        draft.say(f"{place.path} was first added {told(first)}", draft.commit(first))
    else:
        draft.say(f"{place.path} was first added, as {path}, {told(origin)}", draft.commit(origin))
        draft.say(f"Under its present path it was added {told(here[-1])}", draft.commit(here[-1]))
    if path == place.path and len(here) > 1:
        again = here[0]
        draft.say(
            f"It was added {len(here)} times in all, most recently {told(again)}; between those it was absent "
            "or came from different branches",
            draft.commit(again),
        )
    return _with_cut(draft)


def _origin(history: History, place: Place) -> tuple[Commit | None, str]:
    """The oldest commit that git follows a file to, and the path it had there."""
    followed = history.log(CommitQuery(paths=(place.path,), follow=True, statuses="AR"))
    added = [commit for commit in followed if any(change.status == "A" for change in commit.changes)]
    if not added:
        return None, place.path
    return added[-1], added[-1].changes[0].path


def authors(history: History, query: FactQuery) -> Fact:
    """Who wrote the commits that changed a path, most first; the first and the last of them by name."""
    place = find_place(history, query.file)
    draft = Draft(history)
    asked = CommitQuery(paths=(place.path,))
    counts, commits = history.authors(asked), history.ends(asked)
    if not commits:
        return _nothing(draft, place, asked)
    shown = place.path + ("/" if place.is_folder else "")
    command = draft.command(history.command(asked))
    n = sum(number for _, number in counts)
    who = counts[0][0] if len(counts) == 1 else counted(len(counts), "author")
    draft.say(f"{shown} was changed by {who} in {counted(n, 'commit')}", command)
    draft.say(f"The first was {told(commits[-1])}", draft.commit(commits[-1]))
    draft.say(f"The last was {told(commits[0])}", draft.commit(commits[0]))
    if place.is_present and not place.is_folder:
        followed = replace(asked, follow=True)
        by_all = history.authors(followed)
        if by_all != counts:
            total = sum(number for _, number in by_all)
            most = f"most of them by {by_all[0][0]} ({by_all[0][1]:,})"
            draft.say(
                f"Followed through renames there are {counted(total, 'commit')} "
                f"by {counted(len(by_all), 'author')}, {most}",
                draft.command(history.command(followed)),
            )
    if len(counts) > 1:
        rows = [(name, counted(number, "commit")) for name, number in counts]
        draft.rows(rows, len(rows), "authors", [command] * len(rows))
    return _with_cut(draft)


def removal(history: History, query: FactQuery) -> Fact:
    """The newest commit that removed the path, or renamed it away; says so where it is still there."""
    place = find_place(history, query.file)
    draft = Draft(history)
    shown = place.path + ("/" if place.is_folder else "")
    asked = CommitQuery(paths=(place.path,), statuses="D")
    removed = history.log(asked)
    if place.is_present:
        tree = draft.command(f"git ls-tree -r --name-only {short(history.revision)} -- {place.path}")
        draft.say(f"{shown} was not removed: it is there at {short(history.revision)}", tree)
        if removed and not place.is_folder:
            commit = removed[0]
            draft.say(f"An earlier file of that path was removed {told(commit)}, and added again", draft.commit(commit))
        return draft.fact()
    if not removed:
        return _nothing(draft, place, asked)
    commit = removed[0]
    try:
        new = _renamed_to(history, commit, place)
    except UnreadableError:
        draft.say(f"{shown} was removed or renamed {told(commit)}", draft.commit(commit))
        return draft.fact()
    if new:
        draft.say(f"{shown} was renamed to {new} {told(commit)}", draft.commit(commit))
    elif place.is_folder:
        draft.say(f"The last file below {shown} was removed {told(commit)}", draft.commit(commit))
    else:
        draft.say(f"{shown} was removed {told(commit)}", draft.commit(commit))
    return draft.fact()


def _renamed_to(history: History, commit: Commit, place: Place) -> str:
    parent = commit.parents[0] if commit.parents else ""
    for change in history.changes(parent, commit.sha):
        if change.status == "R" and change.old_path == place.path:
            return change.path
    return ""


def renames(history: History, query: FactQuery) -> Fact:
    """Every rename that ``git log --follow`` finds on the way back from the present path."""
    place = find_place(history, query.file, folders=False)
    draft = Draft(history)
    if not place.is_present:
        return removal(history, query)
    asked = CommitQuery(paths=(place.path,), follow=True, statuses="AR")
    command = draft.command(history.command(asked))
    moves = [(commit, change) for commit in history.log(asked) for change in commit.changes if change.status == "R"]
    if not moves:
        draft.say(f"No rename of {place.path} is in the history", command)
        return _with_cut(draft)
    times = "once" if len(moves) == 1 else f"{len(moves)} times"
    commit, change = moves[0]
    draft.say(
        f"{place.path} was renamed {times}; before that its path was {moves[-1][1].old_path}"
        if len(moves) > 1
        else f"{place.path} was renamed once, from {change.old_path}, {told(commit)}",
        command if len(moves) > 1 else draft.commit(commit),
    )
    if len(moves) > 1:
        rows = [(short(c.sha), day(c), c.author, f"{m.old_path} -> {m.path}") for c, m in moves]
        draft.rows(rows, len(rows), "renames", [draft.commit(c) for c, _ in moves[:10]])
    return _with_cut(draft)


def line_author(history: History, query: FactQuery) -> Fact:
    """Who last changed one line of a file at the revision, as ``git blame`` says."""
    place = find_place(history, query.file, folders=False)
    draft = Draft(history)
    command = f"git blame -L{query.line},{query.line} {short(history.revision)} -- {place.path}"
    if not place.is_present:
        draft.say(
            f"{place.path} is not there at {short(history.revision)}, so it has no line {query.line}",
            draft.command(command),
        )
        return draft.fact(is_known=False)
    if query.last_line > query.line:
        return _authors_of_lines(history, place.path, query.line, query.last_line)
    origin = history.blame(place.path, query.line)
    if origin is None:
        n_lines = _n_lines(history, place.path)
        draft.say(f"{place.path} has no line {query.line}; it has {counted(n_lines, 'line')}", draft.command(command))
        return draft.fact(is_known=False)
    moved = f", as line {origin.line} of {origin.path}" if origin.path != place.path else ""
    line = draft.lines(place.path, query.line, query.line, commit=origin.commit.sha)
    draft.say(
        f"Line {query.line} of {place.path} was written {told(origin.commit)}{moved}", draft.commit(origin.commit), line
    )
    if line.quote.strip():
        draft.say(f"It reads: `{line.quote.strip()}`", line)
    if history.is_cut and not origin.commit.parents:
        draft.say(_cut_sentence(), draft.command("git rev-parse --is-shallow-repository"))
    return draft.fact()


def _authors_of_lines(history: History, path: str, first: int, last: int) -> Fact:
    """Who wrote consecutive lines, and in which commits: through moves and new layouts, most lines first."""
    draft = Draft(history)
    n_lines = _n_lines(history, path)
    found = history.origins(path, first, last) if 1 <= first <= last <= n_lines else None
    if found is None:
        command = draft.command(f"git blame -L{first},{last} {short(history.revision)} -- {path}")
        draft.say(f"{path} has no lines {first}-{last}; it has {counted(n_lines, 'line')}", command)
        return draft.fact(is_known=False)
    commits = {stretch.commit.sha: stretch.commit for stretch in found.stretches}
    sizes: Counter[str] = Counter()
    for stretch in found.stretches:
        sizes[stretch.commit.sha] += stretch.end_line - stretch.start_line + 1
    names = list(dict.fromkeys(commits[sha].author for sha, _ in sizes.most_common()))
    who = names[0] if len(names) == 1 else counted(len(names), "author")
    told = f"Lines {first}-{last} of {path} were written by {who} in {counted(len(commits), 'commit')}"
    draft.say(told, draft.command(found.command), draft.lines(path, first, last))
    rows = [(*commit_row(commits[sha])[:3], counted(n, "line"), commits[sha].subject) for sha, n in sizes.most_common()]
    cited = [draft.commit(commits[sha]) for sha, _ in sizes.most_common(MAX_ROWS)]
    draft.rows(rows, len(rows), "commits", cited)
    return _with_cut(draft)


def _n_lines(history: History, path: str) -> int:
    return len((history.text(path) or "").removesuffix("\n").split("\n"))


def changes(history: History, query: FactQuery) -> Fact:
    """The commits that changed a path within bounds."""
    place = find_place(history, query.file)
    draft = Draft(history)
    asked, words = bounded(history, query, (place.path,))
    shown = place.path + ("/" if place.is_folder else "")
    n = history.count(asked)
    command = draft.command(history.command(asked))
    when = f" {words}" if words else ""
    followed = replace(asked, follow=True)
    n_followed = history.count(followed) if place.is_present and not place.is_folder else n
    if not n and not n_followed:
        draft.say(f"No commit changed {shown}{when}", command)
        return draft.fact()
    draft.say(f"{counted(n, 'commit') if n else 'No commit'} changed {shown}{when}", command)
    if n_followed != n:
        told = draft.command(history.command(followed))
        draft.say(f"Followed through renames there are {counted(n_followed, 'commit')}", told)
    found = history.log(replace(asked if n else followed, n_max=MAX_ROWS))
    n_shown = n or n_followed
    draft.rows([commit_row(c) for c in found], n_shown, "commits", [draft.commit(c) for c in found])
    return draft.fact()


def bounded(
    history: History, query: FactQuery, paths: tuple[str, ...] = (), author: str = ""
) -> tuple[CommitQuery, str]:
    """The query for commits within the question's bounds, and the bounds in words. Raises ``Unknown``."""
    span, words = "", ""
    if query.tags:
        first = find_tag(history, query.tags[0])
        last = find_tag(history, query.tags[1]) if len(query.tags) > 1 else None
        if last and history.count(CommitQuery(span=f"{first.sha}..{last.sha}")) == 0:
            backwards = history.count(CommitQuery(span=f"{last.sha}..{first.sha}"))
            if backwards:
                first, last = last, first
        span = f"{first.sha}..{last.sha if last else history.revision}"
        words = f"between {first.name} and {last.name}" if last else f"since {first.name}"
    elif query.since and query.until:
        words = f"from {query.since:%Y-%m-%d} to {query.until:%Y-%m-%d}"
    elif query.since:
        words = f"since {query.since:%Y-%m-%d}"
    elif query.until:
        words = f"until {query.until:%Y-%m-%d}"
    asked = CommitQuery(
        span=span, paths=paths, since=query.since, until=query.until, author=author, merges=query.merges
    )
    return asked, words


def _nothing(draft: Draft, place: Place, asked: CommitQuery) -> Fact:
    draft.say(
        f"Git shows no such commit for {place.path}, because its merges took the other side or its history is cut",
        draft.command(draft.history.command(asked)),
    )
    return draft.fact(is_known=False)


def _with_cut(draft: Draft) -> Fact:
    if draft.history.is_cut:
        draft.say(_cut_sentence(), draft.command("git rev-parse --is-shallow-repository"))
    return draft.fact()


def _cut_sentence() -> str:
    return "The history here is cut (a shallow clone), so earlier commits may exist"
