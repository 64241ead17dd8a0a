"""Where a file uses a name, by its syntax tree: comments, strings, imports and the definition itself do not count.

By name alone: nothing is resolved, so two functions of one name are not told apart.
"""

import re
from typing import TYPE_CHECKING

from whence.chunking.definitions import CALLABLE_VALUES, FUNCTIONS, TYPES, name_node
from whence.chunking.languages import GENERICS, go_name, printed, rust_name
from whence.chunking.syntax import Parsed, parse_code
from whence.types import Use

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset(
    {
        *("identifier", "field_identifier", "property_identifier", "type_identifier", "private_property_identifier"),
        *("shorthand_property_identifier", "shorthand_field_identifier", "namespace_identifier", "package_identifier"),
    }
)
_CALLS = {
    "call": ("function",),
    "call_expression": ("function",),
    "new_expression": ("constructor", "type"),
    "macro_invocation": ("macro",),
    "method_invocation": ("name",),
    "object_creation_expression": ("type",),
    "type_conversion_expression": ("type",),
}
"""Call nodes and the fields in which the name of what is called stands."""

_LAST = {
    "attribute": "attribute",
    "member_expression": "property",
    "selector_expression": "field",
    "field_expression": "field",
    "scoped_identifier": "name",
    "scoped_type_identifier": "name",
    "qualified_identifier": "name",
    "qualified_type": "name",
    "generic_function": "function",
    "template_function": "name",
    "template_type": "name",
    "template_method": "name",
    "generic_type": "",
    "instantiation_expression": "function",
    "non_null_expression": "",
    "parenthesized_expression": "",
    "index_expression": "operand",
    "type_instantiation_expression": "type",
}
"""Nodes that are the same thing as the part in this field ("" for their first child): ``a.b`` is a use of b."""

_RECEIVERS = ("object", "value", "operand", "argument", "path", "scope", "package")
_IMPORTS = frozenset(
    {
        *("import_statement", "import_from_statement", "future_import_statement", "import_declaration"),
        *("use_declaration", "import_spec", "preproc_include", "package_clause", "package_declaration"),
        *("using_declaration", "extern_crate_declaration", "export_clause"),
    }
)
_BINDERS = {
    "keyword_argument": ("name",),
    "default_parameter": ("name",),
    "typed_default_parameter": ("name",),
    "typed_parameter": (),
    "parameters": (),
    "lambda_parameters": (),
    "formal_parameters": (),
    "assignment": ("left",),
    "variable_declarator": ("name",),
    "pair": ("key",),
    "keyed_element": (),
    "field_declaration": ("name", "declarator"),
    "parameter_declaration": ("name", "declarator"),
    "variadic_parameter_declaration": ("name",),
    "formal_parameter": ("name",),
    "required_parameter": ("pattern",),
    "optional_parameter": ("pattern",),
    "parameter": ("pattern",),
    "type_parameter": ("name",),
    "labeled_statement": ("label",),
    "goto_statement": ("label",),
    "const_spec": ("name",),
    "var_spec": ("name",),
    "preproc_def": ("name",),
    "preproc_function_def": ("name",),
    "public_field_definition": ("name",),
    "field_definition": ("property",),
    "property_signature": ("name",),
    "enumerator": ("name",),
    "enum_variant": ("name",),
    "enum_constant": ("name",),
    "enum_assignment": ("name",),
    "type_definition": ("declarator",),
    "type_alias_declaration": ("name",),
    "type_item": ("name",),
    "const_item": ("name",),
    "static_item": ("name",),
    "macro_definition": ("name",),
    "global_statement": (),
    "nonlocal_statement": (),
    "init_declarator": ("declarator",),
    "pointer_declarator": ("declarator",),
    "array_declarator": ("declarator",),
    "function_declarator": ("declarator",),
    "declaration": ("declarator",),
    "method_spec": ("name",),
    "impl_item": (),
}
"""Nodes in which a name is bound, not used: the fields where it stands, () for all of them."""

_BINDS_ALL = frozenset(kind for kind, fields in _BINDERS.items() if not fields) - {"keyed_element", "impl_item"}
MAX_CLIMB = 400


def uses(path: str, text: str, language: str, name: str) -> list[Use]:
    """Every use of a plain name (no dots), by line; empty for languages without a grammar.

    Raises ``MissingExtraError`` where a grammar is absent.
    """
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is None:
        return []
    tree = parse_code(text, language)
    if tree is None:
        return []
    found = []
    for match in re.finditer(rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)", tree.source):
        node = tree.root.named_descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type not in _NAMES or (node.start_byte, node.end_byte) != match.span():
            continue
        use = _use(path, node, tree)
        if use is not None:
            found.append(use)
    return found


def _use(path: str, node: "Node", tree: Parsed) -> Use | None:
    """What the node says of a name, or None where it only binds or imports it."""
    whole, receiver = _whole(node, tree)
    parent = whole.parent
    if parent is None or _is_bound(whole, parent):
        return None
    if parent.type == "method_invocation":
        receiver = printed(parent.child_by_field_name("object"), tree.source)
    is_call = any(parent.child_by_field_name(field) == whole for field in _CALLS.get(parent.type, ()))
    within: list[str] = []
    above: Node | None = parent
    for _ in range(MAX_CLIMB):
        if above is None:
            break
        if above.type in _IMPORTS:
            return None
        part = _owner(above, tree)
        if part:
            within.append(part)
        above = above.parent
    owner = ".".join(reversed(within))
    return Use(path=path, line=node.start_point[0] + 1, within=owner, receiver=receiver, is_call=is_call)


def _whole(node: "Node", tree: Parsed) -> "tuple[Node, str]":
    """The largest expression that is this name with what stands before it, and what does."""
    receiver = ""
    for _ in range(MAX_CLIMB):
        parent = node.parent
        field = _LAST.get(parent.type) if parent is not None else None
        if parent is None or field is None:
            return node, receiver
        part = parent.child_by_field_name(field) if field else next(iter(parent.named_children), None)
        if part != node:
            return node, receiver
        for before in _RECEIVERS:
            held = parent.child_by_field_name(before)
            if held is not None and held != node:
                receiver = printed(held, tree.source)
        node = parent
    return node, receiver


def _is_bound(node: "Node", parent: "Node") -> bool:
    kind = parent.type
    if kind in FUNCTIONS or kind in TYPES:
        return name_node(parent) == node or node in parent.children_by_field_name("name")
    if kind in _BINDS_ALL:
        return True
    if kind == "assignment" and node.type == "attribute":
        return False  # ``self.name = 1`` is at least a use of the attribute
    return any(node in parent.children_by_field_name(field) for field in _BINDERS.get(kind, ()))


def _owner(node: "Node", tree: Parsed) -> str:
    """The name that a definition gives to what is inside it, or ""."""
    if node.type == "impl_item":
        return rust_name(node, tree.source)
    if node.type in FUNCTIONS:
        if tree.row.name == "go":
            return go_name(node, tree.source)
        return GENERICS.sub("", printed(name_node(node), tree.source)).replace("::", ".")
    if node.type in TYPES:
        return GENERICS.sub("", printed(node.child_by_field_name("name"), tree.source)).replace("::", ".")
    if node.type in CALLABLE_VALUES and node.parent is not None:
        place = node.parent.child_by_field_name("name") or node.parent.child_by_field_name("key")
        return printed(place or node.parent.child_by_field_name("property"), tree.source)
    return ""
