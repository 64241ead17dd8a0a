"""``whence train`` as a person runs it: bad input is one sentence, a killed run ends like a whole one."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from whence.cli.main import whence
from whence.errors import MissingExtraError, UsageError

TOKENIZER = Path(__file__).parents[2] / "src" / "whence" / "models" / "minilm-l6" / "tokenizer.json"
PORTS = ["amber", "basalt", "cedar", "dune", "ember", "fjord", "garnet", "heath", "isle", "jade"]
needs_torch = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("transformers") and find_spec("onnx")), reason="the extra train is absent"
)
needs_mlflow = pytest.mark.skipif(not find_spec("mlflow"), reason="the extra train is absent")


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty paragraphs with two questions each, in the form of SQuAD."""
    rows = []
    for n in range(60):
        year, text = 1700 + n, f"Lamp {n} stands in the harbour of Port {PORTS[n % 10]}. A keeper lit it in {1700 + n}."
        asked = [("when was", str(year)), ("where stands", "the harbour")]
        qas = [
            {"id": f"{n}{k}", "question": f"{words} lamp {n}?", "answer": answer, "answer_start": text.index(answer)}
            for k, (words, answer) in enumerate(asked)
        ]
        rows.append({"title": f"Lamps {n % 6}", "paragraph": n, "context": text, "qas": qas})
    path = tmp_path_factory.mktemp("data") / "lamps.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    folder = tmp_path_factory.mktemp("base")
    BertModel(BertConfig(vocab_size=30522, **sizes), add_pooling_layer=False).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
    return folder


def command(lamps: Path, base: Path, out: Path, *more: str) -> list[str]:
    plain = ["--precision", "float32", "--threads", "1", "--learning-rate", "3e-3", "--batch", "8"]
    own = ["--base", str(base), "--out", str(out), "--tokens", "12000", "--data", str(out.parent / "data"), *plain]
    return [sys.executable, "-m", "whence", "train", "reader", str(lamps), *own, *more]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def trained(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment())


def refused(*arguments: str) -> BaseException | None:
    return CliRunner().invoke(whence, ["train", "reader", *arguments]).exception


def test_a_missing_extra_is_named_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "whence.backends.training_loop", raising=False)
    error = refused("absent.jsonl", "--out", str(tmp_path / "out"))
    assert isinstance(error, MissingExtraError)
    assert "pip install 'whence[train]'" in str(error)
    assert not (tmp_path / "out").exists()


def test_two_budgets_are_refused(tmp_path: Path) -> None:
    error = refused("absent.jsonl", "--out", str(tmp_path / "out"), "--tokens", "9", "--epochs", "1")
    assert isinstance(error, UsageError)
    assert "not both" in str(error)


@pytest.mark.torch
@needs_torch
@needs_mlflow
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_goes_on_and_ends_with_the_model_of_an_uninterrupted_one(
    lamps: Path, base: Path, tmp_path: Path
) -> None:
    whole = trained(command(lamps, base, tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    assert "held out" in whole.stdout
    card = (tmp_path / "whole" / "card.md").read_text(encoding="utf-8")
    assert "lamps.jsonl" in card
    assert "Not to be passed on before the licence of lamps.jsonl is known" in card
    often = command(lamps, base, tmp_path / "cut", "--save-every", "0")
    running = subprocess.Popen(often, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    checkpoint = tmp_path / "cut.training" / "checkpoint.pt"
    while not checkpoint.exists() and running.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)
    was_running = running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert was_running, "the run ended before it could be killed"
    begun = trained(often)
    assert begun.returncode == 2
    assert "--resume goes on with it" in begun.stderr
    resumed = trained([*often, "--resume", "--json"])
    assert resumed.returncode == 0, resumed.stderr
    outcome = json.loads(resumed.stdout)
    for name in ("weights.safetensors", "model.onnx"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not checkpoint.exists()
    assert outcome["n_examples"] > 100
    again = trained([*often, "--resume"])
    assert "There is something in" in again.stderr
    tracked(tmp_path / "data", "reader", "span_loss", 2)


def tracked(data: Path, kind: str, loss: str, n_runs: int) -> None:
    """The runs are in the store, finished, with their metrics, the digest of their data, and their card."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{data / 'training' / 'mlflow.db'}")
        found = client.get_experiment_by_name(kind)
        assert found is not None
        runs = client.search_runs([found.experiment_id])
        assert [run.info.status for run in runs] == ["FINISHED"] * n_runs
        for run in runs:
            assert run.data.params["seed"] == "7"
            assert run.data.metrics[loss] > 0
            assert run.inputs.dataset_inputs[0].dataset.name == "lamps.jsonl"
            assert {file.path for file in client.list_artifacts(run.info.run_id)} >= {"card.md", "training.json"}


@pytest.mark.torch
@needs_torch
@needs_mlflow
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_embedder_is_tracked_and_ends_early_and_runs_on_several_devices(base: Path, tmp_path: Path) -> None:
    path = tmp_path / "lamps.jsonl"
    rows = [
        {"id": str(n), "source": "port", "question": f"where is lamp {n}?", "passage": f"Lamp {n}: Port {PORTS[n % 9]}"}
        for n in range(200)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    plain = [
        "--precision",
        "float32",
        "--threads",
        "1",
        "--batch",
        "4",
        "--near",
        "1",
        "--data",
        str(tmp_path / "data"),
    ]
    own = [str(path), "--base", str(base), *plain, "--json", "--licence", "MIT", "--data", str(tmp_path / "data")]
    start = [sys.executable, "-m", "whence", "train", "embedder", *own]
    eager = ["--tokens", "60000", "--learning-rate", "0.1", "--patience", "1"]
    alone = trained([*start, "--out", str(tmp_path / "alone"), *eager])
    assert alone.returncode == 0, alone.stderr
    assert json.loads(alone.stdout)["has_stopped"]
    tracked(tmp_path / "data", "embedder", "loss", 1)
    two = trained([*start, "--out", str(tmp_path / "two"), "--tokens", "4000", "--devices", "2", "--no-tracking"])
    assert two.returncode == 0, two.stderr
    assert (tmp_path / "two" / "model.onnx").is_file()
    assert "ended early" in (tmp_path / "alone" / "card.md").read_text(encoding="utf-8")


@pytest.mark.torch
@needs_torch
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_bad_input_is_one_sentence(lamps: Path, base: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for arguments, complaint in (
        ([str(lamps), "--base", str(tmp_path)], "there is no config.json"),
        ([str(tmp_path / "absent.jsonl"), "--base", str(base)], "cannot be read"),
        ([str(lamps), "--base", str(base), "--from", str(lamps), "--no-tracking"], "not those of a reader"),
    ):
        error = refused(*arguments, "--out", out, "--precision", "float32")
        assert complaint in str(error), error
        assert not (Path(out) / "manifest.json").exists()
