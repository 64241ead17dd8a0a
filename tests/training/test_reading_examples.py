"""Examples for the reader: read whole or not at all, answers at their tokens, near misses without the answer."""

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from whence.errors import UsageError
from whence.training.options import ReaderTraining
from whence.training.reading_examples import (
    ReadingExample,
    batches,
    encode,
    near_misses,
    read_examples,
    read_paragraphs,
    write_examples,
)

TOKENIZER = Path(__file__).resolve().parents[2] / "src" / "whence" / "models" / "minilm-l6" / "tokenizer.json"
LAMPS = [
    f"Lamp {n} stands in the harbour of Port {word}. It was lit in {1800 + n} by a keeper. " * 3
    for n, word in enumerate(["Amber", "Basalt", "Cedar", "Dune", "Ember"])
]


def rows() -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for n, text in enumerate(LAMPS):
        answer = str(1800 + n)
        asked = {
            "id": f"q{n}",
            "question": f"when was lamp {n} lit?",
            "answer": answer,
            "answer_start": text.index(answer),
        }
        made.append({"title": "Lamps", "paragraph": n, "context": text, "qas": [asked]})
    return made


def written(folder: Path, lines: list[dict[str, object]]) -> Path:
    path = folder / "lamps.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(TOKENIZER))


def test_answers_stand_where_they_are_said_to(tmp_path: Path) -> None:
    examples = list(read_paragraphs(written(tmp_path, rows())))
    assert [example.passage[example.start : example.end] for example in examples] == [str(1800 + n) for n in range(5)]


def test_a_misplaced_answer_is_named_by_its_line(tmp_path: Path) -> None:
    lines = rows()
    lines[3]["qas"][0]["answer_start"] = 0  # type: ignore[index]
    with pytest.raises(UsageError, match=r"lamps\.jsonl, line 4: .*q3.*nothing was trained"):
        list(read_paragraphs(written(tmp_path, lines)))


def test_a_near_miss_has_another_passage_without_the_answer(tmp_path: Path) -> None:
    examples = list(read_paragraphs(written(tmp_path, rows())))
    made = near_misses(examples, 5, seed=3)
    assert len(made) == 5
    by_question = {example.question: example for example in examples}
    for miss in made:
        own = by_question[miss.question]
        assert not miss.is_answerable
        assert miss.passage != own.passage
        assert own.passage[own.start : own.end] not in miss.passage
    assert near_misses(examples, 5, seed=3) == made


@pytest.mark.parametrize("max_tokens", [40, 64, 320])
def test_tokens_of_the_answer_spell_it_however_the_passage_is_cut(tokenizer: Tokenizer, max_tokens: int) -> None:
    passage = " ".join(LAMPS)
    options = ReaderTraining(max_tokens=max_tokens)
    for n in range(5):
        start = passage.index(str(1800 + n))
        example = ReadingExample(
            id=f"{n}", question=f"when was lamp {n} lit?", passage=passage, start=start, end=start + 4
        )
        for seed in range(4):
            row = encode(example, tokenizer, options, random.Random(seed))
            assert len(row.ids) <= max_tokens
            assert tokenizer.decode(list(row.ids[row.start : row.end + 1])) == str(1800 + n)


def test_an_epoch_holds_each_example_once_and_is_the_same_again(tokenizer: Tokenizer) -> None:
    options = ReaderTraining(batch_examples=4)
    chance = random.Random(0)
    encoded = [
        encode(ReadingExample(id=f"{n}", question=f"what is {n}?", passage=LAMPS[n % 5]), tokenizer, options, chance)
        for n in range(16)
    ]
    seen = [
        tuple(row[mask])
        for batch in batches(encoded, options, 0)
        for row, mask in zip(batch.ids, batch.mask, strict=True)
    ]
    assert sorted(seen) == sorted(tuple(row.ids) for row in encoded)
    again = [
        tuple(row[mask])
        for batch in batches(encoded, options, 0)
        for row, mask in zip(batch.ids, batch.mask, strict=True)
    ]
    assert again == seen
    assert all(batch.start.max() == 0 for batch in batches(encoded, options, 0))


@pytest.mark.parametrize("name", ["made.jsonl", "made.jsonl.gz"])
def test_examples_come_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    examples = [
        *read_paragraphs(written(tmp_path, rows())),
        ReadingExample(id="whole", question="a lamp?", passage="Lamps \u2014 many.", is_whole=True),
    ]
    assert write_examples(examples, tmp_path / name) == len(examples)
    assert list(read_examples(tmp_path / name)) == examples


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ('{"id": "b", "question": "q"}', "passage"),
        ('{"id": "b", "question": "q", "passage": "lamp", "start": 2, "end": 9}', "not inside its passage"),
        ('{"id": "b", "question": "q", "passage": "lamp", "colour": 1}', "colour"),
        ('{"id": "b", "question": null, "passage": "lamp"}', "must be texts"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_left_out(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "made.jsonl"
    write_examples([ReadingExample(id="a", question="q", passage="p")], path)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"made\.jsonl, line 2: .*{said}" if said != "line 2" else "line 2"):
        list(read_examples(path))
