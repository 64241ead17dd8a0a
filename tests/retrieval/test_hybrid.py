from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.retrieval.corpus import EVERYTHING, HashingEmbedder, chunk, index
from tests.retrieval.memory_index import MemoryIndex

from whence.protocols import Vectors
from whence.retrieval.fusion import EXACT, NAMED, PRIOR, FusionOptions, score
from whence.retrieval.hybrid import HybridRetriever, RetrievalOptions
from whence.types import Chunk, Role

EMBEDDER = HashingEmbedder()
QUESTION = "why does `Session.send` drop the authorization header on redirect?"


def symbols(question: str, retriever: HybridRetriever, k: int = 10) -> list[str]:
    return [hit.chunk.symbol or hit.chunk.path for hit in retriever.search(question, k, EVERYTHING)]


@pytest.mark.parametrize("by_score", [0.0, 0.1, 1.0])
def test_scores_can_be_computed_again_from_the_legs(by_score: float) -> None:
    fusion = FusionOptions(by_score=by_score)
    hits = HybridRetriever(index(), EMBEDDER, RetrievalOptions(fusion=fusion)).search(QUESTION, 20, EVERYTHING)
    assert hits
    assert [hit.score for hit in hits] == [score(hit.legs, fusion) for hit in hits]


def test_legs_keep_their_own_ranks_and_scores() -> None:
    hits = HybridRetriever(index(), EMBEDDER).search(QUESTION, 50, EVERYTHING)
    named = next(hit for hit in hits if hit.chunk.symbol == "Session.send")
    assert {"code", "dense", EXACT, NAMED} <= named.legs.keys()
    assert -1.0 <= named.legs["dense"].score <= 1.0
    assert sorted(hit.legs["dense"].rank for hit in hits if "dense" in hit.legs) == list(
        range(1, 1 + sum("dense" in hit.legs for hit in hits))
    )


def test_a_trace_names_what_was_skipped() -> None:
    def skipped(retriever: HybridRetriever, question: str = QUESTION) -> tuple[str, ...]:
        return retriever.search_traced(question, 5, EVERYTHING).skipped

    assert skipped(HybridRetriever(index(), EMBEDDER)) == ()
    assert skipped(HybridRetriever(index())) == ("dense: no embedder",)
    assert skipped(HybridRetriever(index(vectors=False), EMBEDDER)) == ("dense: nothing in this scope has a vector",)
    assert skipped(HybridRetriever(index(), EMBEDDER), "what is it?") == (
        "lexical: no searchable word in the question",
    )
    off = RetrievalOptions(use_lexical=False, use_dense=False, use_exact=False)
    assert skipped(HybridRetriever(index(), EMBEDDER, off)) == (
        "lexical: switched off",
        "exact: switched off",
        "dense: switched off",
    )


def test_a_trace_times_the_stages() -> None:
    trace = HybridRetriever(index(), EMBEDDER).search_traced(QUESTION, 5, EVERYTHING)
    assert set(trace.timings_ms) == {"lexical", "exact", "dense", "waiting", "fusion", "load", "ranking"}
    assert all(elapsed >= 0 for elapsed in trace.timings_ms.values())


def test_the_index_is_asked_few_times() -> None:
    held = index()
    HybridRetriever(held, EMBEDDER).search(QUESTION, 10, EVERYTHING)
    assert held.calls == {"lexical": 3, "dense": 1, "named": 1, "chunks": 1}
    narrow = index()
    HybridRetriever(narrow, EMBEDDER).search(
        "cookies between requests", 10, replace(EVERYTHING, kinds=frozenset({"doc"}))
    )
    assert narrow.calls == {"lexical": 1, "dense": 1, "chunks": 1}


def test_a_named_definition_comes_first_though_others_say_more() -> None:
    crowd = [chunk(f"src/noise_{n}.py", "iter_content " * 9 + "redirect header", f"noise_{n}") for n in range(40)]
    target = chunk("src/models.py", "def f(self): ...", "Response.iter_content")
    held = MemoryIndex([*crowd, target])
    assert held.lexical(["redirect", "header"], 1, EVERYTHING, "code")[0].chunk_id != target.id
    hits = HybridRetriever(held).search("redirect header in `iter_content`", 8, EVERYTHING)
    assert target.id in {hit.chunk.id for hit in hits[:5]}


