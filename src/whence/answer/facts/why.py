"""Why a line, a name, a file or a commit is as it is: the commits behind it, and the reasons that they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts import commits, files, names
from whence.answer.facts.changelog import entries
from whence.answer.facts.comments import telling_comments
from whence.answer.facts.draft import Draft, Fact, commit_row, counted, day, named, short
from whence.answer.facts.grounds import Grounds, citations, find_grounds, in_quotes, place, quoted, tell
from whence.answer.facts.lookup import Place, find_commit, find_place
from whence.answer.facts.query import FactQuery
from whence.answer.facts.reasons import TELLING
from whence.answer.facts.why_removed import after, removed
from whence.errors import UnreadableError
from whence.types import Commit, Definition, Origins, is_commit_id

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

MAX_COMMITS: Final = 5
_TESTS: Final = frozenset({"test", "tests", "testing", "benchmarks", "examples"})
_CUT: Final = 72


def line(history: History, query: FactQuery) -> Fact:
    """Why a line, or lines up to ``last_line``, are there. Raises ``Unknown``."""
    found = present_place(history, query.file)
    last = query.last_line or query.line
    draft = Draft(history)
    command = f"git blame -L{query.line},{last} {short(history.revision)} -- {found.path}"
    if not found.is_present:
        draft.say(f"{found.path} is not there at {short(history.revision)}", draft.command(command))
        return draft.fact(is_known=False)
    text = history.text(found.path)
    if text is None:
        draft.say(f"{found.path} holds no text that has lines", draft.command(command))
        return draft.fact(is_known=False)
    n_lines = len(text.removesuffix("\n").split("\n")) if text else 0
    if not 1 <= query.line <= last <= n_lines:
        wanted = f"line {query.line}" if last == query.line else f"lines {query.line}-{last}"
        draft.say(
            f"{found.path} has {counted(n_lines, 'line')} at {short(history.revision)}: {wanted} is not among them "
            "(a change that is not committed does not count)",
            draft.command(command),
        )
        return draft.fact(is_known=False)
    return _of_lines(history, found.path, query.line, last)


def present_place(history: History, wanted: str) -> Place:
    """The file that a path, or the end of one, means; a present one rather than one that had the very path before."""
    found = find_place(history, wanted, folders=False)
    if found.is_present:
        return found
    ends = [path for path in history.files() if path.endswith(f"/{found.path}")]
    return Place(ends[0], True) if len(ends) == 1 else found


def name(history: History, definition: Definition) -> Fact:
    """Why a definition is there and as it is."""
    return _of_lines(history, definition.path, definition.start_line, definition.end_line, definition)


def file(history: History, query: FactQuery) -> Fact:
    """How a file or folder came to be: the commit that added it, and those that changed most of it.

    Of one that is gone: why it went.
    """
    found = find_place(history, query.file)
    if not found.is_present and (reason := removed(history, query)) is not None:
        return reason
    draft = Draft(history)
    first = files.first_change(history, query)
    draft.adopt(first)
    if not first.is_known or not first.citations[0].commit:
        return draft.fact(is_known=first.is_known)
    origin = history.whole([first.citations[0].commit])[0]
    tell(draft, find_grounds(history, origin))
    if found.is_folder or not found.is_present:
        return draft.fact()
    sizes = [(sha, size) for sha, size in history.sizes(found.path) if sha != origin.sha]
    chosen = sorted(sizes, key=lambda pair: -pair[1])[:MAX_COMMITS]
    if chosen:
        order = {sha: n for n, (sha, _) in enumerate(sizes)}
        weights = dict(sorted(chosen, key=lambda pair: order[pair[0]]))
        command = draft.command(f"git log --follow --numstat --no-merges {short(history.revision)} -- {found.path}")
        draft.paragraph()
        draft.say(f"{counted(len(sizes), 'later commit')} changed it; these changed most of it", command)
        _rows(draft, history.whole(list(weights)), {sha: f"{size:,} lines" for sha, size in weights.items()})
    return draft.fact()


def commit(history: History, query: FactQuery) -> Fact:
    """Why a commit was made."""
    found = history.whole([find_commit(history, query.sha).sha])[0]
    draft = Draft(history)
    merged = f", a merge of {len(found.parents)} parents," if len(found.parents) > 1 else ""
    draft.say(
        f'Commit {short(found.sha)} "{found.subject}"{merged} was written by {found.author} on {day(found)}',
        draft.commit(found),
    )
    tell(draft, find_grounds(history, found))
    return draft.fact()


def number(history: History, query: FactQuery) -> Fact:
    """What an issue or pull request was about, as far as the commits that name it say."""
    found = history.mentions(query.number)
    if not found:
        draft = Draft(history)
        draft.adopt(commits.mentions(history, query))
        for entry in entries(history, [query.number])[:2]:
            cited = draft.lines(entry.path, entry.first, entry.last)
            draft.paragraph()
            draft.say(f"{place(entry)} has: {in_quotes(cited.quote)}", cited)
        return draft.fact()
    draft = Draft(history)
    whole = history.whole([commit.sha for commit in found[:MAX_COMMITS]])
    if len(found) == 1:
        draft.say(f"#{query.number} is named by one commit: {named(whole[0])}", draft.commit(whole[0]))
        tell(draft, find_grounds(history, whole[0]))
        return draft.fact()
    grounds = [find_grounds(history, commit, n_max=1) for commit in whole]
    draft.say(f"#{query.number} is named by {counted(len(found), 'commit')}", draft.commit(whole[0]))
    _grounds_rows(draft, grounds, {})
    if len(found) > len(whole):
        draft.line(f"  and {counted(len(found) - len(whole), 'older commit')}")
    return draft.fact()


def added(history: History, query: FactQuery) -> Fact | None:
    """Why a file, a name or a piece of text was added; None where no commit can be told to have added it."""
    fact = files.first_change(history, query) if query.file else names.introduced(history, query)
    return after(history, fact)


def renamed(history: History, query: FactQuery) -> Fact | None:
    """Why a file was renamed; None where it was not, and for folders."""
    if find_place(history, query.file).is_folder:
        return None
    return after(history, files.renames(history, query))


def changed(history: History, query: FactQuery) -> Fact | None:
    """Why a file or a defined name was changed: the last commit of the file, those that wrote the name's lines."""
    if query.file:
        return after(history, files.last_change(history, query))
    found = chosen(history.definitions(query.text))
    return name(history, found[0]) if len(found) == 1 else None


