"""Examples for the reader from source code and its docs, with exact positions: nobody has to label anything.

From a Python function: its summary asks for its body, its parameters for their defaults and their descriptions,
"Returns" and "Raises" for what the docstring says. From a document with headings: a heading asks for its section.
From a commit: its subject asks for its hunks. Half of the questions come once more, with a like passage of the same
project that does not hold the answer.
"""

import ast
import random
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from whence.training.reading_examples import ReadingExample

_SECTIONS = {"returns": "return", "yields": "return", "return": "return", "raises": "raise", "raise": "raise"}
_FIELD = re.compile(r"^[ \t]*:(param|return|returns|raises|raise)\b([^:\n]*):[ \t]*(.+(?:\n[ \t]+[^:\s].*)*)", re.M)
_HEADED = re.compile(
    r"^([ \t]*)(Args|Arguments|Parameters|Returns|Yields|Raises)\s*:?[ \t]*\n(?:[ \t]*(?:-{3,}|={3,})[ \t]*\n)?", re.M
)
_ITEM = re.compile(r"^[ \t]*`?\*{0,2}(\w+)`?[ \t]*(?:\([^)\n]*\))?[ \t]*:[ \t]*(.+)", re.M)
_HEADING = re.compile(
    r"^(?:#{1,4}[ \t]+(?P<md>[^\n#]+?)[ \t]*#*|(?P<rst>[^\n]{4,80})\n(?P<line>[=\-~^\"'*+#])(?P=line){3,})[ \t]*$", re.M
)
_PLAIN_DEFAULTS = {"None", "True", "False", "0", "1"}
_DEFAULT_WORDINGS = (
    "What is the default value of {parameter} in {name}?",
    "what does {parameter} of {name} default to",
    "default of the {parameter} argument of `{name}`",
    "Which value does {name} use for {parameter} when it is not given?",
)
_PARAMETER_WORDINGS = (
    "What is the {parameter} parameter of {name} for?",
    "what does the argument `{parameter}` of {name} mean",
    "What should I pass as {parameter} to {name}?",
)
_RETURN_WORDINGS = (
    "What does {name} return?",
    "what is the return value of `{name}`",
    "what do I get back from {name}",
)
_RAISE_WORDINGS = (
    "When does {name} raise {error}?",
    "why would `{name}` raise {error}",
    "What makes {name} raise {error}?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectText:
    """One text of a project that its licence lets us train on: a file, or a commit with its subject as ``path``."""

    project: str
    path: str
    text: str


def code_examples(files: Iterable[ProjectText], seed: int) -> Iterator[ReadingExample]:
    """Questions whose answers stand in Python functions; files that do not parse are passed over."""
    chance = random.Random(seed)
    for file in files:
        try:
            tree = ast.parse(file.text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for owner, node in _functions(tree):
            yield from _of_function(file, owner, node, chance)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node.name, inner


def _of_function(
    file: ProjectText, owner: str, node: ast.FunctionDef | ast.AsyncFunctionDef, chance: random.Random
) -> Iterator[ReadingExample]:
    lines = file.text.splitlines(keepends=True)
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)]) - 1
    source = "".join(lines[first : node.end_lineno])
    if not 80 <= len(source) <= 6000:
        return
    passage = textwrap.dedent(source)
    name = node.name if not owner else (f"{owner}.{node.name}" if node.name != "__init__" else owner)
    place = f"{file.project}/{file.path}/{name}"
    yield from _defaults(place, name, node, file.text, passage, chance)
    documented = ast.get_docstring(node, clean=False)
    if not documented:
        return
    at = passage.find(textwrap.dedent(documented).strip()[:40])
    ends = [end for end in (passage.find(quotes, at) for quotes in ('"""', "'''")) if end > 0]
    if at < 0 or not ends:
        return
    yield from _documented(place, name, passage, (at, min(ends)), chance)
    summary = documented.strip().split("\n\n")[0].replace("\n", " ")
    summary = " ".join(summary.split())
    body = _without_docstring(node, lines, first)
    if 4 <= len(summary.split()) <= 30 and body is not None:
        yield ReadingExample(id=f"{place}/summary", question=summary.rstrip("."), passage=body, is_whole=True)


def _defaults(
    place: str, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, text: str, passage: str, chance: random.Random
) -> Iterator[ReadingExample]:
    given = node.args.defaults
    positional = node.args.posonlyargs + node.args.args
    pairs = list(zip(positional[len(positional) - len(given) :], given, strict=True))
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    if not pairs:
        return
    plain = [pair for pair in pairs if ast.unparse(pair[1]) in _PLAIN_DEFAULTS]
    rare = [pair for pair in pairs if pair not in plain]
    for argument, default in chance.sample(rare, min(2, len(rare))) or chance.sample(plain, 1):
        value = ast.get_source_segment(text, default) or ""
        written = re.search(rf"\b{re.escape(argument.arg)}\b[^=,\n]*=\s*({re.escape(value)})(?![\w.])", passage)
        if written:
            question = chance.choice(_DEFAULT_WORDINGS).format(parameter=argument.arg, name=name)
            yield ReadingExample(
                id=f"{place}/default/{argument.arg}",
                question=question,
                passage=passage,
                start=written.start(1),
                end=written.end(1),
            )