def test_tests_and_change_logs_stand_back_unless_asked_for() -> None:
    text = "strip the authorization header on redirect"
    places = ["src/auth.py", "tests/test_auth.py"]
    held = MemoryIndex([chunk(path, text) for path in places] + [chunk("HISTORY.md", text, kind="doc")])
    retriever = HybridRetriever(held)

    def first(question: str) -> str:
        return retriever.search(question, 3, EVERYTHING)[0].chunk.path

    assert first("how is the authorization header stripped on redirect") == "src/auth.py"
    plain = retriever.search("authorization header redirect", 3, EVERYTHING)
    assert {hit.chunk.path: hit.legs[PRIOR].score for hit in plain} == {
        "src/auth.py": 0.0,
        "tests/test_auth.py": -0.15,
        "HISTORY.md": -0.2,
    }
    asked = retriever.search("which test covers the authorization header on redirect", 3, EVERYTHING)
    assert {hit.chunk.path: hit.legs[PRIOR].score for hit in asked}["tests/test_auth.py"] == 0.0
    changed = retriever.search("since which version is the authorization header stripped", 3, EVERYTHING)
    assert {hit.chunk.path: hit.legs[PRIOR].score for hit in changed}["HISTORY.md"] == 0.0


def test_a_file_the_question_names_is_not_held_back() -> None:
    hits = HybridRetriever(index(), EMBEDDER).search("what does test_strip_auth_on_redirect check", 5, EVERYTHING)
    assert hits[0].chunk.symbol == "test_strip_auth_on_redirect"
    assert PRIOR not in hits[0].legs


def test_question_and_text_need_no_common_language() -> None:
    chinese = chunk("docs/重定向.md", "跳转到其他主机时，会去掉授权头。", kind="doc")
    held = MemoryIndex([chinese, chunk("docs/other.md", "发送请求并读取正文。", kind="doc")])
    assert HybridRetriever(held).search("跳转时为什么去掉授权头", 1, EVERYTHING)[0].chunk == chinese


def test_chunks_that_are_gone_are_left_out() -> None:
    class Losing(MemoryIndex):
        def chunks(self, ids: Sequence[str]) -> list[Chunk]:
            return [item for item in super().chunks(ids) if item.symbol != "Session.should_strip_auth"]

    held = Losing(index().rows)
    hits = HybridRetriever(held).search("should_strip_auth authorization redirect", 5, EVERYTHING)
    assert hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(hit.chunk.symbol != "Session.should_strip_auth" for hit in hits)


def test_a_long_question_is_cut_before_it_is_searched() -> None:
    seen: list[int] = []

    class Watching(HashingEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            seen.extend(len(text) for text in texts)
            return super().embed(texts, role)

    trail = "\n".join(f'  File "/srv/app/module_{n}.py", line {n}, in handler_{n}' for n in range(2_000))
    question = f"why is authorization dropped on redirect?\n{trail}\nConnectionError: no route to the host given"
    hits = HybridRetriever(index(), Watching()).search(question, 5, EVERYTHING)
    assert max(seen) < 3_000
    assert hits


def test_prose_that_alone_answers_comes_before_code_that_hardly_matches() -> None:
    chunks = [
        chunk("docs/ferry.md", "The ferry crosses the strait at dawn, and again at noon in winter.", kind="doc"),
        chunk("src/clock.py", "def dawn():\n    return 6", "dawn"),
        *(chunk(f"src/part{n}.py", f"def part{n}():\n    return {n}", f"part{n}") for n in range(12)),
    ]
    for retriever in (
        HybridRetriever(index(chunks=chunks, vectors=False)),
        HybridRetriever(index(chunks=chunks), EMBEDDER),
    ):
        assert retriever.search("when does the ferry cross the strait in winter", 3, EVERYTHING)[0].chunk.kind == "doc"


def test_code_that_matches_as_well_comes_before_prose() -> None:
    chunks = [
        chunk("docs/ferry.md", "The ferry crosses the strait at dawn.", kind="doc"),
        chunk("src/ferry.py", "def ferry():\n    '''Crosses the strait at dawn.'''", "ferry"),
    ]
    hits = HybridRetriever(index(chunks=chunks), EMBEDDER).search("the ferry crosses at dawn", 2, EVERYTHING)
    assert [hit.chunk.kind for hit in hits] == ["code", "doc"]
    assert hits[1].legs[PRIOR].score < 0.0
