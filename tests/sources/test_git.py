import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from whence.errors import NotARepositoryError, RevisionError, UnreadableError
from whence.types import Document, Skipped, Unchanged

Make = Callable[..., Any]


def test_state_tells_revision_position_date_and_branch(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={"a.py": "a = 1\n"})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("on the side")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge", "side", when=1_600_000_500)
    state = open_git(repository).state()
    assert state.revision == repository.git("rev-parse", "HEAD")
    assert state.position == 2  # the commit on the side is not on the first-parent line
    assert state.committed_at == datetime.fromtimestamp(1_600_000_500, UTC)
    assert (state.branch, state.uncommitted, state.web_url) == ("main", 0, "")


def test_an_empty_repository_has_no_revision_and_no_documents(make_repository: Make, open_git: Make) -> None:
    source = open_git(make_repository())
    assert source.state().revision == ""
    assert list(source.fetch({})) == []


def test_an_empty_repository_may_get_its_first_commit_later(make_repository: Make, open_git: Make, texts: Make) -> None:
    repository = make_repository()
    open_git(repository).state()
    repository.write("a.txt", "hello\n")
    repository.commit()
    assert texts(open_git(repository)) == {"a.txt": "hello\n"}


def test_detached_head_is_read_even_when_no_branch_reaches_it(
    make_repository: Make, open_git: Make, texts: Make
) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    open_git(repository).state()
    repository.git("checkout", "--quiet", "--detach")
    repository.write("a.txt", "two\n")
    revision = repository.commit()
    source = open_git(repository)
    state = source.state()
    assert (state.revision, state.branch) == (revision, "")
    assert texts(source) == {"a.txt": "two\n"}


def test_a_shallow_clone_is_read_and_stays_readable_after_it_grows(
    make_repository: Make, open_git: Make, texts: Make, tmp_path: Path
) -> None:
    origin = make_repository("origin", {"a.txt": "one\n"})
    origin.write("a.txt", "two\n")
    origin.commit()
    origin.git("clone", "--quiet", "--depth=1", f"file://{origin.path}", str(tmp_path / "shallow"))
    clone = type(origin)(tmp_path / "shallow")
    source = open_git(clone)
    assert source.state().position == 1
    assert texts(source) == {"a.txt": "two\n"}
    origin.write("a.txt", "three\n")
    origin.commit()
    clone.git("fetch", "--quiet", "--depth=1")
    clone.git("reset", "--quiet", "--hard", "origin/main")
    source.state()
    assert texts(source) == {"a.txt": "three\n"}


def test_blobs_that_a_partial_clone_lacks_are_skipped_without_network(
    make_repository: Make, open_git: Make, texts: Make, reasons: Make, tmp_path: Path
) -> None:
    origin = make_repository("origin", {"a.txt": "one\n", "b.txt": "other\n"})
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{origin.path}", str(tmp_path / "partial"))
    clone = type(origin)(tmp_path / "partial")
    clone.git("cat-file", "-p", "HEAD:a.txt")  # brings in this one blob
    source = open_git(clone)
    assert texts(source) == {"a.txt": "one\n"}
    assert reasons(source) == {"b.txt": "missing from a partial clone"}
    assert source.read("b.txt", source.state().revision) is None
    have = clone.git("rev-list", "--objects", "--all", "--missing=print")
    assert have.count("?") == 1  # still missing: nothing was fetched behind the user's back


def test_a_partial_clone_moves_on(make_repository: Make, open_git: Make, texts: Make, tmp_path: Path) -> None:
    origin = make_repository("origin", {"a.txt": "one\n"})
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("clone", "--quiet", "--filter=blob:none", f"file://{origin.path}", str(tmp_path / "partial"))
    clone = type(origin)(tmp_path / "partial")
    source = open_git(clone)
    source.state()
    origin.write("a.txt", "two\n")
    origin.commit()
    clone.git("pull", "--quiet")
    source.state()
    assert texts(source) == {"a.txt": "two\n"}