def _documented(
    place: str, name: str, passage: str, docstring: tuple[int, int], chance: random.Random
) -> Iterator[ReadingExample]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for field in _FIELD.finditer(passage, *docstring):
        kind, of = _SECTIONS.get(field[1], "parameter"), field[2].strip().split(" ")[-1]
        found.setdefault((kind, of), field.span(3))
    for head in _HEADED.finditer(passage, *docstring):
        block = min(_block(passage, head.end(), len(head[1])), docstring[1])
        kind = _SECTIONS.get(head[2].lower(), "parameter")
        items = list(_ITEM.finditer(passage, head.end(), block))
        if kind == "return" and not items:
            found.setdefault((kind, ""), (head.end(), block))
        for item in items:
            found.setdefault((kind, "" if kind == "return" else item[1]), item.span(2))
    wordings = {"return": _RETURN_WORDINGS, "raise": _RAISE_WORDINGS, "parameter": _PARAMETER_WORDINGS}
    for kind, of in chance.sample(sorted(found), min(3, len(found))):
        start, end = _trimmed(passage, *found[kind, of])
        if (of or kind == "return") and 6 <= end - start <= 400:
            question = chance.choice(wordings[kind]).format(name=name, parameter=of, error=of)
            yield ReadingExample(id=f"{place}/{kind}/{of}", question=question, passage=passage, start=start, end=end)


def _block(passage: str, start: int, indent: int) -> int:
    """Where the lines that are deeper than ``indent`` end."""
    at = start
    for line in passage[start:].splitlines(keepends=True):
        depth = len(line) - len(line.lstrip())
        if not line.strip() or depth < indent or (depth == indent and at > start and line.rstrip().endswith(":")):
            break
        at += len(line)
    return at


def _trimmed(passage: str, start: int, end: int) -> tuple[int, int]:
    text = passage[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())


def _without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str], first: int) -> str | None:
    """The function as written, its docstring left out: None where nothing else is in it."""
    if len(node.body) < 2:
        return None
    said = node.body[0]
    kept = [*lines[first : said.lineno - 1], *lines[said.end_lineno or said.lineno : node.end_lineno]]
    return textwrap.dedent("".join(kept))


def section_examples(files: Iterable[ProjectText]) -> Iterator[ReadingExample]:
    """A heading of Markdown or reStructuredText asks for the section below it."""
    for file in files:
        heads = list(_HEADING.finditer(file.text))
        for n, head in enumerate(heads):
            title = " ".join((head["md"] or head["rst"] or "").split())
            section = file.text[head.end() : heads[n + 1].start() if n + 1 < len(heads) else len(file.text)].strip()
            if 2 <= len(title.split()) <= 14 and len(section) >= 120 and not title.startswith((".", ":", "|")):
                place = f"{file.project}/{file.path}/{n}"
                yield ReadingExample(id=place, question=title, passage=section[:2400], is_whole=True)


def change_examples(commits: Iterable[ProjectText]) -> Iterator[ReadingExample]:
    """The subject of a commit (``path``) asks for what it changed (``text``)."""
    for n, commit in enumerate(commits):
        if len(commit.path.split()) >= 4 and len(commit.text) >= 80:
            place = f"{commit.project}/commit/{n}"
            yield ReadingExample(id=place, question=commit.path, passage=commit.text[:2400], is_whole=True)


def like_passages(examples: Sequence[ReadingExample], share: float, seed: int) -> list[ReadingExample]:
    """For ``share`` of the questions a passage of the same project that shares rare words but not the answer.

    The passage of a question about one function is often one of the same file, which is what a search confuses.
    """
    chance = random.Random(seed)
    passages = sorted({(_project(example), example.passage) for example in examples})
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (project, passage) in enumerate(passages):
        for word in set(_words(passage)):
            holders[project, word].append(number)
    made: list[ReadingExample] = []
    for example in chance.sample(list(examples), int(len(examples) * share)):
        scores: dict[int, float] = defaultdict(float)
        for word in set(_words(example.question)):
            found = holders.get((_project(example), word), ())
            if 0 < len(found) <= 400:
                for number in found:
                    scores[number] += 1 / (2 + len(found)) ** 0.5
        asked = example.passage[example.start : example.end] if example.is_answerable else ""
        best = sorted(scores, key=lambda number: (-scores[number], number))[:6]
        others = [passages[n][1] for n in best if _is_other(passages[n][1], example, asked)]
        if others:
            made.append(
                ReadingExample(id=f"{example.id}/like", question=example.question, passage=chance.choice(others[:3]))
            )
    return made


def _is_other(passage: str, example: ReadingExample, answer: str) -> bool:
    if passage == example.passage or passage[:200] in example.passage or example.passage[:200] in passage:
        return False
    return len(answer) < 8 or answer not in passage


def _project(example: ReadingExample) -> str:
    return example.id.partition("/")[0]


def _words(text: str) -> list[str]:
    return list(re.findall(r"[a-z]{3,}", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()))
