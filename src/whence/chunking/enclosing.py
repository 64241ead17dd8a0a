"""The definition that a line of code stands in, found by indentation alone: for thousands of versions of a file.

A parser would look at every version whole, which takes thirty times as long as reading it. Here lines are followed
upwards to those that stand further left. It needs code that is laid out as its authors usually do; where it is not
(text at the margin within a function, tabs mixed with blanks) a name is lost rather than wrong.
"""

import re
from collections.abc import Sequence

MAX_LINES_UP = 20_000
MAX_NAMES = 8
_MAX_LINE_CHARS = 300

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|override|virtual|inline|"
    r"unsafe|sealed|partial|data|open|suspend|const|extern|pub(?:\([^)]*\))?)\s+)*"
)
_KEYWORD = re.compile(
    _MODIFIERS + r"(?:class|interface|struct|enum|union|trait|module|namespace|def|fn|func|fun|function|sub|object|"
    r"protocol|extension|record|defmodule|defp|type)\b\*?\s*(?:\((?:\w+\s+)?\*?(?P<receiver>\w+)[^)]*\)\s*)?"
    r"(?:self\.)?(?P<name>[A-Za-z_$][\w$]*(?:::\w+)*[?!]?)"
)
_PYTHON = re.compile(r"(?:async\s+def|def|class)\s+(?P<name>\w+)")
_RUBY = re.compile(r"(?:def\s+(?:self\.)?|class\s+|module\s+)(?P<name>[A-Za-z_]\w*(?:::\w+)*[?!=]?)")
_IMPL = re.compile(r"(?:unsafe\s+)?impl\b(?:<[^>]*>)?\s+(?:[\w:<>, &']+\s+for\s+)?(?P<name>\w+)")
_BOUND = re.compile(
    _MODIFIERS
    + r"(?:(?:let|var|const)\s+)?(?P<name>[\w$.]+)\s*[:=]\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>|\w+\s*=>)"
)
_CALLED = re.compile(r"(?:[\w$:<>,*&\[\]~]+\s+|\*|&)*(?P<name>~?[A-Za-z_$][\w$]*(?:::~?\w+)*)\s*\((?![^)]*\)\s*;)")
_CONTROL = frozenset(
    [
        "if",
        "for",
        "while",
        "switch",
        "catch",
        "return",
        "else",
        "do",
        "when",
        "with",
        "match",
        "case",
        "foreach",
        "elif",
        "except",
        "assert",
        "print",
        "new",
        "throw",
        "await",
        "sizeof",
        "typeof",
        "defined",
        "using",
        "lock",
        "unless",
        "until",
        "elsif",
        "raise",
        "yield",
        "delete",
    ]
)
_LABEL = re.compile(r"\w+\s*:$")
_PASSED_OVER = frozenset("#)]}{*/@|")

_PLAIN = {"python": _PYTHON, "ruby": _RUBY}
_BY_KEYWORD = frozenset({"lua", "elixir", "julia", "shell", "perl", "go", "swift", "kotlin", "scala", "fsharp"})
_BRACE_BELOW = frozenset({"c", "cpp", "csharp", "java", "objective-c", "php"})


def enclosing(lines: Sequence[str], at: int, language: str) -> str:
    """The qualified name of the definition that line ``at`` (from 0) begins or stands in, "" outside of all.

    For languages without braces only definitions with a keyword count; for others also ``name(...)`` at the beginning
    of a line.
    """
    at = _telling(lines, at)
    if at < 0:
        return ""
    names: list[str] = []
    line = lines[at]
    stripped = line.lstrip()
    indent = len(line) - len(stripped)
    name = _defined(stripped, language)
    if name:
        names.append(name)
    for index in range(at - 1, max(at - MAX_LINES_UP, 0) - 1, -1):
        if indent == 0 or len(names) >= MAX_NAMES:
            break
        line = lines[index]
        if not line or line[:indent].isspace():
            continue
        stripped = line.lstrip()
        if not stripped or stripped[0] in _PASSED_OVER or _LABEL.match(stripped):
            continue
        indent = len(line) - len(stripped)
        name = _defined(stripped, language)
        if name:
            names.append(name)
    return ".".join(reversed(names))


def _telling(lines: Sequence[str], at: int) -> int:
    """The first line from ``at`` on that is neither blank nor a comment or decorator; else ``at``, or -1."""
    for index in range(at, min(at + 40, len(lines))):
        stripped = lines[index].lstrip()
        if stripped and stripped[0] not in _PASSED_OVER:
            return index
    return at if at < len(lines) else -1


def _defined(stripped: str, language: str) -> str:
    """The name that a line defines, "" for other lines."""
    stripped = stripped[:_MAX_LINE_CHARS].rstrip()
    if language in _PLAIN:
        found = _PLAIN[language].match(stripped)
        return found["name"] if found else ""
    found = _KEYWORD.match(stripped)
    if found and not (language in _BRACE_BELOW and stripped.endswith(";")):
        receiver = found["receiver"]
        return f"{receiver}.{found['name']}" if receiver else found["name"]
    if language in _BY_KEYWORD:
        return ""
    if language == "rust":
        found = _IMPL.match(stripped)
        return found["name"] if found else ""
    found = _BOUND.match(stripped)
    if found is None and "=>" not in stripped and "function" not in stripped:
        found = _CALLED.match(stripped)
        opens = stripped.endswith("{") or (language in _BRACE_BELOW and not stripped.endswith(";"))
        found = found if opens and "=" not in stripped[: found.end() if found else 0] else None
    if found is None or found["name"] in _CONTROL or stripped.split(None, 1)[0] in _CONTROL:
        return ""
    return found["name"]
