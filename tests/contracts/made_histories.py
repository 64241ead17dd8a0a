"""Repositories of every shape that a history can have, each made by a script with fixed dates."""

from collections.abc import Callable
from pathlib import Path

from tests.history.repository import BOB, BOBBY, GRACE, Scripted, empty, harbour


def without_commits(folder: Path) -> Scripted:
    return empty(folder)


def one_commit(folder: Path) -> Scripted:
    made = empty(folder)
    made.write("only.py", "def only():\n    pass\n")
    made.commit("Only")
    return made


def two_roots(folder: Path) -> Scripted:
    """Two beginnings that a merge joins, and a tag on each side."""
    made = one_commit(folder)
    made.git("tag", "left")
    made.git("checkout", "--quiet", "--orphan", "other")
    made.git("rm", "-rfq", ".")
    made.write("other.py", "def lift():\n    return only()\n")
    made.commit("Other", GRACE)
    made.git("tag", "-a", "-m", "Right", "right")
    made.git("checkout", "--quiet", "main")
    made.day += 1
    made.git("merge", "--quiet", "--allow-unrelated-histories", "-m", "Join", "other")
    return made


def detached(folder: Path) -> Scripted:
    """HEAD on no branch, behind the branch's tip."""
    made = one_commit(folder)
    made.write("later.py", "X = 1\n")
    made.commit("Later")
    made.git("checkout", "--quiet", "--detach", "HEAD~1")
    return made


def odd_encodings(folder: Path) -> Scripted:
    """Latin-1 in a message, a name, a path and a text; a carriage return; no newline at the end; a binary file."""
    made = empty(folder)
    (made.path / "text.txt").write_bytes("Größe\r\nüber".encode("latin-1"))
    (made.path / "picture.bin").write_bytes(bytes(range(256)))
    (made.path / b"gr\xf6\xdfe.txt".decode("utf-8", "surrogateescape")).write_text("one\n")
    made.commit("Odd")
    made.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", "-", stdin=b"Gr\xf6\xdfe\n")
    made.write("café.py", "def größe():\n    return lift()\n")
    made.commit(
        "Ünïcode\n\nReviewed-by: Zoë <zoe@example.org>\nCo-authored-by: 李 <li@example.org>", "Zoë Ø <zoe@example.org>"
    )
    return made


def crossed(folder: Path) -> Scripted:
    """Merges into each other, a conflict solved against one side, a file that only the merge wrote."""
    made = one_commit(folder)
    made.git("checkout", "--quiet", "-b", "side")
    made.write("only.py", "def only():\n    return 1\n")
    made.commit("Side", BOB)
    made.git("checkout", "--quiet", "main")
    made.write("only.py", "def only():\n    return 2\n")
    made.commit("Main", GRACE)
    made.day += 1
    made.git("merge", "--quiet", "--no-ff", "-s", "ours", "--no-commit", "side")
    made.write("merged.py", "M = 1\n")
    made.commit("Merge side, keeping ours")
    made.git("checkout", "--quiet", "side")
    made.merge("main", message="Merge main back", author=BOBBY)
    made.write("only.py", "def only():\n    return 3\n")
    made.commit("Side again", BOBBY)
    made.git("checkout", "--quiet", "main")
    made.merge("side", message="Merge side again")
    return made


MAKERS: dict[str, Callable[[Path], Scripted]] = {
    "harbour": harbour,
    "without_commits": without_commits,
    "one_commit": one_commit,
    "two_roots": two_roots,
    "detached": detached,
    "odd_encodings": odd_encodings,
    "crossed": crossed,
}
