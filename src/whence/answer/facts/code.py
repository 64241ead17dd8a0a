"""Facts about definitions in the code: where a name is defined, what it takes and gives, what a type or file holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, counted, short
from whence.answer.facts.lookup import find_place
from whence.answer.facts.query import FactQuery
from whence.answer.facts.uses import TESTS
from whence.types import Citation, Definition

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

DECLARATION: Final = "declaration"
_TYPES: Final = frozenset(
    {"class", "interface", "record", "annotation", "enum", "struct", "union", "trait", "type", "namespace", "module"}
)
_CALLABLES: Final = frozenset({"function", "method", "constructor", "macro", DECLARATION})
_INITIALIZERS: Final = ("__init__", "constructor", "new")
_MAX_SIGNATURES: Final = 10


def definition(history: History, query: FactQuery) -> Fact | None:
    """Where a name is defined; None where it is not, so that others may look. Declarations follow definitions."""
    found = history.definitions(query.text)
    if not found:
        return None
    draft = Draft(history)
    made = [item for item in found if item.what != DECLARATION]
    declared = [item for item in found if item.what == DECLARATION]
    items = made or declared
    verb = "defined" if made else "declared"
    first = items[0]
    if len(items) == 1:
        what = f", as {_article(first.what)}" if made else ""
        draft.say(f"`{first.symbol}` is {verb} in {_spot(first)}{what}", _line(draft, first))
    else:
        files = len({item.path for item in items})
        places = [_line(draft, item) for item in items[:MAX_ROWS]]
        draft.say(f"`{query.text}` is {verb} {len(items):,} times, in {counted(files, 'file')}", places[0])
        draft.rows([(_spot(item), item.what, item.symbol) for item in items], len(items), "definitions", places)
    if made and declared:
        places = [_line(draft, item) for item in declared[:3]]
        more = f" and {counted(len(declared) - 3, 'other place')}" if len(declared) > 3 else ""
        draft.line(f"It is declared in {', '.join(_spot(item) for item in declared[:3])}{more}.", *places)
    return draft.fact()


def signature(history: History, query: FactQuery) -> Fact | None:
    """The signature of a function, or of a class by what makes its objects."""
    found = _callables(history, query.text)
    if not found:
        return None
    draft = Draft(history)
    for item in found[:_MAX_SIGNATURES]:
        gives = f", giving `{item.returns}`" if item.returns and not item.signature.endswith(item.returns) else ""
        draft.say(f"`{item.symbol}{_compact(item.signature)}`{gives} in {_spot(item)}", _head(draft, item))
    _tell_more(draft, found)
    _tell_defaults(draft, found)
    return draft.fact()


def _tell_defaults(draft: Draft, found: Sequence[Definition]) -> None:
    """The defaults that declarations give to the parameters of what is defined elsewhere."""
    made = {item.symbol for item in found if item.what != DECLARATION}
    for item in draft.history.definitions(found[0].symbol.rpartition(".")[2]) if made else ():
        defaults = [f"`{name} = {default}`" for name, default in item.parameters if default is not None]
        if item.what == DECLARATION and item.symbol in made and defaults:
            draft.say(f"The declaration in {_spot(item)} has {', '.join(defaults)}", _head(draft, item))


def _compact(signature: str) -> str:
    """A signature of several lines, without the blanks inside its parentheses."""
    return signature.replace("( ", "(").replace(" )", ")")


def default_value(history: History, query: FactQuery) -> Fact | None:
    """The default of one parameter, as it is written."""
    found = _callables(history, query.text)
    if not found:
        return None
    draft = Draft(history)
    said = False
    for item in _with_declared(history, query, found)[:_MAX_SIGNATURES]:
        parameters = dict(item.parameters)
        if query.parameter not in parameters:
            continue
        default = parameters[query.parameter]
        value = f"is `{default}`" if default is not None else "is not set: it has no default"
        of = f"The default of `{query.parameter}` in `{item.symbol}`"
        draft.say(f"{of} {value} ({_spot(item)})", _head(draft, item))
        said = True
    if said:
        return draft.fact()
    item = found[0]
    names = ", ".join(name for name, _ in item.parameters) or "none"
    sentence = f"`{item.symbol}` has no parameter `{query.parameter}`; its parameters are {names}"
    draft.say(sentence, _head(draft, item))
    return draft.fact(is_known=False)


def _with_declared(history: History, query: FactQuery, found: Sequence[Definition]) -> list[Definition]:
    """Declarations that give the parameter a default, and the definitions of what has none: C++ writes it once."""
    declared = [item for item in history.definitions(query.text) if item.what == DECLARATION]
    told = [item for item in declared if dict(item.parameters).get(query.parameter) is not None]
    told_of = {item.symbol for item in told}
    return [*told, *(item for item in found if item.symbol not in told_of)]


def return_type(history: History, query: FactQuery) -> Fact | None:
    """The type that a function says it returns, as it is written; None where none is defined."""
    found = [item for item in history.definitions(query.text) if item.what in _CALLABLES]
    if not found:
        return None
    draft = Draft(history)
    told = [item for item in found if item.returns]
    for item in (told or found)[:_MAX_SIGNATURES]:
        says = f"returns `{item.returns}`" if item.returns else "does not say what it returns"
        draft.say(f"`{item.symbol}` {says} ({_spot(item)})", _head(draft, item))
    if told and len(told) < len(found):
        n = len(found) - len(told)
        verb = "does" if n == 1 else "do"
        draft.say(f"{counted(n, 'other definition')} of that name {verb} not say", _head(draft, told[0]))
    _tell_more(draft, told or found)
    return draft.fact()


def members(history: History, query: FactQuery) -> Fact | None:
    """What a type defines itself, in order of lines; what it inherits is not among it.

    Types of that name in tests are meant only where no other is.
    """
    types = [item for item in history.definitions(query.text) if item.what in _TYPES]
    if not types:
        return None
    own = [item for item in types if not TESTS.search(item.path)] or types
    if len(own) > 1:
        return _several(history, query.text, types)
    owner = own[0]
    mine = [item for path in _homes(history, owner) for item in history.outline(path) if _is_member(item, owner)]
    if query.only_methods:
        mine = [item for item in mine if item.what in {"function", "method", "constructor", DECLARATION}]
    mine = _without_twins(mine)
    draft = Draft(history)
    noun = "method" if query.only_methods else "member"
    cited = _line(draft, owner)
    if not mine:
        draft.say(f"`{owner.symbol}` ({_spot(owner)}) defines no {noun}s itself", cited)
        return draft.fact()
    bases = f"; it also has those of {', '.join(f'`{base}`' for base in owner.bases)}" if owner.bases else ""
    draft.say(f"`{owner.symbol}` ({_spot(owner)}) defines {counted(len(mine), noun)} itself{bases}", cited)
    places = [_line(draft, item) for item in mine[:MAX_ROWS]]
    rows = [(_own_name(item), item.what, _spot(item)) for item in mine]
    draft.rows(rows, len(rows), f"{noun}s", places)
    _name_the_rest(draft, [item.symbol.rpartition(".")[2] for item in mine])
    return draft.fact()


def subclasses(history: History, query: FactQuery) -> Fact | None:
    """Types that name this one among what they extend or implement; None where there is no such type in the code."""
    found = history.subclasses(query.text)
    own = [item for item in history.definitions(query.text) if item.what in _TYPES]
    if not found and not own:
        return None
    draft = Draft(history)
    last = query.text.rpartition(".")[2]
    command = draft.command(f"git grep -n -w -F -e {last} {short(history.revision)}")
    if not found:
        draft.say(f"No class of the code names `{last}` among what it extends or implements", command)
        return draft.fact()
    places = [_line(draft, item) for item in found[:MAX_ROWS]]
    verb = "extends or implements" if len(found) == 1 else "extend or implement"
    sentence = f"{counted(len(found), 'type')} directly {verb} `{last}`, by the name that stands in the source"
    draft.say(sentence, places[0], command)
    draft.rows([(item.symbol, item.what, _spot(item)) for item in found], len(found), "types", places)
    _name_the_rest(draft, [item.symbol for item in found])
    return draft.fact()


def file_definitions(history: History, query: FactQuery) -> Fact | None:
    """What a file defines at its outermost level, in order; None for files whose language no parser here reads."""
    place = find_place(history, query.file, folders=False)
    if not place.is_present:
        return None
    everything = history.outline(place.path)
    wanted = {"function", "method", "constructor"} if query.only_methods else None
    if query.only_types:
        wanted = set(_TYPES)
    outer = [item for item in everything if "." not in item.symbol or query.only_methods or query.only_types]
    mine = [item for item in outer if wanted is None or item.what in wanted]
    if not everything:
        return None
    mine = list({item.symbol: item for item in reversed(mine)}.values())[::-1]  # a name counts once, at its first place
    draft = Draft(history)
    noun = "type" if query.only_types else "function or method" if query.only_methods else "name"
    plural = {"type": "types", "function or method": "functions and methods", "name": "names"}[noun]
    whole = draft.command(f"git show {short(history.revision)}:{place.path}")
    if not mine:
        draft.say(f"{place.path} defines no {noun}", whole)
        return draft.fact()
    kinds = Counter(item.what for item in mine)
    listed = ", ".join(_many(n, what) for what, n in kinds.most_common())
    n = f"{len(mine):,} {noun if len(mine) == 1 else plural}"
    level = " at its outermost level" if wanted is None else ""
    places = [_line(draft, item) for item in mine[:MAX_ROWS]]
    draft.say(f"{place.path} defines {n}{level}: {listed}", places[0], whole)
    draft.rows([(item.symbol, item.what, f"line {item.start_line}") for item in mine], len(mine), plural, places)
    _name_the_rest(draft, [item.symbol for item in mine])
    return draft.fact()


def _callables(history: History, name: str) -> list[Definition]:
    """What can be called by this name: functions, declarations only where nothing else is, else what makes a class."""
    found = history.definitions(name)
    made = [item for item in found if item.signature and item.what != DECLARATION]
    made = made or [item for item in found if item.signature]
    if made:
        return made
    classes = [item for item in found if item.what in _TYPES]
    return [
        init
        for item in classes
        for maker in (*_INITIALIZERS, item.symbol.rpartition(".")[2])
        for init in history.definitions(f"{item.symbol}.{maker}")
        if init.path == item.path and init.signature
    ]


def _homes(history: History, owner: Definition) -> list[str]:
    """The files in which members of a type can stand: its own, and those of methods written elsewhere."""
    paths = [owner.path]
    if owner.path.rpartition(".")[2] in {"go", "h", "hh", "hpp", "rs"}:
        folder = owner.path.rpartition("/")[0]
        suffixes = (".go",) if owner.path.endswith(".go") else (".c", ".cc", ".cpp", ".cxx", ".rs")
        paths += [
            path
            for path in history.files()
            if path.rpartition("/")[0] == folder and path.endswith(suffixes) and path != owner.path
        ]
    return paths


def _is_member(item: Definition, owner: Definition) -> bool:
    parent = item.symbol.rpartition(".")[0]
    return bool(parent) and (parent == owner.symbol or parent == owner.symbol.rpartition(".")[2])


def _without_twins(items: Sequence[Definition]) -> list[Definition]:
    """Each member once per kind of writing: a declaration whose definition is there, too, is left out."""
    made = {item.symbol for item in items if item.what != DECLARATION}
    return [item for item in items if item.what != DECLARATION or item.symbol not in made]


def _several(history: History, name: str, types: Sequence[Definition]) -> Fact:
    draft = Draft(history)
    places = [_line(draft, item) for item in types[:MAX_ROWS]]
    sentence = f"`{name}` can be {len(types):,} types; say which by its qualified name or its file"
    draft.say(sentence, places[0])
    draft.rows([(item.symbol, item.what, _spot(item)) for item in types], len(types), "types", places)
    return draft.fact(is_known=False)


def _name_the_rest(draft: Draft, names: Sequence[str]) -> None:
    """What the table has no room for, by name alone, as far as a line takes."""
    rest = list(dict.fromkeys(names[MAX_ROWS:]))
    if rest:
        shown = ", ".join(f"`{name}`" for name in rest[:60])
        more = f" and {len(rest) - 60:,} more" if len(rest) > 60 else ""
        draft.line(f"  The others: {shown}{more}")


def _tell_more(draft: Draft, found: Sequence[Definition]) -> None:
    if len(found) > _MAX_SIGNATURES:
        n = len(found) - _MAX_SIGNATURES
        verb = "is" if n == 1 else "are"
        draft.say(f"There {verb} {counted(n, 'more definition')} of that name", _head(draft, found[0]))


def _own_name(item: Definition) -> str:
    return item.symbol.rpartition(".")[2] + (item.signature if item.signature else "")


def _spot(item: Definition) -> str:
    return f"{item.path}:{item.start_line}"


def _line(draft: Draft, item: Definition) -> Citation:
    return draft.lines(item.path, item.start_line, item.start_line, symbol=item.symbol)


def _head(draft: Draft, item: Definition) -> Citation:
    """The lines of a definition's head: up to where its parentheses are closed."""
    lines = (draft.history.text(item.path) or "").split("\n")
    depth, last = 0, item.start_line
    for number in range(item.start_line, min(item.end_line, len(lines)) + 1):
        code = lines[number - 1].partition("#")[0]
        depth += sum(code.count(mark) for mark in "([") - sum(code.count(mark) for mark in ")]")
        if depth <= 0 and ("(" in code or ")" in code):
            last = number
            break
    return draft.lines(item.path, item.start_line, last, symbol=item.symbol)


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _many(n: int, noun: str) -> str:
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {noun}es" if noun.endswith("s") else f"{n:,} {noun}s"
