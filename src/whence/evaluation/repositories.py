"""Plain git, for suites that need a repository: what stands at a revision, as anyone would look it up.

Nothing of whence's own reading of repositories is used, so that a suite can tell when that is wrong.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from whence.errors import UsageError

_CONFIGURATION = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC"}


def git_lines(repository: Path, *arguments: str) -> list[str]:
    """The output in lines, empty ones too. Raises ``UsageError`` with what git says."""
    command = ["git", "-c", "core.quotePath=false", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **_CONFIGURATION})
    except OSError as error:
        raise UsageError(f"git cannot be started ({error.strerror}): install it.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"git {arguments[0]} failed in {repository}: {said[-1] if said else done.returncode}")
    text = done.stdout.decode("utf-8", "replace").removesuffix("\n")
    return text.split("\n") if text else []


def has_commit(repository: Path, commit: str) -> bool:
    """Whether the repository holds a commit."""
    try:
        git_lines(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    except UsageError:
        return False
    return True


def repositories_missing(suite: str, wanted: Mapping[str, str], given: Mapping[str, Path]) -> str:
    """A sentence that says which of the repositories (name to commit, "" for any) are lacking and how to give them."""
    for name, commit in wanted.items():
        if name not in given:
            return f"The suite {suite} needs the repository {name}: clone it and give it with --repo {name}=PATH."
        if not has_commit(given[name], commit or "HEAD"):
            return (
                f"The repository {name} at {given[name]} lacks the commit {commit[:10] or 'HEAD'}: fetch its history."
            )
    return ""
