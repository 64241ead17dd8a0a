"""How errors reach the user: one sentence on standard error, in red where there is colour."""

import os
import sys

import click


def print_error(message: str) -> None:
    """Prints "error: " and the message; nothing in it can move the cursor. A terminal gets it wrapped at words."""
    from whence.cli.screen import printable

    text = f"error: {printable(message)}"
    if sys.stderr.isatty():
        from shutil import get_terminal_size

        text = click.wrap_text(text, get_terminal_size().columns)
        if not os.environ.get("NO_COLOR"):
            text = text.replace("error:", click.style("error:", fg="red", bold=True), 1)
    click.echo(text, err=True)
