"""Tells by single lines which files cannot define a name, so that they need not be parsed.

Whoever is in doubt says yes: the parser decides.
"""

import re
from collections.abc import Sequence
from functools import cache

_GO_WORDS = re.compile(r"\s*(?:func|type|const|var)\b")
_GO_LIST = re.compile(r"\s*(?:(?!return\b|case\b|go\b|defer\b|if\b|else\b|range\b|for\b|switch\b)\w+,?\s*)*")
_RUST = re.compile(r"\b(?:fn|struct|enum|union|trait|type|mod|const|static|pub|for|impl)\b|macro_rules!|[{,]\s*$")
_CONTROL = r"(?:return|else|case|goto|do|sizeof|new|throw|await|yield|delete|typeof|co_return|co_await|assert)"
_C_TYPED = re.compile(rf"\s+(?!{_CONTROL}\b)[A-Za-z_][\w\s*&:<>,\[\]]*[\s*&]")
_EXPRESSION = re.compile(rf"(?:[(=.!?&|+/%-]|->|\b{_CONTROL})\s*$")
_COMMENT = re.compile(r"\s*(?:\*\s|/\*|//)(?!.*\*/)")
_TAGGED = re.compile(r"\b(?:struct|union|enum|class)\s+$")
_BODY = re.compile(r"\s*(?:$|[{:/\\<]|final\b|__)")
_CLASS = re.compile(r"\bclass(?:\s|\\\r?\n)+[^\W\d]\w*(?:\s|\\\r?\n)*[\[(]")
_HEAD_TOKEN = re.compile(r"""#[^\n]*|[rbuRBU]*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|[()\[\]{}:]""")
_LONG_STRING = re.compile(r"\"{3}|'{3}")
_MAX_HEAD_CHARS = 10_000
_MEMBER = re.compile(r"(?:\.|->)\s*$")


def may_define(language: str, name: str, lines: Sequence[str]) -> bool:
    """Whether a file with these lines, all that have the name, can define it."""
    if language == "python":
        return any(_python(name).search(line) for line in lines)
    return any(_is_possible(language, line[: at.start()], line[at.end() :]) for line in lines for at in _at(name, line))


def may_extend(language: str, name: str, lines: Sequence[str]) -> bool:
    """The same for a name among the bases of a type, which can stand on lines of their own."""
    if language != "python":
        return True
    others = r"^\s*(?:from|import|def|return|raise|assert|except|if|elif|while|for|with|#)\b"
    other = re.compile(rf"{others}|\b{re.escape(name)}\(")
    return any("class" in line or other.search(line) is None for line in lines)


def has_heir(name: str, text: str) -> bool:
    """Whether a Python file may have the name between the brackets that follow the name of a class."""
    return any(_word(name).search(text, *_brackets(text, at.end() - 1)) for at in _CLASS.finditer(text))


def _brackets(text: str, start: int) -> tuple[int, int]:
    """From an opening bracket to the colon that ends the head of the class; to the end of all if that is in doubt."""
    depth = 0
    for token in _HEAD_TOKEN.finditer(text, start, start + _MAX_HEAD_CHARS):
        mark = token[0]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        elif mark == ":" and depth <= 0:
            is_plain = _LONG_STRING.search(text, start, token.start()) is None
            return start, token.start() if is_plain else len(text)
    return start, len(text)


def _at(name: str, line: str) -> "list[re.Match[str]]":
    return list(_word(name).finditer(line))


def _is_possible(language: str, before: str, after: str) -> bool:
    is_called = after.lstrip().startswith("(")
    blank = not before.strip()
    if _COMMENT.match(before) is not None:
        return False
    if language == "go":
        return blank or _GO_WORDS.match(before) is not None or _GO_LIST.fullmatch(before) is not None
    if language == "rust":
        return blank or _RUST.search(before) is not None
    if language in {"c", "cpp"} and _TAGGED.search(before) is not None:
        return _BODY.match(after) is not None
    if language == "c":
        return _in_c(before, after, is_called=is_called)
    if is_called:
        if language in {"java", "javascript"} and blank and after.rstrip().endswith(");"):
            return False
        return _EXPRESSION.search(before) is None
    return _MEMBER.search(before) is None or after.lstrip().startswith("=")


def _in_c(before: str, after: str, *, is_called: bool) -> bool:
    """Bodies of functions are indented; what is called there is called, unless a type stands before it."""
    if "#" in before and "define" in before:
        return True
    if is_called:
        is_outer = not before[:1].isspace()
        return (is_outer and _EXPRESSION.search(before) is None) or _C_TYPED.fullmatch(before) is not None
    if _MEMBER.search(before) is not None:
        return False
    return "(" not in before or not before[:1].isspace() or "{" in before or after.lstrip().startswith(")")


@cache
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


@cache
def _python(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(rf"\b(?:def|class)\s+{word}\b|\b{word}\s*(?::|=(?!=)|\\$)|^\s*{word}\b")
