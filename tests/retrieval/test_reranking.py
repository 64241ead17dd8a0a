"""The second look: prose is put in the order of its relevance, and everything else stays where it was."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.answer.material import make_chunk
from tests.retrieval.corpus import EVERYTHING
from tests.retrieval.memory_index import MemoryIndex

from whence.retrieval.fusion import RELEVANCE, Fused, FusionOptions, score
from whence.retrieval.hybrid import HybridRetriever, Trace
from whence.retrieval.reranking import reranked
from whence.types import AnswerSpan, Chunk, Kind, Leg, PassageReading, ReadPassages


class Numbers:
    """Finds a passage as relevant as the number it begins with; reads the first ``n`` only."""

    digest = "numbers"

    def __init__(self, n: int = 99) -> None:
        self.n = n
        self.asked = 0

    def reads(self, question: str) -> bool:
        return question.endswith("?")

    def read(self, question: str, passages: Sequence[str]) -> ReadPassages:
        self.asked += 1
        return ReadPassages(
            readings=tuple(
                PassageReading(spans=(AnswerSpan(start=0, end=1, margin=1.0),), relevance=float(one.split()[0]))
                if n < self.n
                else None
                for n, one in enumerate(passages)
            ),
            skipped="no time" if self.n < len(passages) else "",
        )


def _candidates(texts: Sequence[str], kinds: Sequence[Kind] = ()) -> tuple[list[Fused], dict[str, Chunk]]:
    chunks = [
        make_chunk(text, path=f"{n}.md", kind=kinds[n] if n < len(kinds) else "doc") for n, text in enumerate(texts)
    ]
    options = FusionOptions()
    ranked = []
    for n, chunk in enumerate(chunks):
        legs = {"lexical": Leg(rank=n + 1, score=1.0 - 0.02 * n)}
        place = chunk.document_id
        one = Fused(chunk_id=chunk.id, document_id=place, legs=legs, score=score(legs, options), path=chunk.path)
        ranked.append(one)
    return ranked, {chunk.id: chunk for chunk in chunks}


def test_the_most_relevant_comes_first_and_scores_follow_from_legs() -> None:
    ranked, loaded = _candidates(["-5 a", "5 b", "0 c"])
    found, skipped = reranked("q", ranked, loaded, Numbers(), FusionOptions())
    assert [loaded[one.chunk_id].text for one in found] == ["5 b", "0 c", "-5 a"]
    assert [one.legs[RELEVANCE].rank for one in found] == [1, 2, 3]
    assert all(one.score == score(one.legs, FusionOptions()) for one in found)
    assert skipped == ""


def test_of_two_likely_passages_the_likelier_gains_as_much_as_of_two_doubtful_ones() -> None:
    ranked, loaded = _candidates(["5 a", "3 b", "1 c", "-1 d", "-60 e", "60 f"])
    found, _ = reranked("q", ranked, loaded, Numbers(), FusionOptions())
    shares = {loaded[one.chunk_id].text[-1]: one.legs[RELEVANCE].score for one in found}
    assert shares["a"] - shares["b"] == pytest.approx(shares["c"] - shares["d"])
    assert (shares["e"], shares["f"]) == (0.0, 1.0)


def test_what_was_not_read_stays_behind_and_is_said() -> None:
    ranked, loaded = _candidates([f"{n} x" for n in range(12)])
    found, skipped = reranked("q", ranked, loaded, Numbers(3), FusionOptions())
    assert {one.chunk_id for one in found[:3]} == {one.chunk_id for one in ranked[:3]}
    assert found[3:] == ranked[3:]
    assert skipped == "no time"


@pytest.mark.parametrize("kind", ["code", "data", "commit", "hunk"])
def test_nothing_is_read_where_other_kinds_compete(kind: Kind) -> None:
    ranked, loaded = _candidates(["-5 a", "5 b", "0 c"], ["doc", "doc", kind])
    reader = Numbers()
    assert reranked("q", ranked, loaded, reader, FusionOptions()) == (ranked, "")
    assert reader.asked == 0


def test_code_is_read_where_the_options_say_so() -> None:
    ranked, loaded = _candidates(["-5 a", "5 b", "0 c"], ["code", "doc", "code"])
    options = FusionOptions(relevance_kinds=("doc", "code"))
    found, _ = reranked("q", ranked, loaded, Numbers(), options)
    assert [loaded[one.chunk_id].text for one in found] == ["5 b", "0 c", "-5 a"]


@pytest.mark.parametrize("options", [FusionOptions(relevance_depth=0), replace(FusionOptions(), relevance_depth=1)])
def test_it_can_be_switched_off(options: FusionOptions) -> None:
    ranked, loaded = _candidates(["-5 a", "5 b"])
    assert reranked("q", ranked, loaded, Numbers(), options) == (ranked, "")


def test_an_empty_ranking_is_left_empty() -> None:
    assert reranked("q", [], {}, Numbers(), FusionOptions()) == ([], "")


def test_what_was_found_is_told_before_it_is_read() -> None:
    chunks = [make_chunk(f"{n} lamps are lit", path=f"{n}.md", kind="doc") for n in range(3)]
    reader = Numbers()
    retriever = HybridRetriever(MemoryIndex(chunks), reader=reader)
    scope = replace(EVERYTHING, sources=frozenset({chunks[0].source_id}))
    told: list[tuple[int, Trace]] = []
    trace = retriever.search_traced("when are lamps lit?", 5, scope, lambda found: told.append((reader.asked, found)))
    ((n_read, found),) = told
    assert n_read == 0
    assert reader.asked == 1
    assert [hit.chunk.path for hit in trace.hits] == ["2.md", "1.md", "0.md"]
    assert {hit.chunk.id for hit in found.hits} == {hit.chunk.id for hit in trace.hits}
    assert not any(RELEVANCE in hit.legs for hit in found.hits)
    assert "relevance" not in found.timings_ms

    told.clear()
    retriever.search_traced("lamps lit", 5, scope, lambda found: told.append((reader.asked, found)))
    assert told == []
