"""What every retriever promises, over every member and setting of the seam."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.retrieval.corpus import ANALYZER, CHUNKS, EVERYTHING, OTHER, SOURCE, HashingEmbedder, index
from tests.retrieval.memory_index import MemoryIndex

from whence.protocols import Retriever
from whence.retrieval.fusion import FusionOptions
from whence.retrieval.hybrid import HybridRetriever, RetrievalOptions
from whence.types import Scope

EMBEDDER = HashingEmbedder()
MEMBERS: dict[str, Callable[[], Retriever]] = {
    "hybrid": lambda: HybridRetriever(index(), EMBEDDER),
    "hybrid by scores": lambda: HybridRetriever(
        index(), EMBEDDER, RetrievalOptions(fusion=FusionOptions(by_score=1.0, lexical=0.7))
    ),
    "text only": lambda: HybridRetriever(index(vectors=False)),
    "before vectors": lambda: HybridRetriever(index(vectors=False), EMBEDDER),
    "dense only": lambda: HybridRetriever(index(), EMBEDDER, RetrievalOptions(use_lexical=False, use_exact=False)),
    "empty index": lambda: HybridRetriever(index(chunks=[]), EMBEDDER),
    "shallow": lambda: HybridRetriever(index(), EMBEDDER, RetrievalOptions(depth=5, pool=5)),
}
QUESTIONS = [
    "why is the authorization header dropped on redirects?",
    "what does `Session.send` do",
    "should_strip_auth HTTPAdapter.close iter_content sessions.py",
    'where does "no route to the host given" come from?',
    "the and of",
    "?!",
    "zzzzqqqq",
    "跳转时为什么去掉授权头",
]


@pytest.fixture(params=MEMBERS, scope="module")
def retriever(request: pytest.FixtureRequest) -> Retriever:
    return MEMBERS[request.param]()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 3, 10, 1000])
def test_order_and_ranks(retriever: Retriever, question: str, k: int) -> None:
    hits = retriever.search(question, k, EVERYTHING)
    assert len(hits) <= k
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    order = [(-hit.score, hit.chunk.path, hit.chunk.start, hit.chunk.document_id, hit.chunk.id) for hit in hits]
    assert order == sorted(order)
    assert len({hit.chunk.id for hit in hits}) == len(hits)
    assert all(hit.chunk in CHUNKS for hit in hits)


@pytest.mark.parametrize("question", QUESTIONS)
def test_where_a_source_lies_does_not_decide_between_equals(question: str) -> None:
    """Ids hold a hash of the place. Every text is there four times, so that there are equals everywhere."""
    copies = [
        replace(own, path=f"copy{n}/{own.path}", document_id=f"{own.source_id}:copy{n}/{own.path}")
        for n in (2, 0, 3, 1)
        for own in CHUNKS
    ]
    orders = []
    for place in ("here", "there", "elsewhere"):
        moved = [
            replace(own, id=sha256(f"{place}{own.id}{own.path}".encode()).hexdigest()[:32], source_id=SOURCE)
            for own in copies
        ]
        vectors = EMBEDDER.embed([own.text for own in moved], "passage")
        retriever = HybridRetriever(MemoryIndex(moved, ANALYZER.tokens, vectors), EMBEDDER)
        orders.append([(hit.chunk.path, hit.chunk.start) for hit in retriever.search(question, 50, EVERYTHING)])
    assert orders[0] == orders[1] == orders[2]


@pytest.mark.parametrize("question", QUESTIONS)
def test_same_question_same_hits(retriever: Retriever, question: str) -> None:
    assert retriever.search(question, 10, EVERYTHING) == retriever.search(question, 10, EVERYTHING)


@pytest.mark.parametrize("question", QUESTIONS)
def test_fewer_hits_are_the_first_of_more(retriever: Retriever, question: str) -> None:
    more = retriever.search(question, 4, EVERYTHING)
    assert retriever.search(question, 2, EVERYTHING) == more[:2]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "scope",
    [
        Scope(index="tiny", sources=frozenset()),
        replace(EVERYTHING, sources=frozenset({OTHER})),
        replace(EVERYTHING, kinds=frozenset({"doc"})),
        replace(EVERYTHING, kinds=frozenset({"data", "doc"})),
        replace(EVERYTHING, paths=("src/tiny/*",)),
        replace(EVERYTHING, languages=frozenset({"python"})),
        replace(EVERYTHING, at=3),
    ],
    ids=["no source", "other source", "docs", "docs and data", "paths", "language", "earlier"],
)
def test_nothing_leaves_the_scope(retriever: Retriever, question: str, scope: Scope) -> None:
    for hit in retriever.search(question, 20, scope):
        assert hit.chunk.source_id in scope.sources
        assert not scope.kinds or hit.chunk.kind in scope.kinds
        assert not scope.languages or hit.chunk.language in scope.languages
        assert not scope.paths or hit.chunk.path.startswith("src/tiny/")
        if scope.at is not None:
            assert hit.chunk.valid_from <= scope.at < hit.chunk.valid_to
        else:
            assert hit.chunk.path != "src/old.py"


def test_what_asks_for_nothing_finds_nothing(retriever: Retriever) -> None:
    assert retriever.search("", 10, EVERYTHING) == []
    assert retriever.search(" \n\t ", 10, EVERYTHING) == []
    assert retriever.search("redirect", 0, EVERYTHING) == []


def test_long_questions_are_searched(retriever: Retriever) -> None:
    lines = "\n".join(f'  File "/srv/app/module_{n}.py", line {n}, in handler_{n}' for n in range(400))
    hits = retriever.search(f"why does redirect drop authorization?\n{lines}", 5, EVERYTHING)
    assert len(hits) <= 5


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(question=st.text(max_size=300))
def test_any_text_can_be_asked(retriever: Retriever, question: str) -> None:
    hits = retriever.search(question, 5, EVERYTHING)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_the_suite_has_material() -> None:
    assert {item.source_id for item in CHUNKS} == {SOURCE, OTHER}
    assert ANALYZER.tokens(QUESTIONS[4]) == []
