"""Definitions and uses of names at one revision: read from the tables, or git finds the files and a parser reads them.

Python goes through the interpreter's own parser, other languages through their grammars; where neither can read a
file, nothing in it is listed.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from whence.errors import UnreadableError
from whence.sources.languages import classify

if TYPE_CHECKING:
    from whence.sources.history_counts import HistoryCounts
    from whence.store.history_definitions import Found
    from whence.types import Definition, Use

MAX_CHARS: Final = 80_000_000
MAX_LINES: Final = 60_000
_KEPT_FILES: Final = 4_000
_KEPT_NAMES: Final = 200
IMPLEMENTATION: Final = "implementation"
"""What ``chunking.definitions`` calls what defines no name."""

Define = Callable[[str, str, str], "list[Definition]"]
"""(path, text, name or "" for all) to definitions, for Python."""


class Told(Protocol):
    """What tables say of the definitions at the revision; None where they do not know them."""

    def defining(self, name: str) -> Found | None:
        """What is called by a name without dots."""

    def extending(self, name: str) -> Found | None:
        """What extends or implements something of this name without dots."""

    def within(self, path: str) -> Found | None:
        """What one file defines, in order."""


class CodeFacts:
    """What the code at a revision defines and uses; files that were parsed are kept. Raises ``UnreadableError``."""

    def __init__(self, git: HistoryCounts, define: Define, told: Told | None = None) -> None:
        self._git = git
        self._define = define
        self._told = told
        self._outlines: OrderedDict[str, list[Definition]] = OrderedDict()
        self._uses: OrderedDict[str, list[Use]] = OrderedDict()

    def definitions(self, name: str) -> list[Definition]:
        """Where a name is defined, by path and line; a dotted name must end the qualified name."""
        told = self._told.defining(name.rpartition(".")[2]) if self._told is not None else None
        if told is None:
            found = self._parsed_definitions(name, None)
        else:
            from whence.answer.facts.python_code import is_meant

            found = [
                item
                for item in told.definitions
                if f".{item.symbol}".endswith(f".{name}")
                or (classify(item.path)[1] == "python" and is_meant(item.path, item.symbol, name))
            ]
            found += self._parsed_definitions(name, told.unread) if told.unread else []
        shown = [item for item in found if item.what != IMPLEMENTATION]
        return sorted(shown, key=lambda item: (item.path, item.start_line))

    def _parsed_definitions(self, name: str, among: Sequence[str] | None) -> list[Definition]:
        """The definitions as the parsers find them, in all files or ``among`` some."""
        from whence.pipelines.definition_lines import may_define

        last = name.rpartition(".")[2].lstrip("#~")
        wanted = [path for path, lines in self._lines(last).items() if may_define(classify(path)[1], last, lines)]
        wanted = wanted if among is None else [path for path in wanted if path in among]
        python = [path for path in wanted if classify(path)[1] == "python"]
        found = []
        for path, text in zip(python, self._git.sources(python), strict=True):
            found += self._define(path, text, name)
        for path, definitions in self._outlined([path for path in wanted if path not in set(python)]):
            found += [item for item in definitions if f".{item.symbol}".endswith(f".{name}") and item.path == path]
        return list(map(redacted, found))

    def outline(self, path: str) -> list[Definition]:
        """Everything that a file defines, in order; empty for what no parser here can read."""
        told = self._told.within(path) if self._told is not None else None
        if told is not None and path not in told.unread:
            found = told.definitions
        else:
            found = [redacted(item) for _, items in self._outlined([path]) for item in items]
        return [item for item in found if item.what != IMPLEMENTATION]

    def subclasses(self, name: str) -> list[Definition]:
        """Types that name this one, by its last part, among what they extend or implement, by path and line."""
        last = name.rpartition(".")[2]
        told = self._told.extending(last) if self._told is not None else None
        if told is None:
            found = self._parsed_subclasses(last, None)
        else:
            found = told.definitions + (self._parsed_subclasses(last, told.unread) if told.unread else [])
        heirs = [item for item in found if last in extended(item)]
        return sorted(heirs, key=lambda item: (item.path, item.start_line))

    def _parsed_subclasses(self, last: str, among: Sequence[str] | None) -> list[Definition]:
        """What stands in the files that may have a subclass, of all files or ``among`` some."""
        from whence.pipelines.definition_lines import has_heir, may_extend

        wanted = [path for path, lines in self._lines(last).items() if may_extend(classify(path)[1], last, lines)]
        wanted = wanted if among is None else [path for path in wanted if path in among]
        python = [path for path in wanted if classify(path)[1] == "python" and path not in self._outlines]
        barren = {path for path, text in self._texts(python) if not has_heir(last, text)}
        outlined = self._outlined([path for path in wanted if path not in barren])
        return [redacted(item) for _, items in outlined for item in items if last in extended(item)]

    def uses(self, name: str) -> list[Use]:
        """Where a plain name is used in code, by path and line. The interpreter's parser is not asked here."""
        if name in self._uses:
            return self._uses[name]
        from whence.chunking.uses import uses

        paths = [path for path in self._lines(name) if has_grammar(path)]
        found: list[Use] = []
        for path, text in self._texts(paths):
            found += uses(path, text, classify(path)[1], name)
        while len(self._uses) >= _KEPT_NAMES:
            self._uses.popitem(last=False)
        self._uses[name] = found
        return found

    def _lines(self, word: str) -> dict[str, list[str]]:
        """The lines that have a word, by path, of files that can be parsed."""
        rows = self._git.lines_with(word)
        if len(rows) > MAX_LINES:
            raise UnreadableError(f"`{word}` stands in {len(rows):,} lines, too many to look through: name it closer.")
        lines: dict[str, list[str]] = {}
        for path, line in rows:
            if has_grammar(path):
                lines.setdefault(path, []).append(line)
        return lines

    def _texts(self, paths: Sequence[str]) -> list[tuple[str, str]]:
        texts = self._git.sources(paths)
        if sum(map(len, texts)) > MAX_CHARS:
            raise UnreadableError(f"The name stands in {len(paths):,} files, too much to parse: name it closer.")
        return list(zip(paths, texts, strict=True))

    def _outlined(self, paths: Sequence[str]) -> list[tuple[str, list[Definition]]]:
        """The outlines of files, in the order given; parsed where they are not kept."""
        for path, text in self._texts([path for path in paths if path not in self._outlines]):
            self._outlines[path] = outlined(path, text, self._define)
        made = [(path, self._outlines[path]) for path in paths]
        while len(self._outlines) > _KEPT_FILES:
            self._outlines.popitem(last=False)
        return made


