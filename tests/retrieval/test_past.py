"""Questions about the past reach commits and hunks; no others do."""

from dataclasses import replace

import pytest
from tests.retrieval.memory_index import MemoryIndex

from whence.retrieval.analyzer import Analyzer
from whence.retrieval.changed_files import rank_changed_files
from whence.retrieval.fusion import score
from whence.retrieval.hybrid import HybridRetriever, RetrievalOptions
from whence.retrieval.mentions import mentions
from whence.retrieval.past import asks_past, history_kinds, telling_tokens
from whence.types import Chunk, Kind, Scope

EVERYTHING = Scope(index="x", sources=frozenset({"s"}))


def row(kind: Kind, name: str, text: str, *, sha: str = "", path: str = "", symbol: str = "", landed: int = 0) -> Chunk:
    document = f"s:commit/{sha}" if sha else f"s:{path}"
    return Chunk(
        id=name,
        document_id=document,
        source_id="s",
        revision=sha or "head",
        kind=kind,
        path=path,
        language="python",
        symbol=symbol,
        title=f"commit {sha[:7]} {text}" if sha else path,
        start=0,
        end=len(text),
        start_line=1,
        end_line=1,
        text=text,
        text_hash=name,
        valid_from=landed,
    )


SHA = {name: (name * 40)[:40] for name in ("a1", "b2", "c3")}
ROWS = [
    row("code", "code", "def lift(): lamp height", path="src/lamp.py", symbol="lift"),
    row(
        "commit",
        "why",
        "Limit the height of the lamp\n\nIt set the dock on fire (#12).\n\nM src/lamp.py +1 -1",
        sha=SHA["a1"],
        landed=9,
    ),
    row(
        "hunk",
        "what",
        "-return height\n+return max(height, 1)",
        sha=SHA["a1"],
        path="src/lamp.py",
        symbol="lift",
        landed=9,
    ),
    row("hunk", "what2", "-height of the lamp\n+height", sha=SHA["a1"], path="docs/lamp.md", landed=9),
    row("hunk", "what3", "+height of the lamp", sha=SHA["a1"], path="docs/more.md", landed=9),
    row("commit", "other", "Paint the dock\n\nM src/dock.py +1 -0", sha=SHA["b2"], landed=5),
    row("hunk", "paint", "+paint = True", sha=SHA["b2"], path="src/dock.py", landed=5),
    row("commit", "moved", "Raise the lamp\n\nM lamp.py +1 -0", sha=SHA["c3"], landed=1),
]


@pytest.fixture(name="retriever")
def make_retriever() -> HybridRetriever:
    return HybridRetriever(MemoryIndex(ROWS))


@pytest.mark.parametrize(
    "question",
    [
        "why was Session.close removed?",
        "why did they stop vendoring urllib3?",
        "when was the timeout added, and why",
        "who dropped support for Python 2?",
        "which commit introduced the retry limit",
        "what changed in the redirect handling?",
        "since when is the header stripped",
        "what was the reason for the removal of the cache?",
        "is there a fix for the leaking sockets?",
        "is this a regression?",
        "what is the history of the adapter",
        "how was the encoding guess changed?",
        "does lift no longer return the height",
    ],
)
def test_wordings_that_ask_about_the_past(question: str) -> None:
    assert asks_past(question)


@pytest.mark.parametrize(
    "question",
    [
        "how does the session follow redirects?",
        "what does commit() do on the connection?",
        "where is the transaction committed to the database",
        "why does lift return None?",
        "how do I add a header to a request?",
        "what happens when a cookie is removed from the jar?",
        "plot a linear regression line",
        "where are regression tests run",
        "how are default headers merged into a request",
    ],
)
def test_wordings_that_ask_about_the_present(question: str) -> None:
    assert not asks_past(question)


def test_kinds_come_from_the_filter_before_the_wording() -> None:
    assert history_kinds("how does it work", [], EVERYTHING) == ()
    assert history_kinds("how does it work", [], replace(EVERYTHING, kinds=frozenset({"hunk"}))) == ("hunk",)
    assert history_kinds("why was it removed", [], replace(EVERYTHING, kinds=frozenset({"code"}))) == ()
    assert history_kinds("see #12", mentions("see #12"), EVERYTHING) == ("commit", "hunk")


def test_words_that_only_ask_are_not_searched() -> None:
    analyzer = Analyzer()
    assert telling_tokens(analyzer.tokens("which commit changed the lamp"), analyzer) == analyzer.tokens("lamp")
    assert telling_tokens(analyzer.tokens("what changed"), analyzer) == analyzer.tokens("what changed")


def test_a_question_about_the_present_never_sees_the_history(retriever: HybridRetriever) -> None:
    assert [hit.chunk.id for hit in retriever.search("how does the lamp height work", 9, EVERYTHING)] == ["code"]


def test_the_commit_and_its_hunks_lead_and_are_thinned(retriever: HybridRetriever) -> None:
    hits = retriever.search("why was the height of the lamp limited?", 9, EVERYTHING)
    assert {hit.chunk.id for hit in hits[:2]} < {"why", "what", "what2", "what3"}
    assert "why" in {hit.chunk.id for hit in hits[:2]}
    assert sum(hit.chunk.revision == SHA["a1"] for hit in hits) == 2
    options = RetrievalOptions().fusion
    assert all(score(hit.legs, options) == hit.score for hit in hits)


def test_commits_are_found_by_id_and_issue(retriever: HybridRetriever) -> None:
    assert retriever.search(f"what about {SHA['b2'][:8]}", 3, EVERYTHING)[0].chunk.id == "other"
    assert retriever.search("what about #12", 3, EVERYTHING)[0].chunk.id == "why"
    assert not any("exact" in hit.legs for hit in retriever.search("see #1", 3, EVERYTHING))


def test_history_can_be_switched_off() -> None:
    retriever = HybridRetriever(MemoryIndex(ROWS), options=RetrievalOptions(use_history=False))
    assert [hit.chunk.id for hit in retriever.search("why was the lamp height limited", 9, EVERYTHING)] == ["code"]


def test_files_of_a_change_are_those_of_similar_commits() -> None:
    present = {"src/lamp.py", "src/dock.py", "docs/lamp.md"}
    found = rank_changed_files(
        MemoryIndex(ROWS), Analyzer(), "limit the height", EVERYTHING, position=10, present=present
    )
    assert found[0].path == "src/lamp.py"
    assert found[0].commits[0] == SHA["a1"]
    assert "docs/more.md" not in {file.path for file in found}
    assert [file.score for file in found] == sorted((file.score for file in found), reverse=True)
    moved = rank_changed_files(
        MemoryIndex(ROWS),
        Analyzer(),
        "raise",
        EVERYTHING,
        position=10,
        present=present,
        renamed={"lamp.py": "old/lamp.py", "old/lamp.py": "src/lamp.py"},
    )
    assert [file.path for file in moved] == ["src/lamp.py"]
    assert rank_changed_files(MemoryIndex(ROWS), Analyzer(), "of the", EVERYTHING, position=1, present=present) == []
