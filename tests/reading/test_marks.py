"""What a tokenizer puts around question and passage, as its family has it."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from whence.reading.marks import Marks, marks_of


def tokenizer(*marks: str, pair: str = "") -> Tokenizer:
    vocabulary = {word: n for n, word in enumerate(["a", "b", "[UNK]", *marks])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if pair:
        special = [(mark, vocabulary[mark]) for mark in marks]
        made.post_processor = processors.TemplateProcessing(
            single=f"{marks[0]} $A {marks[1]}", pair=pair, special_tokens=special
        )
    return made


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (tokenizer("[CLS]", "[SEP]"), Marks((3,), (4,), (4,))),
        (tokenizer("<s>", "</s>", pair="<s> $A </s> </s> $B </s>"), Marks((3,), (4, 4), (4,))),
        (tokenizer("<s>", "</s>"), None),
        (tokenizer("<s>", "</s>", pair="$A </s> $B </s> <s>"), None),
    ],
)
def test_marks_are_those_of_the_family(made: Tokenizer, wanted: Marks | None) -> None:
    assert marks_of(made) == wanted


def test_a_pair_is_fed_with_types_for_the_passage_and_what_is_behind_it() -> None:
    feed = Marks((3,), (4, 4), (4,)).feed([0], [1, 1])
    assert feed["input_ids"].tolist() == [[3, 0, 4, 4, 1, 1, 4]]
    assert feed["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1]]
    assert feed["attention_mask"].all()
