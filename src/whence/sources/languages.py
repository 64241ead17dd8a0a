"""The one table from a path to its kind and language. It looks at names only, never at content."""

from pathlib import PurePosixPath

from whence.types import Kind

_CODE = {
    "python": "py pyi pyw pyx pxd",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl cu cuh",
    "csharp": "cs",
    "fsharp": "fs fsi fsx",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "swift": "swift",
    "objective-c": "m mm",
    "ruby": "rb rake gemspec",
    "php": "php phtml",
    "perl": "pl pm t",
    "lua": "lua",
    "r": "r",
    "julia": "jl",
    "shell": "sh bash zsh ksh fish",
    "powershell": "ps1 psm1 psd1",
    "batch": "bat cmd",
    "sql": "sql",
    "haskell": "hs lhs",
    "ocaml": "ml mli",
    "elixir": "ex exs",
    "erlang": "erl hrl",
    "clojure": "clj cljs cljc edn",
    "lisp": "lisp el scm rkt",
    "dart": "dart",
    "zig": "zig",
    "nim": "nim",
    "d": "d",
    "fortran": "f f77 f90 f95 f03 f08 for",
    "pascal": "pas pp dpr",
    "ada": "adb ads",
    "assembly": "s asm",
    "verilog": "v sv svh",
    "vhdl": "vhd vhdl",
    "groovy": "groovy gradle",
    "vue": "vue",
    "svelte": "svelte",
    "css": "css scss sass less",
    "protobuf": "proto",
    "thrift": "thrift",
    "graphql": "graphql gql",
    "solidity": "sol",
    "tcl": "tcl",
    "awk": "awk",
    "vim": "vim",
    "nix": "nix",
    "cuda": "ptx",
}
_DOC = {
    "markdown": "md markdown mdown mkd mdx",
    "rst": "rst rest",
    "html": "html htm xhtml",
    "pdf": "pdf",
    "docx": "docx",
    "asciidoc": "adoc asciidoc",
    "org": "org",
    "latex": "tex bib sty cls",
    "textile": "textile",
    "roff": "1 2 3 4 5 6 7 8 9 man",
    "text": "txt text",
}
_DATA = {
    "log": "log",
    "toml": "toml",
    "yaml": "yaml yml",
    "json": "json json5 jsonc webmanifest",
    "jsonl": "jsonl ndjson",
    "ini": "ini cfg conf properties editorconfig env",
    "csv": "csv tsv",
    "xml": "xml xsd xsl xslt rss plist",
    "cmake": "cmake",
    "dockerfile": "dockerfile containerfile",
    "makefile": "mk mak",
    "starlark": "bzl bazel star",
    "hcl": "tf tfvars hcl",
    "jinja": "j2 jinja jinja2 tmpl tpl",
    "diff": "diff patch",
    "notebook": "ipynb",
    "pem": "pem crt cer key csr pub",
}
_NAMES: dict[str, tuple[Kind, str]] = {
    "makefile": ("data", "makefile"),
    "gnumakefile": ("data", "makefile"),
    "dockerfile": ("data", "dockerfile"),
    "containerfile": ("data", "dockerfile"),
    "cmakelists.txt": ("data", "cmake"),
    "meson.build": ("data", "meson"),
    "requirements.txt": ("data", "requirements"),
    "constraints.txt": ("data", "requirements"),
    "go.mod": ("data", "go-mod"),
    "go.work": ("data", "go-mod"),
    "build": ("data", "starlark"),
    "workspace": ("data", "starlark"),
    "codeowners": ("data", "text"),
    "jenkinsfile": ("code", "groovy"),
    "vagrantfile": ("code", "ruby"),
    "gemfile": ("code", "ruby"),
    "rakefile": ("code", "ruby"),
    "manifest.in": ("data", "text"),
    "py.typed": ("data", "text"),
}
_PROSE_STEMS = (
    "readme licence license copying notice authors contributors changes changelog history news "
    "todo install contributing security maintainers credits thanks patents copyright unlicense"
)


def _table() -> dict[str, tuple[Kind, str]]:
    rows: dict[str, tuple[Kind, str]] = {}
    groups: tuple[tuple[Kind, dict[str, str]], ...] = (("code", _CODE), ("doc", _DOC), ("data", _DATA))
    for kind, languages in groups:
        for language, suffixes in languages.items():
            for suffix in suffixes.split():
                rows[suffix] = (kind, language)
    return rows


_SUFFIXES = _table()
_PROSE = frozenset(_PROSE_STEMS.split())


def classify(path: str) -> tuple[Kind, str]:
    """Kind and language of a file by its POSIX path; ("data", "text") where the name says nothing."""
    pure = PurePosixPath(path)
    name = pure.name.lower()
    if name in _NAMES:
        return _NAMES[name]
    stem, _, suffix = name.rpartition(".")
    if stem in {"dockerfile", "makefile"}:
        return ("data", stem)
    if name.startswith("requirements") and suffix == "txt":
        return ("data", "requirements")
    prose = name.split(".")[0].split("-")[0] in _PROSE
    if suffix in _SUFFIXES and stem and not (prose and suffix.isdigit()):
        return _SUFFIXES[suffix]
    if prose:
        return ("doc", "text")
    if suffix in _SUFFIXES and not stem:  # dot files such as ".env"
        return _SUFFIXES[suffix]
    return ("data", "text")


def language_of_shebang(text: str) -> str:
    """Language named by a first line such as ``#!/usr/bin/env python3``, or ""."""
    if not text.startswith("#!"):
        return ""
    words = text[2 : text.find("\n") if "\n" in text else 200].replace("/", " ").split()
    for word in reversed(words):
        program = word.rstrip("0123456789.")
        if program in {"python", "ruby", "perl", "php", "lua"}:
            return program
        if program in {"sh", "bash", "zsh", "ksh", "dash", "fish"}:
            return "shell"
        if program in {"node", "deno", "bun"}:
            return "javascript"
    return ""
