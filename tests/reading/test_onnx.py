"""Reading with a model: exact places, windows, no answer, threads, damage."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from whence.errors import ModelError
from whence.reading.onnx import BLANK_RELEVANCE, OnnxPassageReader, PassageReadingOptions

pytest.importorskip("onnx", reason="the model of these tests is written with onnx")

from tests.reading.made_model import write_model

WORDS = {
    "ten": (4.0, -1.0),
    "second": (-1.0, 3.0),
    "##s": (-2.0, 2.0),
    "five": (2.0, 2.0),
    "the": (-4.0, -4.0),
    "pool": (-3.0, -3.0),
    "é": (0.0, 0.0),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "reader", WORDS, none=1.0)


def test_spans_are_exact_characters_and_whole_words(folder: Path) -> None:
    passage = "Après  the pool,\n ten seconds; or FIVE."
    (reading,) = OnnxPassageReader(folder).read("how long?", [passage])
    assert [passage[one.start : one.end] for one in reading.spans[:2]] == ["ten seconds", "FIVE"]
    assert reading.spans[0].margin == pytest.approx(4.0 + 3.0 - 1.0)
    assert reading.spans[1].margin == pytest.approx(2.0 + 2.0 - 1.0)
    assert reading.relevance == pytest.approx(4.0)


def test_what_answers_less_well_than_nothing_has_a_margin_below_zero(folder: Path) -> None:
    (reading,) = OnnxPassageReader(folder).read("how long?", ["the pool the pool"])
    assert reading.spans[0].margin < 0


def test_the_words_of_the_question_are_never_marked(folder: Path) -> None:
    question = "ten seconds or five?"
    (reading,) = OnnxPassageReader(folder).read(question, ["the pool"])
    assert all(one.end <= len("the pool") for one in reading.spans)
    assert reading.spans[0].margin < 0


@pytest.mark.parametrize("at", [0, 5, 19, 20, 21, 40, 61, 99])
def test_a_long_passage_is_read_to_its_end_in_windows(folder: Path, at: int) -> None:
    words = ["pool"] * 100
    words[at] = "ten"
    words.insert(at + 1, "seconds")
    passage = " ".join(words)
    options = PassageReadingOptions(window_overlap_tokens=8, threads=2)
    (reading,) = OnnxPassageReader(folder, options).read("how long?", [passage])
    best = reading.spans[0]
    assert passage[best.start : best.end] == "ten seconds"
    assert best.start == len(" ".join(words[:at])) + (at > 0)
    assert not any(
        one.start < other.end and other.start < one.end
        for n, one in enumerate(reading.spans)
        for other in reading.spans[:n]
    )


def test_a_passage_is_read_the_same_alone_and_among_others(folder: Path) -> None:
    passages = ["the pool", "ten seconds", "", "five " * 90, "the pool closes after ten seconds"] * 3
    alone = [
        OnnxPassageReader(folder, PassageReadingOptions(threads=1)).read("how long?", [one])[0] for one in passages
    ]
    assert OnnxPassageReader(folder, PassageReadingOptions(threads=3)).read("how long?", passages) == alone


def test_threads_share_one_reader(folder: Path) -> None:
    reader = OnnxPassageReader(folder)
    passages = ["the pool", "ten seconds", "five"]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reader.read("how long?", passages), range(24)))
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize("passage", ["", " \n\t ", "\u200b"])
def test_nothing_is_read_in_a_blank_passage(folder: Path, passage: str) -> None:
    (reading,) = OnnxPassageReader(folder).read("how long?", [passage])
    assert reading.spans == ()
    assert reading.relevance == BLANK_RELEVANCE


@pytest.mark.parametrize("question", ["", "?" * 5000, "\ud800 \x00", "how " * 400])
def test_any_question_is_read(folder: Path, question: str) -> None:
    text = question.encode("utf-8", "replace").decode()
    assert len(OnnxPassageReader(folder).read(text, ["ten seconds"])[0].spans) >= 1


def test_no_passages_load_nothing(tmp_path: Path) -> None:
    assert OnnxPassageReader(tmp_path / "nowhere").read("how long?", []) == []


def test_the_digest_names_weights_and_what_shapes_a_reading(folder: Path, tmp_path: Path) -> None:
    digest = OnnxPassageReader(folder).digest
    assert digest.startswith("tables-")
    assert OnnxPassageReader(folder, PassageReadingOptions(threads=3)).digest == digest
    assert OnnxPassageReader(folder, PassageReadingOptions(max_answer_tokens=3)).digest != digest
    assert OnnxPassageReader(write_model(tmp_path / "other", {"ten": (0.0, 0.0)})).digest != digest


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_damage_is_one_sentence(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        OnnxPassageReader(folder).read("how long?", ["ten"])


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no reading model in"):
        OnnxPassageReader(tmp_path / "nowhere").read("how long?", ["ten"])


@pytest.mark.parametrize("limit", [0, 8, "320", None, 10**9])
def test_a_senseless_limit_is_refused(folder: Path, limit: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"max_tokens": limit}))
    with pytest.raises(ModelError, match="as max_tokens"):
        OnnxPassageReader(folder).read("how long?", ["ten"])


def test_a_model_without_its_outputs_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "other", WORDS, outputs=("start", "end", "score"))
    with pytest.raises(ModelError, match="no reading model"):
        OnnxPassageReader(folder).read("how long?", ["ten"])


@pytest.mark.parametrize(("off", "is_usable"), [(0.0, True), (2.0, True), (5.0, False), (float("nan"), False)])
def test_a_model_that_finds_something_else_than_its_reference_is_refused(
    tmp_path: Path, off: float, is_usable: bool
) -> None:
    reference = {("how long?", "ten seconds"): (4.0 + off, 1.0 + off, 7.0 + off)}
    reader = OnnxPassageReader(write_model(tmp_path / "reader", WORDS, none=1.0, reference=reference))
    if is_usable:
        assert reader.read("how long?", ["ten seconds"])[0].relevance == pytest.approx(4.0)
    else:
        with pytest.raises(ModelError, match="reads wrongly"):
            reader.read("how long?", ["ten seconds"])


def test_it_is_imported_without_the_runtime() -> None:
    code = "import sys, whence.reading.onnx; print(sorted({'onnxruntime', 'tokenizers', 'lancedb'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
