"""Running git: a clean environment, errors without credentials, one long-lived object reader.

It knows commands and objects, not documents (``git.py``) and not mirrors (``mirror.py``).
"""

import os
import re
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from whence.errors import NotARepositoryError, UnreadableError

LOCAL = "file"
NETWORK = "https:http:ssh"
_WINDOW = 64
_NO_GIT = "The program git was not found; install git and make it reachable by PATH."
_KEPT_VARIABLES = frozenset({"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO"})
_SAFE_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.commitGraph=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "advice.detachedHead=false",
    "log.showSignature=false",
    "protocol.ext.allow=never",
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@'\"]+@")


def git_environment(protocols: str = "", settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every git command: no prompts, no system configuration, C locale.

    ``protocols`` is git's colon-separated list of those allowed ("" allows none, so nothing missing is fetched).
    ``settings`` are further configuration values; they travel here because an argument list is public on a machine.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    environment |= {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PAGER": "cat",
        "GIT_ALLOW_PROTOCOL": protocols,
    }
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
    pairs = [tuple(setting.split("=", 1)) for setting in _SAFE_SETTINGS]
    pairs += list((settings or {}).items())
    environment["GIT_CONFIG_COUNT"] = str(len(pairs))
    for number, (key, value) in enumerate(pairs):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment


def copy_is_gone(mirror: Path) -> UnreadableError:
    """The error for a mirror that was deleted, perhaps under a running reader."""
    return UnreadableError(f"The local copy of {mirror.name} is gone: run `whence sync` to fetch it again.")


def without_credentials(text: str) -> str:
    """A message or address with the user names and passwords of its URLs removed."""
    return _CREDENTIALS.sub("", text)


@dataclass(frozen=True, slots=True)
class GitResult:
    """What a command left: exit status, output in bytes, and its complaint as one line without credentials."""

    status: int
    output: bytes
    complaint: str

    @property
    def text(self) -> str:
        """The output as text, stripped; bytes that are not UTF-8 are replaced."""
        return self.output.decode("utf-8", "replace").strip()


def run_git(
    folder: Path,
    *arguments: str,
    protocols: str = "",
    settings: Mapping[str, str] | None = None,
    timeout_s: float = 300.0,
    given: bytes | None = None,
) -> GitResult:
    """Run one git command in ``folder`` and wait for it; a failing command is a result, not an error.

    ``given`` is what the command reads from its input.

    Raises ``UnreadableError`` where git is absent or takes too long, ``NotARepositoryError`` without the folder.
    """
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=git_environment(protocols, settings),
            input=given or b"",
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = (
            f"Git {arguments[0]} took longer than {timeout_s:g} s in {folder.name}: try again when the machine has "
            "less to do (for copies and fetches, `timeout_s` in [sources] gives it longer)."
        )
        raise UnreadableError(message) from error
    except (NotADirectoryError, FileNotFoundError) as error:
        if folder.is_dir():
            raise UnreadableError(_NO_GIT) from error
        raise NotARepositoryError(f"{folder} is not a folder; name an existing repository.") from error
    except OSError as error:
        raise UnreadableError(f"Git could not be run in {folder}: {error.strerror}; check its permissions.") from error
    return GitResult(done.returncode, done.stdout, _one_line(done.stderr))


def _one_line(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or [line for line in lines if line]
    return without_credentials("; ".join(line.partition(": ")[2] or line for line in telling[:3]))


class ObjectReader:
    """Reads git objects through one ``git cat-file --batch`` process, started at the first read.

    A context manager; leaving it ends the process at once, also in the middle of a stream.
    """

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the reader can be used again."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        process.wait()

    def read_all(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """Contents of blobs by object name or ``revision:path``, in order; None where there is no such blob.

        Names must not contain a newline. At most 64 requests are under way, so that neither side's pipe can fill up.
        Raises ``UnreadableError`` where the repository is damaged or gone.
        """
        waiting: deque[str] = deque()
        stream = iter(names)
        while True:
            while len(waiting) < _WINDOW and (name := next(stream, None)) is not None:
                self._ask(name)
                waiting.append(name)
            self._flush()
            if not waiting:
                return
            for _ in range(max(1, len(waiting) // 2)):
                yield self._answer(waiting.popleft())

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    ["git", "cat-file", "--batch"],
                    cwd=self._repository,
                    env=git_environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except (NotADirectoryError, FileNotFoundError) as error:
                if self._repository.is_dir():
                    raise UnreadableError(_NO_GIT) from error
                raise copy_is_gone(self._repository) from error
        if self._process.stdin is None or self._process.stdout is None:
            raise UnreadableError(f"Git could not be run in {self._repository}; check that git works.")
        return self._process.stdin, self._process.stdout

    def _ask(self, name: str) -> None:
        try:
            self._pipes()[0].write(os.fsencode(name) + b"\n")
        except BrokenPipeError as error:
            raise self._damaged(name) from error

    def _flush(self) -> None:
        try:
            self._pipes()[0].flush()
        except BrokenPipeError:
            return  # the answers that are still in the pipe come first; then ``_answer`` reports the end

    def _answer(self, name: str) -> bytes | None:
        stdout = self._pipes()[1]
        header = stdout.readline()
        if not header:
            raise self._damaged(name)
        if header.endswith((b" missing\n", b" ambiguous\n")):
            return None
        fields = header.split()
        if len(fields) != 3 or not fields[2].isdigit():
            raise self._damaged(name)
        size = int(fields[2])
        data = stdout.read(size)
        if len(data) != size or stdout.read(1) != b"\n":
            raise self._damaged(name)
        return data if fields[1] == b"blob" else None

    def _damaged(self, name: str) -> UnreadableError:
        self.close()
        return UnreadableError(f"Object {name} of {self._repository} cannot be read; run git fsck --full in it.")
