"""The prompt of ``whence ask``: questions one after the other, each on its own."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whence.cli.answers import print_answer
from whence.cli.failures import print_error
from whence.cli.last_answer import remember
from whence.cli.passage import show_passage
from whence.cli.screen import link_maker
from whence.errors import UsageError, WhenceError

if TYPE_CHECKING:
    from whence.interface import Whence
    from whence.store.scope import Filters

HISTORY_LINES = 1000
HELP = (
    "Ask a question. :open N shows what [N] cites, :in NAME asks another index, :as-of STATE an earlier state (alone: "
    "the newest), :quit or Ctrl-D ends."
)


@dataclass(slots=True)
class _Session:
    whence: "Whence"
    k: int
    filters: "Filters"
    index: str

    @property
    def label(self) -> str:
        """What is asked: the index, and the earlier state if it is not the newest."""
        return f"{self.index} as of {self.filters.as_of}" if self.filters.as_of else self.index

    def take(self, line: str) -> bool:
        """Does what a line says; False when it says to end. Raises ``WhenceError``."""
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word in (":quit", ":q", "quit", "exit"):
            return False
        if word == ":in":
            if not rest:
                raise UsageError(f"Which index? There are: {', '.join(self.whence.ledger.index_names())}.")
            self.index = self.whence.choose(rest)
        elif word == ":as-of":
            if rest:
                self.whence.meant(rest, name=self.index)
            self.filters = replace(self.filters, as_of=rest)
        elif word == ":open":
            as_of = "" if rest.isdecimal() else self.filters.as_of
            show_passage(self.whence, rest or "1", name=self.index, as_of=as_of if rest else "")
        elif word.startswith(":"):
            click.echo(HELP)
        elif line:
            answer = self.whence.ask(line, name=self.index, filters=self.filters, k=self.k)
            remember(self.whence.folder.last_answer, answer)
            print_answer(answer, link_maker(self.whence, answer.index))
            click.echo()
        return True


def prompt(whence: "Whence", k: int, name: str | None, filters: "Filters") -> None:
    """Reads and answers until the end of input; an error or Ctrl-C ends the question, not the prompt."""
    session = _Session(whence=whence, k=k, filters=filters, index=whence.choose(name))
    click.secho(HELP, dim=True)
    with _history(whence.folder.history):
        going = True
        while going:
            try:
                going = session.take(input(f"{session.label}> ").strip())
            except EOFError:
                click.echo()
                return
            except KeyboardInterrupt:
                click.echo()
            except WhenceError as error:
                print_error(str(error))


@contextlib.contextmanager
def _history(file: Path) -> Iterator[None]:
    """Line editing, with the questions of earlier sessions where Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    with contextlib.suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(HISTORY_LINES)
    was_there = file.exists()
    try:
        yield
    finally:
        if file.exists() or not was_there:  # else purged meanwhile, and not to come back
            with contextlib.suppress(OSError):
                readline.write_history_file(file)
                file.chmod(0o600)