def chosen(found: Sequence[Definition]) -> list[Definition]:
    """The definitions that a name can mean: those outside tests, if there are any, and of these the outermost.

    Definitions of one symbol in one file (overloads, a property and its setter) count as the longest of them.
    """
    product = [item for item in found if not _is_test(item.path)] or list(found)
    depth = min((item.symbol.count(".") for item in product), default=0)
    outermost = [item for item in product if item.symbol.count(".") == depth]
    distinct: dict[tuple[str, str], Definition] = {}
    for item in outermost:
        other = distinct.get((item.path, item.symbol))
        if other is None or item.end_line - item.start_line > other.end_line - other.start_line:
            distinct[item.path, item.symbol] = item
    return list(distinct.values())


def _is_test(path: str) -> bool:
    parts = path.lower().split("/")
    return bool({"test", "tests", "testing", "benchmarks", "examples"} & set(parts[:-1])) or parts[-1].startswith(
        "test"
    )


# ---- lines


def _of_lines(history: History, path: str, first: int, last: int, definition: Definition | None = None) -> Fact:
    draft = Draft(history)
    origins = history.origins(path, first, last)
    if origins is None or not origins.stretches:
        draft.say(f"Git knows no lines {first}-{last} of {path}", draft.command(f"git blame -- {path}"))
        return draft.fact(is_known=False)
    weights: dict[str, int] = {}
    for stretch in origins.stretches:
        n = stretch.end_line - stretch.start_line + 1
        weights[stretch.commit.sha] = weights.get(stretch.commit.sha, 0) + n
    if len(weights) == 1:
        _one_commit(draft, origins, path, first, last, definition)
    else:
        _many_commits(draft, origins, weights, path, first, last, definition)
    _tell_passed(draft, origins)
    for entry in telling_comments(history.text(path) or "", path, first, last)[:1]:
        cited = draft.lines(entry.path, entry.first, entry.last)
        draft.paragraph()
        draft.say(f"A comment there, {place(entry)}, says: {in_quotes(entry.words)}", cited)
    if definition is not None:
        _tell_introduction(draft, definition, weights)
    return draft.fact()


