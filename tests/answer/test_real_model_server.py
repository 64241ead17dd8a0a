"""A model server of others, for real: `transformers serve` with a tiny model of random weights, made on the spot.

WHENCE_TEST_TRANSFORMERS names the program `transformers` of an environment with torch and transformers[serving].
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.answer.material import HashEmbedder
from tests.cli.command import make_repository
from tests.evaluation.fakes import answer, hit, question

from whence.answer.chat_server import ChatServer
from whence.answer.options import GenerationOptions
from whence.errors import GenerationError, JudgeError, TruncatedError
from whence.evaluation.judging.options import JudgeOptions
from whence.evaluation.judging.server_judge import ServerJudge
from whence.evaluation.judging.support import judged_by
from whence.evaluation.records import Reply
from whence.interface import Whence
from whence.settings import Settings
from whence.types import Claim, Prompt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def program() -> Path:
    named = os.environ.get("WHENCE_TEST_TRANSFORMERS") or shutil.which("transformers")
    beside = Path(named or Path(sys.executable).with_name("transformers"))
    if not beside.is_file():
        pytest.skip("no program `transformers` here: WHENCE_TEST_TRANSFORMERS names none")
    return beside


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GenerationOptions]:
    """How the running server is reached, and its model."""
    serve, place = program(), tmp_path_factory.mktemp("served")
    model, env = str(place / "model"), {**os.environ, **OFFLINE, "HF_HOME": str(place)}
    make = [str(serve.with_name("python")), str(Path(__file__).with_name("tiny_model.py")), model]
    made = subprocess.run(make, capture_output=True, text=True, env=env, timeout=300, check=False)
    if made.returncode:
        pytest.skip(f"no model can be made there: {made.stderr.strip().splitlines()[-1]}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(serve), "serve", model, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=env)
    try:
        until = time.monotonic() + 300
        while time.monotonic() < until:
            if process.poll() is not None:
                said = (place / "log").read_text().strip().splitlines()
                pytest.skip(f"the model server does not start: {said[-1] if said else 'it says nothing'}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.3)
        yield GenerationOptions(url=f"http://127.0.0.1:{port}/v1", model=model, stall_s=60, timeout_s=120)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def test_its_stream_is_read_to_its_limit(options: GenerationOptions) -> None:
    pieces: list[str] = []
    prompt = Prompt(rules="Say what the passages say.", material="The crane lifts Größe and 日本.", max_tokens=12)
    with pytest.raises(TruncatedError):  # random weights find no end of their own
        pieces.extend(ChatServer(options, {}).stream(prompt))
    assert "".join(pieces)


def test_a_model_that_it_does_not_serve_is_one_of_our_errors(options: GenerationOptions) -> None:
    elsewhere = replace(options, url=options.url.removesuffix("/v1") + "/v0")
    with pytest.raises(GenerationError, match="status 404"):
        list(ChatServer(elsewhere, {}).stream(Prompt(rules="r", material="m", max_tokens=3)))


def test_a_judge_that_babbles_gives_no_verdict_for_any_measure(options: GenerationOptions) -> None:
    judging = JudgeOptions(url=options.url, model=options.model, max_tokens=30, attempts=1)
    given = replace(answer("Boats lie at quay a.", path="a.txt"), claims=(Claim(start=0, end=20, citations=(1,)),))
    reply = Reply(hits=(hit("a.txt"),), answer=given)
    for measure in judged_by(ServerJudge(judging, HashEmbedder)):
        with pytest.raises(JudgeError, match="gave no verdict"):
            measure.of(question("a"), reply)


def test_a_judge_that_takes_too_long_gives_no_verdict(options: GenerationOptions) -> None:
    judging = JudgeOptions(url=options.url, model=options.model, attempts=1, timeout_s=0.05)
    with pytest.raises(JudgeError, match=r"cannot be reached \(.*(?:timed out|took longer)"):
        ServerJudge(judging, HashEmbedder).bears_out([("The crane lifts a ton.", "It lifts.")])


def test_of_what_it_babbles_nothing_is_believed(options: GenerationOptions, tmp_path: Path) -> None:
    make_repository(tmp_path / "ferry")
    settings = replace(Settings(data=tmp_path / "data"), generation=replace(options, max_answer_tokens=40))
    with Whence(settings=settings) as whence:
        whence.index(str(tmp_path / "ferry"), name="ferry")
        answer = whence.ask("how much may a parcel weigh?")
        assert answer.kind == "extractive"
        assert "30 kilograms" in answer.answer
        assert any(note.startswith("quoted, not generated: ") for note in answer.skipped)
        assert all(whence.resolves(citation) for citation in answer.citations)
