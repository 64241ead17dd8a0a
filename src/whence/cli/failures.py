"""How errors reach the user: one sentence on standard error, in red where there is colour."""

import os
import sys

import click


def print_error(message: str) -> None:
    """Prints "error: " and the message, its first letter large; nothing in it can move the cursor."""
    from whence.cli.screen import printable

    text = printable(f"{message[:1].upper()}{message[1:]}")
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    mark = click.style("error:", fg="red", bold=True) if colour else "error:"
    click.echo(f"{mark} {text}", err=True)
