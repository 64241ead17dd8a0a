"""How errors reach the user: one sentence on standard error, in red where there is colour."""

import os
import sys

import click


def print_error(message: str) -> None:
    """Prints "error: " and the message; nothing in it can move the cursor."""
    from whence.cli.screen import printable

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    mark = click.style("error:", fg="red", bold=True) if colour else "error:"
    click.echo(f"{mark} {printable(message)}", err=True)
