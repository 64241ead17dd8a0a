"""Patches read from a stream, against what ``git show`` prints of each commit."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.history.repository import Scripted, empty

from whence.errors import UnreadableError
from whence.sources.patches import FilePatch, Patch, read_patches


def patches(repository: Scripted, **limits: int) -> list[Patch]:
    shas = repository.lines("rev-list", "HEAD")
    found = list(read_patches(repository.git_folder, shas, shas[0], **limits))
    assert [patch.sha for patch in found] == shas
    return found


def shown(repository: Scripted, sha: str) -> list[str]:
    """Heads of hunks and their lines, of all files of a commit, as ``git show`` prints them."""
    plain = repository.git(
        *("-c", "core.quotePath=false", "show", "--format=", "-M50%", "--diff-merges=off", "--no-color", sha)
    )
    rows = []
    left = (0, 0)
    for line in plain.split(b"\n"):
        text = decoded(line)
        head = re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", text) if left == (0, 0) else None
        if head:
            left = (int(head[1] or 1), int(head[2] or 1))
            rows.append(text)
        elif left != (0, 0) and not text.startswith("\\"):
            rows.append(text)
            left = (left[0] - (text[:1] in " -"), left[1] - (text[:1] in " +"))
    return rows


def decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def span(start: int, count: int) -> str:
    return f"{start},{count}" if count != 1 else f"{start}"


def printed(files: Sequence[FilePatch]) -> list[str]:
    rows = []
    for file in files:
        for hunk in file.hunks:
            head = f"@@ -{span(hunk.old_start, hunk.old_lines)} +{span(hunk.new_start, hunk.new_lines)} @@"
            rows += [f"{head} {hunk.context}" if hunk.context else head, *hunk.lines]
    return rows


def same_as_git(repository: Scripted) -> None:
    for patch in patches(repository):
        assert printed(patch.files) == shown(repository, patch.sha)
        assert not patch.is_cut


def test_harbour(harbour_once: Scripted) -> None:
    same_as_git(harbour_once)
    renamed = [file for patch in patches(harbour_once) for file in patch.files if file.status == "R"]
    assert [(file.old_path, file.path, file.hunks) for file in renamed] == [("src/crane.py", "src/lift.py", ())]
    odd = {file.path for patch in patches(harbour_once) for file in patch.files}
    assert {'odd/tab\there "quoted".txt', "odd/line\nbreak.txt"} <= odd


@pytest.fixture
def odd(tmp_path: Path) -> Scripted:
    """Links, modes, a binary, empty files, other line ends and encodings, a submodule, a file that becomes a link."""
    made = empty(tmp_path / "odd")
    made.commit("Nothing")
    made.write("a.txt", "one\ntwo\n")
    made.write("empty", "")
    (made.path / "raw").write_bytes(b"a\0b")
    (made.path / "latin").write_bytes("Größe\n".encode("latin-1"))
    (made.path / "crlf").write_bytes(b"one\r\ntwo\r\nthree")
    (made.path / os.fsdecode(b"name\xff")).write_text("odd\n")
    made.write("dashes", "-- a\n++ b\n@@ -1 +1 @@\ndiff --git a/x b/x\n\x01mark\n")
    made.commit("Add")
    (made.path / "a.txt").chmod(0o755)
    (made.path / "raw").write_bytes(b"a\0c")
    (made.path / "latin").write_bytes("Größe\nMaß\n".encode("latin-1"))
    (made.path / "crlf").write_bytes(b"one\r\ntwo\nthree\n")
    made.write("dashes", "++ b\n@@ -1 +1 @@\n\x01mark\n\\ No newline at end of file\n")
    made.commit("Change")
    (made.path / "a.txt").unlink()
    (made.path / "a.txt").symlink_to("dashes")
    (made.path / "empty").unlink()
    made.git("update-index", "--add", "--cacheinfo", f"160000,{made.head},part")
    made.day += 1
    made.git("add", "a.txt", "empty")
    made.git("commit", "--quiet", "-m", "Link")
    return made


def test_odd_files(odd: Scripted) -> None:
    same_as_git(odd)
    link, change, add, nothing = patches(odd)
    assert nothing.files == ()
    by_path = {file.path: file for file in change.files}
    assert (by_path["raw"].is_binary, by_path["raw"].hunks) == (True, ())
    assert (by_path["a.txt"].is_binary, by_path["a.txt"].hunks) == (False, ())
    assert by_path["latin"].hunks[0].lines == (" Größe", "+Maß")
    assert by_path["crlf"].hunks[0].lines == (" one\r", "-two\r", "-three", "+two", "+three")
    assert "name\\xff" in {file.path for file in add.files}
    kinds = {file.path: file for file in link.files}
    assert kinds["a.txt"].status == "T"
    assert [line for hunk in kinds["a.txt"].hunks for line in hunk.lines] == ["-one", "-two", "+dashes"]
    assert kinds["part"].hunks[0].lines[0].startswith("+Subproject commit ")
    assert (kinds["empty"].status, kinds["empty"].new_blob, len(kinds["empty"].old_blob)) == ("D", "", 40)


def test_limits(odd: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond them is left out and said; the commits after it are read as ever."""
    whole = {patch.sha: patch for patch in patches(odd)}
    for limits in ({"max_lines": 4}, {"max_bytes": 40}):
        cut = patches(odd, **limits)
        assert any(patch.is_cut for patch in cut)
        for patch in cut:
            assert [file.path for file in patch.files] == [file.path for file in whole[patch.sha].files]
            for file, same in zip(patch.files, whole[patch.sha].files, strict=True):
                assert set(file.hunks) <= set(same.hunks)
                assert file.is_cut == (file.hunks != same.hunks)
    monkeypatch.setattr("whence.sources.patches.MAX_LINE_BYTES", 20)
    cut_lines = {file.path: file for patch in patches(odd) for file in patch.files if file.is_cut}
    assert "dashes" in cut_lines
    assert all(len(line) <= 20 for file in cut_lines.values() for hunk in file.hunks for line in hunk.lines)


