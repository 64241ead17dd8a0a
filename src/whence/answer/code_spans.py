"""Docstring sentences, comments, signatures and steps of source code in any language."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from whence.answer.lines import Line, LineKind, Span, lines_of
from whence.answer.prose_spans import PARAMETER, prose_spans

_READ_CHARS: Final = 200
"""Of a line, as far as patterns are tried on it: they take time that grows with the square of a run of blanks."""
STEP_LINES: Final = 10
"""Lines of code quoted as one step where the code can be cut between statements."""
LONGEST_STEP_LINES: Final = 16

_HASH_LANGUAGES: Final = frozenset({"python", "ruby", "shell", "bash", "toml", "yaml", "ini", "make", "perl", "r"})
_TRIPLE: Final = re.compile(r'[rRbBuUfF]{0,2}("""|\'\'\')')
_DEFINITION: Final = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?|unsafe|"
    r"virtual|inline|const|extern)\s+)*(?:def|class|func|fn|function|interface|struct|enum|trait|impl|type|namespace)\s"
)
_IMPORT: Final = re.compile(
    r"\s*(?:from\s+\S+\s+import\b|import\b|#\s*include\b|(?:use|using|package)\s+[\w:.*{<]+(?!\s*=)|__(?:all|slots)__\b)"
)
_TYPES_ONLY: Final = re.compile(r"\s*if (?:\w+\.)?TYPE_CHECKING:\s*(?:#|$)")
_CONTINUES: Final = re.compile(r"\s*(?:[)\]}]|(?:else|elif|except|finally|catch|and|or)\b)")
_TRIPLE_ANYWHERE: Final = re.compile(r'"""|\'\'\'')
_FIELD_LINE: Final = re.compile(r"\s*:[a-zA-Z]+[^:\n]*:")
_CODE_LINE: Final = re.compile(
    r"\s*(?:(?:async\s+)?(?:def|class|with|for|while|if|elif)\b.*:\s*$|(?:return|raise|assert|import|from|yield)\b|@\w|#|"
    r"(?:else|try|finally):|[\w.\[\]\"', ]+\s*(?::\s*[\w.\[\] |]+)?[-+*/|&]?=[^=]|[\w.]+\(|[)\]}])"
)
_PROSE_LINE: Final = re.compile(
    r"(?!(?:for|if|elif|else|and|or|not|is|in|lambda|await|async|assert|return|yield|raise|global|del)\b)"
    r"[A-Za-z`*:][\w`'*:.~-]*,?(?: (?!=)[\w`'*:.~(-]+[),.;:]{0,3}){4,}"
)
_DOC_OPENING: Final = re.compile(r"\s*(?:[rRbBuU]{0,2}(?:\"\"\"|''')|/\*+!?)\s*")


def code_spans(text: str, language: str) -> list[Span]:
    """In order of start; a comment right above code belongs to the step, a very short text is one step.

    Imports are left out: they name things and say nothing about them.
    """
    lines = _classified(text, language)
    filled = [line for line in lines if line.kind != "blank"]
    if 0 < len(filled) <= 3 and filled[-1].end - filled[0].start == sum(len(line.text) + 1 for line in filled) - 1:
        kept = [line for part in _without_imports(filled) for line in part] or filled
        return [Span(kept[0].start, kept[-1].end, "step")]
    found: list[Span] = []
    block: list[Line] = []
    for line in lines:
        if block and _ends(block, line):
            found.extend(_close(text, block))
            block = []
        if line.kind != "blank":
            block.append(line)
    found.extend(_close(text, block))
    return found


def data_spans(text: str) -> list[Span]:
    """Groups of neighbouring lines of a configuration or a table, at most a step long."""
    found: list[Span] = []
    group: list[Line] = []
    for line in lines_of(text):
        if group and (line.kind == "blank" or len(group) == STEP_LINES):
            found.append(Span(group[0].start, group[-1].end, "step"))
            group = []
        if line.kind != "blank":
            group.append(line)
    if group:
        found.append(Span(group[0].start, group[-1].end, "step"))
    return found


def leading_comment(step: str) -> tuple[str, str]:
    """A step's comment lines and the code below them; either may be empty."""
    match = re.match(r"(?:[ \t]*(?:#|//).*(?:\n|\Z))+", step)
    return (match.group(), step[match.end() :]) if match else ("", step)


def _ends(block: Sequence[Line], line: Line) -> bool:
    previous = block[-1]
    if "doc" in (line.kind, previous.kind):
        return line.kind != previous.kind
    return (
        line.kind == "blank"
        or (line.kind == "comment" and previous.kind == "code")
        or (bool(_DEFINITION.match(line.text)) and not previous.text.lstrip().startswith("@"))
        or (_is_signature(block) and _statement(previous.text).endswith((":", "{")))
    )


def _is_signature(block: Sequence[Line]) -> bool:
    first = next((line for line in block if not line.text.lstrip().startswith("@")), block[0])
    return bool(_DEFINITION.match(first.text)) or block[0].text.lstrip().startswith("@")