def test_partial_and_whole_clones_of_one_project_take_turns(
    make_repository: Make, open_git: Make, texts: Make, tmp_path: Path
) -> None:
    origin = make_repository("origin", {"a.txt": "one\n"})
    origin.git("config", "uploadpack.allowFilter", "true")
    for name, options in {"partial": ["--filter=blob:none", "--no-checkout"], "whole": []}.items():
        origin.git("clone", "--quiet", *options, f"file://{origin.path}", str(tmp_path / name))
        type(origin)(tmp_path / name).git("remote", "set-url", "origin", "https://host.example/org/tool")
    partial, whole = open_git(tmp_path / "partial"), open_git(tmp_path / "whole")
    assert partial.id == whole.id
    assert texts(partial) == {}
    assert texts(whole) == {"a.txt": "one\n"}
    assert partial.state().revision == whole.state().revision
    assert texts(whole) == {"a.txt": "one\n"}


def test_a_linked_worktree_has_its_own_head(make_repository: Make, open_git: Make, texts: Make, tmp_path: Path) -> None:
    repository = make_repository(files={"a.txt": "main\n"})
    repository.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "linked"))
    linked = type(repository)(tmp_path / "linked")
    linked.write("a.txt", "feature\n")
    linked.commit()
    there, here = open_git(linked), open_git(repository)
    assert there.id == here.id
    assert there.state().branch == "feature"
    assert (texts(there), texts(here)) == ({"a.txt": "feature\n"}, {"a.txt": "main\n"})


def test_a_folder_of_a_repository_stands_for_the_whole(make_repository: Make, open_git: Make, texts: Make) -> None:
    repository = make_repository(files={"a.txt": "a\n", "deep/er/b.txt": "b\n"})
    source = open_git(repository.path / "deep" / "er")
    assert source.id == open_git(repository).id
    assert set(texts(source)) == {"a.txt", "deep/er/b.txt"}


def test_a_bare_repository_is_read(make_repository: Make, open_git: Make, texts: Make, tmp_path: Path) -> None:
    repository = make_repository(files={"a.txt": "a\n"})
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    source = open_git(tmp_path / "bare.git")
    assert source.name == "bare"
    assert texts(source) == {"a.txt": "a\n"}


def test_what_is_not_a_plain_file_is_skipped_with_a_reason(
    make_repository: Make, open_git: Make, texts: Make, reasons: Make
) -> None:
    inner = make_repository("inner", {"x.txt": "x\n"})
    repository = make_repository(files={"a.txt": "a\n"})
    repository.git("submodule", "--quiet", "add", str(inner.path), "sub")
    (repository.path / "link.txt").symlink_to("a.txt")
    repository.write("big.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n")
    repository.write("data.xyz", b"\0\1\2binary")
    repository.write("picture.png", b"\x89PNG")
    repository.commit()
    source = open_git(repository)
    assert reasons(source) == {
        "sub": "submodule",
        "link.txt": "symbolic link",
        "big.csv": "stored in Git LFS",
        "data.xyz": "binary",
        "picture.png": "binary",
    }
    assert set(texts(source)) == {".gitmodules", "a.txt"}


def test_rules_of_the_repository_itself_are_followed(
    make_repository: Make, open_git: Make, texts: Make, reasons: Make
) -> None:
    files = {
        ".whenceignore": "*.csv\n/private/\n",
        "docs/.whenceignore": "!keep.csv\ndraft*\n",
        ".gitattributes": "ours/*.js linguist-vendored\nparser.c linguist-generated=true\n",
        "a.csv": "1,2\n",
        "docs/keep.csv": "1,2\n",
        "docs/draft-1.md": "# Draft\n",
        "private/b.py": "b = 1\n",
        "ours/jquery.js": "var a;\n",
        "parser.c": "int a;\n",
        "vendor/c.py": "c = 1\n",
        "package-lock.json": "{}\n",
    }
    source = open_git(make_repository(files=files))
    assert set(texts(source)) == {".gitattributes", ".whenceignore", "docs/.whenceignore", "docs/keep.csv"}
    assert reasons(source) == {
        "a.csv": "listed in .whenceignore",
        "docs/draft-1.md": "listed in .whenceignore",
        "private/b.py": "listed in .whenceignore",
        "ours/jquery.js": "vendored",
        "parser.c": "generated",
        "vendor/c.py": "vendored",
        "package-lock.json": "lock file",
    }


