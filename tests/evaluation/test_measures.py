"""The measures that suites report, worked by hand on replies made for it."""

from dataclasses import replace

import pytest
from tests.evaluation.fakes import abstained, answer, chunk, good, question

from whence.evaluation.measures import (
    answer_in_hits,
    answered,
    cited,
    cites_answer,
    first_cites_answer,
    lines_shown,
    marked,
    ranking,
    right,
    worded,
)
from whence.evaluation.records import EvalQuestion, Gold, Measure, Reply
from whence.types import Hit

ASKED = EvalQuestion(
    id="1",
    suite="s",
    question="?",
    answers=("thirty tons",),
    golds=(
        Gold(path="a.py", start_line=3, end_line=4, grade=2.0),
        Gold(path="b.py", start_line=1, end_line=1),
    ),
)
CHUNKS = [chunk("c.py", "x"), chunk("a.py", "lifts thirty tons", first=4, last=9), chunk("a.py", "y", first=1, last=3)]
HITS = tuple(Hit(chunk=one, score=1.0, rank=rank, legs={}) for rank, one in enumerate(CHUNKS, start=1))
REPLY = Reply(hits=HITS, answer=answer("The crane lifts thirty tons.", path="a.py"))


def value(measures: list[Measure], name: str, asked: EvalQuestion = ASKED, reply: Reply = REPLY) -> float | None:
    return next(one for one in measures if one.name == name).of(asked, reply)


def test_rankings_of_files_places_and_lines() -> None:
    files = ranking("file", cuts=(1, 2), depth=10)
    assert value(files, "hit@1") == 0
    assert value(files, "hit@2") == 1
    assert value(files, "MRR") == 1 / 2
    assert value(files, "recall@10") == 1 / 2
    assert value(files, "precision@10") == 1 / 10
    places = ranking("place", cuts=(1,), depth=10)
    assert value(places, "MRR (marked places)") == 1 / 2
    assert value(places, "MAP@10 (marked places)") == 1 / 4
    lines = ranking("line", depth=2)
    assert value(lines, "recall (lines)") == 1 / 3
    assert value(lines, "precision (lines)") == 1 / 8
    assert value(ranking("line", depth=3), "recall (lines)") == 2 / 3
    assert lines_shown(2).of(ASKED, REPLY) == 8


def test_a_gold_place_without_lines_counts_as_the_whole_file() -> None:
    whole = replace(ASKED, golds=(Gold(path="a.py"), Gold(document_id="docs:c.py")))
    assert value(ranking("place"), "MRR (marked places)", whole) == 1
    assert value(ranking("line"), "recall (lines)", whole) is None
    assert lines_shown().of(whole, REPLY) is None


def test_rankings_do_not_apply_to_what_has_no_evidence() -> None:
    for asked in (
        replace(ASKED, golds=()),
        replace(ASKED, is_answerable=False),
        replace(ASKED, golds=(Gold(text="x"),)),
    ):
        assert {one.of(asked, REPLY) for one in [*ranking("file"), *ranking("line")]} == {None}


def test_answers_are_looked_for_in_hits_and_citations() -> None:
    measures = answer_in_hits((1, 2))
    assert [one.of(ASKED, REPLY) for one in measures] == [0, 1]
    assert first_cites_answer()[0].of(ASKED, REPLY) == 1
    assert first_cites_answer()[0].of(replace(ASKED, answers=("forty tons",)), REPLY) == 0


def test_right_counts_abstaining_where_there_is_no_answer() -> None:
    measure = right(cites_answer, "cites the answer")[0]
    assert measure.of(ASKED, REPLY) == 1
    assert measure.of(ASKED, abstained("a")) == 0
    assert measure.of(question("a", answerable=False), abstained("a")) == 1
    assert measure.of(question("a", answerable=False), good("a")) == 0
    assert measure.of(ASKED, Reply(hits=HITS)) is None


