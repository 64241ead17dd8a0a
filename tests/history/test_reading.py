"""What is read of a history is what plain git says of it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.history.repository import Scripted, empty

from whence.errors import UnreadableError
from whence.sources.history import (
    find_links,
    is_shallow,
    moment,
    read_commits,
    read_tags,
    split_message,
    walk,
    write_commit_graph,
)
from whence.types import Commit


def read(repository: Scripted) -> list[Commit]:
    steps = list(walk(repository.git_folder, "HEAD"))
    return list(read_commits(repository.git_folder, (step.sha for step in steps), "HEAD"))


def test_commits_are_those_of_git_in_its_order(harbour_once: Scripted) -> None:
    steps = list(walk(harbour_once.git_folder, "HEAD"))
    assert [step.sha for step in steps] == harbour_once.lines("log", "--format=%H")
    assert [" ".join(step.parents) for step in steps] == harbour_once.lines("log", "--format=%P")
    assert max(len(step.parents) for step in steps) == 3


def test_fields_are_those_of_git(harbour_once: Scripted) -> None:
    commits = read(harbour_once)
    for form, ours in (
        ("%an", [commit.author for commit in commits]),
        ("%ce", [commit.committer_email for commit in commits]),
        ("%at", [str(int(commit.authored_at.timestamp())) for commit in commits]),
        ("%ct", [str(int(commit.committed_at.timestamp())) for commit in commits]),
        ("%s", [commit.subject for commit in commits]),
    ):
        assert ours == harbour_once.lines("log", f"--format={form}")


def test_changes_are_those_of_git(harbour_once: Scripted) -> None:
    for commit in read(harbour_once):
        shown = harbour_once.git("log", "-1", "-z", "-M50%", "--numstat", "--format=", commit.sha).split(b"\0")
        names = {name.decode() for name in shown if name and b"\t" not in name}
        names |= {name.split(b"\t", 2)[2].decode() for name in shown if name.count(b"\t") >= 2} - {""}
        ours = {change.path for change in commit.changes} | {change.old_path for change in commit.changes} - {""}
        assert ours == names
        if len(commit.parents) > 1:
            assert commit.changes == ()


def test_a_rename_is_one_change_with_both_paths(harbour_once: Scripted) -> None:
    renamed = next(commit for commit in read(harbour_once) if commit.subject == "Call it by what it does")
    assert [(c.status, c.old_path, c.path) for c in renamed.changes] == [("R", "src/crane.py", "src/lift.py")]


def test_message_parts(harbour_once: Scripted) -> None:
    limited = next(commit for commit in read(harbour_once) if commit.subject == "Limit the load")
    assert limited.body.startswith("Too heavy loads broke it")
    assert limited.trailers == (("Reviewed-by", "Grace Hill"),)
    assert read(harbour_once)[0].subject == "Größe"


def test_the_mailmap_of_the_revision_says_who_is_who(harbour_once: Scripted) -> None:
    people = {person for step in walk(harbour_once.git_folder, "HEAD") for person in step.people}
    assert ("bobby", "bob@old.example.org", "Bob Stone", "bob@example.org") in people
    before = harbour_once.lines("log", "--format=%H", "--grep=Say who is who")[0] + "^"
    people = {person for step in walk(harbour_once.git_folder, before) for person in step.people}
    assert ("bobby", "bob@old.example.org", "bobby", "bob@old.example.org") in people


def test_tags(harbour_once: Scripted) -> None:
    tags = {tag.name: tag for tag in read_tags(harbour_once.git_folder)}
    assert {name: tag.is_annotated for name, tag in tags.items()} == {"v0.1": False, "v0.2": True}
    for name, tag in tags.items():
        assert tag.sha == harbour_once.lines("rev-parse", f"{name}^{{commit}}")[0]
    assert tags["v0.2"].subject == "Second"


def test_tags_that_lead_to_no_commit_are_left_out(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("a.txt", "a\n")
    made.commit("one")
    made.git("tag", "tree", "HEAD^{tree}")
    assert read_tags(made.git_folder) == []


def test_a_shallow_history_is_known_as_such(harbour_once: Scripted, tmp_path: Path) -> None:
    made = Scripted(tmp_path)
    made.git("clone", "--quiet", "--bare", "--depth=3", f"file://{harbour_once.path}", "cut.git")
    cut = tmp_path / "cut.git"
    assert is_shallow(cut)
    assert not is_shallow(harbour_once.git_folder)
    steps = list(walk(cut, "HEAD"))
    assert len(steps) == 3
    oldest = next(read_commits(cut, [steps[-1].sha], "HEAD"))
    assert oldest.parents == ()


def test_undeclared_encodings_are_guessed(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    tree = made.git("write-tree").decode().strip()
    head = (
        f"tree {tree}\nauthor Zo\xeb <z@example.org> 1600000000 +0100\ncommitter C <c@example.org> 1600000000 +0000\n\n"
    )
    sha = made.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=(head + "\xfcber\n").encode("latin-1"))
    commit = next(read_commits(made.git_folder, [sha.decode().strip()], "HEAD"))
    assert (commit.author, commit.subject) == ("Zoë", "über")


def test_what_is_not_there_is_an_error(harbour_once: Scripted) -> None:
    with pytest.raises(UnreadableError, match="cannot be read"):
        list(walk(harbour_once.git_folder, "0" * 40))
    with pytest.raises(UnreadableError, match="git fsck"):
        list(read_commits(harbour_once.git_folder, ["1" * 40], "HEAD"))


def test_the_users_configuration_changes_nothing(
    harbour_once: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read(harbour_once)
    (tmp_path / ".gitconfig").write_text(
        "[diff]\n\trenames = false\n\talgorithm = patience\n[log]\n\tshowRoot = false\n\tmailmap = false\n"
        "\tshowSignature = true\n[i18n]\n\tlogOutputEncoding = ISO-8859-1\n[format]\n\tpretty = oneline\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(harbour_once) == expected


def test_the_commit_graph_changes_no_answer(harbour_copy: Scripted) -> None:
    before = read(harbour_copy)
    assert write_commit_graph(harbour_copy.git_folder)
    assert list((harbour_copy.git_folder / "objects" / "info").iterdir())
    assert read(harbour_copy) == before


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Fix #12", {("issue", "12")}),
        ("fixes gh-12, GH-13", {("issue", "12"), ("issue", "13")}),
        ("(#1)(#2)", {("issue", "1"), ("issue", "2")}),
        ("other/project#99 is not ours", set()),
        ("ours/Project#99 is", {("issue", "99")}),
        ("see https://github.com/ours/project/pull/41/files", {("issue", "41")}),
        ("see https://github.com/ours/project/issues/42.", {("issue", "42")}),
        ("see https://github.com/other/project/pull/41", set()),
        ("colour #123456a and word#5 and C#", set()),
        ("This reverts commit 1a2b3c4d.", {("commit", "1a2b3c4d")}),
        ("the words deadbeef and 1234567 are no ids", set()),
        ("#007", {("issue", "7")}),
    ],
)
def test_links(message: str, expected: set[tuple[str, str]]) -> None:
    assert find_links(message, "https://github.com/ours/project") == expected


def test_dates_that_no_calendar_has() -> None:
    assert moment("99999999999999999999").year == 1970
    assert moment("").year == 1970


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subject=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip),
    body=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=80),
)
def test_any_message_survives(tmp_path_factory: pytest.TempPathFactory, subject: str, body: str) -> None:
    made = empty(tmp_path_factory.mktemp("messages") / "made")
    tree = made.git("write-tree").decode().strip()
    sha = made.git("commit-tree", tree, stdin=f"{subject}\n\n{body}".encode()).decode().strip()
    commit = next(read_commits(made.git_folder, [sha], "HEAD"))
    said = made.git("log", "-1", "--format=%s", sha).decode()[:-1]
    assert commit.subject == said.strip()
    assert (commit.subject, commit.body) == split_message(made.git("log", "-1", "--format=%B", sha).decode())
