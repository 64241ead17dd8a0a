"""What a source file defines: names with their kind, place, signature, parameters and bases, by its syntax tree.

Unlike the outline, which cuts for searching, nothing is too small to be listed. Locals of functions are no definitions;
functions and types inside functions are. No recursion: sources may nest deeper than the interpreter's stack.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.chunking.languages import GENERICS, go_name, js_binding, printed, rust_name
from whence.chunking.parameters import parameters, returned, signature
from whence.chunking.syntax import Parsed, parse_code
from whence.types import Definition

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = {
    "function_definition": "function",
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "function_item": "function",
    "function_signature": "function",
    "function_signature_item": "method",
    "method_declaration": "method",
    "method_definition": "method",
    "method_signature": "method",
    "abstract_method_signature": "method",
    "method_elem": "method",
    "constructor_declaration": "constructor",
    "compact_constructor_declaration": "constructor",
}
TYPES = {
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "class_specifier": "class",
    "class_definition": "class",
    "interface_declaration": "interface",
    "record_declaration": "record",
    "annotation_type_declaration": "annotation",
    "enum_declaration": "enum",
    "enum_item": "enum",
    "enum_specifier": "enum",
    "struct_item": "struct",
    "struct_specifier": "struct",
    "union_item": "union",
    "union_specifier": "union",
    "trait_item": "trait",
    "mod_item": "module",
    "namespace_definition": "namespace",
    "internal_module": "namespace",
    "type_spec": "type",
}
VALUES = {
    "type_alias": "type",
    "type_alias_declaration": "type",
    "type_item": "type",
    "associated_type": "type",
    "alias_declaration": "type",
    "type_definition": "type",
    "macro_definition": "macro",
    "preproc_def": "macro",
    "preproc_function_def": "macro",
    "const_item": "constant",
    "const_spec": "constant",
    "static_item": "variable",
    "var_spec": "variable",
    "variable_declarator": "variable",
    "field_definition": "field",
    "public_field_definition": "field",
    "property_signature": "field",
    "field_declaration": "field",
    "declaration": "variable",
    "enum_constant": "member",
    "enumerator": "member",
    "enum_variant": "member",
    "enum_assignment": "member",
    "expression_statement": "variable",
    "pair": "method",
}
CALLABLE_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
DECLARED = "declaration"
"""What C and C++ functions are called where they have no body."""

IMPLEMENTATION = "implementation"
"""``impl Trait for Type`` of Rust: it says what a type inherits from, and defines no name."""

_TYPE_NAMES = {"struct_type": "struct", "interface_type": "interface"}
_HERITAGE = frozenset(
    {
        *("class_heritage", "extends_type_clause", "extends_clause", "implements_clause", "superclass"),
        *("super_interfaces", "extends_interfaces", "base_class_clause", "trait_bounds", "type_list"),
    }
)
_C_LIKE = frozenset({"c", "cpp"})
MAX_DECLARATORS = 32


@dataclass(slots=True)
class _Frame:
    """Nodes being visited: whose inside they are, and whether that is a function's."""

    nodes: "Iterator[Node]"
    owner: str
    in_type: bool
    in_function: bool


def outline(path: str, text: str, language: str) -> list[Definition]:
    """Everything that a file defines, in order of appearance; empty for languages without a grammar.

    Raises ``MissingExtraError`` where a grammar is absent.
    """
    tree = parse_code(text, language)
    return [] if tree is None else list(_Walk(path, tree).found())


