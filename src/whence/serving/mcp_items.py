"""Records as entries of MCP replies: what is said of each, as text and as fields."""

import re
from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any

from whence.answer.terms import STOP_WORDS
from whence.pipelines.indexing import IndexReport
from whence.pipelines.status import IndexStatus
from whence.serving.mcp_reply import Item, Reply
from whence.serving.project_view import Lines, Log, Symbol
from whence.serving.records import AnswerReply, Context, SearchReply
from whence.types import HISTORY_KINDS, WITHOUT_DENSE, Answer, Citation, Commit, Definition, Use, cited_kind

MAX_HITS = 100
"""Of one search; what is beyond is nowhere near the question."""
SNIPPET_LINES = 6
SNIPPET_CHARS = 480
_MAX_FILES = 25
_WORD = re.compile(r"\w{2,}")


def answer(reply: AnswerReply, start: int) -> Reply:
    """An answer as the service gives it: its text, then its citations; where nothing was found the nearest passages."""
    if reply.abstained and reply.kind != "fact":
        found = [_passage(hit, "", whole=False) for hit in reply.contexts[:5]]
        head = (
            f"Not found in {reply.index} (confidence {reply.confidence:.2f}). Nearest passages, which may not answer:"
        )
        head = head if found else head.partition(" Nearest")[0]
    else:
        found = [_citation(n, one) for n, one in enumerate(reply.citations, start=1)]
        head = f"{reply.index}{_at(reply.as_of)}{_date(reply.as_of_date)} · {_said(reply.kind, reply.confidence)}"
    notes = [*reply.skipped, *([f"index {reply.indexed:.0%} complete"] if reply.indexed < 1 else [])]
    return Reply(
        head=head,
        quoted="" if reply.abstained and reply.kind != "fact" else reply.answer,
        quoted_key="answer",
        items=found[start:],
        key="nearest" if reply.abstained and reply.kind != "fact" else "citations",
        fields={
            "index": reply.index,
            "answer_id": reply.id,
            "kind": reply.kind,
            "abstained": reply.abstained,
            "confidence": round(reply.confidence, 3),
            "revision": reply.as_of,
        },
        notes=[note for note in notes if note not in WITHOUT_DENSE],
    )


def fact(told: Answer, start: int) -> Reply:
    """A fact: its text, then the commits, lines and commands it rests on."""
    rows = [_citation(n, one) for n, one in enumerate(told.citations, start=1)]
    as_of = f" as of {told.asked_as_of}" if told.asked_as_of else ""
    return Reply(
        head=f"{told.index}{as_of}{_at(told.as_of)}{_date(told.as_of_date)}"
        + (" · not found" if told.abstained else ""),
        quoted=told.answer,
        quoted_key="answer",
        items=rows[start:],
        key="citations",
        fields={"index": told.index, "kind": "fact", "abstained": told.abstained, "revision": told.as_of},
        notes=told.skipped,
    )


def passages(found: SearchReply, query: str, start: int, n: int, *, whole: bool) -> Reply:
    """The passages of one page."""
    page = found.hits[start : start + n]
    return Reply(
        head=f"{found.index} · passages {start + 1} to {start + len(page)}, best first"
        if page
        else f"{found.index} · no further passages",
        items=[_passage(hit, query, whole=whole) for hit in page],
        key="hits",
        joint="\n\n",
        fields={"index": found.index},
        notes=[one for one in (found.warning, *found.skipped) if one and one not in WITHOUT_DENSE],
        more=len(found.hits) == start + n < MAX_HITS,
    )


def lines(shown: Lines, first: int, last: int, start: int) -> Reply:
    """Numbered lines, from ``first`` (and ``start`` further) to ``last``."""
    n = len(shown.lines)
    end = min(last or n, n)
    what = shown.path or f"commit {shown.revision[:12]}"
    begin = first + start
    where = f"{what}{_at(shown.revision) if shown.path else ''}"
    if begin > end:
        head = f"{where} has lines 1 to {n}: nothing is there from line {begin} to {last or n}."
        head = head if begin <= (last or n) else f"{where} has lines 1 to {n}: line {begin} is not there."
        return Reply(head=head, fields={"path": shown.path, "n_lines": n}, key="lines")
    width = len(str(end))
    rows = [
        Item(text=f"{number:>{width}}  {shown.lines[number - 1]}", fields=shown.lines[number - 1])
        for number in range(begin, end + 1)
    ]
    return Reply(
        head=f"{where} · from line {begin} of {n}",
        items=rows,
        key="lines",
        fields={
            "index": shown.index,
            "path": shown.path,
            "revision": shown.revision,
            "first_line": begin,
            "n_lines": n,
        },
    )


