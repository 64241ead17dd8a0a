import pytest

from whence.sources.content import Content, extract
from whence.sources.languages import classify, language_of_shebang


@pytest.mark.parametrize(
    ("path", "kind", "language"),
    [
        ("src/a.py", "code", "python"),
        ("a.pyi", "code", "python"),
        ("a.tsx", "code", "tsx"),
        ("a.ts", "code", "typescript"),
        ("a.JS", "code", "javascript"),
        ("a.h", "code", "c"),
        ("a.hpp", "code", "cpp"),
        ("a.rs", "code", "rust"),
        ("Main.java", "code", "java"),
        ("main.go", "code", "go"),
        ("README.md", "doc", "markdown"),
        ("docs/index.rst", "doc", "rst"),
        ("LICENSE", "doc", "text"),
        ("CHANGES-2.0.1", "doc", "text"),
        ("HISTORY.md", "doc", "markdown"),
        ("history.py", "code", "python"),
        ("notes.txt", "doc", "text"),
        ("server.log", "data", "log"),
        ("a.pdf", "doc", "pdf"),
        ("a.html", "doc", "html"),
        ("pyproject.toml", "data", "toml"),
        ("a.yml", "data", "yaml"),
        ("package.json", "data", "json"),
        ("setup.cfg", "data", "ini"),
        ("Makefile", "data", "makefile"),
        ("Dockerfile.dev", "data", "dockerfile"),
        ("dev.Dockerfile", "data", "dockerfile"),
        ("CMakeLists.txt", "data", "cmake"),
        ("requirements-dev.txt", "data", "requirements"),
        (".env", "data", "ini"),
        ("unknown", "data", "text"),
    ],
)
def test_kinds_and_languages_by_name(path: str, kind: str, language: str) -> None:
    assert classify(path) == (kind, language)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/usr/bin/env python3\n", "python"),
        ("#!/bin/sh -e\n", "shell"),
        ("#!/usr/bin/env -S node --x\n", "javascript"),
        ("# no\n", ""),
        ("#!\n", ""),
    ],
)
def test_languages_by_first_line(line: str, language: str) -> None:
    assert language_of_shebang(line) == language


def test_a_script_without_a_suffix_is_code() -> None:
    content = extract("bin/tool", b"#!/usr/bin/env python3\nprint()\n")
    assert isinstance(content, Content)
    assert (content.kind, content.language) == ("code", "python")
