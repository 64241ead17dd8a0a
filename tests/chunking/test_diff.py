"""Commits cut by hunk: spans, lines and names are those of the commit and of the file."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from whence.chunking.diff import DiffChunker
from whence.chunking.enclosing import enclosing
from whence.chunking.options import ChunkingOptions
from whence.sources.commit_documents import CommitWriter
from whence.sources.options import HistoryOptions
from whence.sources.patch_secrets import masked_patch
from whence.sources.patches import FilePatch, Hunk, Patch
from whence.types import Chunk, Commit, Document

MOMENT = datetime(2024, 5, 1, tzinfo=UTC)
SMALL = ChunkingOptions(target_chars=60, max_chars=100, min_chars=20)
MARKED = st.tuples(st.sampled_from(" +-"), st.text(alphabet="ab @-+\t\u00e4\u2028", max_size=30)).map("".join)


def commit(subject: str = "Lift the lamp", body: str = "") -> Commit:
    return Commit(
        sha="a1" * 20,
        parents=(),
        author="Ada Lake",
        author_email="ada@example.org",
        committer="Ada Lake",
        committer_email="ada@example.org",
        authored_at=MOMENT,
        committed_at=MOMENT,
        subject=subject,
        body=body,
    )


def written(patch: Patch, blobs: dict[str, bytes] | None = None, **options: object) -> Document:
    chosen = HistoryOptions(**options)  # type: ignore[arg-type]
    writer = CommitWriter("git:x", chosen, enclosing, (blobs or {}).get)
    return writer.document(
        commit(body="It was too low.\n\ndiff not/a/file\n@@ -1,1 +1,1 @@ no"), masked_patch(patch, (blobs or {}).get), 7
    )


def hunk(*lines: str, old: int = 1, new: int = 1) -> Hunk:
    n_old = sum(1 for line in lines if line[0] != "+")
    n_new = sum(1 for line in lines if line[0] != "-")
    return Hunk(old_start=old, old_lines=n_old, new_start=new, new_lines=n_new, lines=lines)


def cut(document: Document, options: ChunkingOptions = SMALL) -> list[Chunk]:
    return DiffChunker(options).split(document)


def test_a_commit_is_its_message_with_files_and_a_chunk_for_each_hunk() -> None:
    before = (
        b"import os\n\n\nclass Lamp:\n    def lift(self):\n        return 1\n\n    def drop(self):\n        return 2\n"
    )
    after = before.replace(b"return 2", b"return 3")
    patch = Patch(
        sha="a1" * 20,
        files=(
            FilePatch(
                path="src/lamp.py",
                status="M",
                hunks=(
                    hunk(
                        "         return 1",
                        " ",
                        "     def drop(self):",
                        "-        return 2",
                        "+        return 3",
                        old=6,
                        new=6,
                    ),
                ),
                old_blob="b1",
                new_blob="b2",
            ),
            FilePatch(path="logo.png", status="A", is_binary=True, new_blob="b3"),
        ),
    )
    document = written(patch, {"b1": before, "b2": after})
    first, second = cut(document, ChunkingOptions())
    assert (first.kind, first.path, first.valid_from) == ("commit", "", 7)
    assert "M src/lamp.py" in first.text
    assert "A logo.png binary" in first.text
    assert (second.kind, second.path, second.symbol, second.language) == ("hunk", "src/lamp.py", "Lamp.drop", "python")
    assert (second.start_line, second.end_line) == (6, 9)
    assert second.title == "commit a1a1a1a Lift the lamp"
    assert "diff not/a/file" in first.text


def test_what_is_only_removed_has_the_lines_of_the_file_before() -> None:
    patch = Patch(
        sha="a1" * 20,
        files=(FilePatch(path="a.txt", status="M", hunks=(hunk(" a", "-b", "-c", " d", old=10, new=8),)),),
    )
    found = cut(written(patch))[-1]
    assert (found.start_line, found.end_line) == (10, 13)


def test_a_patch_beyond_the_limit_is_kept_as_message_and_files() -> None:
    lines = tuple(f"+{n}" for n in range(20))
    patch = Patch(sha="a1" * 20, files=(FilePatch(path="a.txt", status="A", hunks=(hunk(*lines),)),))
    document = written(patch, max_patch_lines=10)
    assert document.metadata["left_out"] == "patch of more than 10 lines"
    assert {chunk.kind for chunk in cut(document)} == {"commit"}
    assert {chunk.kind for chunk in cut(written(patch, hunks=False))} == {"commit"}


def test_credentials_are_masked_in_removed_lines_too() -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    patch = Patch(
        sha="a1" * 20,
        files=(FilePatch(path="a.txt", status="M", hunks=(hunk(f"-token = {secret}", "+token = None"),)),),
    )
    document = written(patch)
    assert secret not in document.text
    assert document.metadata["redactions"] == 1
    assert "+token = None" in document.text


def test_locked_and_vendored_files_are_listed_only() -> None:
    patch = Patch(
        sha="a1" * 20,
        files=tuple(
            FilePatch(path=path, status="M", hunks=(hunk("-a", "+b"),)) for path in ("poetry.lock", "vendor/x.py")
        ),
    )
    document = written(patch)
    assert {chunk.kind for chunk in cut(document)} == {"commit"}
    assert "M poetry.lock (lock file)" in document.text
    assert "M vendor/x.py (vendored)" in document.text


@given(
    files=st.lists(st.lists(st.lists(MARKED, min_size=1, max_size=12), min_size=1, max_size=3), max_size=3),
    body=st.text(alphabet="ab\n@-+ diff", max_size=60),
)
def test_spans_hold_and_lines_are_those_of_the_file(files: list[list[list[str]]], body: str) -> None:
    patch = Patch(
        sha="a1" * 20,
        files=tuple(
            FilePatch(
                path=f"d{number}/f.txt",
                status="M",
                hunks=tuple(hunk(*lines, old=100 * at + 1, new=100 * at + 1) for at, lines in enumerate(hunks)),
            )
            for number, hunks in enumerate(files)
        ),
    )
    writer = CommitWriter("git:x", HistoryOptions(), enclosing, lambda _: None)
    document = writer.document(commit(body=body.strip()), masked_patch(patch, lambda _: None), 3)
    chunks = cut(document)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert 1 <= chunk.start_line <= chunk.end_line
    shown = [line for hunks in files for lines in hunks if any(one.strip() for one in lines) for line in lines]
    told = "\n".join(chunk.text for chunk in chunks if chunk.kind == "hunk").split("\n")
    assert [line for line in told if line.strip()] == [line for line in shown if line.strip()]


def test_long_hunks_are_cut_between_lines_that_count_on() -> None:
    lines = tuple(f"+line {n}" for n in range(1, 60))
    patch = Patch(sha="a1" * 20, files=(FilePatch(path="a.txt", status="A", hunks=(hunk(*lines),)),))
    pieces = [chunk for chunk in cut(written(patch)) if chunk.kind == "hunk"]
    assert len(pieces) > 3
    for piece in pieces:
        assert piece.text.split("\n")[0] == f"+line {piece.start_line}"
        assert piece.text.split("\n")[-1] == f"+line {piece.end_line}"