def commits(log: Log) -> Reply:
    """Commits, newest first; of two states, before them the files that differ most."""
    quoted, fields = "", {"index": log.index, "revision": log.revision, "about": log.about, "command": log.command}
    head = f"{log.index}{_at(log.revision)} · {log.about}"
    if log.n is not None:
        added = sum(change.added or 0 for change in log.changes)
        removed = sum(change.removed or 0 for change in log.changes)
        head += f" · {_n(log.n, 'commit')}, {_n(len(log.changes), 'file')} changed, +{added:,} -{removed:,} lines"
    if log.changes:
        shown = [f"{one.status} {one.path} +{one.added or 0} -{one.removed or 0}" for one in log.changes[:_MAX_FILES]]
        rest = len(log.changes) - len(shown)
        quoted = "\n".join(shown) + (f"\n{rest:,} more files" if rest > 0 else "")
    if not log.commits:
        head += " · no commits"
    return Reply(
        head=f"{head}\nrepeat with: {log.command}",
        quoted=quoted,
        quoted_key="files",
        items=[_commit(one) for one in log.commits],
        key="commits",
        fields=fields,
        more=log.more,
        of=log.n,
    )


def symbols(found: Symbol, name: str, also: str, near: Sequence[Context], start: int) -> Reply:
    """Definitions first, then what uses or extends them; where there are none, what search has under such a name."""
    rows = [_definition(one, "definition") for one in found.definitions]
    rows += [_use(one, sure=n < found.n_sure) for n, one in enumerate(found.uses)]
    rows += [_definition(one, "subclass") for one in found.subclasses]
    told = [_n(len(found.definitions), "definition")]
    if also == "uses":
        unsure = len(found.uses) - found.n_sure
        told.append(_n(found.n_sure, "use") + ("" if "." in name else " (by the name alone)"))
        told += [f"{unsure} on other receivers, which may be other things"] if unsure else []
    told += [_n(len(found.subclasses), "subclass", "subclasses")] if also == "subclasses" else []
    head = f"{found.index}{_at(found.revision)} · {name}: {', '.join(told)}"
    if not rows:
        head = f"{found.index}{_at(found.revision)} · {name} is not defined in the code under this very name"
        head += "; nearest by search:" if near else "."
        rows = [_passage(hit, "", whole=False) for hit in near[:4]]
    return Reply(
        head=head,
        items=rows[start:],
        key="places",
        fields={"index": found.index, "name": name, "revision": found.revision, "n": len(rows)},
        of=len(rows),
    )


def status(found: Sequence[IndexStatus], behind: Mapping[str, Mapping[str, int]], start: int) -> Reply:
    """One entry an index."""
    rows = [_index(one, behind.get(one.name, {})) for one in found]
    head = _n(len(rows), "index", "indexes") if rows else "Nothing is indexed: run `whence index PATH` in a terminal."
    return Reply(head=head, items=rows[start:], key="indexes")


def synced(index: str, reports: Sequence[IndexReport], start: int) -> Reply:
    """What a sync did, one entry a source."""
    rows = []
    for one in reports:
        what = f"{one.written} written, {one.unchanged} unchanged, {one.removed} removed"
        text = f"{one.source_id}{_at(one.revision)}: {what}; {one.n_documents:,} documents, {one.n_commits:,} commits"
        rows.append(
            Item(
                text=text,
                fields={
                    "source": one.source_id,
                    "revision": one.revision,
                    "written": one.written,
                    "removed": one.removed,
                    "documents": one.n_documents,
                },
            )
        )
    return Reply(head=f"{index} is up to date with {_n(len(rows), 'source')}", items=rows[start:], key="sources")


def _citation(number: int, cited: Citation) -> Item:
    fields: dict[str, Any] = {"n": number}
    kind = cited_kind(cited)
    if kind in {"lines", "hunk"}:
        fields |= {"path": cited.path, "start_line": cited.start_line, "end_line": cited.end_line}
        page = f" page {cited.page}" if cited.page else ""
        text = f"[{number}] {cited.path}:{_span(cited.start_line, cited.end_line)}{page}{_at(cited.revision)}"
        text += f"  {cited.symbol}" if cited.symbol else ""
        fields |= {"revision": cited.revision} | ({"symbol": cited.symbol} if cited.symbol else {})
    elif kind == "issue":
        text = f"[{number}] #{cited.issue_id}, named in commit {cited.revision[:12]}"
        fields |= {"issue": cited.issue_id, "commit": cited.revision}
    elif kind == "commit":
        subject = " ".join(cited.quote.split())[:120]
        text = f"[{number}] commit {cited.revision[:12]}  {subject}"
        fields |= {"commit": cited.revision, "quote": subject}
    else:
        text = f"[{number}] {cited.quote}"
        fields |= {"command": cited.quote}
    return Item(text=text, fields=fields)


