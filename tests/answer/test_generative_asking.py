"""The whole way: a repository, the real command's core, and a model server that tells the truth, lies, or is gone."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.answer.model_server import model_server
from tests.cli.command import make_repository

from whence.answer.options import GenerationOptions
from whence.interface import Whence
from whence.settings import Settings

WEIGHT = "how much may a parcel weigh?"
TRUE = "A parcel may weigh at most 30 kilograms, because the crane cannot lift more."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("generated")
    make_repository(place / "ferry")
    with Whence(place / "data") as whence:
        whence.index(str(place / "ferry"), name="ferry")
    return place / "data"


@pytest.fixture
def reading(data: Path) -> Iterator[Whence]:
    with Whence(data) as whence:
        yield whence


def ask(data: Path, says: Any, question: str = WEIGHT, manner: str = "stream", **options: Any) -> Any:
    with model_server(says, manner) as server:
        generation = GenerationOptions(url=server.url, model="tiny", stall_s=1, timeout_s=3)
        settings = replace(Settings(data=data), generation=replace(generation, **options))
        with Whence(settings=settings) as whence:
            return whence.ask(question), server.asked


def test_a_generated_answer_is_cited_and_resolves(data: Path, reading: Whence) -> None:
    answer, asked = ask(data, TRUE + " The crane was built in 1911.")
    assert answer.kind == "generated"
    assert answer.answer == TRUE.removesuffix(".") + " [1]."
    assert answer.models["generator"] == "tiny"
    assert answer.citations[0].path == "README.md"
    text = reading.read(answer.citations[0])
    assert text is not None
    assert text[answer.citations[0].start : answer.citations[0].end] == answer.citations[0].quote
    assert any("dropped" in note for note in answer.skipped)
    assert answer.confidence == pytest.approx(reading.ask(WEIGHT).confidence / 2)
    assert len(asked) == 1
    assert WEIGHT in asked[0][0]["messages"][1]["content"]


@pytest.mark.parametrize(("says", "manner"), [(TRUE, "stalls"), (TRUE, "refuses"), ("Pigs fly to Mars.", "stream")])
def test_what_cannot_be_generated_is_quoted_as_ever(data: Path, reading: Whence, says: str, manner: str) -> None:
    answer, _ = ask(data, says, manner=manner)
    plain = reading.ask(WEIGHT)
    assert (answer.kind, answer.answer, answer.citations) == ("extractive", plain.answer, plain.citations)
    assert any(note.startswith("quoted, not generated: ") for note in answer.skipped)
    assert "generator" not in answer.models


def test_a_server_of_others_is_understood(data: Path) -> None:
    """The service itself speaks the protocol, not as the stand-in does; what it says to a prompt is another matter."""
    pytest.importorskip("fastapi", reason="the serve extra is not installed")
    from tests.serving.server import serving

    with serving(data) as server:
        generation = GenerationOptions(url=f"{server.url}/v1", model="whence/ferry", stall_s=30)
        with Whence(settings=replace(Settings(data=data), generation=generation)) as whence:
            answer = whence.ask(WEIGHT)
            refused = replace(Settings(data=data), generation=replace(generation, model="another"))
        with Whence(settings=refused) as whence:
            fallen = whence.ask(WEIGHT)
    assert answer.kind == "generated", answer.skipped
    assert answer.citations
    assert all(claim.citations for claim in answer.claims)
    assert fallen.kind == "extractive"
    assert any("status 404" in note and "no model" in note for note in fallen.skipped)


def test_facts_and_what_is_not_found_never_reach_the_model(data: Path) -> None:
    def never(_: Mapping[str, Any]) -> str:
        raise AssertionError

    fact, asked = ask(data, never, "who last changed README.md?")
    assert fact.kind == "fact"
    assert not asked
    nothing, asked = ask(data, never, "how do Kafka consumer groups rebalance partitions?")
    assert nothing.abstained
    assert not asked
