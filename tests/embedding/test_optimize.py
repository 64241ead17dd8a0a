"""Ways to run a model: which are measured, which are taken, and the record that says so."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from whence.embedders import Embedders
from whence.embedding import choice as choices
from whence.embedding.choice import RECORD, Choice, Chosen, read_record, write_record
from whence.embedding.onnx import MINILM, OnnxEmbedder
from whence.embedding.optimize import Measured, Way, as_row, fastest, measure, passages, ways
from whence.embedding.options import EmbeddingOptions
from whence.errors import MissingExtraError, ModelError

PLAIN = Way(choice=Choice(), variant="")
TWO = Way(choice=Choice(threads=2), variant="")
FLOAT = Way(choice=Choice(file="optimized-fp32.onnx", batch=8), variant="fp32")


def no_other(graph: bytes, choice: Choice, at_once: int) -> choices.Run:
    raise MissingExtraError("no other runtime in this test")


def test_eight_bits_run_alone_and_floats_in_batches() -> None:
    found = ways(2, True, ["CPUExecutionProvider"], ["f32", "bf16"], (1, 8))
    assert found[0] == PLAIN
    assert {one.choice.batch for one in found if not one.variant} == {1}
    assert {(one.choice.runtime, one.choice.batch) for one in found if one.variant} == {
        ("onnxruntime", 1),
        ("onnxruntime", 8),
        ("openvino", 1),
        ("openvino", 8),
    }
    assert not [one for one in found if one.variant == "fp16"]
    floats = ways(1, False, ["CPUExecutionProvider"], [], (1, 8))
    assert [one.choice.batch for one in floats] == [1, 8]
    assert {one.variant for one in floats} == {""}


def test_other_devices_are_measured_where_there_are_any() -> None:
    found = ways(2, True, ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"], [], (1, 8))
    on_device = [one for one in found if not one.choice.on_processor]
    assert {one.choice.provider for one in on_device} == {"CUDAExecutionProvider", "TensorrtExecutionProvider"}
    assert {one.variant for one in on_device} == {"fp16", "fp32"}
    assert max(one.choice.batch for one in on_device) >= 32


def test_the_fastest_that_can_be_taken_and_of_equals_the_nearest_to_how_it_came() -> None:
    plain, two = Measured(way=PLAIN, rate=98.0, agreement=0.99), Measured(way=TWO, rate=100.0, agreement=0.99)
    wrong = Measured(way=FLOAT, rate=500.0, agreement=0.5, problem="cosine 0.500")
    quick = Measured(way=replace(FLOAT, variant="fp16"), rate=200.0, agreement=0.99)
    assert fastest([plain, two, wrong]) == [plain, two]
    assert fastest([plain, two, wrong, quick]) == [quick, plain, two]
    assert fastest([wrong]) == []


def test_on_a_busy_machine_the_processor_time_decides_but_not_over_a_device() -> None:
    lucky = Measured(way=TWO, rate=300.0, core_ms=20.0, agreement=0.99)
    plain = Measured(way=PLAIN, rate=100.0, core_ms=10.0, agreement=0.99)
    device = replace(lucky, way=replace(TWO, choice=replace(TWO.choice, provider="CUDAExecutionProvider")))
    assert fastest([plain, lucky]) == [lucky, plain]
    assert fastest([plain, lucky], is_busy=True) == [plain, lucky]
    assert fastest([plain, device], is_busy=True) == [device, plain]


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bytes:
        raise ModelError("no graph today")

    other = Way(choice=Choice(runtime="openvino", provider="CPU"), variant="")
    absent = Way(choice=Choice(provider="CUDAExecutionProvider"), variant="")
    done: list[int] = []
    found = measure(
        MINILM,
        EmbeddingOptions(threads=1),
        [PLAIN, FLOAT, other, absent],
        {"fp32": broken},
        no_other,
        seconds=0.01,
        told=done.append,
    )
    assert [one.problem.rpartition(": ")[2] for one in found[:2]] == ["", "no graph today"]
    assert "no other runtime" in found[2].problem
    assert "no CUDAExecutionProvider" in found[3].problem
    assert done == [1, 2, 3, 4]
    assert found[0].agreement > 0.98
    assert found[0].rate > 0
    assert json.loads(json.dumps(as_row(found[0])))["variant"] == "as it came"


def test_vectors_that_are_no_numbers_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(graph: bytes, choice: Choice, at_once: int) -> choices.Run:
        return lambda ids, mask: np.full((len(ids), 384), np.nan, np.float32)

    way = Way(choice=Choice(runtime="openvino", provider="CPU"), variant="")
    [found] = measure(MINILM, EmbeddingOptions(threads=1), [way], {}, wrong, seconds=0.01)
    assert found.problem


def test_passages_are_always_the_same_and_of_many_lengths() -> None:
    assert passages(MINILM) == passages(MINILM)
    lengths = [len(text.split()) for text in passages(MINILM)]
    assert (min(lengths), max(lengths)) == (12, 160)


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, str]:
    digest = OnnxEmbedder().digest
    folder = tmp_path / "models" / "optimized" / digest
    write_record(folder, digest, Choice(threads=2), {}, {"measured": []})
    return tmp_path / "models", digest


def test_a_record_is_followed_unless_settings_say_otherwise(recorded: tuple[Path, str]) -> None:
    models, digest = recorded
    followed = Embedders(models, EmbeddingOptions()).wanted()
    assert followed.choice.threads == 2
    assert followed.digest == digest
    assert Embedders(models, EmbeddingOptions(optimized=False)).wanted().choice == Choice()
    assert followed.check() > 0.98


def test_a_record_of_another_machine_or_model_is_left_out(
    recorded: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, digest = recorded[0] / "optimized" / recorded[1], recorded[1]
    assert read_record(folder, digest) == Chosen(choice=Choice(threads=2), graph=b"")
    assert read_record(folder, "another") is None
    assert read_record(folder.parent, digest) is None
    monkeypatch.setattr(choices, "machine", lambda: {"processor": "another", "cores": 64, "system": "linux"})
    assert read_record(folder, digest) is None


@pytest.mark.parametrize("damage", ["{", "[]", '{"form": 1}', "\x00"])
def test_a_damaged_record_is_named_and_left_out(
    recorded: tuple[Path, str], damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder, digest = recorded[0] / "optimized" / recorded[1], recorded[1]
    (folder / RECORD).write_text(damage)
    assert read_record(folder, digest) is None
    assert "whence optimize makes a new one" in caplog.text
    assert Embedders(recorded[0], EmbeddingOptions()).wanted().choice == Choice()


def test_a_damaged_graph_is_left_out_and_an_old_one_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chosen = Choice(file="optimized-fp32.onnx")
    write_record(tmp_path, "tiny", chosen, {"optimized-fp32.onnx": b"graph"}, {})
    assert read_record(tmp_path, "tiny") == Chosen(choice=chosen, graph=b"graph")
    (tmp_path / "optimized-fp32.onnx").write_bytes(b"grap")
    assert read_record(tmp_path, "tiny") is None
    assert "damaged" in caplog.text
    write_record(tmp_path, "tiny", Choice(), {}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD]


def test_a_record_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(tmp_path, "tiny", Choice(threads=2), {}, {})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_record(tmp_path, "tiny", Choice(batch=8), {}, {})
    assert read_record(tmp_path, "tiny") == Chosen(choice=Choice(threads=2), graph=b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD]
