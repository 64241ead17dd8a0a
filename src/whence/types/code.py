"""What the code itself tells: where names are defined, and where they are used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A place where a name is defined. Lines count from 1; ``parameters`` are (name, default or None) in order.

    ``start_line`` is the line of the name. ``returns`` is the type of the result and ``bases`` are what a type extends
    or implements, both as they are written.
    """

    path: str
    symbol: str
    what: str
    start_line: int
    end_line: int
    signature: str = ""
    parameters: tuple[tuple[str, str | None], ...] = ()
    returns: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place in the code where a name is used: not its definition, an import, a comment or a string.

    ``within`` is the qualified name of the definition it stands in, "" at the top of a file. ``receiver`` is what
    stands before the name ("self", "session", ""), as it is written.
    """

    path: str
    line: int
    within: str
    receiver: str
    is_call: bool
