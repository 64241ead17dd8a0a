"""Facts of a partial clone: what commits alone tell is told as of a whole one, what files held is refused."""

from pathlib import Path

import pytest
from tests.history.repository import Scripted, harbour

from whence import Whence
from whence.types import Answer

SAME = (
    "how many commits are there?",
    "who made the first commit?",
    "who committed last?",
    "list all tags",
    "when was v0.2 released?",
    "how many commits did Grace Hill make?",
    "who last changed README.md?",
    "which commits mention #12?",
    "how many commits between v0.1 and v0.2?",
    "who are the new contributors in v0.2?",
    "in which release did #12 land?",
    "commits per year",
    "what did Grace Hill work on in 2020?",
    "how many lines does README.md have?",
    "who merged #12?",
    "unreleased changes",
)
REFUSED = (
    "who wrote line 1 of README.md?",
    "which commit introduced `Lamp`?",
    "has src/lift.py been renamed?",
    "how big is the diff between v0.1 and v0.2?",
    "who knows README.md best?",
)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    made = harbour(tmp_path_factory.mktemp("partial") / "harbour")
    made.git("config", "uploadpack.allowFilter", "true")
    return made


def cloned(origin: Scripted, place: Path, *options: str) -> Path:
    origin.git("clone", "--quiet", *options, f"file://{origin.path}", str(place))
    return place


@pytest.fixture(scope="module")
def whence(origin: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Whence:
    folder = tmp_path_factory.mktemp("clones")
    made = Whence(folder / "data")
    for name, options in {"whole": (), "partial": ("--filter=blob:none",), "bald": ("--filter=tree:0",)}.items():
        made.index(cloned(origin, folder / name, *options), name=name, until="text")
    return made


def told(answer: Answer) -> tuple[str, list[str | None]]:
    text = answer.answer.replace("partial", "whole").split("\n")[0].split("[")[0].split(". ")[0].rstrip(". ")
    return text, [citation.commit for citation in answer.citations[:1]]


@pytest.mark.parametrize("question", SAME)
def test_what_commits_tell_is_told(whence: Whence, question: str) -> None:
    whole, partial = whence.ask(question, name="whole"), whence.ask(question, name="partial")
    assert whole.kind == "fact"
    assert not partial.abstained, partial.answer
    assert told(partial) == told(whole)


@pytest.mark.parametrize("question", REFUSED)
def test_what_files_held_is_refused_in_one_sentence(whence: Whence, question: str) -> None:
    assert not whence.ask(question, name="whole").abstained
    answer = whence.ask(question, name="partial")
    assert (answer.kind, answer.abstained, answer.confidence) == ("fact", True, 0.0)
    assert "partial clone" in answer.answer
    assert "index a whole clone" in answer.answer


def test_the_files_of_a_commit_are_told_where_its_trees_are(whence: Whence, origin: Scripted) -> None:
    chosen = (["HEAD"], ["--diff-filter=R", "-M"], ["--diff-filter=M"])
    nothing, renaming, sha = (origin.lines("log", "-1", "--format=%H", *which)[0] for which in chosen)
    assert "changed 0 files" in whence.ask(f"which files did commit {nothing[:10]} touch?", name="partial").answer
    for one in (sha, renaming):
        answer = whence.ask(f"which files did commit {one[:10]} touch?", name="partial")
        rows = origin.lines("log", "-1", "--format=", "--name-status", "--no-renames", one)
        assert not answer.abstained
        assert f"changed {len(rows)} file" in answer.answer
        assert "cannot be told from a partial clone" in answer.answer
        assert all(row.split("\t")[1] in answer.answer for row in rows)
        assert answer.citations[0].commit == one
    refused = whence.ask(f"which files did commit {sha[:10]} touch?", name="bald")
    assert refused.abstained
    assert "index a whole clone" in refused.answer


def test_a_range_tells_its_commits(whence: Whence) -> None:
    answer = whence.ask("what changed between v0.1 and v0.2?", name="partial")
    assert "there are 9 commits" in answer.answer
    assert "cannot be told from a partial clone" in answer.answer
    assert "lines added" not in answer.answer
    assert len({citation.commit for citation in answer.citations}) == 10  # the commits, and the revision of the command


def test_renames_that_are_not_followed_are_said(whence: Whence) -> None:
    for question in ("who wrote src/lift.py?", "when was src/lift.py added?"):
        answer = whence.ask(question, name="partial")
        assert not answer.abstained
        assert "Renames are not followed in a partial clone" in answer.answer
    gone = whence.ask("when was src/crane.py removed?", name="partial").answer
    assert "was removed or renamed by Grace Hill" in gone


def test_a_clone_without_trees_tells_of_commits(whence: Whence, origin: Scripted) -> None:
    answer = whence.ask("how many commits are there?", name="bald")
    assert f"{len(origin.lines('rev-list', 'HEAD'))} commits" in answer.answer
    assert not whence.ask("list all tags", name="bald").abstained
    refused = whence.ask("which files change most often?", name="bald")
    assert refused.abstained
    assert "partial clone" in refused.answer
    assert "fsck" not in refused.answer


def test_a_shallow_clone_says_that_it_is_cut(origin: Scripted, tmp_path: Path) -> None:
    clone = cloned(origin, tmp_path / "clone", "--depth=2")
    with Whence(tmp_path / "data") as whence:
        whence.index(clone, until="text")
        for question in ("who are the top authors?", "list all tags", "commits per year", "which commits mention #7?"):
            answer = whence.ask(question)
            assert answer.answer.count("a shallow clone") == 1, answer.answer
        assert "shallow" not in whence.ask("how many files are there?").answer


def test_a_tag_that_goes_goes_from_the_index(origin: Scripted, tmp_path: Path) -> None:
    clone = cloned(origin, tmp_path / "clone", "--filter=blob:none")
    with Whence(tmp_path / "data") as whence:
        whence.index(clone, until="text")
        origin.git("-C", str(clone), "tag", "-d", "v0.1")
        origin.git("-C", str(clone), "tag", "later", "HEAD~1")
        whence.sync()
        tags = whence.ask("list all tags").answer
    assert "later" in tags
    assert "v0.1" not in tags


def test_a_whole_clone_in_its_place_is_read_anew(origin: Scripted, tmp_path: Path) -> None:
    clone = cloned(origin, tmp_path / "clone", "--filter=blob:none")
    with Whence(tmp_path / "data") as whence:
        whence.index(clone, until="text", name="clone")
        assert whence.ask("which commit introduced `Lamp`?").abstained
        origin.git("-C", str(clone), "config", "--unset", "remote.origin.partialclonefilter")
        origin.git("-C", str(clone), "fetch", "--quiet", "--refetch", "origin")
        origin.git("-C", str(clone), "config", "--unset", "remote.origin.promisor")
        whence.sync()
        assert not whence.ask("which commit introduced `Lamp`?").abstained
        assert "was renamed once" in whence.ask("has src/lift.py been renamed?").answer
        answer = whence.ask("who wrote src/lift.py?").answer
        assert "Followed through renames" in answer
        assert "partial clone" not in answer
