"""The router: free wordings reach their kind, and nothing else is taken for a fact."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.facts.wordings import LATER, NO_FACTS, WORDINGS
from tests.facts.wordings_fourth import FIFTH, FOURTH, FOURTH_NO_FACTS, NAMING_THE_PROJECT
from tests.facts.wordings_second import SECOND, SECOND_NO_FACTS
from tests.facts.wordings_third import THIRD, THIRD_NO_FACTS

from whence.answer.facts.parse import parse
from whence.answer.facts.query import FactKind, FactQuery, Period

TODAY = datetime(2026, 8, 3, 15, 30, tzinfo=UTC)


def is_query_or_none(parsed: FactQuery | None) -> bool:
    """Whether nothing was made of a text, or a question whose periods do not end before they begin."""
    return parsed is None or (
        parsed.kind in get_args(FactKind) and all(period.start < period.end for period in periods_of(parsed))
    )


def periods_of(query: FactQuery) -> list[Period]:
    """The stretches of time that a question names."""
    named = [getattr(query, name) for name in FactQuery.__dataclass_fields__]
    return [one for one in named if isinstance(one, Period)]


DATA = os.environ.get("WHENCE_TEST_DATA", "")


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        *((kind, q) for asked in (WORDINGS, SECOND) for kind, wordings in asked.items() for q in wordings),
        *LATER,
        *THIRD,
        *FOURTH,
        *FIFTH,
    ],
)
def test_wordings(kind: str, question: str) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert query.kind == kind


@pytest.mark.parametrize(
    ("kind", "name", "question"),
    [
        ("callers", "Symbol", "list all callers of Symbol"),
        ("callers", "Symbol", "who calls Symbol?"),
        ("definition", "STRING", "where is STRING defined?"),
        ("members", "Function", "methods of Function"),
        ("subclasses", "Function", "subclasses of Function"),
        ("usages", "Tag", "which files use Tag?"),
        ("introduced", "Symbol", "when was Symbol introduced?"),
        ("signature", "diff", "signature of diff"),
        ("definition", "update", "where is update defined?"),
        ("callers", "close", "who calls close?"),
        ("callers", "clone", "who calls clone?"),
        ("signature", "Add", "what are the arguments of Add?"),
        ("signature", "get", "which arguments does get take?"),
    ],
)
def test_a_name_that_is_a_word_of_ours(kind: str, name: str, question: str) -> None:
    assert parse(question, TODAY) is None
    query = parse(question, TODAY, guess=True)
    assert query is not None
    assert (query.kind, query.text, query.is_guess) == (kind, name, True)


@pytest.mark.parametrize(
    "question",
    [
        "where are the commits defined?",
        "who calls the method?",
        "where is the default set?",
        "what does the update do?",
        "List the files",
        "Commit message of the first commit please explain",
        "how are changes called?",
        "signature of the function",
        "methods of the class",
        "which arguments are required?",
    ],
)
def test_a_word_of_ours_that_is_no_name(question: str) -> None:
    assert parse(question, TODAY, guess=True) is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("which files are utnouched?", "untouched_files"),
        ("which files were utnouched for the longest time?", "untouched_files"),
        ("hwo many commits are there?", "count_commits"),
        ("hwo wrote setup.py?", "file_authors"),
        ("hwen was setup.py last changed?", "file_last_change"),
        ("nureleased changes", "unreleased"),
        ("which release came first, the veer one?", None),
    ],
)
def test_a_typo_at_the_head_of_a_word(question: str, kind: str | None) -> None:
    query = parse(question, TODAY)
    assert (query.kind if query is not None else None) == kind


@pytest.mark.parametrize("lines", ["lines 10-30", "lines 30-10", "lines 10 to 30", "lines 30 - 10"])
def test_a_range_of_lines_in_any_order(lines: str) -> None:
    query = parse(f"who wrote {lines} of src/api.py?", TODAY)
    assert query is not None
    assert (query.kind, query.file, query.line, query.last_line) == ("line_author", "src/api.py", 10, 30)


@pytest.mark.parametrize("sha", ["deadbee", "deadbeef", "1234567", "ab12"])
def test_an_id_after_the_word_commit(sha: str) -> None:
    query = parse(f"what changed in commit {sha}?", TODAY)
    assert query is not None
    assert (query.kind, query.sha, query.is_guess) == ("commit_changes", sha, False)


@pytest.mark.parametrize("sha", ["deadbeef", "1234567"])
def test_a_word_that_may_be_an_id(sha: str) -> None:
    assert parse(f"what changed in {sha}?", TODAY) is None
    query = parse(f"what changed in {sha}?", TODAY, guess=True)
    assert query is not None
    assert (query.kind, query.sha, query.is_guess) == ("commit_changes", sha, True)


def test_dates_of_a_range_that_is_given_backwards() -> None:
    forwards = parse("how many commits between 2020-01-01 and 2020-05-01?", TODAY)
    assert parse("how many commits between 2020-05-01 and 2020-01-01?", TODAY) == forwards
    assert forwards is not None
    assert parse("how many tags between 2020 and 2019?", TODAY) == parse("how many tags between 2019 and 2020?", TODAY)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("where is `Store::open` defined?", "Store.open"),
        ("who calls Store::open?", "Store.open"),
        ("when was Store::open added?", "Store::open"),
    ],
)
def test_names_with_colons(question: str, text: str) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert query.text == text


@pytest.mark.parametrize(("kind", "question"), NAMING_THE_PROJECT)
def test_a_project_by_its_name(kind: str, question: str) -> None:
    query = parse(question, TODAY, project="requests")
    assert query is not None
    assert query.kind == kind
    assert parse(question, TODAY) is None


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("definition", "where is Flask defined?"),
        ("signature", "what arguments does Flask take?"),
        ("signature", "what is the signature of Flask?"),
        ("subclasses", "list the subclasses of Flask"),
    ],
)
def test_a_type_that_is_called_like_its_project(kind: str, question: str) -> None:
    query = parse(question, TODAY, project="flask", guess=True)
    assert query is not None
    assert query.kind == kind
    assert query.text == "Flask"


@pytest.mark.parametrize(
    "question", ["when was the before_request decorator added?", "who added the before_request decorator?"]
)
def test_a_decorator_is_meant_by_its_name(question: str) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert (query.kind, query.text) == ("introduced", "before_request")


@pytest.mark.parametrize("question", [*NO_FACTS, *SECOND_NO_FACTS, *THIRD_NO_FACTS, *FOURTH_NO_FACTS])
def test_the_name_of_a_project_makes_no_facts(question: str) -> None:
    assert parse(question, TODAY, project="requests") is None


@pytest.mark.parametrize(
    ("question", "name"),
    [("who calls lift?", "lift"), ("where is lift defined?", "lift"), ("list all callers of lift", "lift")],
)
def test_a_plain_word_may_be_a_name(question: str, name: str) -> None:
    assert parse(question, TODAY) is None
    query = parse(question, TODAY, guess=True)
    assert query is not None
    assert (query.text, query.is_guess) == (name, True)


@pytest.mark.parametrize(
    "question", ["where is the session defined?", "who calls the server?", "where is a proxy used?"]
)
def test_things_are_no_names(question: str) -> None:
    assert parse(question, TODAY, guess=True) is None


@pytest.mark.parametrize("name", ["Day Barr", "Mark Author", "May Parker", "April O'Neil", "Will First"])
def test_a_person_whose_name_is_a_word(name: str) -> None:
    query = parse(f"how many commits did {name} make?", TODAY)
    assert query is not None
    assert (query.kind, query.person) == ("count_commits", name)


@given(st.sampled_from([question for _, question in FOURTH]))
def test_manners_change_nothing(question: str) -> None:
    asked = f"Hey, could you please tell me {question.removesuffix('?')}, thanks!"
    if not question.lower().startswith(
        ("could", "hey", "i'd", "do you", "please", "show", "give", "list", "find", "any")
    ):
        assert parse(asked, TODAY) == parse(question.removesuffix("?"), TODAY), asked


def test_there_are_six_wordings_of_each_kind() -> None:
    kinds = {kind for kind in get_args(FactKind) if not kind.startswith(("why", "range"))}
    assert kinds == set(SECOND)
    assert all(len(asked) >= 6 for asked in [*WORDINGS.values(), *SECOND.values()])
    assert len(NO_FACTS) >= 100
    assert len(SECOND_NO_FACTS) >= 100


@pytest.mark.parametrize("question", [*NO_FACTS, *SECOND_NO_FACTS, *THIRD_NO_FACTS, *FOURTH_NO_FACTS])
def test_no_facts(question: str) -> None:
    query = parse(question, TODAY)
    assert query is None, query


def foreign_questions() -> Iterator[str]:
    gold = Path(DATA, "swe_qa", "swe_qa_2026-04_gold.jsonl").read_text().splitlines()
    yield from (json.loads(line)["question"] for line in gold)
    taken = 0
    for file in sorted(Path(DATA, "stack_eval").glob("*.jsonl")) + sorted(
        Path(DATA, "code_assist_bench").glob("*.jsonl")
    ):
        for line in file.read_text().splitlines():
            record = json.loads(line)
            question = record.get("question") or record.get("title") or ""
            if question and taken < 600:
                taken += 1
                yield question
                yield question.strip().split("\n")[0]


@pytest.mark.skipif(not DATA, reason="WHENCE_TEST_DATA names no folder")
def test_questions_of_others_are_no_facts() -> None:
    asked = list(foreign_questions())
    assert len(asked) >= 347
    routed = [question for question in asked if parse(question, TODAY) is not None]
    assert routed == []


@pytest.mark.parametrize("kind", [kind for kind, asked in WORDINGS.items() if asked])
def test_politeness_and_punctuation_change_nothing(kind: str) -> None:
    question = WORDINGS[kind][0]
    plain = parse(question, TODAY)
    for other in (
        question.rstrip("?"),
        question.lower() if kind not in {"definition", "introduced", "removed"} else question,
        f"  {question}  ",
        f"please tell me {question[0].lower()}{question[1:]}",
        f"can you tell me {question[0].lower()}{question[1:]}",
        question.rstrip("?") + " ?",
        question.rstrip("?") + "...",
    ):
        found = parse(other, TODAY)
        assert found is not None, other
        if plain is not None and "Grace" not in other:
            assert found.kind == plain.kind


def test_what_is_named_is_taken_as_it_is_written() -> None:
    query = parse("what changed in src/a b.py", TODAY)
    assert query is None
    query = parse("what is the default value of limit in HarbourMaster.lift", TODAY)
    assert query is not None
    assert (query.parameter, query.text) == ("limit", "HarbourMaster.lift")
    query = parse('which commit added the line "x  = 1"?', TODAY)
    assert query is not None
    assert query.text == "x  = 1"
    query = parse("who made commit 857063321?", TODAY)
    assert query is not None
    assert query.sha == "857063321"
    query = parse("how many commits did Braulio Valdivielso Martínez make since last year?", TODAY)
    assert query is not None
    assert query.person == "Braulio Valdivielso Martínez"
    assert query.since == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("since 2020-05-17", "2020-05-17T00:00:00", None),
        ("since May 2020", "2020-05-01T00:00:00", None),
        ("since 17 May 2020", "2020-05-17T00:00:00", None),
        ("since May 17th, 2020", "2020-05-17T00:00:00", None),
        ("in 2020", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("in december 2020", "2020-12-01T00:00:00", "2020-12-31T23:59:59"),
        ("before 2020", None, "2019-12-31T23:59:59"),
        ("until 2020", None, "2020-12-31T23:59:59"),
        ("between 2019 and 2020", "2019-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("from 2019-02-03 to 2019-02-05", "2019-02-03T00:00:00", "2019-02-05T23:59:59"),
        ("since yesterday", "2026-08-02T00:00:00", None),
        ("this month", "2026-08-01T00:00:00", "2026-08-31T23:59:59"),
        ("last month", "2026-07-01T00:00:00", "2026-07-31T23:59:59"),
        ("last year", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
        ("since 2 weeks ago", "2026-07-20T00:00:00", None),
        ("in the last 10 days", "2026-07-24T00:00:00", "2026-08-03T23:59:59"),
    ],
)
def test_periods(words: str, since: str | None, until: str | None) -> None:
    query = parse(f"how many commits {words}?", TODAY)
    assert query is not None

    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None

    assert (query.since, query.until) == (moment(since), moment(until))


@pytest.mark.parametrize("words", ["since 2020-13-45", "since 2020-02-31", "since the beginning", "in 2019 or 2020"])
def test_impossible_periods_are_no_facts(words: str) -> None:
    assert parse(f"how many commits {words}?", TODAY) is None


@given(st.text(max_size=80))
def test_any_text_is_taken(text: str) -> None:
    assert is_query_or_none(parse(text, TODAY))


@given(
    st.lists(
        st.sampled_from(
            [
                "who",
                "when",
                "commit",
                "file",
                "`a.py`",
                "#12",
                "v1.2",
                "changed",
                "the",
                "of",
                "in",
                "since",
                "2020",
                "last",
                "first",
            ]
        )
    )
)
def test_any_words_are_taken(words: list[str]) -> None:
    assert is_query_or_none(parse(" ".join(words), TODAY))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("which files change most often in src?", "top_files"),
        ("top 3 contributors to docs", "top_authors"),
        ("how many commits in tests since 2020?", "count_commits"),
    ],
)
def test_usual_folders_need_no_slash(question: str, kind: str) -> None:
    query = parse(question)
    assert query is not None
    assert query.kind == kind
    assert query.file in {"src", "docs", "tests"}


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("what changed in the last release?", "release_changes"),
        ("whats new in the latest version", "release_changes"),
        ("who started harbour?", "first_commit"),
        ("who created Harbour", "first_commit"),
        ("who created harbour and when was the first commit?", "first_commit"),
        ("who founded harbour, and when?", "first_commit"),
        ("how old is harbour?", "first_commit"),
        ("when was harbour 2.0.0 released?", "tag_date"),
        ("what changed in Harbour v2.1?", "release_changes"),
        ("how old is harbour dust", None),
        ("who created harbour walls", None),
        ("what changed in the last version of the parser", None),
    ],
)
def test_what_newcomers_ask(question: str, kind: str | None) -> None:
    query = parse(question, project="harbour")
    assert (query.kind if query else None) == kind
