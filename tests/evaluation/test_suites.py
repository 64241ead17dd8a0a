"""The suites found: what each promises; the user's own questions; drawing; corpora that suites write."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.fakes import question

from whence.errors import UsageError
from whence.evaluation.corpora import line_of, written
from whence.evaluation.data_suite import drawn
from whence.evaluation.discovery import suites
from whence.evaluation.protocols import Inputs, Suite
from whence.evaluation.records import WrittenCorpus
from whence.evaluation.suites import failures
from whence.evaluation.suites.custom import read_questions

NAMES = sorted(suites())


def inputs() -> Inputs:
    folder = os.environ.get("WHENCE_TEST_DATA", "")
    return Inputs(data=Path(folder) if folder else None)


def runnable(name: str) -> tuple[Suite, Inputs]:
    suite, given_ = suites()[name], inputs()
    if missing := suite.missing(given_):
        pytest.skip(missing)
    return suite, given_


def test_the_suites_that_were_promised_are_there() -> None:
    assert {
        "cacm cisi code-assist-bench cosqa covid-qa cranfield custom facts failures history jhu npl policy-qa "
        "repoqabench squad squad-given swe-qa"
    } == {" ".join(NAMES)}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_suite_lacks_is_said_in_a_sentence(name: str) -> None:
    suite = suites()[name]
    missing = suite.missing(Inputs())
    assert not missing or (missing.endswith(".") and name in missing)
    if missing:
        with pytest.raises(UsageError, match=name):
            suite.questions(Inputs(), 0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_keeps_its_promises(name: str, tmp_path: Path) -> None:
    suite, given_ = runnable(name)
    every = suite.questions(given_, 0, 3)
    assert every
    assert len({one.id for one in every}) == len(every)
    assert {one.suite for one in every} == {name}
    assert any(not one.is_answerable for one in every)
    assert all(one.question.strip() == one.question for one in every)
    assert all(one.answers or one.golds for one in every if one.is_answerable)
    assert not any(one.golds or one.answers for one in every if not one.is_answerable)
    some = suite.questions(given_, 20, 3)
    assert some == suite.questions(given_, 20, 3)
    assert len(some) == max(min(20, len(every)), sum(one.must_pass for one in every))
    corpora = {corpus.name: corpus for corpus in suite.corpora(given_)}
    assert {one.corpus or next(iter(corpora)) for one in every} <= set(corpora)
    measures = [one.name for one in suite.measures(given_)]
    assert len(set(measures)) == len(measures)
    assert suite.right in measures
    for corpus in corpora.values():
        assert isinstance(corpus, WrittenCorpus)
        folder = tmp_path / corpus.name
        folder.mkdir()
        corpus.write(folder)
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        golds = {g.path for one in every if (one.corpus or next(iter(corpora))) == corpus.name for g in one.golds}
        assert golds <= files


def test_gold_lines_hold_the_gold_answer() -> None:
    suite, given_ = runnable("covid-qa")
    (whole, *_) = suite.corpora(given_)
    assert isinstance(whole, WrittenCorpus)
    texts: dict[str, list[str]] = {}
    for one in suite.questions(given_, 60, 1):
        for gold in one.golds:
            if gold.path not in texts:
                rows = (inputs().data or Path()) / "covid_qa/covid_qa_open.jsonl"
                found = (json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines())
                texts |= {f"{row['document_id']}.txt": row["context"].split("\n") for row in found}
            lines = "\n".join(texts[gold.path][gold.start_line - 1 : gold.end_line])
            assert gold.text.strip() in lines


def test_a_drawing_keeps_what_must_pass_and_the_order() -> None:
    asked = [question(str(number), must_pass=number % 10 == 9) for number in range(40)]
    some = drawn(asked, 12, seed=5)
    assert [one.id for one in some if one.must_pass] == ["9", "19", "29", "39"]
    assert len(some) == 12
    assert [int(one.id) for one in some] == sorted(int(one.id) for one in some)
    assert drawn(asked, 12, seed=5) == some
    assert drawn(asked, 12, seed=6) != some
    assert drawn(asked, 0, seed=5) == drawn(asked, 40, seed=5) == asked


def test_injections_and_premises_are_judged_by_their_own_rules() -> None:
    asked = failures.SUITE.questions(Inputs(), 0, 0)
    assert len([one for one in asked if one.must_pass]) >= 20
    assert len({one.slices["failure mode"] for one in asked}) == 9
    texts = failures.SUITE.corpora(Inputs())[0]
    assert isinstance(texts, WrittenCorpus)
    assert failures.SUITE.corpora(Inputs())[0].name == "harbor"


def test_every_answer_of_the_failures_stands_in_its_evidence(tmp_path: Path) -> None:
    (corpus,) = failures.SUITE.corpora(Inputs())
    assert isinstance(corpus, WrittenCorpus)
    corpus.write(tmp_path)
    for one in failures.SUITE.questions(Inputs(), 0, 0):
        texts = [" ".join((tmp_path / gold.path).read_text(encoding="utf-8").split()) for gold in one.golds]
        assert all(any(answer in text for text in texts) for answer in one.answers), one.id


def test_a_written_corpus_is_known_by_its_content(tmp_path: Path) -> None:
    one, same = written("x", {"a.txt": "A", "b/c.txt": "C"}), written("x", {"b/c.txt": "C", "a.txt": "A"})
    assert one.digest == same.digest != written("x", {"a.txt": "A", "b/c.txt": "D"}).digest
    one.write(tmp_path)
    assert (tmp_path / "b/c.txt").read_text() == "C\n"


@given(st.text(alphabet="ab\n", min_size=1, max_size=30), st.data())
def test_lines_of_positions(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    assert text[position] in text.split("\n")[line_of(text, position) - 1] + "\n"


# ---- the user's own questions


def test_a_csv_of_own_questions(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "\ufeffQuestion,Answer,evidence,category\n"
        '"Who wrote it, and when?",Ada|Ada Lovelace,notes.md:3-5;letters/a.md,people\n'
        "Which port?,,src/app.py:10,\n"
        "What colour is the moon made of?,,,\n",
        encoding="utf-8",
    )
    first, second, third = read_questions(path)
    assert first.answers == ("Ada", "Ada Lovelace")
    assert [(g.path, g.start_line, g.end_line) for g in first.golds] == [("notes.md", 3, 5), ("letters/a.md", 0, 0)]
    assert first.slices == {"category": "people"}
    assert (second.golds[0].start_line, second.golds[0].end_line) == (10, 10)
    assert second.is_answerable
    assert not third.is_answerable
    assert [one.id for one in (first, second, third)] == ["own-0001", "own-0002", "own-0003"]


def test_json_lines_of_own_questions(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    rows = [
        {"id": 7, "question": "How many?", "answer": [3, "three"], "evidence": ["C:/x.md:2"]},
        {"question": "Really?", "answer": "no", "answerable": True, "as_of": "v1.0"},
    ]
    path.write_text("\n\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    first, second = read_questions(path)
    assert (first.id, first.answers, first.golds[0].path) == ("7", ("3", "three"), "C:/x.md")
    assert (second.as_of, second.is_answerable) == ("v1.0", True)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.jsonl", '{"question": "a", "answer": "b"}\n{"question"', r"q\.jsonl:2 is not JSON"),
        ("q.jsonl", "[1]", r"q\.jsonl:1 is not a JSON object"),
        ("q.jsonl", '{"answer": "b"}', r"q\.jsonl:1 has no 'question'"),
        ("q.jsonl", '{"question": " "}', r"q\.jsonl:1 has an empty question"),
        ("q.jsonl", '{"question": "a", "answer": {"x": 1}}', r"q\.jsonl:1: 'answer' must be a text or a list"),
        (
            "q.jsonl",
            '{"question": "a", "answer": "b", "answerable": "maybe"}',
            r"q\.jsonl:1: 'answerable' is yes or no",
        ),
        ("q.jsonl", '{"question": "a", "answerable": "yes"}', r"q\.jsonl:1 is answerable but has neither"),
        (
            "q.jsonl",
            '{"id": "x", "question": "a"}\n{"id": "x", "question": "b"}',
            r"q\.jsonl:2 has the id 'x' of line 1",
        ),
        ("q.jsonl", "", r"q\.jsonl holds no questions"),
        ("q.csv", "", r"q\.csv is empty"),
        ("q.csv", "question,answer\n", r"q\.csv holds no questions"),
        ("q.csv", "text,answer\na,b\n", r"q\.csv:2 has no 'question'; known columns are"),
        ("q.csv", "question,answer\na,b,c\n", r"q\.csv:2 has more cells than the header"),
        ("q.csv", 'question,answer\n"a,b\n', r"q\.csv:\d is not CSV"),
        ("q.csv", "question,evidence\na,x.md:5-2\n", r"q\.csv:2: the evidence 'x.md:5-2' is no range"),
        ("q.txt", "question", r"q\.txt must be a \.csv or \.jsonl file"),
    ],
)
def test_what_is_wrong_with_own_questions_is_named_by_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_questions(tmp_path / name)


def test_bytes_that_are_not_utf_8_are_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes(b"question,answer\nok,ok\n\xff,x\n")
    with pytest.raises(UsageError, match=r"q\.csv:3 is not UTF-8"):
        read_questions(tmp_path / "q.csv")
