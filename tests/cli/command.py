"""Runs the real command, within this process or in one of its own, and makes what it can read."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from whence.cli.main import main

PROGRAM = (sys.executable, "-c", "from whence.cli.main import main; main()")

FILES = {
    "README.md": "# Ferry\n\nFerry moves parcels between harbours. Every parcel is weighed before it is loaded.\n\n"
    "## Limits\n\nA parcel may weigh at most 30 kilograms, because the crane cannot lift more.\n",
    "src/ferry/crane.py": '"""The crane that loads parcels."""\n\nLIMIT_KG = 30\n\n\n'
    "def lift(parcel_kg: float) -> None:\n"
    '    """Lift a parcel onto the deck; parcels over the limit are refused."""\n'
    "    if parcel_kg > LIMIT_KG:\n"
    '        raise ValueError("too heavy for the crane")\n',
    "src/ferry/captain.py": '"""Who steers."""\n\n\n'
    'class Captain:\n    """Steers by the stars and writes the logbook."""\n\n'
    '    def sign_logbook(self, harbour: str) -> str:\n        """Sign the logbook on arrival at a harbour."""\n'
    '        return f"arrived at {harbour}"\n',
    "harbours.toml": '[north]\nname = "Northport"\ndepth_m = 12\n',
}


@dataclass(frozen=True)
class Result:
    """What a run left."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def run(*arguments: object, data: Path | None = None, stdin: bytes = b"", cwd: Path | None = None) -> Result:
    """The command within this process; standard streams are pipes."""
    out, err = io.BytesIO(), io.BytesIO()
    wrapped = [io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in (out, err)]
    here = Path.cwd()
    os.chdir(cwd or here)
    try:
        with (
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
            patch.object(sys, "stdout", wrapped[0]),
            patch.object(sys, "stderr", wrapped[1]),
        ):
            try:
                main(_words(arguments, data))
            except SystemExit as leaving:
                code = leaving.code
    finally:
        os.chdir(here)
    assert isinstance(code, int)
    return Result(code, out.getvalue().decode(), err.getvalue().decode())


def start(
    *arguments: object,
    data: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    output: int = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """The command as a process of its own; ``output`` is where both of its outputs go."""
    words = [*PROGRAM, *_words(arguments, data)]
    environment = {**os.environ, **(env or {})}
    return subprocess.Popen(words, cwd=cwd, env=environment, stdin=stdin, stdout=output, stderr=output)


def finish(process: "subprocess.Popen[bytes]", stdin: bytes | None = None) -> Result:
    out, err = process.communicate(stdin, timeout=100)
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())


def _words(arguments: Sequence[object], data: Path | None) -> list[str]:
    words = [str(argument) for argument in arguments]
    return [*words, "--data", str(data)] if data is not None else words


def git(folder: Path, *arguments: str) -> str:
    """One git command with fixed names and dates; what it printed."""
    names = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "1700000000 +0000")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **names, **dates}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "gc.auto=0", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def make_repository(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes]) -> str:
    write_files(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "change")
    return git(folder, "rev-parse", "HEAD")
