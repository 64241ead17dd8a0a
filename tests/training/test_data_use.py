"""What is kept for judging cannot be trained on: by the table, and by what the real files hold."""

import json
import os
import re
from pathlib import Path

import pytest

from whence.errors import UsageError
from whence.training.data_use import DATA_SETS, known, may_be_passed_on, require_trainable
from whence.training.likeness import alike
from whence.training.options import ReaderTraining
from whence.training.reading_data import load, without_like
from whence.training.reading_examples import ReadingExample, read_paragraphs, write_examples

DATA = Path(os.environ.get("WHENCE_TEST_DATA", ""))
needs_data = pytest.mark.skipif(not os.environ.get("WHENCE_TEST_DATA"), reason="WHENCE_TEST_DATA names no folder")


@needs_data
def test_the_table_says_of_every_set_what_its_own_page_says() -> None:
    rows = re.findall(r"^\| (\w+) \|.*\| ([^|]+) \|$", (DATA / "README.md").read_text(encoding="utf-8"), re.M)
    told = {name: use for name, use in rows if "test material" not in use and name not in ("set", "use")}
    assert len(told) >= 20
    for name, use in told.items():
        uses = {row.use for row in DATA_SETS if row.folder == name}
        assert uses, f"{name} is not in the table"
        assert ("TRAIN" in use) == bool(uses & {"ship", "own"}), name
        if "not for shipped weights" in use or "no shipped weights" in use:
            assert "ship" not in uses, name


@needs_data
def test_every_file_of_a_judging_set_is_refused() -> None:
    for row in DATA_SETS:
        for path in sorted((DATA / row.folder).glob("*.jsonl*"))[:4]:
            if known(path) in [kept for kept in DATA_SETS if kept.use in ("judge", "neither")]:
                with pytest.raises(UsageError, match="kept for judging"):
                    require_trainable(path)


@needs_data
def test_the_training_part_holds_no_paragraph_and_no_question_of_the_judging_part() -> None:
    import gzip

    with gzip.open(DATA / "squad" / "squad_v1.1_dev_open.jsonl.gz", "rt", encoding="utf-8") as lines:
        judged = [json.loads(line) for line in lines]
    examples = list(read_paragraphs(DATA / "squad" / "squad_v1.1_train_paragraphs.jsonl.gz"))
    passages = {example.passage for example in examples}
    assert not passages & {row["context"] for row in judged}
    own = [f"{example.question.lower()}\n{example.passage}" for example in examples]
    assert not set(own) & {f"{row['question'].strip().lower()}\n{row['context']}" for row in judged}
    some = sorted(passages)[::12]
    assert alike(some, sorted({row["context"] for row in judged})) == {}


def test_weights_may_be_passed_on_only_where_all_data_allows_it(tmp_path: Path) -> None:
    squad = tmp_path / "squad" / "squad_v1.1_train_paragraphs.jsonl.gz"
    concode, own = tmp_path / "concode_dev" / "dev.jsonl", tmp_path / "mine.jsonl"
    assert may_be_passed_on([squad], "")[0]
    assert "CC BY-SA 4.0" in may_be_passed_on([squad], "")[1]
    assert may_be_passed_on([squad, concode], "MIT") == (
        False,
        "Not to be passed on: concode_dev may not train weights for others.",
    )
    assert not may_be_passed_on([own], "")[0]
    assert may_be_passed_on([squad, own], "MIT")[0]


def made(n: int, passage: str = "") -> ReadingExample:
    text = passage or f"The crane number {n} lifts stone from barge {n * 7} and sets it down beside wall {n * 3}."
    return ReadingExample(
        id=f"cranes/{n}", question=f"what does crane {n} lift, and whence?", passage=text, start=4, end=9
    )


def test_what_is_like_a_judged_text_is_left_out_even_if_a_word_differs() -> None:
    judged = "In the spring of 1848 the harbour froze over and no ship could leave before the end of the month of May."
    near = made(90, judged.replace("1848", "1849"))
    kept = without_like([*(made(n) for n in range(20)), near, made(91, judged)], [judged])
    assert [example.id for example in kept] == [f"cranes/{n}" for n in range(20)]


def test_the_held_out_part_shares_no_passage_with_the_rest_and_is_the_same_again(tmp_path: Path) -> None:
    write_examples(
        (made(n % 100, f"Passage {n % 100} speaks of cranes and of ropes.") for n in range(300)), tmp_path / "a"
    )
    data = load([tmp_path / "a"], [], ReaderTraining())
    assert data.held_out
    assert not {row.passage for row in data.held_out} & {row.passage for row in data.training}
    assert len(data.training) + len(data.held_out) == 300
    assert load([tmp_path / "a"], [], ReaderTraining()).digest == data.digest
    assert load([tmp_path / "a"], [], ReaderTraining(seed=8)).held_out != data.held_out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no examples"),
        (b"[1, 2\n", "line 1 is no JSON object"),
        (b'{"id": "a"}\n', r"line 1: .*nothing was trained"),
        (b'{"id": "a", "question": "q", "passage": "p", "start": 5, "end": 9}\n', "line 1: the answer of a is not"),
        (b"\xff\xfe\x00", "line 1 is no JSON object"),
    ],
)
def test_bad_files_are_named_before_anything_is_trained(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        load([tmp_path / "bad.jsonl"], [], ReaderTraining())
    with pytest.raises(UsageError, match="cannot be read"):
        load([tmp_path / "absent.jsonl"], [], ReaderTraining())