def _one_commit(
    draft: Draft, origins: Origins, path: str, first: int, last: int, definition: Definition | None
) -> None:
    stretch = origins.stretches[0]
    cited = draft.commit(stretch.commit)
    draft.say(f"{_lines_in_words(path, first, last, definition)} came with {named(stretch.commit)}", cited)
    shown = draft.lines(path, first, last, symbol=definition.symbol if definition else "")
    if first == last and shown.quote.strip():
        draft.say(f"It reads: `{shown.quote.strip()}`", shown)
    if stretch.path != path:
        draft.say(f"There it stood in {stretch.path}, from line {stretch.line}", draft.command(origins.command))
    tell(draft, find_grounds(draft.history, stretch.commit))
    _tell_cut(draft, [stretch.commit])


def _many_commits(
    draft: Draft,
    origins: Origins,
    weights: dict[str, int],
    path: str,
    first: int,
    last: int,
    definition: Definition | None,
) -> None:
    commits = {stretch.commit.sha: stretch.commit for stretch in origins.stretches}
    most = sorted(commits.values(), key=lambda item: (-weights[item.sha], -item.authored_at.timestamp()))[:MAX_COMMITS]
    shown = sorted(most, key=lambda item: -item.authored_at.timestamp())
    told = [find_grounds(draft.history, item, n_max=1) for item in shown]
    verb = "comes" if definition is not None else "come"
    lead = f"{_lines_in_words(path, first, last, definition)} {verb} from {counted(len(commits), 'commit')}"
    part = "" if len(commits) == len(shown) else f"; the {len(shown)} that wrote most of it"
    draft.say(f"{lead}{part}, newest first", draft.commit(shown[0]), draft.command(origins.command))
    _grounds_rows(draft, told, {sha: counted(n, "line") for sha, n in weights.items()})
    _tell_cut(draft, shown)


def _lines_in_words(path: str, first: int, last: int, definition: Definition | None) -> str:
    if definition is not None:
        return (
            f"`{definition.symbol}`, {path}:{first}-{last},"
            if last > first
            else f"`{definition.symbol}`, {path}:{first},"
        )
    return f"Lines {first}-{last} of {path}" if last > first else f"Line {first} of {path}"


def _tell_passed(draft: Draft, origins: Origins) -> None:
    if origins.passed:
        cited = [draft.commit(item) for item in origins.passed[:3]]
        listed = " and ".join(f'{short(item.sha)} "{_short(item.subject)}"' for item in origins.passed[:2])
        more = f" and {len(origins.passed) - 2} more" if len(origins.passed) > 2 else ""
        draft.paragraph()
        draft.say(f"Looked through: {listed}{more}, where lines were only laid out anew", *cited)
    if not origins.is_whole:
        missed = (
            "not every new layout was looked through"
            if " -C " in origins.command
            else "lines that came from other files, or were laid out anew, are not followed"
        )
        draft.paragraph()
        draft.say(f"Looking further took too long: {missed}", draft.command(origins.command))


def _tell_cut(draft: Draft, commits: Sequence[Commit]) -> None:
    if draft.history.is_cut and any(not item.parents for item in commits):
        draft.paragraph()
        draft.say(
            "The history here is cut (a shallow clone), so the lines may be older",
            draft.command("git rev-parse --is-shallow-repository"),
        )


