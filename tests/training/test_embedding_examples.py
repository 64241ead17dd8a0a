"""Pairs in files and in batches: bad rows are named, and no batch holds a right answer as a wrong one."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from whence.errors import UsageError
from whence.training.embedding_examples import (
    MIXED,
    EmbeddingPair,
    EncodedPair,
    encode_pairs,
    pair_batches,
    read_pairs,
    write_pairs,
)
from whence.training.options import EmbedderTraining

OPTIONS = EmbedderTraining(batch_pairs=4, n_near=2, max_tokens=8, max_question_tokens=6)


def pair(n: int, source: str = "one", question: str = "", passage: str = "") -> EmbeddingPair:
    return EmbeddingPair(
        id=f"p{n}",
        source=source,
        question=question or f"question number {n} about thing{n}",
        passage=passage or f"thing{n} is what passage {n} tells of and of much more besides",
    )


def word_tokenizer() -> Tokenizer:
    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "thing1", "question"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    pairs = [pair(n, passage=f"line\nand über {n}") for n in range(3)]
    assert write_pairs(pairs, tmp_path / name) == 3
    assert list(read_pairs(tmp_path / name)) == pairs
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ('{"id": "a", "source": "s", "question": "q"}', "'passage' is missing"),
        ('{"id": "a", "source": "s", "question": "q", "passage": 3}', "must be texts"),
        ('{"id": "a", "source": "s", "question": " ", "passage": "p"}', "is empty"),
        ("[]", "line 2"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "pairs.jsonl"
    write_pairs([pair(1)], path)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        list(read_pairs(path))
    assert "line 2" in str(caught.value)
    assert "nothing was trained" in str(caught.value)


def test_a_file_that_is_absent_or_cut_off_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_pairs(tmp_path / "absent.jsonl"))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"id": "a"}' * 500)[:-20])
    with pytest.raises(UsageError, match="nothing was trained"):
        list(read_pairs(cut))


def test_texts_are_cut_to_their_room_and_keep_their_ends() -> None:
    pytest.importorskip("bm25s", reason="the extra for training is not installed")
    encoded = encode_pairs([pair(n) for n in range(4)], word_tokenizer(), OPTIONS)
    for one in encoded:
        assert len(one.question) <= 6
        assert len(one.passage) == 8
        assert (one.passage[0], one.passage[-1]) == (2, 3)


def test_near_passages_are_of_the_source_and_not_the_same() -> None:
    pytest.importorskip("bm25s", reason="the extra for training is not installed")
    pairs = [
        pair(0, question="how are cookies kept", passage="cookies are kept in the jar of a session object"),
        pair(1, question="where is the jar", passage="the jar of cookies that are kept is an attribute there"),
        pair(2, question="what is a pool", passage="a pool holds open sockets for later requests to one host"),
        pair(3, question="who closes it", passage="cookies are kept in the jar of a session object!"),
        pair(4, source="two", question="how are cookies baked", passage="cookies are kept in the oven for minutes"),
    ]
    encoded = encode_pairs([*pairs, *(pair(n, "two") for n in range(5, 8))], word_tokenizer(), OPTIONS)
    assert encoded[0].near[0] == 1
    assert 3 not in encoded[0].near
    assert encoded[0].group == encoded[3].group
    assert all(n < 4 for n in encoded[0].near)


def test_small_sources_are_joined() -> None:
    encoded = encode_pairs(
        [pair(0, "a"), pair(1, "b"), *(pair(n, "c") for n in range(2, 6))], word_tokenizer(), OPTIONS
    )
    assert [one.source for one in encoded] == [MIXED, MIXED, "c", "c", "c", "c"]


def made(n: int, source: str, asked: int, group: int, near: tuple[int, ...] = ()) -> EncodedPair:
    row = np.array([n], np.int64)
    return EncodedPair(question=row, passage=row, source=source, asked=asked, group=group, near=near)


def test_a_batch_is_of_one_source_without_alike_and_brings_near_ones_along() -> None:
    encoded = [made(n, "even" if n % 2 == 0 else "odd", n % 61, n % 37, ((n + 2) % 80,)) for n in range(80)]
    together = 0
    seen: list[int] = []
    for batch in pair_batches(encoded, OPTIONS, epoch=0):
        rows = [int(question[0]) for question in batch.questions]
        assert rows == [int(passage[0]) for passage in batch.passages]
        assert len(rows) == 4
        assert len({encoded[n].source for n in rows}) == 1
        assert len({encoded[n].asked for n in rows}) == len({encoded[n].group for n in rows}) == 4
        together += sum((n + 2) % 80 in rows for n in rows)
        seen += rows
    assert len(seen) == len(set(seen)) > 60
    assert together > len(seen) / 4


def test_batches_are_the_same_for_a_seed_and_others_in_the_next_epoch() -> None:
    encoded = [made(n, "one", n, n, ((n + 1) % 40,)) for n in range(40)]

    def order(epoch: int) -> list[int]:
        return [int(row[0]) for batch in pair_batches(encoded, OPTIONS, epoch) for row in batch.questions]

    assert order(0) == order(0)
    assert order(0) != order(1)
    assert sorted(order(0)) == sorted(order(1)) == list(range(40))