class _Walk:
    """One walk over one tree."""

    def __init__(self, path: str, tree: Parsed) -> None:
        self._path = path
        self._source = tree.source
        self._language = tree.row.name
        self._root = tree.root

    def found(self) -> Iterator[Definition]:
        """The definitions in order."""
        stack = [_Frame(iter([self._root]), "", False, False)]
        while stack:
            frame = stack[-1]
            node = next(frame.nodes, None)
            if node is None:
                stack.pop()
                continue
            inner = _Frame(iter(node.named_children), frame.owner, frame.in_type, frame.in_function)
            kind = node.type
            if kind in FUNCTIONS:
                yield from self._function(node, frame, inner)
            elif kind in TYPES:
                yield from self._type(node, frame, inner)
            elif kind == "impl_item":
                yield from self._impl(node, frame, inner)
            elif kind in VALUES:
                yield from self._value(node, frame, inner)
            elif kind == "enum_body" and self._language in {"typescript", "tsx"}:
                yield from self._bare_members(node, frame)
            elif kind in CALLABLE_VALUES:
                inner.in_function, inner.in_type = True, False
            if node.named_child_count:
                stack.append(inner)

    def _function(self, node: "Node", frame: _Frame, inner: _Frame) -> Iterator[Definition]:
        place = name_node(node)
        name = self._named(node, place)
        inner.in_type, inner.in_function = False, True
        if not name or (frame.in_function and self._language in _C_LIKE):
            return  # C has no functions in functions: that is a loop behind a macro
        what = FUNCTIONS[node.type]
        is_member = frame.in_type or "." in name
        if what == "function" and is_member:
            what = "method"
        inner.owner = _joined(frame.owner, name)
        yield self._definition(node, place, inner.owner, what)

    def _type(self, node: "Node", frame: _Frame, inner: _Frame) -> Iterator[Definition]:
        body = node.child_by_field_name("body") or node.child_by_field_name("type")
        name = printed(node.child_by_field_name("name"), self._source).replace("::", ".")
        name = GENERICS.sub("", name).strip("\"'")
        if body is None and self._language in _C_LIKE:
            inner.nodes = iter(())
            return  # ``struct point *p`` names a type that is defined elsewhere
        what = TYPES[node.type]
        if what == "type" and body is not None:
            what = _TYPE_NAMES.get(body.type, what)
        if name:
            inner.owner = _joined(frame.owner, name)
            yield self._definition(node, node.child_by_field_name("name"), inner.owner, what, self._bases(node))
        inner.in_type = what not in {"module", "namespace"} and bool(name)
        inner.in_function = False if body is None else frame.in_function and not inner.in_type

    def _impl(self, node: "Node", frame: _Frame, inner: _Frame) -> Iterator[Definition]:
        inner.owner = _joined(frame.owner, rust_name(node, self._source))
        inner.in_type = True
        trait = node.child_by_field_name("trait")
        if trait is not None:
            of = node.child_by_field_name("type")
            yield self._definition(node, of, inner.owner, IMPLEMENTATION, (printed(trait, self._source),))

    def _value(self, node: "Node", frame: _Frame, inner: _Frame) -> Iterator[Definition]:
        if node.type == "expression_statement":
            yield from self._assigned(node, frame, inner)
            return
        value = node.child_by_field_name("value")
        is_function = value is not None and value.type in CALLABLE_VALUES
        if (frame.in_function and not is_function) or (node.type == "pair" and not is_function):
            return
        for place in _places(node, self._language):
            name = GENERICS.sub("", printed(place, self._source)).replace("::", ".").strip("\"'")
            if not name or name == "_":
                continue
            symbol = _joined(frame.owner, name)
            what = VALUES[node.type]
            if _is_prototype(place):
                what = DECLARED
            elif is_function:
                what = "method" if frame.in_type or node.type == "pair" else "function"
            elif what == "variable" and node.parent is not None and node.parent.type == "field_declaration":
                what = "field"
            elif what == "variable" and _is_constant(node):
                what = "constant"
            if node.type != "pair" or frame.owner:
                yield self._definition(node, place, symbol, what)
                inner.owner = symbol if is_function or _holds_members(value) else frame.owner

    def _assigned(self, node: "Node", frame: _Frame, inner: _Frame) -> Iterator[Definition]:
        if frame.in_function or self._language == "python":
            return
        name, value = js_binding(node, self._source)
        first = next(iter(node.named_children), None)
        place = first.child_by_field_name("left") if first is not None else None
        if not name or place is None or not re.fullmatch(r"[\w$.#]+", name):
            return
        is_function = value is not None and value.type in CALLABLE_VALUES
        what = "class" if value is not None and value.type == "class" else "function" if is_function else "variable"
        inner.owner = _joined(frame.owner, name) if what != "variable" else frame.owner
        if what != "variable" or "." not in name:
            yield self._definition(value if is_function and value else node, place, _joined(frame.owner, name), what)

    def _bare_members(self, node: "Node", frame: _Frame) -> Iterator[Definition]:
        for child in node.named_children:
            if child.type in {"property_identifier", "string"}:
                symbol = _joined(frame.owner, printed(child, self._source).strip("\"'"))
                yield self._definition(child, child, symbol, "member")

    def _named(self, node: "Node", place: "Node | None") -> str:
        if self._language == "go":
            return go_name(node, self._source)
        name = printed(place, self._source)
        if "operator" not in name:
            name = GENERICS.sub("", name)
        return name.replace("::", ".").strip("\"'")

    def _bases(self, node: "Node") -> tuple[str, ...]:
        """What a type names as what it extends or implements, in order; in Go, what it embeds."""
        found: list[str] = []
        waiting = [child for child in node.named_children if child.type in _HERITAGE]
        if self._language == "go":
            return self._embedded(node)
        while waiting:
            part = waiting.pop(0)
            for child in part.named_children:
                if child.type in _HERITAGE:
                    waiting.append(child)
                elif child.type not in {"access_specifier", "type_arguments", "lifetime"}:
                    found.append(printed(child, self._source))
        return tuple(found)

    def _embedded(self, node: "Node") -> tuple[str, ...]:
        body = node.child_by_field_name("type")
        if body is None or body.type not in _TYPE_NAMES:
            return ()
        rows = [row for part in body.named_children for row in (part.named_children or ())]
        rows += list(body.named_children)
        bare = [row for row in rows if row.type == "field_declaration" and row.child_by_field_name("name") is None]
        bare += [row for row in body.named_children if row.type == "type_elem"]
        return tuple(printed(row, self._source).lstrip("*") for row in bare)

    def _definition(
        self, node: "Node", place: "Node | None", symbol: str, what: str, bases: tuple[str, ...] = ()
    ) -> Definition:
        is_callable = what in {"function", "method", "constructor", "macro", DECLARED}
        return Definition(
            path=self._path,
            symbol=symbol,
            what=what,
            start_line=(place or node).start_point[0] + 1,
            end_line=node.end_point[0] + (1 if node.end_point[1] or node.end_point == node.start_point else 0),
            signature=signature(node, self._source) if is_callable else "",
            parameters=parameters(node, self._source) if is_callable else (),
            returns=returned(node, place, self._source) if is_callable and what != "constructor" else "",
            bases=bases,
        )