def _tell_introduction(draft: Draft, definition: Definition, weights: dict[str, int]) -> None:
    """The commit that first had the definition, where its head can be looked for as a text of its own."""
    head = _head(draft.history, definition)
    if not head:
        return
    try:
        fact = names.introduced(draft.history, FactQuery(kind="introduced", text=head))
    except UnreadableError:  # it takes too long; what was found stands without it
        draft.paragraph()
        command = f"git log -S'{head}' {short(draft.history.revision)}"
        draft.say(f"In which commit `{head}` first appears was not found in time", draft.command(command))
        return
    cited = fact.citations[0] if fact is not None and fact.is_known else None
    if cited is None or cited.commit is None or not is_commit_id(cited.document_id):
        return
    if len(weights) == 1 and cited.commit in weights:
        return
    found = draft.history.whole([cited.commit])[0]
    draft.paragraph()
    draft.say(f"`{head}` first appears in {named(found)}", draft.commit(found))
    told = find_grounds(draft.history, found, n_max=1)
    if told.is_told or told.merged:
        tell(draft, told)


def _head(history: History, definition: Definition) -> str:
    """ "def lift" or the like, if only this definition begins so; "" where it cannot be told from others."""
    last = definition.symbol.rpartition(".")[2]
    if last.startswith("__") or len(last) < 4:
        return ""
    line = (history.text(definition.path) or "").split("\n")[definition.start_line - 1]
    before = line.partition(last)[0].split()
    head = f"{before[-1]} {last}" if before and before[-1].isalpha() and f"{before[-1]} {last}" in line else last
    same = [item for item in history.definitions(last) if item.symbol.rpartition(".")[2] == last]
    return head if len(same) == 1 else ""


# ---- tables


def _rows(draft: Draft, commits: Sequence[Commit], weights: dict[str, str]) -> None:
    _grounds_rows(draft, [find_grounds(draft.history, item, n_max=1) for item in commits], weights)


def _grounds_rows(draft: Draft, told: Sequence[Grounds], weights: dict[str, str]) -> None:
    """A line for each commit, with its reason on the line below."""
    cells = [_cells(grounds.commit, weights) for grounds in told]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))] if cells else []
    for grounds, row in zip(told, cells, strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        draft.line(f"  {text}", draft.commit(grounds.commit))
        _reason_line(draft, grounds)


def _cells(commit: Commit, weights: dict[str, str]) -> list[str]:
    sha, date, author, subject = commit_row(commit)
    return [sha, date, author, *([weights[commit.sha]] if commit.sha in weights else []), _short(subject)]


def _reason_line(draft: Draft, grounds: Grounds) -> None:
    commit = grounds.commit
    below = [quote for quote in grounds.own if quote.end > len(commit.subject)][:1]
    telling = [quote for quote in grounds.merged if quote.strength >= TELLING]
    if below and (below[0].strength >= TELLING or not (telling or grounds.listed)):
        draft.line(f"      {quoted(commit, below)}", *citations(draft, commit, below))
    elif telling and grounds.merge is not None:
        merge, said = grounds.merge, telling[:1]
        draft.line(f"      merge {short(merge.sha)}: {quoted(merge, said)}", *citations(draft, merge, said))
    elif grounds.listed:
        entry = grounds.listed[0]
        cited = draft.lines(entry.path, entry.first, entry.last)
        draft.line(f"      {place(entry)}: {in_quotes(cited.quote)}", cited)
    elif grounds.undoes is not None:
        draft.line(
            f'      takes back {short(grounds.undoes.sha)} "{_short(grounds.undoes.subject)}"', draft.commit(commit)
        )
    elif grounds.merged and grounds.merge is not None:
        merge = grounds.merge
        draft.line(
            f"      merge {short(merge.sha)}: {quoted(merge, grounds.merged[:1])}",
            *citations(draft, merge, grounds.merged[:1]),
        )
    elif grounds.goes_on is not None:
        draft.line(f"      {quoted(commit, [grounds.goes_on])}", *citations(draft, commit, [grounds.goes_on]))
    elif not grounds.is_told:
        draft.line("      no reason given", draft.commit(commit))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"
