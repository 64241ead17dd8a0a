"""The ``whence`` command. Commands are imported when they are called, so that ``--help`` answers at once."""

import importlib
import os
import sys

import click

COMMANDS = {
    "index": "Index repositories, folders, files or URLs.",
    "sync": "Bring indexes up to their sources' present state.",
    "ask": "Answer a question with citations; without one, prompt.",
    "search": "List the passages that fit a question best.",
    "open": "Show a passage that the last answer cited, or PATH:LINE.",
    "status": "Say what is indexed, how fresh, and what was skipped.",
    "remove": "Remove an index.",
    "doctor": "Look for what is wrong, and say what to do.",
}


class LazyGroup(click.Group):
    """Knows its commands by name and one line each; imports ``whence.cli.NAME`` for the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command itself."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"whence.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="whence", prog_name="whence")
def whence() -> None:
    """Answers about a software project or a document corpus, each with citations that whence resolves itself.

    \b
    whence index ~/src/requests
    whence ask "why is the Authorization header dropped on some redirects?"

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found (ask).
    """


def main() -> None:
    """Entry point: one sentence for every error, and the exit codes that the help promises."""
    from whence.errors import WhenceError

    try:
        code = whence.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted: what was done is kept; the same command goes on from there.", err=True)
        code = 130
    except WhenceError as error:
        message = str(error)
        click.echo(f"{click.style('error:', fg='red', bold=True)} {message[:1].upper()}{message[1:]}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