def _close(text: str, block: Sequence[Line]) -> Iterator[Span]:
    if not block:
        return
    start, end = block[0].start, block[-1].end
    if block[0].kind == "doc":
        opening = _DOC_OPENING.match(text, start, end)
        start = opening.end() if opening else start
        yield from prose_spans(_unquoted(text[start:end]), start, "docstring")
    elif all(line.kind == "comment" for line in block):
        if sum(line.text.count("__") + line.text.count("/)") for line in block) < 2 * len(block):
            yield Span(start, end, "comment")
    elif _is_signature(block):
        yield Span(start, end, "signature")
    else:
        for run in _without_imports(block):
            for part in _steps(run):
                yield Span(part[0].start, part[-1].end, "step")


def _without_imports(block: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """The runs of lines between imports and export lists, each of which may go over several lines.

    Imports for type checkers alone go with the condition they stand under.
    """
    run: list[Line] = []
    depth = 0
    inside = guarded = False
    outer = min((line.indent for line in block), default=0)
    for line, following in zip(block, (*block[1:], None), strict=True):
        opens = line.indent == outer and bool(_TYPES_ONLY.match(line.text))
        imports = following is not None and bool(_IMPORT.match(following.text))
        guarded = (opens and imports) or (guarded and line.indent > outer)
        begins = not inside and line.indent == outer and bool(_IMPORT.match(line.text))
        if begins or inside or guarded:
            depth += sum(line.text.count(mark) for mark in "([{") - sum(line.text.count(mark) for mark in ")]}")
            inside = depth > 0
            depth = max(depth, 0)
            if any(held.kind != "comment" for held in run):
                yield run
            run = []
        else:
            run.append(line)
    if run:
        yield run


def _steps(block: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Cuts a long run of code where it is least indented, so that a step starts where a statement starts."""
    while len(block) > STEP_LINES:
        possible = [
            (block[at].indent, -at)
            for at in range(3, min(len(block) - 1, LONGEST_STEP_LINES))
            if not _CONTINUES.match(block[at].text) and block[at - 1].kind != "comment"
        ]
        outer, at = min(possible, default=(0, -LONGEST_STEP_LINES))
        if len(block) <= LONGEST_STEP_LINES and outer > min(line.indent for line in block):
            break
        yield block[:-at]
        block = block[-at:]
    if block:
        yield block


def _statement(line: str) -> str:
    """A line without the comment behind it; found by hand, for a pattern would try every blank of a long line."""
    for mark in (" # ", " // "):
        line = line.partition(mark)[0]
    return line.rstrip()


def _unquoted(text: str) -> str:
    """The text of a docstring or block comment up to the mark that closes it."""
    text = text.rstrip()
    for mark in ('"""', "'''"):
        if text.endswith(mark):
            return text[: -len(mark)]
    return text.removesuffix("/").rstrip("*") if text.endswith("*/") else text


def _classified(text: str, language: str) -> list[Line]:
    hashes = language in _HASH_LANGUAGES
    comment_marks = ("#",) if hashes else ("//",)
    out: list[Line] = []
    closing = _open_quote(text, language) if hashes else ""
    for line in lines_of(text):
        body = line.text.strip()
        kind: LineKind = line.kind
        if closing:
            kind = "doc"
            closing = "" if closing in body else closing
        elif hashes and (match := _TRIPLE.match(body)) and _may_document(out):
            kind = "doc"
            closing = "" if match.group(1) in body[match.end() :] else match.group(1)
        elif not hashes and body.startswith("/*"):
            kind = "doc"
            closing = "" if "*/" in body else "*/"
        elif body.startswith(comment_marks) and not body.startswith("#!"):
            kind = "comment"
        out.append(replace(line, kind=kind))
    return out


def _may_document(before: Sequence[Line]) -> bool:
    last = next((line for line in reversed(before) if line.kind != "blank"), None)
    return last is None or last.kind in ("doc", "comment") or _statement(last.text).endswith(":") or last.indent == 0


def _open_quote(text: str, language: str) -> str:
    """The quote that closes a docstring in whose middle the text begins, or ""."""
    found = _TRIPLE_ANYWHERE.search(text)
    quote = found.group() if found else '"""'
    if found and text.count(quote) % 2 == 0:
        return ""
    before = [
        line.text.strip()[:_READ_CHARS]
        for line in lines_of(text[: found.start() if found else len(text)])
        if line.kind != "blank"
    ]
    if language == "python" and before and _PROSE_LINE.match(before[0]) and not _CODE_LINE.match(before[0]):
        return quote  # a command of a shell is a row of words, too
    if found and any(_DEFINITION.match(line) for line in before):
        return ""
    fields = sum(_is_field(line) for line in before)
    code = sum(bool(_CODE_LINE.match(line)) for line in before)
    inside = code < len(before) / 4 if found else fields > code and _is_field(before[0])
    return quote if before and inside else ""


def _is_field(line: str) -> bool:
    """Whether a line of a docstring heads what is said of a parameter."""
    return bool(_FIELD_LINE.match(line) or PARAMETER.fullmatch(line))
