"""The ``whence`` command. Commands are imported when they are called, so that ``--help`` answers at once."""

import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from whence.cli.failures import print_error

COMMANDS = {
    "index": "Index repositories, folders, files or URLs.",
    "sync": "Bring indexes up to their sources' present state.",
    "ask": "Answer a question with citations; without one, prompt.",
    "why": "Say why lines, a name, a file or a commit are as they are.",
    "search": "List the passages that fit a question best.",
    "open": "Show a passage that the last answer cited, or PATH:LINE.",
    "status": "Say what is indexed, how fresh, and what was skipped.",
    "remove": "Remove an index.",
    "eval": "Measure search and answers on suites of questions.",
    "optimize": "Find the fastest way to run a model here.",
    "train": "Train models of your own on your own data.",
    "doctor": "Look for what is wrong, and say what to do.",
    "backup": "Write everything to one file, while it is in use.",
    "restore": "Make a data folder of a backup.",
    "serve": "Serve questions, documents and logs over HTTP.",
    "mcp": "Serve tools for coding agents over standard streams.",
    "keys": "Make, list and revoke keys of the service.",
}

COMPLETION = "_WHENCE_COMPLETE"
INTERRUPTED = 130
PIPE_CLOSED = 141
TERMINATED = 143
"""These two as if the signal itself had ended the program, which is what other tools show."""


class Terminated(KeyboardInterrupt):
    """Another program has asked this one to end (SIGTERM)."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, but a name that is no command is met with the one that was probably meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0].lower(), COMMANDS, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(COMMANDS)}."
            ctx.fail(f"There is no command {args[0]!r}: {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="whence", prog_name="whence", message="%(prog)s %(version)s")
@click.pass_context
def whence(ctx: click.Context) -> None:
    """Answers about a software project or a document corpus, each with citations that whence resolves itself.

    \b
    whence index ~/src/requests
    whence ask "why is the Authorization header dropped on some redirects?"
    whence open 1

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found (ask), 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: one sentence for every error, and the exit codes that the help promises."""
    from whence.errors import WhenceError

    _prepare_streams()
    try:
        with _ending_politely():
            code = whence.main(args=arguments, prog_name="whence", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "whence"
        print_error(f"{error.format_message()} ({command} --help)")
        code = error.exit_code
    except click.ClickException as error:
        print_error(error.format_message())
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        code = TERMINATED if isinstance(error.__cause__ or error, Terminated) else INTERRUPTED
    except WhenceError as error:
        print_error(str(error))
        code = error.exit_code
    except BrokenPipeError:
        code = _pipe_closed()
    except SystemExit as error:  # so click ends completion, and click and rich where their output's reader is gone
        code = error.code if COMPLETION in os.environ else _pipe_closed()
    except Exception as error:
        if os.environ.get("WHENCE_DEBUG"):
            raise
        print_error(
            f"A defect in whence ({type(error).__name__}: {_first_line(error)}): what was stored before is kept; "
            "the same command with WHENCE_DEBUG=1 shows where it happened."
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _prepare_streams() -> None:
    """A screen of few characters, or a stream that the caller has closed, must not end the program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@contextmanager
def _ending_politely() -> Iterator[None]:
    """A request to end is met like Ctrl-C: the work is closed in order and the cursor comes back."""

    def end(_number: int, _frame: object) -> None:
        raise Terminated

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _pipe_closed() -> int:
    """Lets what is still to be flushed go nowhere, so that Python does not complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            os.dup2(nowhere, stream.fileno())
    return PIPE_CLOSED


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no message"