def name_node(node: "Node") -> "Node | None":
    """The node that holds a definition's name: of C declarations the innermost declarator."""
    inner = node.child_by_field_name("declarator")
    if inner is None:
        return node.child_by_field_name("name") or node.child_by_field_name("property")
    for _ in range(MAX_DECLARATORS):
        deeper = inner.child_by_field_name("declarator")
        if deeper is None and inner.type in {"reference_declarator", "parenthesized_declarator"}:
            deeper = next(iter(inner.named_children), None)
        if deeper is None:
            return inner.child_by_field_name("name") if inner.type == "variable_declarator" else inner
        inner = deeper
    return None


def _places(node: "Node", language: str) -> "list[Node]":
    """The nodes of all names that a declaration binds."""
    if node.type == "pair":
        key = node.child_by_field_name("key")
        return [key] if key is not None else []
    if language in _C_LIKE or (node.type == "field_declaration" and language == "java"):
        if node.type == "preproc_def" and node.child_by_field_name("value") is None:
            return []  # the macro of an include guard names nothing
        found = []
        for child in node.children_by_field_name("declarator"):
            holder = name_node(child) if child.child_by_field_name("declarator") is not None else child
            if child.type == "variable_declarator":  # Java
                continue
            if child.type in {"reference_declarator", "parenthesized_declarator"}:
                holder = next(iter(child.named_children), None)
            if holder is not None and holder.type.endswith(("identifier", "name")):
                found.append(holder)
        plain = node.child_by_field_name("name")
        return found or ([plain] if plain is not None else [])
    names = [child for child in node.children_by_field_name("name") if child.type.endswith("identifier")]
    single = node.child_by_field_name("property")
    return names or ([single] if single is not None else [])


def _is_prototype(place: "Node") -> bool:
    parent = place.parent
    return parent is not None and parent.type == "function_declarator"


def _is_constant(node: "Node") -> bool:
    """``const`` of JavaScript, ``final`` fields of Java and ``const`` of C, by the words before the name."""
    parent = node.parent if node.type == "variable_declarator" else node
    if parent is None:
        return False
    words = {child.text for child in parent.children if child.type in {"const", "type_qualifier"}}
    return b"const" in words


def _holds_members(value: "Node | None") -> bool:
    return value is not None and value.type in {"object", "class"}


def _joined(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner and name else owner or name
