"""The table of programming languages: one row says which grammar to load and what its node types mean.

A new language is one row here, its wheel in the dependencies, and a golden file in the tests. Symbols are joined with
"." in every language, whatever the language itself writes ("ns.Class.method" in C++, "Type.method" in Go and Rust).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from whence.errors import MissingExtraError

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

MAX_NAME_CHARS = 200
MAX_DECLARATORS = 32
"""How far a C declarator is followed inwards; real ones stop after three or four."""

GENERICS = re.compile(r"<[^<>]*>")
RECEIVER = re.compile(r"(\w+)\s*(?:\[[^\]]*\])?\s*,?\s*\)$")
JS_OWNER = re.compile(r"^(?:module\.)?exports\.")

Naming = Callable[["Node", bytes], str]
Binding = Callable[["Node", bytes], "tuple[str, Node | None]"]


def printed(node: "Node | None", source: bytes) -> str:
    """The text of a node as one word, or "" where there is no node or it is too long for a name."""
    if node is None or node.end_byte - node.start_byte > MAX_NAME_CHARS:
        return ""
    return "".join(source[node.start_byte : node.end_byte].decode("utf-8", "replace").split())


def named(node: "Node", source: bytes) -> str:
    """What the grammar calls the name of a node."""
    return printed(node.child_by_field_name("name"), source).strip("\"'").replace("::", ".")


def unbound(_: "Node", __: bytes) -> "tuple[str, Node | None]":
    """For nodes that are definitions by themselves, not by what is assigned to them."""
    return "", None


def plain_binding(node: "Node", source: bytes) -> "tuple[str, Node | None]":
    """The name of a declaration that binds exactly one."""
    name = named(node, source)
    if name:
        return name, node.child_by_field_name("value")
    found = [child for child in node.named_children if child.child_by_field_name("name") is not None]
    if len(found) != 1:
        return "", None
    return named(found[0], source), found[0].child_by_field_name("value")


def assigned(node: "Node", source: bytes) -> "tuple[str, Node | None]":
    """``name = value`` as a statement of its own (Python, JavaScript)."""
    inner = node.named_child(0) if node.type == "expression_statement" and node.named_child_count else node
    left = inner.child_by_field_name("left") if inner is not None else None
    if inner is None or left is None:
        return plain_binding(node, source)
    if left.type not in {"identifier", "attribute", "member_expression", "type"}:
        return "", None
    right = inner.child_by_field_name("right")
    if left.type == "member_expression" and right is not None and right.type == "identifier":
        return "", right  # ``exports.Cart = Cart`` defines nothing new.
    return JS_OWNER.sub("", printed(left, source).replace(".prototype.", ".")), right


def js_member(node: "Node", source: bytes) -> str:
    """Methods and fields of a class; private names keep their "#"."""
    return named(node, source) or printed(node.child_by_field_name("property"), source)


def js_binding(node: "Node", source: bytes) -> "tuple[str, Node | None]":
    """Variables, assignments and class fields, with the function or class they hold."""
    field_name = node.child_by_field_name("property")
    if field_name is not None:
        return printed(field_name, source), node.child_by_field_name("value")
    return assigned(node, source)


def go_name(node: "Node", source: bytes) -> str:
    """Methods carry the type of their receiver, types their only name."""
    receiver = node.child_by_field_name("receiver")
    if receiver is not None:
        owner = RECEIVER.search(printed(receiver, source))
        return f"{owner.group(1)}.{named(node, source)}" if owner else named(node, source)
    return named(node, source) or plain_binding(node, source)[0]


def rust_name(node: "Node", source: bytes) -> str:
    """An ``impl`` is named after its type, without generics and path."""
    if node.type != "impl_item":
        return named(node, source)
    name = printed(node.child_by_field_name("type"), source)
    while (bare := GENERICS.sub("", name)) != name:
        name = bare
    return name.rsplit("::", 1)[-1].lstrip("&*")


def c_name(node: "Node", source: bytes) -> str:
    """The innermost declarator: past pointers, references, arrays and parameters."""
    inner: Node | None = node
    for _ in range(MAX_DECLARATORS):
        if inner is None:
            return ""
        deeper = inner.child_by_field_name("declarator")
        if deeper is None and inner.type in {"reference_declarator", "parenthesized_declarator"}:
            deeper = inner.named_child(0) if inner.named_child_count else None
        if deeper is None:
            break
        inner = deeper
    if inner is None or inner == node:
        return named(node, source)
    name = printed(inner, source)
    if "operator" not in name:
        name = GENERICS.sub("", name)
    return name.replace("::", ".")


def c_binding(node: "Node", source: bytes) -> "tuple[str, Node | None]":
    """Declarations, typedefs, macros and aliases; the macro of an include guard names nothing."""
    if node.type == "preproc_def" and node.child_by_field_name("value") is None:
        return "", None
    return c_name(node, source), None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Node types by the part they play; a type in none of the sets is an ordinary statement.

    ``functions`` get a chunk of their own. ``types`` do as well, and their members are visited. ``scopes`` are visited
    and give no chunk; those in ``owners`` lend their name to what is inside. ``wrappers`` stand around a definition
    (decorators, ``export``). ``values`` may bind a name; if what they bind is in ``callables`` or ``types``, they
    count as that. ``leads`` belong to what follows them: comments, attributes. ``bodies`` are never cut off from the
    line that introduces them. ``retry`` names the language to try when the text does not parse.
    """

    name: str
    load: tuple[str, str]
    functions: frozenset[str]
    types: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    callables: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset({"comment"})
    bodies: frozenset[str] = frozenset({"block", "body"})
    naming: Naming = named
    binding: Binding = unbound
    retry: str = ""
    inside: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inside", self.functions | self.types | self.scopes | self.wrappers | self.values)


