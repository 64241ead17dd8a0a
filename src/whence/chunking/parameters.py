"""What a callable takes and gives, as its syntax tree writes it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Parameter = tuple[str, str | None]
"""(name, default or None)."""

MAX_DECLARATORS = 32
_STORAGE = re.compile(r"\b(?:static|inline|extern|register|virtual|explicit|friend|constexpr)\b")
_BARE = frozenset({"identifier", "self_parameter", "variadic_parameter", "object_pattern", "array_pattern", "..."})


def head(node: "Node") -> "Node | None":
    """The list of parameters of a function, or of the one that a name is bound to."""
    for _ in range(MAX_DECLARATORS):
        found = node.child_by_field_name("parameters")
        if found is not None:
            return found
        single = node.child_by_field_name("parameter")
        if single is not None:
            return single
        deeper = node.child_by_field_name("declarator") or node.child_by_field_name("value")
        if deeper is None and node.type in {"reference_declarator", "parenthesized_declarator"}:
            deeper = next(iter(node.named_children), None)
        if deeper is None:
            return None
        node = deeper
    return None


def signature(node: "Node", source: bytes) -> str:
    """From the opening parenthesis to the end of what is said of the result, on one line; "" where there is none."""
    taken = head(node)
    if taken is None:
        return ""
    result = _result(taken.parent)
    end = result.end_byte if result is not None else taken.end_byte
    text = _text(source, taken.start_byte, end)
    return text if text.startswith("(") else f"({text})"


def returned(node: "Node", place: "Node | None", source: bytes) -> str:
    """The type of the result as it is written, or ""; in C and Java it stands before the name."""
    taken = head(node)
    result = _result(taken.parent) if taken is not None else None
    if result is not None:
        return _text(source, result.start_byte, result.end_byte).lstrip(": ")
    before = node.child_by_field_name("type")
    if before is None or place is None or taken is None or before.start_byte > place.start_byte:
        return ""
    if node.type in {"variable_declarator", "public_field_definition"}:
        return ""
    start = node.start_byte
    for child in node.named_children:  # annotations of Java and attributes of C are not part of the type
        if child.type in {"modifiers", "attribute_specifier", "attribute_declaration", "type_parameters"}:
            start = child.end_byte
    return " ".join(_STORAGE.sub(" ", _text(source, start, place.start_byte)).split())


def parameters(node: "Node", source: bytes) -> tuple[Parameter, ...]:
    """Names with their defaults, in order; the receiver of a method is not among them where it has its own place."""
    taken = head(node)
    if taken is None:
        return ()
    if taken.type == "identifier":  # ``x => 1``
        return ((_text(source, taken.start_byte, taken.end_byte), None),)
    return tuple(found for child in taken.named_children for found in _parameter(child, source))


def _parameter(child: "Node", source: bytes) -> Iterator[Parameter]:
    if "comment" in child.type or child.type in {"attribute_item", "type_parameters"}:
        return
    default = (
        child.child_by_field_name("value")
        or child.child_by_field_name("default_value")
        or child.child_by_field_name("right")
    )
    written = _text(source, default.start_byte, default.end_byte) if default is not None else None
    if child.type in _BARE:
        yield _text(source, child.start_byte, child.end_byte), written
        return
    names = child.children_by_field_name("name") or child.children_by_field_name("pattern")
    names = names or child.children_by_field_name("left") or child.children_by_field_name("declarator")
    names = names or [part for part in child.named_children if part.type in {"identifier", "variable_declarator"}]
    star = "..." if child.type in {"variadic_parameter_declaration", "spread_parameter", "rest_pattern"} else ""
    for name in names:
        inner = name
        for _ in range(MAX_DECLARATORS):
            deeper = inner.child_by_field_name("declarator") or inner.child_by_field_name("name")
            if deeper is None and inner.type in {"reference_declarator", "rest_pattern", "parenthesized_declarator"}:
                star = "..." if inner.type == "rest_pattern" else star
                deeper = next(iter(inner.named_children), None)
            if deeper is None:
                break
            inner = deeper
        yield star + _text(source, inner.start_byte, inner.end_byte), written


def _result(function: "Node | None") -> "Node | None":
    if function is None:
        return None
    return function.child_by_field_name("return_type") or function.child_by_field_name("result")


def _text(source: bytes, start: int, end: int) -> str:
    return " ".join(source[start:end].decode("utf-8", "replace").split())
