"""Facts through the command: asked, cited, opened, told by status, and gone with their index."""

import subprocess
import sys
from pathlib import Path

from tests.cli.command import git, run

QUESTION = "who last changed README.md?"


def head(ferry: Path) -> str:
    return git(ferry, "rev-parse", "HEAD").strip()


def test_a_fact_is_printed_with_its_commit(indexed: Path, ferry: Path) -> None:
    result = run("ask", QUESTION, data=indexed)
    assert result.code == 0
    assert result.out.startswith("README.md was last changed by ")
    assert f"[1] commit {head(ferry)[:7]}" in result.out


def test_json_names_the_commit(indexed: Path, ferry: Path) -> None:
    record = run("ask", QUESTION, "--json", data=indexed).records[0]
    assert (record["kind"], record["confidence"], record["abstained"]) == ("fact", 1.0, False)
    assert record["source"] == {"commit": head(ferry), "issue_id": None}


def test_open_shows_the_commit(indexed: Path, ferry: Path) -> None:
    run("ask", QUESTION, data=indexed)
    shown = run("open", "1", data=indexed)
    assert shown.code == 0
    assert shown.out.startswith(f"commit {head(ferry)}")
    assert "README.md" in shown.out
    assert run("open", "1", "--json", data=indexed).records[0]["text"].startswith(f"commit {head(ferry)}")


def test_open_shows_a_command(indexed: Path) -> None:
    run("ask", "how many commits are there?", data=indexed)
    assert run("open", "1", data=indexed).out.startswith("git rev-list --count ")


def test_what_has_no_page_is_named(indexed: Path, ferry: Path) -> None:
    run("ask", QUESTION, data=indexed)
    commit = run("open", "1", "--web", data=indexed)
    assert commit.code == 2
    assert f"The commit {head(ferry)[:12]} has no page on the web" in commit.err
    run("ask", "how many commits are there?", data=indexed)
    assert "`git rev-list --count " in run("open", "1", "--web", data=indexed).err


def test_what_is_not_there_is_not_found(indexed: Path) -> None:
    result = run("ask", "who last changed READNE.md?", data=indexed)
    assert result.code == 3
    assert "There is no file READNE.md" in result.out
    assert "[1] git ls-tree" in result.out


def test_other_questions_and_narrowed_ones_are_searched(indexed: Path) -> None:
    assert run("ask", "how heavy may a parcel be?", "--json", data=indexed).records[0]["kind"] != "fact"
    assert run("ask", QUESTION, "--kind", "doc", "--json", data=indexed).records[0]["kind"] != "fact"


def test_status_tells_of_the_history(indexed: Path) -> None:
    assert "history complete: 1 commit" in run("status", data=indexed).out
    source = run("status", "--json", data=indexed).records[0]["indexes"][0]["sources"][0]
    assert source["history"]["revision"] == source["revision"]


def test_a_removed_index_leaves_no_commit(indexed: Path, ferry: Path) -> None:
    author = git(ferry, "log", "-1", "--format=%ae").encode()

    def trace() -> bool:
        return any(author in file.read_bytes() for file in indexed.rglob("*") if file.is_file())

    assert trace()
    assert run("remove", "ferry", "--purge", "--yes", data=indexed).code == 0
    assert not trace()


def test_a_fact_needs_no_heavy_library(indexed: Path) -> None:
    check = (
        "import sys; from whence import Whence\n"
        f"with Whence({str(indexed)!r}) as whence: assert whence.ask({QUESTION!r}).kind == 'fact'\n"
        "heavy = {'lancedb', 'onnxruntime', 'tokenizers', 'tree_sitter'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