def test_size_limits_are_by_kind_and_unread(make_repository: Make, open_git: Make, reasons: Make, texts: Make) -> None:
    repository = make_repository(files={"small.txt": "s\n", "large.txt": "x" * 3_000})
    repository.write("huge.bin.txt", b"y" * 50_000_000)
    repository.commit()
    source = open_git(repository, max_text_bytes=2_500)
    assert reasons(source) == {"large.txt": "larger than 0.0025 MB", "huge.bin.txt": "larger than 0.0025 MB"}
    assert texts(source) == {"small.txt": "s\n"}
    assert source.read("large.txt", source.state().revision) is None


def test_strange_path_names_are_read_and_found_again(make_repository: Make, open_git: Make, texts: Make) -> None:
    names = [b"with space.txt", b"new\nline.txt", b"caf\xe9.txt", "ünïcode ☃.txt".encode(), b"-dash.txt", b":(top).txt"]
    repository = make_repository()
    for number, name in enumerate(names):
        repository.write(name, f"text {number}\n")
    repository.commit()
    source = open_git(repository)
    found = texts(source)
    assert set(found) == {
        "with space.txt",
        "new\nline.txt",
        "caf\\xe9.txt",
        "ünïcode ☃.txt",
        "-dash.txt",
        ":(top).txt",
    }
    revision = source.state().revision
    paths = list(found)
    assert source.read_many([(path, revision) for path in paths]) == [found[path] for path in paths]
    for path in paths:
        path.encode("utf-8")


def test_reading_an_older_revision_and_what_is_absent(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    first = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "two\n")
    second = repository.commit()
    source = open_git(repository)
    source.state()
    wanted = [("a.txt", first), ("none.txt", first), ("a.txt", second), ("a.txt", "0" * 40), ("", first)]
    assert source.read_many(wanted) == ["one\n", None, "two\n", None, None]
    assert source.read("a.txt", "--help") is None
    assert source.read("../a.txt", second) is None
    assert source.read("a.txt", "main") is None  # only object names: a branch could move between fetch and read


def test_reading_before_the_first_update_is_an_error(make_repository: Make, open_git: Make) -> None:
    with pytest.raises(RevisionError, match="index it first"):
        open_git(make_repository(files={"a.txt": "a\n"})).read("a.txt", "0" * 40)


@pytest.mark.parametrize("name", ["v1", "main~1", "SHORT"])
def test_a_revision_can_be_chosen(name: str, make_repository: Make, open_git: Make, texts: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    repository.git("tag", "-a", "-m", "tag", "v1")
    first = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "two\n")
    repository.commit()
    source = open_git(repository, revision=first[:9] if name == "SHORT" else name)
    assert source.state().revision == first
    assert texts(source) == {"a.txt": "one\n"}


