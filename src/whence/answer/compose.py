"""Puts evidence together into an answer a person reads: plain text, every claim marked with its citation.

No word is invented: a claim is a quote from the evidence (white space and markup cleaned), or fixed text around the
citation's own path, lines and symbol. What is quoted and in which order depends on the kind of question.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from whence.answer.citations import lines_of
from whence.answer.layout import arrange
from whence.answer.passages import Passage
from whence.answer.quotes import is_item
from whence.answer.wording import code_block, location, prose, symbol_at, symbol_of
from whence.types import Claim, Evidence, Hit, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The text of an answer. Citation n of a claim is ``evidence[n - 1]``; every evidence is cited."""

    text: str
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]


def compose(question: str, reading: Reading, n_max: int) -> Composition:
    """An answer of at most ``n_max`` citations; an empty reading gives an empty text without claims."""
    text = ""
    claims: list[Claim] = []
    evidence: list[Evidence] = []
    previous: Passage | None = None
    for passage in arrange(question, reading, n_max):
        sentence = _claim(passage, previous, len(evidence) + 1)
        text += _joint(passage, previous) if text else ""
        claims.append(Claim(start=len(text), end=len(text) + len(sentence), citations=(len(evidence) + 1,)))
        text += sentence
        evidence.append(passage.evidence)
        previous = passage
    return Composition(text=text, claims=tuple(claims), evidence=tuple(evidence))


def without(reading: Reading, broken: Collection[Evidence]) -> Reading:
    """The reading without the documents of evidence that did not resolve; for composing again.

    Composed evidence may be wider than what was read, so it is told by its document and not by its span.
    """
    lost = {item.hit.chunk.document_id for item in broken}
    kept = tuple(item for item in reading.evidence if item.hit.chunk.document_id not in lost)
    return replace(reading, evidence=kept, confidence=reading.confidence if kept else 0.0)


def not_found(name: str, hits: Sequence[Hit]) -> str:
    """What an answer says when it abstains: nothing found, and the nearest passage, if there is any."""
    if not hits:
        return f"Not found in {name}."
    chunk = hits[0].chunk
    about = symbol_of(chunk) or (chunk.title if chunk.title != chunk.path else "")
    if chunk.kind == "commit":
        return f"Not found in {name}. Nearest: {chunk.title}."
    nearest = f"{chunk.path}:{chunk.start_line}-{chunk.end_line}" + (f" ({about})" if about else "")
    return f"Not found in {name}. Nearest: {nearest}."


def _joint(passage: Passage, previous: Passage | None) -> str:
    """Prose of one place runs on; code and list items begin a line, another place begins a paragraph."""
    if previous is not None and previous.is_place_only and passage.is_place_only:
        return "\n"
    if previous is None or not passage.same_place(previous):
        return "\n\n"
    return "\n" if passage.code or previous.code or passage.item or previous.item else " "


def _claim(passage: Passage, previous: Passage | None, number: int) -> str:
    quoted = _said(passage.said)
    code = code_block(passage.code)
    lead = _lead(passage, previous)
    if passage.is_place_only:
        return f"{location(passage.evidence)} [{number}]"
    if quoted and code:
        return f"{lead}{quoted.rstrip('.: ')} [{number}]:\n{code}{_more(passage)}"
    if code:
        return f"{lead.removesuffix(': ')} [{number}]:\n{code}{_more(passage)}"
    end = quoted[-1:] if quoted[-1:] in ".!?" else ""
    return f"{lead}{quoted.removesuffix(end).rstrip(':')} [{number}]{end or '.'}"


def _more(passage: Passage) -> str:
    """What follows the first example of a quote, each part on lines of its own."""
    return "".join(
        f"\n{_said(said)}" + (f"\n{code_block(code)}" if code else "") for said, code in passage.more if said or code
    )


def _said(parts: Sequence[str]) -> str:
    """Sentences on one line; the items of a list that a sentence announces on lines of their own."""
    out, listing = "", False
    for part in parts:
        text = prose(part)
        if out and text:
            out += "\n- " if is_item(part) else "\n" if listing else " "
            listing = is_item(part)
        out += text
    return out


def _lead(passage: Passage, previous: Passage | None) -> str:
    """The place, said once for each place: symbol and path for code, nothing for running prose."""
    chunk = passage.evidence.hit.chunk
    fresh = previous is None or not passage.same_place(previous)
    lines = _lines(passage.evidence)
    if passage.place_first:
        return f"{location(passage.evidence)}: "
    if not fresh:
        return "" if passage.said else f"{lines}: "
    if chunk.kind == "doc" and passage.said:
        return ""
    if chunk.kind == "commit":
        return f"{_commit_name(passage)}: "
    name = symbol_at(passage.evidence)
    name = f"`{name}`" if name else ""
    if name and passage.said and not passage.code:
        return f"{name} ({chunk.path}): "
    commit = f" in {' '.join(chunk.title.split()[:2])}" if chunk.kind == "hunk" else ""
    place = f"{chunk.path}, {lines.lower()}{commit}"
    return f"{name} ({place}): " if name else f"{place}: "


def _commit_name(passage: Passage) -> str:
    """A commit and its subject, unless that is what is quoted."""
    short, _, subject = passage.evidence.hit.chunk.title.removeprefix("commit ").partition(" ")
    quoted = " ".join(passage.said)
    return f"Commit {short}" if not subject or subject in quoted else f'Commit {short} "{subject}"'


def _lines(evidence: Evidence) -> str:
    first, last = lines_of(evidence)
    return f"Line {first}" if first == last else f"Lines {first}-{last}"