def _passage(hit: Context, query: str, *, whole: bool) -> Item:
    text, first = (hit.text, hit.start_line) if whole else _snippet(hit, query)
    if hit.kind == "commit":
        place = f"{hit.rank}. {hit.title}"
        subject, _, rest = text.partition("\n")
        text = rest.strip("\n") if hit.title.endswith(subject) else text
    else:
        of = f" in commit {hit.revision[:12]}" if hit.kind == "hunk" else _at(hit.revision)
        place = f"{hit.rank}. {hit.path}:{_span(hit.start_line, hit.end_line)}{of}"
        place += f"  {hit.symbol}" if hit.symbol else ""
    fields: dict[str, Any] = {"rank": hit.rank, "kind": hit.kind, "score": round(hit.score, 4)}
    if hit.kind != "commit":
        fields |= {"path": hit.path, "start_line": hit.start_line, "end_line": hit.end_line, "revision": hit.revision}
    fields |= {"commit": hit.commit} if hit.commit else {}
    fields |= {"symbol": hit.symbol} if hit.symbol else {}
    fields |= {"text": text} | ({"text_start_line": first} if hit.kind not in HISTORY_KINDS else {})
    return Item(text=f"{place}\n{_indented(text)}" if text else place, fields=fields)


def _snippet(hit: Context, query: str) -> tuple[str, int]:
    """(some lines of a passage, number of the first): those with most different words of the query."""
    rows = hit.text.rstrip("\n").split("\n")
    words = {word.lower() for word in _WORD.findall(query)} - STOP_WORDS
    if len(rows) > SNIPPET_LINES and words:
        held = [{word for word in words if word in row.lower()} for row in rows]
        best = max(
            range(len(rows) - SNIPPET_LINES + 1),
            key=lambda at: (len(set[str]().union(*held[at : at + SNIPPET_LINES])), -at),
        )
    else:
        best = 0
    shown = "\n".join(rows[best : best + SNIPPET_LINES])
    return shown[:SNIPPET_CHARS] + (" ..." if len(shown) > SNIPPET_CHARS else ""), hit.start_line + best


def _commit(commit: Commit) -> Item:
    subject = commit.subject[:160]
    date = f"{commit.committed_at:%Y-%m-%d}"
    touched = "; ".join(
        f"{one.old_path} -> {one.path}" for one in commit.changes if one.old_path and one.status in ("R", "C")
    )
    text = f"{commit.sha[:12]} {date} {commit.author}: {subject}" + (f"  (renamed {touched})" if touched else "")
    fields = {"sha": commit.sha, "date": date, "author": commit.author, "subject": subject}
    return Item(text=text, fields=fields | ({"renamed": touched} if touched else {}))


def _definition(one: Definition, role: str) -> Item:
    signature = " ".join(one.signature.split())[:200]
    extends = f"  extends {', '.join(one.bases)}" if role == "subclass" and one.bases else ""
    text = f"{one.path}:{_span(one.start_line, one.end_line)}  {one.what} {one.symbol}{signature}{extends}"
    fields = {
        "role": role,
        "path": one.path,
        "start_line": one.start_line,
        "end_line": one.end_line,
        "symbol": one.symbol,
        "what": one.what,
    }
    return Item(text=text, fields=fields | ({"signature": signature} if signature else {}))


def _use(one: Use, *, sure: bool) -> Item:
    what = ("" if sure else "perhaps ") + ("call" if one.is_call else "use")
    receiver = f"{one.receiver}." if one.receiver else ""
    text = f"{one.path}:{one.line}  {what}" + (f" on {receiver}" if receiver else "")
    text += f" in {one.within}" if one.within else " at the top of the file"
    return Item(
        text=text,
        fields={"role": what, "path": one.path, "line": one.line, "within": one.within, "receiver": one.receiver},
    )


def _index(one: IndexStatus, behind: Mapping[str, int]) -> Item:
    vectors = f"{one.vectors / one.embeddable:.0%}" if one.embeddable else "none needed"
    rows = [f"{one.name}: {one.documents:,} documents, {one.commits:,} commits; vectors {vectors}"]
    rows[0] += f"; {one.pending:,} waiting" if one.pending else ""
    rows[0] += f"; at work: {one.working}" if one.working else ""
    sources = []
    for source in one.sources:
        late = behind.get(source.id, 0)
        text = f"  {source.id}{_at(source.revision)}{_date(source.committed_at)}"
        text += f", {_n(late, 'commit')} behind its repository" if late else ""
        text += f", {source.uncommitted} uncommitted files are not in it" if source.uncommitted else ""
        rows.append(text)
        sources.append({"id": source.id, "revision": source.revision, "behind": late})
    fields = {"name": one.name, "documents": one.documents, "commits": one.commits, "sources": sources}
    return Item(text="\n".join(rows), fields=fields | {"vectors": one.vectors, "embeddable": one.embeddable})


def _said(kind: str, confidence: float) -> str:
    return "fact, computed from git" if kind == "fact" else f"{kind}, confidence {confidence:.2f}"


def _indented(text: str) -> str:
    return "\n".join(f"    {row}".rstrip() for row in dedent(text).split("\n"))


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _at(revision: str) -> str:
    return f" @{revision[:7]}" if revision else ""


def _date(moment: Any) -> str:
    return f" ({moment:%Y-%m-%d})" if moment else ""


def _n(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
