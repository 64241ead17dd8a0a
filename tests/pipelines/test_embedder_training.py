"""Training an embedder from files to a model folder, on a tiny encoder: what comes out serves, what is bad is named."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from whence.errors import UsageError
from whence.pipelines.embedder_training import EmbedderRecipe, PreparedEmbedder, held_out
from whence.pipelines.progress import Listener, silent
from whence.pipelines.training_run import TrainingOutcome, TrainingRequest, finish, prepare, train
from whence.training.embedding_examples import EmbeddingPair, write_pairs
from whence.training.options import EmbedderTraining

OPTIONS = EmbedderTraining(
    n_tokens=20_000,
    batch_pairs=8,
    n_near=1,
    learning_rate=3e-3,
    bf16=False,
    compile=False,
    checkpoint_every_s=0.0,
)
THINGS = "river mill bridge harbour tower market garden school church station castle forest meadow island".split()  # noqa: SIM905
WORDS = "stone water field gate path wall roof lamp door bell clock horse boat wheel".split()  # noqa: SIM905


def pairs() -> list[EmbeddingPair]:
    """Each thing goes with one word: what the encoder cannot know, and has to learn."""
    return [
        EmbeddingPair(
            id=f"{n}",
            source="town",
            question=f"what is by the {THINGS[n % 14]} number {n // 14}",
            passage=f"old {WORDS[n % 14]} {WORDS[n % 14]} number {n // 14} is here",
        )
        for n in range(140)
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="the extra for training is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra for training is not installed")
    pytest.importorskip("bm25s", reason="the extra for training is not installed")
    pytest.importorskip("onnx", reason="the extra for models is not installed")
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("base")
    said = ["what", "is", "by", "the", "old", "here", "number", *map(str, range(10)), *THINGS, *WORDS]
    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *said])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **sizes)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def request(base: Path, folder: Path, rows: list[EmbeddingPair] | None = None) -> TrainingRequest[EmbedderTraining]:
    write_pairs(rows or pairs(), folder / "pairs.jsonl")
    return TrainingRequest(
        data=(folder / "pairs.jsonl",), out=folder / "model", options=OPTIONS, base=base, licence="MIT", n_threads=1
    )


def prepared(asked: TrainingRequest[EmbedderTraining]) -> PreparedEmbedder:
    return prepare(EmbedderRecipe(), asked)


def trained(asked: TrainingRequest[EmbedderTraining], listener: Listener = silent) -> TrainingOutcome:
    ready, recipe = prepared(asked), EmbedderRecipe()
    return finish(recipe, ready, train(recipe, ready, listener), listener)


@pytest.mark.torch
def test_what_comes_out_is_a_model_folder_that_finds_better(base: Path, tmp_path: Path) -> None:
    from whence.embedding.onnx import OnnxEmbedder

    outcome = trained(request(base, tmp_path))
    assert outcome.n_examples == 126
    assert outcome.scores["held out"].n == 14
    assert outcome.scores["held out"].after > outcome.scores["held out"].before
    assert "MIT" in outcome.terms
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "pairs.jsonl"]
    embedder = OnnxEmbedder(tmp_path / "model")
    asked = embedder.embed([f"what is by the {thing} number 1" for thing in THINGS], "question")
    found = asked @ embedder.embed([f"old {word} {word} number 1 is here" for word in WORDS], "passage").T
    assert (found.argmax(axis=1) == np.arange(14)).mean() > 0.7
    record = json.loads((tmp_path / "model" / "training.json").read_text(encoding="utf-8"))
    assert record["examples"] == {"town": 126}
    card = (tmp_path / "model" / "card.md").read_text(encoding="utf-8")
    assert "| town | 126 |" in card
    assert str(tmp_path) not in card
    assert str(tmp_path) not in (tmp_path / "model" / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.torch
def test_a_run_that_was_cut_goes_on_only_when_asked_and_ends_the_same(base: Path, tmp_path: Path) -> None:

    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    trained(request(base, tmp_path / "whole"))
    asked = request(base, tmp_path / "cut")

    class Cut(Exception):
        pass

    def cut(progress: object) -> None:
        if getattr(progress, "stage", "") == "training" and getattr(progress, "done", 0) > 8_000:
            raise Cut

    with pytest.raises(Cut):
        trained(asked, cut)
    assert not asked.out.exists()
    with pytest.raises(UsageError, match="--resume goes on"):
        prepared(asked)
    trained(replace(asked, is_resumed=True))
    weights = [(tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]
    with pytest.raises(UsageError, match="name another folder"):
        prepared(asked)


@pytest.mark.torch
def test_what_judges_is_not_trained_on(base: Path, tmp_path: Path) -> None:
    write_pairs([pair for n, pair in enumerate(pairs()) if n % 14 < 3], tmp_path / "judge.jsonl")
    lesson = prepared(replace(request(base, tmp_path), judged=(tmp_path / "judge.jsonl",))).lesson
    assert lesson.n_left_out == 30
    assert len(lesson.sets["judge.jsonl"]) == 30


@pytest.mark.torch
def test_too_few_pairs_and_bad_rows_are_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="fewer than the 8 of a batch"):
        prepared(request(base, tmp_path, pairs()[:5]))
    asked = request(base, tmp_path)
    asked.data[0].write_text("{}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"pairs\.jsonl, line 1: 'id' is missing"):
        prepared(asked)
    assert not asked.out.exists()


def test_a_tenth_is_kept_out_by_the_seed_alone() -> None:
    few, many = pairs()[:60], pairs()
    kept, judged = held_out(few, 7)
    assert len(judged) == 6
    assert not {pair.id for pair in kept} & {pair.id for pair in judged}
    order = [pair.id for pair in held_out(many, 7)[1]]
    assert len(order) == 14
    assert held_out(many, 7) == held_out(list(many), 7)
    assert held_out(many, 8)[1] != held_out(many, 7)[1]