def test_both_errors_of_abstaining() -> None:
    wrongly, rightly = answered()[:2]
    assert wrongly.is_lower_better
    assert (wrongly.of(ASKED, abstained("a")), wrongly.of(ASKED, REPLY)) == (1, 0)
    assert rightly.of(ASKED, REPLY) is None
    assert rightly.of(question("a", answerable=False), abstained("a")) == 1


def test_citations_against_the_gold_evidence() -> None:
    precise, recalled = cited()
    assert precise.of(ASKED, REPLY) == 0  # line 1 of a.py is not gold
    in_gold = replace(REPLY.answer.citations[0], start_line=2, end_line=3) if REPLY.answer else None
    assert REPLY.answer is not None
    assert in_gold is not None
    better = replace(REPLY, answer=replace(REPLY.answer, citations=(in_gold, REPLY.answer.citations[0])))
    assert precise.of(ASKED, better) == 1 / 2
    assert recalled.of(ASKED, better) == 1 / 2
    assert precise.of(ASKED, abstained("a")) is None
    assert recalled.of(ASKED, abstained("a")) == 0


def test_a_commit_is_gold_by_its_id() -> None:
    assert REPLY.answer is not None
    commit = replace(REPLY.answer.citations[0], path="", commit="abc", start_line=0, end_line=0)
    asked = replace(ASKED, golds=(Gold(document_id="abc"),))
    reply = replace(REPLY, answer=replace(REPLY.answer, citations=(commit,)))
    assert [one.of(asked, reply) for one in cited()] == [1, 1]


def test_words_of_the_answer() -> None:
    measures = worded()
    assert value(measures, "EM") == 0
    assert value(measures, "F1") == pytest.approx(2 * (2 / 4) * 1 / (2 / 4 + 1))
    assert value(measures, "words cited") == 1
    assert value(measures, "F1", ASKED, abstained("a")) == 0
    assert value(measures, "words cited", ASKED, abstained("a")) is None


def test_the_words_that_a_model_marked() -> None:
    assert REPLY.answer is not None
    quote = "It carries thirty tons, they say."
    cited = replace(
        REPLY.answer.citations[0], start=100, end=100 + len(quote), quote=quote, answer_start=111, answer_end=122
    )
    read = replace(REPLY.answer, models={"reader": "r"}, citations=(REPLY.answer.citations[0], cited))
    assert [one.of(ASKED, replace(REPLY, answer=read)) for one in marked()] == [1.0, 1.0]
    unmarked = replace(read, citations=REPLY.answer.citations)
    assert [one.of(ASKED, replace(REPLY, answer=unmarked)) for one in marked()] == [0.0, 0.0]
    assert [one.of(ASKED, REPLY) for one in marked()] == [None, None]


def test_what_was_withheld_counts_only_where_nothing_is_held_back() -> None:
    assert REPLY.answer is not None
    silent = replace(REPLY, answer=replace(REPLY.answer, abstained=True, citations=()), withheld=REPLY.answer)
    as_seen, anyway = right(cites_answer, "cites the answer")
    assert (as_seen.of(ASKED, silent), anyway.of(ASKED, silent)) == (0.0, 1.0)
    first, first_anyway = first_cites_answer()
    assert (first.of(ASKED, silent), first_anyway.of(ASKED, silent)) == (0.0, 1.0)


def test_what_was_withheld_has_no_value_where_nobody_asked_for_it() -> None:
    assert REPLY.answer is not None
    silent = replace(REPLY, answer=replace(REPLY.answer, abstained=True, citations=()))
    assert right(cites_answer, "")[1].of(ASKED, silent) is None
    assert right(cites_answer, "")[1].of(replace(ASKED, as_of="v1.0"), REPLY) is None


def test_a_citation_that_is_not_found_again_is_seen() -> None:
    assert REPLY.answer is not None
    n = len(REPLY.answer.citations)
    assert answered()[2].of(ASKED, replace(REPLY, n_resolved=n)) == 1
    assert answered()[2].of(ASKED, replace(REPLY, n_resolved=0)) == 0
    assert answered()[2].of(ASKED, REPLY) is None