def test_the_users_settings_change_nothing(odd: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = patches(odd)
    settings_file = tmp_path / "config"
    attributes = tmp_path / "attributes"
    attributes.write_text("* -diff\n")
    settings_file.write_text(
        "[color]\n ui = always\n[diff]\n noprefix = true\n context = 0\n interHunkContext = 9\n submodule = log\n"
        f" external = false\n orderFile = {settings_file}\n algorithm = patience\n"
        f"[core]\n attributesFile = {attributes}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    settings_file.rename(tmp_path / ".gitconfig")
    assert patches(odd) == before


def test_damage_is_told(odd: Scripted) -> None:
    with pytest.raises(UnreadableError, match="git fsck"):
        list(read_patches(odd.git_folder, ["0" * 39 + "1"], "HEAD"))
    assert list(read_patches(odd.git_folder, [], "HEAD")) == []


def test_leaving_early_ends_git(harbour_once: Scripted) -> None:
    shas = harbour_once.lines("rev-list", "HEAD")
    stream = read_patches(harbour_once.git_folder, shas, shas[0])
    assert next(iter(stream)).sha == shas[0]
    stream.close()  # type: ignore[attr-defined]


line = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=6) | st.sampled_from(
    ["a", "b", "@@", "+"]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.lists(st.lists(line, max_size=12), min_size=1, max_size=2), min_size=1, max_size=4))
def test_any_texts(tmp_path_factory: pytest.TempPathFactory, versions: list[list[list[str]]]) -> None:
    made = empty(tmp_path_factory.mktemp("any") / "any")
    for version in versions:
        for number, lines in enumerate(version):
            (made.path / f"file{number}").write_bytes("\n".join(lines).encode())
        made.commit("Next")
    for patch in patches(made):
        if not any(file.is_binary for file in patch.files):
            assert printed(patch.files) == shown(made, patch.sha)
