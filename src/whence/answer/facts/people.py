"""Facts about people: who knows a file, what someone worked on, who is new in a release, who reviewed and merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from whence.answer.facts.counts import names_command
from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, commit_row, counted, named, short
from whence.answer.facts.files import bounded
from whence.answer.facts.lookup import find_commit, find_person, find_place, find_tag, previous_tag
from whence.answer.facts.query import FactQuery
from whence.types import Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

RECENT_DAYS: Final = 730
_REVIEWS: Final = frozenset(
    {
        *("reviewed-by", "acked-by", "approved-by", "tested-by", "co-authored-by", "signed-off-by", "helped-by"),
        *("suggested-by", "reported-by", "mentored-by"),
    }
)
_MAX_NAMES: Final = 50


def experts(history: History, query: FactQuery) -> Fact:
    """Who wrote most of the lines that a file has now, and who changed it most in the two years before the revision."""
    place = find_place(history, query.file)
    draft = Draft(history)
    asked = CommitQuery(paths=(place.path,))
    newest = history.log(replace(asked, n_max=1))
    if place.is_folder or not place.is_present:
        everybody = history.authors(asked)
        command = draft.command(names_command(history, asked))
        if not everybody:
            draft.say(f"Git shows no commit for {place.path}", command)
            return draft.fact(is_known=False)
        best, n = everybody[0]
        shown = place.path + ("/" if place.is_folder else "")
        draft.say(f"Most commits to {shown} are by {best}: {n:,} of {sum(n for _, n in everybody):,}", command)
        draft.rows([(name, counted(n, "commit")) for name, n in everybody], len(everybody), "authors")
        return draft.fact()
    lines = history.line_authors(place.path)
    blame = draft.command(f"git blame {short(history.revision)} -- {place.path}")
    total = sum(n for _, n in lines)
    if not total:
        draft.say(f"{place.path} has no lines", blame)
        return draft.fact()
    head = history.log(CommitQuery(n_max=1))[0]
    since = head.committed_at - timedelta(days=RECENT_DAYS)
    recent = dict(history.authors(replace(asked, since=since)))
    best, n = lines[0]
    share = f"{n:,} of {counted(total, 'line')}, by git blame"
    draft.say(f"{best} wrote the most lines of {place.path} as it is: {share}", blame)
    told = draft.command(names_command(history, replace(asked, since=since)))
    if recent:
        busiest = max(recent, key=lambda name: (recent[name], dict(lines).get(name, 0)))
        draft.say(
            f"In the two years before {short(history.revision)} {busiest} changed it most, "
            f"in {counted(recent[busiest], 'commit')}",
            told,
        )
    elif newest:
        draft.say(f"Nobody changed it in the two years before {short(history.revision)}", told)
    names = list(dict.fromkeys([*(name for name, _ in lines), *recent]))
    of = dict(lines)
    rows = [
        (name, counted(of.get(name, 0), "line"), f"{counted(recent.get(name, 0), 'commit')} lately") for name in names
    ]
    draft.rows(rows, len(rows), "authors", [blame] * len(rows))
    return draft.fact()


def activity(history: History, query: FactQuery) -> Fact:
    """What one author changed within bounds: how many commits, the files they changed most, the newest commits."""
    author = find_person(history, query.person)
    place = find_place(history, query.file) if query.file else None
    asked, words = bounded(history, query, (place.path,) if place else (), author)
    n = history.count(asked)
    draft = Draft(history)
    command = draft.command(history.command(asked))
    when = f" {words}" if words else ""
    where = f" to {place.path}" if place else ""
    if not n:
        draft.say(f"{author} made no commit{where}{when}", command)
        return draft.fact()
    draft.say(f"{author} made {counted(n, 'commit')}{where}{when}", command)
    files = history.touched(asked) if place is None else []
    if files:
        top = ", ".join(f"{path} ({times:,})" for path, times in files[:5])
        told = draft.command(
            history.command(asked).replace("git log", "git log --no-merges --no-renames --name-only --format=", 1)
        )
        changed = f"{counted(len(files), 'file')} {'was' if len(files) == 1 else 'were'} changed"
        draft.say(f"{changed}, most often {top}" if len(files) > 1 else f"{changed}: {top}", told)
    found = history.log(replace(asked, n_max=MAX_ROWS))
    draft.rows([commit_row(commit) for commit in found], n, "commits", [draft.commit(commit) for commit in found])
    return draft.fact()


def newcomers(history: History, query: FactQuery) -> Fact:
    """Authors of the commits between two tags who wrote none that the first one reaches; one tag: since the last."""
    last = find_tag(history, query.tags[-1])
    first = find_tag(history, query.tags[0]) if len(query.tags) > 1 else previous_tag(history, last)
    draft = Draft(history)
    if first is not None and history.count(CommitQuery(span=f"{first.sha}..{last.sha}")) == 0:
        first, last = last, first
    span = CommitQuery(span=f"{first.sha}..{last.sha}" if first else last.sha)
    known = {name for name, _ in history.authors(CommitQuery(span=first.sha))} if first else set()
    new = [(name, n) for name, n in history.authors(span) if name not in known]
    since = f"between {first.name} and {last.name}" if first else f"up to {last.name}, the first tag"
    command = draft.command(names_command(history, span))
    before = [draft.command(names_command(history, CommitQuery(span=first.sha)))] if first else []
    if not new:
        draft.say(f"No author is new {since}", command, *before)
        return draft.fact()
    verb = "is" if len(new) == 1 else "are"
    draft.say(f"{counted(len(new), 'author')} {verb} new {since}, by name after .mailmap", command, *before)
    draft.rows([(name, counted(n, "commit")) for name, n in new], len(new), "authors")
    rest = [name for name, _ in new[MAX_ROWS:]]
    if rest:
        more = f" and {len(rest) - _MAX_NAMES:,} more" if len(rest) > _MAX_NAMES else ""
        draft.line(f"  The others: {', '.join(rest[:_MAX_NAMES])}{more}")
    return draft.fact()


def reviewers(history: History, query: FactQuery) -> Fact:
    """Committer, merge and trailers of a commit; of an issue or pull request, the merges that mention it."""
    if query.number:
        return _merged_issue(history, query)
    commit = find_commit(history, query.sha)
    draft = Draft(history)
    cited = draft.commit(commit)
    is_merge = len(commit.parents) > 1
    what = f'Commit {commit.sha[:12]} "{commit.subject}"'
    if is_merge:
        draft.say(f"{what} is itself a merge, made by {commit.author} on {commit.authored_at:%Y-%m-%d}", cited)
    else:
        draft.say(f"{what} by {commit.author} was committed by {commit.committer}", cited)
        merge = history.merge_of(commit.sha)
        if merge is None:
            command = draft.command(f"git log --first-parent {short(history.revision)}")
            draft.say("No merge brought it: it is on the line of first parents itself", command)
        else:
            told = f'commit {short(merge.sha)} "{merge.subject}"'
            when = f"{merge.authored_at:%Y-%m-%d}"
            draft.say(f"It was merged by {merge.author} on {when}: {told}", draft.commit(merge))
    _tell_trailers(draft, commit)
    return draft.fact()


def _tell_trailers(draft: Draft, commit: Commit) -> None:
    found = [(key, value) for key, value in draft.history.trailers(commit.sha) if key.lower() in _REVIEWS]
    if found:
        listed = "; ".join(f"{key}: {value}" for key, value in found)
        draft.say(f"Its message names {listed}", draft.commit(commit))
    else:
        draft.say("Its message names no reviewer or co-author", draft.commit(commit))


def _merged_issue(history: History, query: FactQuery) -> Fact:
    draft = Draft(history)
    found = history.mentions(query.number)
    merges = [commit for commit in found if len(commit.parents) > 1]
    search = draft.command(f"git log --merges -E --grep='#{query.number}([^0-9]|$)' {short(history.revision)}")
    if not found:
        draft.say(f"No commit message mentions #{query.number}, so who merged it is not known", search)
        return draft.fact(is_known=False)
    if merges:
        for merge in reversed(merges[-MAX_ROWS:]):
            draft.say(f"#{query.number} is named by the merge {named(merge)}", draft.commit(merge), search)
        return draft.fact()
    for commit in reversed(found[-3:]):
        committed = f", committed by {commit.committer}" if commit.committer != commit.author else ""
        told = f"{named(commit)}{committed}"
        draft.say(f"No merge names #{query.number}; it is mentioned by {told}", draft.commit(commit))
    return draft.fact()
