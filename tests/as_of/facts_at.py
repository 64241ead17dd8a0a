"""Facts of a repository as of a commit, and of a clone that ends at that commit: the same, or a test fails."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.history.loading import load, opened
from tests.history.repository import Scripted

from whence.answer.facts.parse import parse
from whence.answer.facts.python_code import definitions
from whence.pipelines.facts import ask_facts
from whence.pipelines.history import StoredHistory
from whence.pipelines.history_words import load_words
from whence.pipelines.past import PastHistory
from whence.sources.as_of import AsOf, Timeline
from whence.sources.history_queries import HistoryQueries
from whence.store.history import HistoryTables
from whence.types import Answer

SOURCE = "git:harbour"


def stored(tables: HistoryTables, repository: Path, revision: str) -> StoredHistory:
    return StoredHistory(
        tables=tables,
        index="harbour",
        source_id=SOURCE,
        name="harbour",
        git=HistoryQueries(repository, revision),
        define=definitions,
        is_cut=False,
    )


def past(newest: StoredHistory, tables: HistoryTables, repository: Path, state: AsOf) -> PastHistory:
    return PastHistory(
        tables=tables,
        index="harbour",
        source_id=SOURCE,
        name="harbour",
        mirror=repository,
        git=HistoryQueries(repository, state.revision),
        define=definitions,
        is_cut=False,
        state=state,
        newest=newest,
        web_url="",
    )


def clone_at(repository: Path, folder: Path, revision: str) -> Path:
    """A bare repository whose only branch ends at a commit, with the tags that it reaches."""

    def git(place: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=place, check=True, capture_output=True)
        return done.stdout.decode()

    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "-b", "main", ".")
    tags = git(repository, "for-each-ref", f"--merged={revision}", "--format=%(refname)", "refs/tags").split()
    git(repository, "update-ref", "refs/heads/wanted-here", revision)
    wanted = ["refs/heads/wanted-here:refs/heads/main", *(f"{tag}:{tag}" for tag in tags)]
    git(folder, "fetch", "--quiet", "--no-tags", str(repository), *wanted)
    git(repository, "update-ref", "-d", "refs/heads/wanted-here")
    return folder


def asked(question: str, history: StoredHistory, today: datetime) -> Answer | None:
    query = parse(question, today)
    if query is None:
        return None
    answer = ask_facts(
        question, query, [history], index="harbour", snapshot=1, as_of_date=None, fresh_at=None, indexed=1.0
    )
    return answer and replace(answer, id="", elapsed_ms=0.0)


class Pair:
    """One repository, loaded whole, that is asked as of its commits beside clones that end there."""

    def __init__(self, made: Scripted, data: Path) -> None:
        self.made = made
        self._data = data
        self.tables = opened(data / "whole")
        load(self.tables, made.git_folder, made.head)
        load_words(self.tables, "harbour", SOURCE, made.git_folder, made.head)  # clones have none, and ask git
        self.newest = stored(self.tables, made.git_folder, made.head)
        self.timeline = Timeline(made.git_folder, made.head, "harbour")

    def commits(self) -> list[str]:
        return self.made.lines("rev-list", "--topo-order", "HEAD")

    def differences(self, revision: str, questions: list[str]) -> list[str]:
        """The questions whose answers differ, with both."""
        state = self.timeline.at_name(revision)
        there = clone_at(self.made.git_folder, self._data / f"at-{revision}", revision)
        tables = opened(self._data / f"data-{revision}")
        load(tables, there, revision)
        clone = stored(tables, there, revision)
        here = past(self.newest, self.tables, self.made.git_folder, state)
        today = datetime(2020, 2, 1, tzinfo=UTC)
        found = []
        for question in questions:
            ours, theirs = asked(question, here, today), asked(question, clone, today)
            if ours != theirs:
                found.append(
                    f"{question} ({revision[:7]})\n  as of: {ours and ours.answer}\n  clone: {theirs and theirs.answer}"
                )
        return found