def words(text: str) -> frozenset[str]:
    """Node types, written as one line."""
    return frozenset(text.split())


JS_FUNCTIONS = "function_declaration generator_function_declaration method_definition"
JS_CALLABLES = words("arrow_function function_expression generator_function")
JS_VALUES = "lexical_declaration variable_declaration expression_statement"
BRACED = words("statement_block class_body interface_body enum_body object")
C_SCOPES = "preproc_if preproc_ifdef preproc_else preproc_elif linkage_specification"
C_VALUES = "declaration type_definition preproc_def preproc_function_def"
C_BODIES = words("compound_statement field_declaration_list enumerator_list declaration_list")

TYPESCRIPT = Language(
    name="typescript",
    load=("tree_sitter_typescript", "language_typescript"),
    functions=words(f"{JS_FUNCTIONS} function_signature type_alias_declaration enum_declaration interface_declaration"),
    types=words("class_declaration abstract_class_declaration class"),
    scopes=words("internal_module module"),
    owners=words("internal_module module"),
    wrappers=words("export_statement ambient_declaration expression_statement"),
    values=words(f"{JS_VALUES} public_field_definition"),
    callables=JS_CALLABLES,
    leads=words("comment decorator"),
    bodies=BRACED,
    binding=js_binding,
)

TABLE: tuple[Language, ...] = (
    Language(
        name="python",
        load=("tree_sitter_python", "language"),
        functions=words("function_definition"),
        types=words("class_definition"),
        scopes=words("if_statement elif_clause else_clause try_statement except_clause finally_clause block"),
        wrappers=words("decorated_definition"),
        values=words("expression_statement type_alias_statement"),
        binding=assigned,
    ),
    Language(
        name="javascript",
        load=("tree_sitter_javascript", "language"),
        functions=words(JS_FUNCTIONS),
        types=words("class_declaration class"),
        wrappers=words("export_statement"),
        values=words(f"{JS_VALUES} field_definition"),
        callables=JS_CALLABLES,
        leads=words("comment decorator"),
        bodies=BRACED,
        naming=js_member,
        binding=js_binding,
    ),
    TYPESCRIPT,
    replace(TYPESCRIPT, name="tsx", load=("tree_sitter_typescript", "language_tsx")),
    Language(
        name="go",
        load=("tree_sitter_go", "language"),
        functions=words("function_declaration method_declaration type_declaration"),
        values=words("const_declaration var_declaration"),
        bodies=words("block field_declaration_list"),
        naming=go_name,
        binding=plain_binding,
    ),
    Language(
        name="rust",
        load=("tree_sitter_rust", "language"),
        functions=words("function_item struct_item enum_item union_item macro_definition"),
        types=words("trait_item mod_item"),
        scopes=words("impl_item foreign_mod_item"),
        owners=words("impl_item"),
        values=words("const_item static_item type_item function_signature_item associated_type"),
        leads=words("line_comment block_comment attribute_item"),
        bodies=words("block declaration_list field_declaration_list enum_variant_list"),
        naming=rust_name,
        binding=plain_binding,
    ),
    Language(
        name="java",
        load=("tree_sitter_java", "language"),
        functions=words("method_declaration constructor_declaration compact_constructor_declaration"),
        types=words(
            "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration"
        ),
        scopes=words("enum_body_declarations"),
        values=words("field_declaration constant_declaration"),
        leads=words("line_comment block_comment"),
        bodies=words("block constructor_body class_body interface_body enum_body"),
        binding=plain_binding,
    ),
    Language(
        name="c",
        load=("tree_sitter_c", "language"),
        functions=words("function_definition struct_specifier union_specifier enum_specifier"),
        scopes=words(C_SCOPES),
        values=words(C_VALUES),
        bodies=C_BODIES,
        naming=c_name,
        binding=c_binding,
        retry="cpp",
    ),
    Language(
        name="cpp",
        load=("tree_sitter_cpp", "language"),
        functions=words("function_definition enum_specifier union_specifier concept_definition"),
        types=words("class_specifier struct_specifier"),
        scopes=words(f"{C_SCOPES} namespace_definition"),
        owners=words("namespace_definition"),
        wrappers=words("template_declaration"),
        values=words(f"{C_VALUES} alias_declaration field_declaration"),
        leads=words("comment access_specifier"),
        bodies=C_BODIES,
        naming=c_name,
        binding=c_binding,
    ),
)

ALIASES = {"jsx": "javascript", "c++": "cpp", "golang": "go", "py": "python", "js": "javascript", "ts": "typescript"}


@cache
def rows() -> dict[str, Language]:
    """Rows by name and alias."""
    by_name = {row.name: row for row in TABLE}
    return by_name | {alias: by_name[name] for alias, name in ALIASES.items()}


@cache
def grammar(row: Language) -> "Grammar":
    """The loaded grammar; raises ``MissingExtraError`` where its wheel is absent."""
    package, function = row.load
    try:
        from tree_sitter import Language as Grammar

        return Grammar(getattr(import_module(package), function)())
    except ImportError as error:
        raise MissingExtraError(
            f"the grammar for {row.name} is not installed: install the package {package.replace('_', '-')}"
        ) from error
