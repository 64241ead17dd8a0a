"""Help answers at once, helps, and is what the page of commands says."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.cli.command import finish, run, start

from whence.cli.main import COMMANDS

LIGHT = """
import json, sys
from whence.cli.main import main
try:
    main(json.loads(sys.argv[1]))
except SystemExit as leaving:
    assert leaving.code == 0, leaving.code
print(json.dumps(sorted(name for name in sys.modules if "." not in name)), file=sys.stderr)
"""
HEAVY = {
    "rich",
    "pygments",
    "pydantic",
    "sqlalchemy",
    "numpy",
    "pyarrow",
    "lancedb",
    "onnxruntime",
    "tokenizers",
    "tree_sitter",
    "Stemmer",
    "filelock",
    "pypdfium2",
    "detect_secrets",
}


@pytest.mark.parametrize(
    "words", [["--help"], [], ["--version"], *([name, "--help"] for name in COMMANDS)], ids=" ".join
)
def test_help_imports_click_and_nothing_heavy(words: list[str]) -> None:
    command = [sys.executable, "-c", LIGHT, json.dumps(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    imported = set(json.loads(done.stderr.splitlines()[-1]))
    assert "click" in imported
    assert not imported & HEAVY
    assert done.stdout


def test_without_arguments_it_prints_its_help() -> None:
    bare, asked = run(), run("--help")
    assert bare == asked
    assert bare.code == 0
    assert all(name in bare.out for name in COMMANDS)


def test_a_misspelt_command_is_met_with_the_nearest() -> None:
    for written, meant in (("serach", "search"), ("idnex", "index"), ("Ask", "ask")):
        result = run(written, "something")
        assert result.code == 2
        assert result.out == ""
        assert result.err == f"error: There is no command {written!r}: did you mean {meant!r}? (whence --help)\n"
    assert "choose from index, sync" in run("xyzzy").err


def test_a_misspelt_option_is_one_sentence() -> None:
    result = run("search", "x", "--jsn")
    assert result.code == 2
    assert "--json" in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    command = importlib.import_module(f"whence.cli.{name}_command").command
    assert command.name == name
    leaves = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    for leaf in (command, *leaves):
        assert leaf.help
        for parameter in leaf.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.opts
    options = {name for leaf in leaves for parameter in leaf.params for name in parameter.opts}
    assert {"--data", "--config"} <= options
    assert "--json" in options or name in ("serve", "mcp")  # which print JSON anyhow


def test_the_shell_completes_commands_and_index_names(indexed_once: Path) -> None:
    def completions(words: str) -> list[str]:
        env = {"_WHENCE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
        result = finish(start(env={**env, "WHENCE_DATA": str(indexed_once)}))
        assert (result.code, result.err) == (0, "")
        return [line.partition(",")[2] for line in result.out.splitlines()]

    assert completions("whence s") == ["sync", "search", "status", "serve"]
    assert completions("whence ask --in f") == ["ferry"]
    assert completions("whence search --kind d") == ["doc", "data"]