def test_the_branch_of_a_chosen_revision_is_told(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    repository.git("branch", "side")
    assert open_git(repository, revision="side").state().branch == "side"
    assert open_git(repository, revision=repository.git("rev-parse", "HEAD")).state().branch == ""


@pytest.mark.parametrize("revision", ["nowhere", "--upload-pack=touch /tmp/x", "-x", "a\nb", "HEAD:a.txt"])
def test_no_such_revision(revision: str, make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    with pytest.raises(RevisionError, match="revision"):
        open_git(repository, revision=revision).state()


def test_not_a_repository(open_git: Make, tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="not in a git repository"):
        open_git(tmp_path)
    with pytest.raises(NotARepositoryError, match="does not exist"):
        open_git(tmp_path / "nothing" / "there")


def test_a_switched_and_a_force_pushed_branch_are_followed_and_old_commits_stay(
    make_repository: Make, open_git: Make, texts: Make
) -> None:
    repository = make_repository(files={"a.txt": "one\n"})
    repository.write("a.txt", "two\n")
    lost = repository.commit()
    source = open_git(repository)
    source.state()
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.write("a.txt", "rewritten\n")
    repository.commit()
    repository.git("branch", "doomed")
    source.state()
    assert texts(source) == {"a.txt": "rewritten\n"}
    repository.git("branch", "-D", "doomed")
    repository.git("checkout", "--quiet", "-b", "doomed/child")  # a name that collides with the branch just deleted
    repository.write("a.txt", "child\n")
    repository.commit()
    assert source.state().branch == "doomed/child"
    assert texts(source) == {"a.txt": "child\n"}
    assert source.read("a.txt", lost) == "two\n"


def test_uncommitted_changes_are_counted_and_never_read(make_repository: Make, open_git: Make, texts: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n", "b.txt": "b\n", "c.txt": "c\n"})
    repository.write("a.txt", "edited\n")
    repository.write("new file.txt", "new\n")
    repository.git("mv", "b.txt", "renamed.txt")
    source = open_git(repository)
    assert source.state().uncommitted == 3
    assert texts(source) == {"a.txt": "one\n", "b.txt": "b\n", "c.txt": "c\n"}


def test_nothing_that_the_repository_configures_is_executed(
    make_repository: Make, open_git: Make, tmp_path: Path
) -> None:
    repository = make_repository(files={"a.txt": "one\n", ".gitattributes": "* filter=evil diff=evil\n"})
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        target = repository.path / ".git" / "hooks" / hook
        target.write_text(program.read_text())
        target.chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "core.sshCommand"):
        repository.git("config", key, str(program))
    repository.git("config", "filter.evil.required", "true")
    repository.git("config", "uploadpack.packObjectsHook", str(program))
    (tmp_path / "ran").unlink(missing_ok=True)
    repository.write("a.txt", "two\n")
    source = open_git(repository)
    assert source.state().uncommitted >= 1
    assert [item.path for item in source.fetch({})] == [".gitattributes", "a.txt"]
    assert not (tmp_path / "ran").exists()


def test_variables_of_a_surrounding_git_command_do_not_matter(
    make_repository: Make, open_git: Make, texts: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, other = make_repository(files={"a.txt": "a\n"}), make_repository("other", {"b.txt": "b\n"})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent")
    assert texts(open_git(repository)) == {"a.txt": "a\n"}


def test_the_id_is_of_the_origin_and_without_credentials(make_repository: Make, open_git: Make) -> None:
    ids = set()
    for number, origin in enumerate(
        ["https://ada:s3cret@github.com/Org/Tool.git", "git@github.com:org/tool", "ssh://git@github.com/org/tool.git/"]
    ):
        repository = make_repository(f"clone{number}", {"a.txt": "a\n"})
        repository.git("remote", "add", "origin", origin)
        source = open_git(repository)
        ids.add(source.id.lower())
        assert source.state().web_url.lower() == "https://github.com/org/tool"
        assert "s3cret" not in source.id + source.location + str(source.state())
    assert len(ids) == 1
    assert ids.pop().startswith("git:tool-")


def test_documents_carry_where_they_stand(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(
        files={"src/a b.py": "# SPDX-License-Identifier: MIT\na = 1\n", "README.md": "---\nx: 1\n---\n# The *Tool*\n"}
    )
    repository.git("remote", "add", "origin", "https://github.com/org/tool")
    source = open_git(repository)
    state = source.state()
    readme, code = [item for item in source.fetch({}) if isinstance(item, Document)]
    assert (readme.kind, readme.language, readme.title) == ("doc", "markdown", "The Tool")
    assert (code.kind, code.language, code.licence) == ("code", "python", "MIT")
    assert code.id == f"{source.id}:src/a b.py"
    assert code.url == f"https://github.com/org/tool/blob/{state.revision}/src/a%20b.py"
    assert code.digest == repository.git("rev-parse", "HEAD:src/a b.py")
    assert code.committed_at == state.committed_at


def test_a_stopped_stream_leaves_no_process(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={f"{number:03}.txt": "x\n" * 9_000 for number in range(200)})
    source = open_git(repository)
    stream = source.fetch({})
    assert isinstance(next(stream), Document)
    stream.close()
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("this system does not list child processes in /proc")
    names = [Path(f"/proc/{child}/comm").read_text().strip() for child in children.read_text().split()]
    assert "git" not in names


def test_a_file_address_is_fetched_and_followed(make_repository: Make, open_git: Make, texts: Make) -> None:
    origin = make_repository("origin", {"a.txt": "one\n"})
    source = open_git(f"file://{origin.path}")
    assert source.state().branch == "main"
    assert texts(source) == {"a.txt": "one\n"}
    origin.write("a.txt", "two\n")
    origin.git("checkout", "--quiet", "-b", "next")
    revision = origin.commit()
    assert (source.state().revision, source.state().branch) == (revision, "next")
    assert texts(source) == {"a.txt": "two\n"}
    older = open_git(f"file://{origin.path}", revision="main")
    assert older.state().branch == "main"


def test_an_empty_remote_has_no_revision(make_repository: Make, open_git: Make) -> None:
    source = open_git(f"file://{make_repository('origin').path}")
    assert source.state().revision == ""
    assert list(source.fetch({})) == []


def test_a_remote_that_is_gone_is_named_and_its_copy_stays_readable(make_repository: Make, open_git: Make) -> None:
    origin = make_repository("origin", {"a.txt": "one\n"})
    source = open_git(f"file://{origin.path}")
    revision = source.state().revision
    origin.path.rename(origin.path.with_name("moved"))
    with pytest.raises(UnreadableError, match="origin"):
        source.state()
    assert source.read("a.txt", revision) == "one\n"


def test_a_remote_that_was_never_there_leaves_nothing_behind(open_git: Make, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        open_git(f"file://{tmp_path}/nothing").state()
    assert [path.name for path in (tmp_path / "mirrors").iterdir() if path.is_dir()] == []


def test_damage_is_reported_with_place_and_remedy_and_healed_later(
    make_repository: Make, open_git: Make, texts: Make
) -> None:
    repository = make_repository(files={"a.txt": "one\n", "b.txt": "two\n"})
    blob = repository.git("rev-parse", "HEAD:b.txt")
    file = repository.path / ".git" / "objects" / blob[:2] / blob[2:]
    content = file.read_bytes()
    file.unlink()
    source = open_git(repository)
    with pytest.raises(UnreadableError, match=r"project.*git fsck"):
        list(source.fetch({}))
    file.write_bytes(content)
    source.state()
    assert texts(source) == {"a.txt": "one\n", "b.txt": "two\n"}


def test_a_corrupt_pack_is_an_error_of_ours(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={f"{n}.txt": f"{n}" * 500 + "\n" for n in range(30)})
    repository.git("gc", "--quiet")
    pack = next((repository.path / ".git" / "objects" / "pack").glob("*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff" * len(data[middle : middle + 400])
    pack.write_bytes(bytes(data))
    source = open_git(repository)
    with pytest.raises(UnreadableError, match=r"project"):
        list(source.fetch({}))


def test_held_documents_are_not_read_again(make_repository: Make, open_git: Make) -> None:
    repository = make_repository(files={"a.txt": "one\n", "b.txt": "two\n"})
    source = open_git(repository)
    source.state()
    held = {item.id: item.digest for item in source.fetch({}) if isinstance(item, Document)}
    repository.write("b.txt", "changed\n")
    repository.git("mv", "a.txt", "c.txt")
    repository.commit()
    source.state()
    again = list(source.fetch(held))
    assert [type(item) for item in again] == [Document, Document]
    unchanged = list(source.fetch({item.id: item.digest for item in again if isinstance(item, Document)}))
    assert unchanged == [Unchanged(id=f"{source.id}:b.txt"), Unchanged(id=f"{source.id}:c.txt")]


def test_the_mirror_keeps_no_credentials(make_repository: Make, open_git: Make, tmp_path: Path) -> None:
    repository = make_repository(files={"a.txt": "a\n"})
    repository.git("remote", "add", "origin", "https://ada:s3cret@github.com/org/tool")
    open_git(repository).state()
    found = subprocess.run(["grep", "-r", "s3cret", str(tmp_path / "mirrors")], capture_output=True, check=False)
    assert found.stdout == b""


def test_a_file_named_like_the_document_of_a_commit_is_left_out(make_repository: Make, open_git: Make) -> None:
    name = f"commit/{'0a' * 20}"
    source = open_git(make_repository(files={name: "not a commit\n", "commit/0a0a.txt": "a file\n"}))
    found = {item.path: item for item in source.fetch({})}
    assert found[name] == Skipped(path=name, reason="named like the id of a commit")
    assert isinstance(found["commit/0a0a.txt"], Document)
