"""What every generator keeps to."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.answer.model_server import model_server

from whence.answer.chat_server import ChatServer
from whence.answer.options import GenerationOptions
from whence.errors import GenerationError, TruncatedError
from whence.protocols import Generator
from whence.types import Prompt

PROMPT = Prompt(rules="Say what the passages say.", material="The crane lifts.", max_tokens=20)
TEXT = "The crane lifts Größe and \u65e5\u672c."


def chat_server(manner: str) -> Iterator[Generator]:
    with model_server(TEXT, manner) as server:
        yield ChatServer(GenerationOptions(url=server.url, model="tiny", stall_s=0.5, timeout_s=2), {})


MEMBERS = {"chat_server": chat_server}


@pytest.fixture(params=MEMBERS)
def member(request: pytest.FixtureRequest) -> Any:
    return MEMBERS[request.param]


def test_pieces_make_the_text_and_the_model_has_a_name(member: Any) -> None:
    for generator in member("stream"):
        assert generator.model
        assert "".join(generator.stream(PROMPT)) == TEXT
        assert "".join(generator.stream(PROMPT)) == TEXT  # nothing is left of the first


def test_a_text_that_stops_before_its_end_says_so_after_its_last_piece(member: Any) -> None:
    for generator in member("length"):
        pieces: list[str] = []
        with pytest.raises(TruncatedError):
            pieces.extend(generator.stream(PROMPT))
        assert "".join(pieces) == TEXT


@pytest.mark.parametrize("manner", ["silent", "refuses", "fails", "nonsense", "drips"])
def test_every_failure_is_one_of_ours(member: Any, manner: str) -> None:
    for generator in member(manner):
        with pytest.raises(GenerationError, match="server"):
            list(generator.stream(PROMPT))


def test_a_stream_that_nobody_reads_to_its_end_can_be_closed(member: Any) -> None:
    for generator in member("stream"):
        stream = generator.stream(PROMPT)
        assert next(stream)
        stream.close()
