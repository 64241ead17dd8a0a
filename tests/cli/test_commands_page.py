"""The page of commands holds the help that the program prints.

python tests/cli/test_commands_page.py --update    writes it anew
"""

import re
import sys
from pathlib import Path

import click

from whence.cli.main import COMMANDS, whence

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
HEADING = "## The help of every command\n"


def reference() -> str:
    """The help of the program and of every command, as 80 columns show it."""
    root = click.Context(whence, info_name="whence", terminal_width=80, **whence.context_settings)
    parts = [("whence", whence.get_help(root))]
    for name in COMMANDS:
        command = whence.get_command(root, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=root)
        parts.append((f"whence {name}", command.get_help(context)))
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                own = click.Context(below, info_name=part, parent=context)
                parts.append((f"whence {name} {part}", below.get_help(own)))
    return "".join(f"\n### {title}\n\n```\n{text.rstrip()}\n```\n" for title, text in parts)


def test_the_page_holds_the_help() -> None:
    written = PAGE.read_text(encoding="utf-8").partition(HEADING)[2]
    assert written == reference(), "run: python tests/cli/test_commands_page.py --update"


def test_the_page_names_every_exit_code_and_variable() -> None:
    page = PAGE.read_text(encoding="utf-8")
    codes = re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "130", "141", "143"]
    for variable in ("WHENCE_DATA", "WHENCE_CONFIG", "WHENCE_DEBUG", "NO_COLOR", "_WHENCE_COMPLETE"):
        assert variable in page


if __name__ == "__main__" and "--update" in sys.argv:
    before = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    PAGE.write_text(before + HEADING + reference(), encoding="utf-8")
