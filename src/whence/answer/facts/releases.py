"""Facts about tags: which there are, when, what lies between two, in which one a commit or issue landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.answer.facts.commits import change_row
from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, commit_row, counted, named, short, told
from whence.answer.facts.files import bounded
from whence.answer.facts.lookup import N_NEAREST, find_commit, find_tag, previous_tag
from whence.answer.facts.names import looked_for, oldest
from whence.answer.facts.query import FactQuery
from whence.answer.facts.ranges import without_difference
from whence.errors import PartialCloneError
from whence.types import Citation, CommitQuery, Tag

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy


def tags(history: History, query: FactQuery) -> Fact:  # noqa: ARG001 - every kind takes its query
    """The tags that the revision contains, newest first."""
    found = list(reversed(history.tags()))
    draft = Draft(history)
    command = _all_tags(draft)
    if not found:
        draft.say(f"No tag is among the commits up to {short(history.revision)}", command)
        return draft.fact()
    draft.say(f"There are {counted(len(found), 'tag')} up to {short(history.revision)}, newest first", command)
    draft.rows([_row(tag) for tag in found], len(found), "tags")
    _tell_others(draft)
    return draft.fact()


def count(history: History, query: FactQuery) -> Fact:
    """How many tags the revision contains, or how many of them were made within bounds."""
    since, until = query.since, query.until
    found = [
        tag
        for tag in history.tags()
        if (since is None or tag.tagged_at >= since) and (until is None or tag.tagged_at <= until)
    ]
    draft = Draft(history)
    verb = "is" if len(found) == 1 else "are"
    tags = counted(len(found), "tag")
    if since is None and until is None:
        draft.say(f"There {verb} {tags} among the commits up to {short(history.revision)}", _all_tags(draft))
        _tell_others(draft)
        return draft.fact()
    _, words = bounded(history, query)
    draft.say(f"There {verb} {tags} {words} among the commits up to {short(history.revision)}", _all_tags(draft))
    draft.rows([_row(tag) for tag in reversed(found)], len(found), "tags")
    return draft.fact()


def last(history: History, query: FactQuery) -> Fact:  # noqa: ARG001
    """The tag with the newest date; where that one is on another branch, also the newest that is not."""
    found = history.tags()
    draft = Draft(history)
    newer = _newer_beside(history)
    if newer:
        tag = newer[-1]
        beside = f"made on a branch that {short(history.revision)} does not contain"
        draft.say(
            f"The latest tag is {tag.name}, of {tag.tagged_at:%Y-%m-%d} (commit {short(tag.sha)}), {beside}",
            _tagged(draft, tag),
            draft.command("git tag --sort=creatordate"),
        )
        if not found:
            return draft.fact()
        tag = found[-1]
        told = f"{tag.name}, of {tag.tagged_at:%Y-%m-%d} (commit {short(tag.sha)})"
        draft.say(f"The latest that it contains is {told}", _tagged(draft, tag), _all_tags(draft))
        return draft.fact()
    if not found:
        draft.say(f"No tag is among the commits up to {short(history.revision)}", _all_tags(draft))
        return draft.fact(is_known=False)
    tag = found[-1]
    draft.say(
        f"The latest tag is {tag.name}, of {tag.tagged_at:%Y-%m-%d} (commit {short(tag.sha)})",
        _tagged(draft, tag),
        _all_tags(draft),
    )
    return draft.fact()


def date(history: History, query: FactQuery) -> Fact:
    """When a tag was made, and on which commit."""
    tag = find_tag(history, query.tags[0])
    draft = Draft(history)
    how = "tagged" if tag.is_annotated else "made (a light tag has its commit's date)"
    commit = history.log(CommitQuery(span=tag.sha, n_max=1))[0]
    draft.say(
        f"{tag.name} was {how} on {tag.tagged_at:%Y-%m-%d}, "
        f'at commit {short(tag.sha)} "{commit.subject}" by {commit.author}',
        draft.commit(commit),
    )
    _tell_beside(draft, [tag])
    return draft.fact()


def changes(history: History, query: FactQuery) -> Fact:
    """Commits and files between two tags; of one tag, since the one before it or up to now; of none, the newest."""
    newest = (_newer_beside(history) or list(history.tags()))[-1:]
    if not query.tags and not newest:
        return unreleased(history, query)
    first = find_tag(history, query.tags[0]) if query.tags else newest[0]
    last_tag = find_tag(history, query.tags[1]) if len(query.tags) > 1 else None
    draft = Draft(history)
    if last_tag is None:
        before = previous_tag(history, first)
        if before is None:
            n = history.count(CommitQuery(span=first.sha))
            command = draft.command(history.command(CommitQuery(span=first.sha), count=True))
            draft.say(f"{first.name} is the first tag; it contains {counted(n, 'commit')}", command)
            return draft.fact()
        first, last_tag = before, first
    if history.count(CommitQuery(span=f"{first.sha}..{last_tag.sha}")) == 0:
        first, last_tag = last_tag, first
    return between(history, first.sha, last_tag.sha, first.name, last_tag.name, tags=(first, last_tag))


def since(history: History, query: FactQuery) -> Fact:
    """Commits and files from a tag up to the revision."""
    first = find_tag(history, query.tags[0])
    return between(history, first.sha, history.revision, first.name, short(history.revision), tags=(first,))


def unreleased(history: History, query: FactQuery) -> Fact:  # noqa: ARG001
    """Commits that no tag contains yet, counted from the newest tag, newest first."""
    found = history.tags() or history.other_tags()
    draft = Draft(history)
    if not found:
        n = history.count(CommitQuery())
        command = draft.command(history.command(CommitQuery(), count=True))
        draft.say(f"No tag is in the history, so all {counted(n, 'commit')} are unreleased", command)
        return draft.fact()
    tag, n = _nearest(history, found[-1])
    asked = CommitQuery(span=f"{tag.sha}..{history.revision}")
    command = draft.command(history.command(asked, count=True))
    of = f"the latest tag, {tag.name} of {tag.tagged_at:%Y-%m-%d}"
    if not n:
        draft.say(f"Nothing is unreleased: {of}, contains everything up to {short(history.revision)}", command)
        return draft.fact()
    verb = "is" if n == 1 else "are"
    draft.say(f"There {verb} {counted(n, 'commit')} since {of}, up to {short(history.revision)}", command)
    try:
        changed = history.changes(tag.sha, history.revision)
    except PartialCloneError:
        return without_difference(draft, asked, n, command)
    added, removed = sum(c.added or 0 for c in changed), sum(c.removed or 0 for c in changed)
    diff = draft.command(f"git diff -M50% --stat {short(tag.sha)} {short(history.revision)}")
    draft.say(f"{counted(len(changed), 'file')} differ: {added:,} lines added, {removed:,} removed", diff)
    shown = history.log(replace(asked, n_max=MAX_ROWS))
    draft.rows([commit_row(commit) for commit in shown], n, "commits", [draft.commit(commit) for commit in shown])
    return draft.fact()


def _nearest(history: History, contained: Tag) -> tuple[Tag, int]:
    """The tag that lacks the fewest commits of the revision, and how many: one of a branch, where releases are made."""
    newer = _newer_beside(history)
    rated = [(tag, history.count(CommitQuery(span=f"{tag.sha}..{history.revision}"))) for tag in newer[-N_NEAREST:]]
    own = (contained, history.count(CommitQuery(span=f"{contained.sha}..{history.revision}")))
    return min([own, *reversed(rated)], key=lambda pair: pair[1])


def current_at(history: History, query: FactQuery) -> Fact:
    """The newest tag whose date is not after the end of a day, month or year."""
    found = history.tags()
    draft = Draft(history)
    until = query.until or query.since
    if not found or until is None:
        draft.say(f"No tag is among the commits up to {short(history.revision)}", _all_tags(draft))
        return draft.fact(is_known=False)
    before = [tag for tag in found if tag.tagged_at <= until]
    on = f"{until:%Y-%m-%d}"
    if not before:
        tag = found[0]
        told = f"{tag.name} of {tag.tagged_at:%Y-%m-%d}"
        draft.say(f"No release is as old as {on}: the first tag is {told}", _all_tags(draft))
        return draft.fact()
    tag = before[-1]
    latest = f"{tag.name}, of {tag.tagged_at:%Y-%m-%d}"
    draft.say(f"On {on} the latest tag was {latest}", _tagged(draft, tag), _all_tags(draft))
    after = found[len(before) :]
    if after:
        draft.say(f"The next was {after[0].name}, of {after[0].tagged_at:%Y-%m-%d}", _tagged(draft, after[0]))
    else:
        draft.say("No tag is newer", _all_tags(draft))
    beside = [other for other in history.other_tags() if tag.tagged_at < other.tagged_at <= until]
    if beside:
        other = beside[-1]
        told = f"{other.name}, of {other.tagged_at:%Y-%m-%d}"
        where = f"made on a branch that {short(history.revision)} does not contain"
        draft.say(f"Newer on that day was {told}, {where}", _tagged(draft, other))
    return draft.fact()


def between(history: History, old: str, new: str, old_name: str, new_name: str, *, tags: Sequence[Tag] = ()) -> Fact:
    """Commits that ``new`` has beyond ``old``, and the files that differ between the two; ``tags`` are the ends."""
    asked = CommitQuery(span=f"{old}..{new}")
    n = history.count(asked)
    draft = Draft(history)
    command = draft.command(history.command(asked, count=True))
    draft.say(f"From {old_name} to {new_name} there are {counted(n, 'commit')}", command)
    try:
        found = history.changes(old, new)
    except PartialCloneError:
        return without_difference(draft, asked, n, command)
    added, removed = sum(c.added or 0 for c in found), sum(c.removed or 0 for c in found)
    diff = draft.command(f"git diff -M50% --stat {short(old)} {short(new)}")
    draft.say(f"{counted(len(found), 'file')} differ: {added:,} lines added, {removed:,} removed", diff)
    most = sorted(found, key=lambda change: -((change.added or 0) + (change.removed or 0)))
    draft.rows([change_row(change) for change in most], len(found), "files")
    _tell_beside(draft, tags)
    return draft.fact()


def landed(history: History, query: FactQuery) -> Fact:
    """The oldest tag that contains a commit, the commits that mention an issue, or the one that brought a name."""
    draft = Draft(history)
    if query.text:
        asked, commit = oldest(history, looked_for(query.text))
        if commit is None:
            command = draft.command(history.command(asked))
            draft.say(f"`{looked_for(query.text)}` does not occur in any commit of the history", command)
            return draft.fact(is_known=False)
        found = [commit]
    elif query.sha:
        found = [find_commit(history, query.sha)]
    else:
        found = history.mentions(query.number)
        if not found:
            search = f"git log -E --grep='#{query.number}([^0-9]|$)' {short(history.revision)}"
            draft.say(f"No commit message mentions #{query.number}, so its release is not known", draft.command(search))
            return draft.fact(is_known=False)
    for commit in reversed(found[-MAX_ROWS:]):
        cited = draft.commit(commit)
        what = f"Commit {commit.sha[:12]}" if query.sha else f"#{query.number} is mentioned {told(commit)}, which"
        if query.text:
            what = f"`{looked_for(query.text)}` first appears in {named(commit)}, which"
        tag = history.first_tag(commit.sha)
        command = draft.command(f"git tag --contains {short(commit.sha)} --sort=creatordate")
        if tag is None:
            draft.say(f"{what} is in no tag yet", cited, command)
        else:
            draft.say(f"{what} is first contained in {tag.name} ({tag.tagged_at:%Y-%m-%d})", cited, command)
    if len(found) > MAX_ROWS:
        draft.say(f"{len(found) - MAX_ROWS} newer commits mention it, too", draft.commit(found[0]))
    return draft.fact()


def _newer_beside(history: History) -> list[Tag]:
    """Tags on other branches that are newer than all that the revision contains, oldest first."""
    found = history.tags()
    return [tag for tag in history.other_tags() if not found or tag.tagged_at > found[-1].tagged_at]


def _tell_others(draft: Draft) -> None:
    """How many tags other branches have."""
    others = draft.history.other_tags()
    if others:
        newest = f"the newest of them {others[-1].name}, of {others[-1].tagged_at:%Y-%m-%d}"
        noun = "other tag is" if len(others) == 1 else "other tags are"
        command = draft.command(f"git tag --no-merged {short(draft.history.revision)} --sort=creatordate")
        draft.paragraph()
        draft.say(f"{len(others):,} {noun} on branches that it does not contain, {newest}", command)


def _tell_beside(draft: Draft, tags: Sequence[Tag]) -> None:
    """Which of the tags that a question names are on other branches."""
    others = {tag.name for tag in draft.history.other_tags()} if tags else set()
    named = [tag.name for tag in tags if tag.name in others]
    if named:
        verb = "is" if len(named) == 1 else "are"
        command = draft.command(f"git tag --no-merged {short(draft.history.revision)}")
        draft.paragraph()
        where = f"on a branch that {short(draft.history.revision)} does not contain"
        draft.say(f"{' and '.join(named)} {verb} {where}", command)


def _row(tag: Tag) -> tuple[str, str, str]:
    return tag.name, f"{tag.tagged_at:%Y-%m-%d}", short(tag.sha)


def _tagged(draft: Draft, tag: Tag) -> Citation:
    return draft.commit(draft.history.log(CommitQuery(span=tag.sha, n_max=1))[0])


def _all_tags(draft: Draft) -> Citation:
    return draft.command(f"git tag --merged {short(draft.history.revision)} --sort=creatordate")
