"""The one place where a ``Scope`` is made: what the caller may see, narrowed by what the request asks for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from whence.errors import UsageError
from whence.types import KINDS, Kind, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a request asks to be narrowed to; empty means no narrowing.

    ``as_of`` is an earlier state in the asker's words: a tag, a date, a commit. It chooses what is read, so it has
    been looked up before a scope is made; ``at`` is the first-parent position that it then gives.
    """

    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    at: int | None = None
    as_of: str = ""


def narrow(index: str, allowed: Iterable[str], filters: Filters) -> Scope:
    """The scope of one request: ``allowed`` sources of an index, never more, narrowed by the filters.

    Raises ``UsageError`` for a kind or source that does not exist for this caller.
    """
    sources = frozenset(allowed)
    if filters.sources:
        unknown = set(filters.sources) - sources
        if unknown:
            raise UsageError(f"There is no source {sorted(unknown)[0]!r} in {index}: `whence status` lists them.")
        sources &= frozenset(filters.sources)
    kinds: set[Kind] = set()
    for name in filters.kinds:
        kind = next((known for known in KINDS if known == name), None)
        if kind is None:
            raise UsageError(f"There is no kind {name!r}: choose from {', '.join(KINDS)}.")
        kinds.add(kind)
    return Scope(
        index=index,
        sources=sources,
        kinds=frozenset(kinds),
        paths=filters.paths,
        languages=frozenset(language.lower() for language in filters.languages),
        at=filters.at,
    )


def at_position(scope: Scope, index: str, source_id: str, position: int) -> Scope:
    """The part of a scope that is about one source, as it stood at a first-parent position, in another index of it."""
    return replace(scope, index=index, sources=scope.sources & {source_id}, at=position)


def parse_filters(pairs: Mapping[str, object]) -> Filters:
    """Filters from JSON: sources, kinds, paths, languages, each a string or a list of strings, and the text as_of."""
    known = ("sources", "kinds", "paths", "languages")
    values: dict[str, tuple[str, ...]] = {}
    as_of = ""
    for key, value in pairs.items():
        if key == "as_of":
            as_of = parse_as_of(value)
            continue
        if key not in known:
            raise UsageError(f"There is no filter {key!r}: choose from {', '.join(known)}, as_of.")
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(isinstance(item, str) for item in listed):
            raise UsageError(f"The filter {key!r} takes a string or a list of strings.")
        values[key] = tuple(listed)
    return Filters(
        sources=values.get("sources", ()),
        kinds=values.get("kinds", ()),
        paths=values.get("paths", ()),
        languages=values.get("languages", ()),
        as_of=as_of,
    )


def parse_as_of(value: object) -> str:
    """An earlier state from JSON: a text, or null for the newest. Raises ``UsageError``."""
    if value is not None and not isinstance(value, str):
        raise UsageError('"as_of" takes a tag, a date or a commit as text, for example "v2.0" or "2020-01-31".')
    return value or ""


def glob_patterns(glob: str) -> list[str]:
    """LIKE patterns for a path glob: ``*`` and ``**`` match anything, slashes too; ``?`` matches one character.

    Everything else stands for itself, brackets too: file names have them more often than globs. A glob without
    wildcard names a file, or a folder with all that lies below it.
    """
    escaped = re.sub(r"([\\%_])", r"\\\1", glob)
    pattern = re.sub(r"\*+", "%", escaped).replace("?", "_")
    if "*" in glob or "?" in glob:
        return [pattern]
    return [pattern + "%"] if pattern.endswith("/") else [pattern, pattern + "/%"]
