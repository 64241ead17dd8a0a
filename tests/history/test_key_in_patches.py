"""A private key of which a hunk shows only the middle is masked at every door. The key is made when the test runs."""

import subprocess
from pathlib import Path

import pytest
from tests.cli.command import run
from tests.history.repository import Scripted, empty

from whence.interface import Whence
from whence.sources.history_queries import HistoryQueries
from whence.sources.patch_secrets import redacted_patch, secret_lines
from whence.sources.patches import FilePatch, Hunk, Patch, read_patches
from whence.sources.redaction import MASK


def made_key() -> list[str]:
    done = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no openssl to make a key with")
    return done.stdout.decode().split("\n")


def changed_in_the_middle(path: Path) -> tuple[Scripted, list[str]]:
    """A repository whose second commit changes a line in the middle of a key and one in code; the lines of the key."""
    repository = empty(path)
    first, second = made_key(), made_key()
    repository.write("deploy/server.pem", "\n".join(first))
    repository.write("crane.py", "def lift():\n    return 1\n")
    repository.commit("Add the crane and the key of the server")
    middle = len(first) // 2
    repository.write("deploy/server.pem", "\n".join([*first[:middle], second[middle], *first[middle + 1 :]]))
    repository.write("crane.py", "def lift():\n    return 2\n")
    repository.commit("Rotate the server line")
    return repository, [line for line in [*first, second[middle]] if line and "-----" not in line]


def test_no_line_of_the_key_leaves_by_any_door(tmp_path: Path) -> None:
    repository, key = changed_in_the_middle(tmp_path / "harbour")
    data = tmp_path / "data"
    with Whence(data) as whence:
        whence.index(repository.path, name="harbour", until="text")
        texts = [hit.chunk.text for hit in whence.search("rotate the server line", name="harbour").hits]
        answer = whence.why(repository.head[:10], name="harbour")
        texts += [answer.answer, *(citation.quote for citation in answer.citations)]
        texts += [whence.read(citation) or "" for citation in answer.citations]
        texts += [document.text for document in whence.documents("harbour")]
    texts.append(HistoryQueries(repository.git_folder, repository.head).shown(repository.head))
    for command in (["why", "deploy/server.pem:15"], ["open", "1"]):
        shown = run(*command, data=data)
        texts.append(shown.out + shown.err)
    assert sum(MASK in text for text in texts) >= 3
    assert any("return 2" in text for text in texts)
    assert not [text for text in texts if any(line[:16] in text for line in key)]
    stored = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert not [line for line in key if line.encode() in stored or line[:16].encode() in stored]


def test_words_of_patches_hold_nothing_of_the_key(tmp_path: Path) -> None:
    repository, key = changed_in_the_middle(tmp_path / "harbour")
    patches = list(read_patches(repository.git_folder, [repository.head], repository.head))
    blobs = {blob: repository.git("cat-file", "-p", blob) for file in patches[0].files for blob in _blobs(file)}
    masked, n_masked = redacted_patch(patches[0], blobs.get)
    shown = "\n".join(line for file in masked.files for hunk in file.hunks for line in hunk.lines)
    assert n_masked == 1
    assert not [line for line in key if line in shown]
    assert [len(line) for line in shown.split("\n")] == [
        len(line) for file in patches[0].files for hunk in file.hunks for line in hunk.lines
    ]
    assert "return 2" in shown


def test_a_version_that_cannot_be_read_is_judged_by_shape(tmp_path: Path) -> None:
    repository, key = changed_in_the_middle(tmp_path / "harbour")
    patches = list(read_patches(repository.git_folder, [repository.head], repository.head))
    masked, _ = redacted_patch(patches[0], lambda _: None)
    shown = "\n".join(line for file in masked.files for hunk in file.hunks for line in hunk.lines)
    assert not [line for line in key if line in shown]
    assert "return 2" in shown


def test_code_with_long_names_and_data_stays() -> None:
    lines = (
        " checksum = 0123456789abcdef0123456789abcdef01234567",
        "-from package.module.with.a.very.long.path import TheNameOfSomethingThatIsLong",
        "+" + "=" * 40,
        "+R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7R0lGODlhAQABAIAA",
    )
    hunk = Hunk(old_start=1, old_lines=2, new_start=1, new_lines=3, lines=lines)
    patch = Patch(sha="", files=(FilePatch(path="a.txt", status="M", hunks=(hunk,), old_blob="a", new_blob="b"),))
    assert redacted_patch(patch, lambda _: b"no key here\n") == (patch, 0)
    assert secret_lines([b"no key here\n"], "\n".join(lines)) == {}


def _blobs(file: FilePatch) -> list[str]:
    return [blob for blob in (file.old_blob, file.new_blob) if blob]
