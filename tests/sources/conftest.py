import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from whence.sources.git import GitSource
from whence.sources.options import SourceOptions
from whence.types import Document, Skipped


@dataclass(frozen=True)
class Repository:
    """A repository made by the test itself, with fixed names and dates."""

    path: Path

    def git(self, *arguments: str, when: int = 1_600_000_000) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": f"{when} +0000",
            "GIT_COMMITTER_DATE": f"{when} +0000",
        }
        command = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, path: str | bytes, content: str | bytes) -> Path:
        file = self.path / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str = "change", when: int = 1_600_000_000) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, when=when)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[..., Repository]:
    """A new repository; ``files`` are written and committed when there are any."""

    def make(name: str = "project", files: dict[str, str | bytes] | None = None) -> Repository:
        folder = tmp_path / name
        folder.mkdir()
        repository = Repository(folder)
        repository.git("init", "--quiet")
        for path, content in (files or {}).items():
            repository.write(path, content)
        if files:
            repository.commit("first")
        return repository

    return make


@pytest.fixture
def open_git(tmp_path: Path) -> Callable[..., GitSource]:
    """A git source with its mirrors below the test's own folder."""

    def make(location: object, **options: object) -> GitSource:
        place = location.path if isinstance(location, Repository) else location
        return GitSource(str(place), tmp_path / "mirrors", SourceOptions(**options))  # type: ignore[arg-type]

    return make


@pytest.fixture
def texts() -> Callable[[object], dict[str, str]]:
    """Texts of a source's documents by path."""

    def collect(source: object) -> dict[str, str]:
        return {item.path: item.text for item in source.fetch({}) if isinstance(item, Document)}  # type: ignore[attr-defined]

    return collect


@pytest.fixture
def reasons() -> Callable[[object], dict[str, str]]:
    """Reasons of what a source skips, by path."""

    def collect(source: object) -> dict[str, str]:
        return {item.path: item.reason for item in source.fetch({}) if isinstance(item, Skipped)}  # type: ignore[attr-defined]

    return collect
