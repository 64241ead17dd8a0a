"""Pairs for the embedder from source code, its docs and its history: nobody has to label anything.

A docstring asks for its function, which is shown without it; a comment of a language with braces for the declaration
below it; a name in plain words for what it names; a heading for its section; the subject of a commit for a hunk.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from whence.training.embedding_examples import EmbeddingPair
from whence.training.project_examples import ProjectText, change_examples, code_examples, section_examples

Placed = Callable[[str, str, str], str]
"""Makes what the embedder is shown of a passage from title, symbol and text."""

SHARE_PLACED = 0.75
"""Of the functions so many say where they stand; what is handed in from elsewhere may not."""
SHARE_WORDED = 0.35
_VERBS = re.compile(
    r"(?:add|apply|build|calculate|check|collect|compare|compute|convert|copy|count|create|decode|delete|encode|evaluate"
    r"|extract|fetch|find|format|generate|get|initialize|insert|install|list|load|make|merge|normalize|open|parse|print"
    r"|process|read|register|remove|render|replace|resolve|return|run|save|send|set|sort|split|start|store|strip"
    r"|transform|update|validate|write)(?P<s>s?)",
    re.I,
)
_COMMENTED = re.compile(
    r"(?:^|\n)(?P<said>(?:[ \t]*//[/!][^\n]*\n)+|(?:// [^\n]*\n)+|[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n)"
    r"(?P<code>[ \t]*[\w\[@~][^\n]*\n)",
    re.S,
)
_MARKS = re.compile(r"^[ \t]*(?:/\*\*?|\*/|\*|//[/!<]*)?[ \t]?|[ \t]*\*/[ \t]*$", re.M)
_TAG = re.compile(r"\n\s*(?:\n|[\\@](?!brief)\w+)|[\\@](?:param|return|code|defgroup|file|throws|tparam|note)\b")
_UNTOLD = re.compile(r"copyright|licen[cs]e|todo|fixme|clang-format|noqa|eslint|^-+|pragma|namespace|::", re.I)
_NUMBER = re.compile(r"\s*\(?#\d+\)?\s*$")
_CHORE = re.compile(r"^(?:merge|bump|release|revert|version|update (?:authors|news|readme)|\[|v?\d)", re.I)
_MOST_CHARS = 1600


def function_pairs(files: Iterable[ProjectText], seed: int, placed: Placed) -> Iterator[EmbeddingPair]:
    """A docstring's summary, now and then in the words of a question, and the Python function without it."""
    chance = random.Random(seed)
    for example in code_examples(files, seed):
        if not example.is_whole:
            continue
        project, _, rest = example.id.partition("/")
        path, _, symbol = rest.removesuffix("/summary").rpartition("/")
        question = example.question
        if chance.random() < SHARE_WORDED:
            question = asked(question, chance)
        is_placed = chance.random() < SHARE_PLACED
        passage = placed(path, symbol, example.passage[:_MOST_CHARS]) if is_placed else example.passage[:_MOST_CHARS]
        yield EmbeddingPair(id=example.id, source=f"{project}/code", question=question, passage=passage)
        if chance.random() < 0.25 and len(_name_words(symbol)) >= 2:
            yield EmbeddingPair(
                id=f"{example.id}/name",
                source=f"{project}/names",
                question=" ".join(_name_words(symbol)),
                passage=_without_name(example.passage, symbol)[:_MOST_CHARS],
            )


def asked(summary: str, chance: random.Random) -> str:
    """A summary the way somebody who looks for it would put it; as it is where its first word tells nothing."""
    first, _, rest = summary.partition(" ")
    said = f"{first.lower()} {rest}"
    verb = _VERBS.fullmatch(first)
    if verb and not verb["s"]:
        return chance.choice(
            ("how to {}", "How do I {}?", "Where does it {}?", "Which function is used to {}?")
        ).format(said)
    if verb:
        return chance.choice(("What {}?", "Which code {}?", "function that {}")).format(said)
    return summary


def _name_words(symbol: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", symbol)]


def _without_name(passage: str, symbol: str) -> str:
    """The function under a name that says nothing: otherwise the name would be found by its letters alone."""
    return re.sub(rf"\b{re.escape(symbol.rpartition('.')[2])}\b", "it", passage)


def declaration_pairs(files: Iterable[ProjectText], placed: Placed) -> Iterator[EmbeddingPair]:
    """What a comment of C, C++, JavaScript, TypeScript, Go, Java or Rust says, and the declaration below it."""
    for file in files:
        for n, found in enumerate(_COMMENTED.finditer(file.text)):
            said = _TAG.split(_MARKS.sub("", found["said"]).replace("\\brief", "").replace("@brief", "").strip())[0]
            question = " ".join(said.split())
            code = _declaration(file.text, found.start("code"))
            if 5 <= len(question.split()) <= 40 and not _UNTOLD.search(question) and len(code) >= 60:
                yield EmbeddingPair(
                    id=f"{file.project}/{file.path}/{n}",
                    source=f"{file.project}/declarations",
                    question=question.rstrip("."),
                    passage=placed(file.path, "", code),
                )


def _declaration(text: str, start: int, n_lines: int = 25) -> str:
    """From ``start`` to where its braces are closed and a statement ends, at most ``n_lines``."""
    lines: list[str] = []
    depth = 0
    for line in text[start : start + 4000].splitlines()[:n_lines]:
        lines.append(line)
        depth += line.count("{") + line.count("(") - line.count("}") - line.count(")")
        if depth <= 0 and line.rstrip().endswith((";", "}", "};", ",")):
            break
    return "\n".join(lines)[:_MOST_CHARS]


def section_pairs(files: Iterable[ProjectText], placed: Placed) -> Iterator[EmbeddingPair]:
    """A heading and the section below it."""
    for example in section_examples(files):
        project, _, rest = example.id.partition("/")
        yield EmbeddingPair(
            id=example.id,
            source=f"{project}/sections",
            question=example.question,
            passage=placed(rest.rpartition("/")[0], "", example.passage[:_MOST_CHARS]),
        )


def change_pairs(commits: Iterable[ProjectText]) -> Iterator[EmbeddingPair]:
    """The subject of a commit (``path``), without the number of its request, and a hunk (``text``)."""
    for example in change_examples(commits):
        question = _NUMBER.sub("", example.question)
        if len(question.split()) >= 4 and not _CHORE.match(question):
            yield EmbeddingPair(
                id=example.id,
                source=f"{example.id.partition('/')[0]}/changes",
                question=question,
                passage=example.passage[:_MOST_CHARS],
            )


def drawn(pairs: Iterable[EmbeddingPair], n_most: int, seed: int) -> Sequence[EmbeddingPair]:
    """At most ``n_most`` of them, drawn without order; the same for the same seed."""
    every = list(pairs)
    return random.Random(seed).sample(every, min(n_most, len(every)))