def outlined(path: str, text: str, define: Define) -> list[Definition]:
    """What a file defines, not redacted. Raises ``MissingExtraError`` where a grammar is absent."""
    language = classify(path)[1]
    if language == "python":
        return define(path, text, "")
    from whence.chunking.definitions import outline

    return outline(path, text, language)


def extended(definition: Definition) -> list[str]:
    """The last parts of the names of what it extends or implements."""
    return [_last_part(base) for base in definition.bases]


def redacted(definition: Definition) -> Definition:
    """The definition as it may be shown: files are parsed as they are, and defaults may hold credentials."""
    from whence.sources.redaction import redact

    signature, n = redact(definition.signature, definition.path)
    if n == 0:
        return definition
    shown = [(name, _redacted_default(name, default)) for name, default in definition.parameters]
    return replace(definition, signature=signature, parameters=tuple(shown))


def _redacted_default(name: str, default: str | None) -> str | None:
    from whence.sources.redaction import redact

    return default if default is None else redact(f"{name} = {default}", "")[0][len(name) + 3 :]


def has_grammar(path: str) -> bool:
    """Whether a file, by its name, can be parsed."""
    from whence.chunking.languages import rows

    kind, language = classify(path)
    return kind == "code" and language in rows()


def _last_part(base: str) -> str:
    """The name of a base without its module, its arguments and its type parameters."""
    bare = re.split(r"[<(\[]", base, maxsplit=1)[0]
    return re.split(r"\.|::", bare)[-1].strip()
