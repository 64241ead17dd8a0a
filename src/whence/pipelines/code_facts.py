"""Definitions and uses of names at one revision: git finds the files, a parser says what stands in them.

Python goes through the interpreter's own parser, other languages through their grammars; where neither can read a
file, nothing in it is listed.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from whence.errors import UnreadableError
from whence.sources.languages import classify

if TYPE_CHECKING:
    from whence.sources.history_counts import HistoryCounts
    from whence.types import Definition, Use

MAX_CHARS: Final = 80_000_000
MAX_LINES: Final = 60_000
_KEPT_FILES: Final = 4_000
_KEPT_NAMES: Final = 200

Define = Callable[[str, str, str], "list[Definition]"]
"""(path, text, name or "" for all) to definitions, for Python."""


class CodeFacts:
    """What the code at a revision defines and uses; files that were parsed are kept. Raises ``UnreadableError``."""

    def __init__(self, git: HistoryCounts, define: Define) -> None:
        self._git = git
        self._define = define
        self._outlines: OrderedDict[str, list[Definition]] = OrderedDict()
        self._uses: OrderedDict[str, list[Use]] = OrderedDict()

    def definitions(self, name: str) -> list[Definition]:
        """Where a name is defined, by path and line; a dotted name must end the qualified name."""
        from whence.pipelines.definition_lines import may_define

        last = name.rpartition(".")[2].lstrip("#~")
        wanted = [path for path, lines in self._lines(last).items() if may_define(classify(path)[1], last, lines)]
        python = [path for path in wanted if classify(path)[1] == "python"]
        found = []
        for path, text in zip(python, self._git.sources(python), strict=True):
            found += self._define(path, text, name)
        for path, definitions in self._outlined([path for path in wanted if path not in set(python)]):
            found += [item for item in definitions if f".{item.symbol}".endswith(f".{name}") and item.path == path]
        shown = [item for item in found if item.what != "implementation"]
        return sorted(map(_redacted, shown), key=lambda item: (item.path, item.start_line))

    def outline(self, path: str) -> list[Definition]:
        """Everything that a file defines, in order; empty for what no parser here can read."""
        outlined = self._outlined([path])
        return [_redacted(item) for _, found in outlined for item in found if item.what != "implementation"]

    def subclasses(self, name: str) -> list[Definition]:
        """Types that name this one, by its last part, among what they extend or implement, by path and line."""
        from whence.pipelines.definition_lines import has_heir, may_extend

        last = name.rpartition(".")[2]
        wanted = [path for path, lines in self._lines(last).items() if may_extend(classify(path)[1], last, lines)]
        python = [path for path in wanted if classify(path)[1] == "python" and path not in self._outlines]
        barren = {path for path, text in self._texts(python) if not has_heir(last, text)}
        found = [
            _redacted(item)
            for _, definitions in self._outlined([path for path in wanted if path not in barren])
            for item in definitions
            if any(_last_part(base) == last for base in item.bases)
        ]
        return sorted(found, key=lambda item: (item.path, item.start_line))

    def uses(self, name: str) -> list[Use]:
        """Where a plain name is used in code, by path and line. The interpreter's parser is not asked here."""
        if name in self._uses:
            return self._uses[name]
        from whence.chunking.uses import uses

        paths = [path for path in self._lines(name) if _has_grammar(path)]
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
            if _has_grammar(path):
                lines.setdefault(path, []).append(line)
        return lines

    def _texts(self, paths: Sequence[str]) -> list[tuple[str, str]]:
        texts = self._git.sources(paths)
        if sum(map(len, texts)) > MAX_CHARS:
            raise UnreadableError(f"The name stands in {len(paths):,} files, too much to parse: name it closer.")
        return list(zip(paths, texts, strict=True))

    def _outlined(self, paths: Sequence[str]) -> list[tuple[str, list[Definition]]]:
        """The outlines of files, in the order given; parsed where they are not kept."""
        from whence.chunking.definitions import outline

        for path, text in self._texts([path for path in paths if path not in self._outlines]):
            language = classify(path)[1]
            found = self._define(path, text, "") if language == "python" else outline(path, text, language)
            self._outlines[path] = found
        made = [(path, self._outlines[path]) for path in paths]
        while len(self._outlines) > _KEPT_FILES:
            self._outlines.popitem(last=False)
        return made


def _redacted(definition: Definition) -> Definition:
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


def _has_grammar(path: str) -> bool:
    from whence.chunking.languages import rows

    kind, language = classify(path)
    return kind == "code" and language in rows()


def _last_part(base: str) -> str:
    """The name of a base without its module, its arguments and its type parameters."""
    bare = re.split(r"[<(\[]", base, maxsplit=1)[0]
    return re.split(r"\.|::", bare)[-1].strip()
