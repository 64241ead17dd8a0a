"""Chat completions through the official client, unchanged but for its address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving.server import Server, serving

openai = pytest.importorskip("openai", reason="the openai client is not installed")

from whence.interface import Whence  # noqa: E402
from whence.store.keys import Keys  # noqa: E402

WEIGHT = "how much may a parcel weigh?"


def client_of(server: Server, key: str = "unused") -> Any:
    import httpx

    return openai.OpenAI(
        base_url=f"{server.url}/v1", api_key=key, max_retries=0, http_client=httpx.Client(trust_env=False, timeout=60)
    )


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Any]:
    with client_of(server) as made:
        yield made


def said(*texts: str) -> list[dict[str, str]]:
    """A talk that begins and ends with the user."""
    return [{"role": "assistant" if n % 2 else "user", "content": text} for n, text in enumerate(texts)]


def test_the_client_gets_an_answer_with_its_citations(client: Any) -> None:
    made = client.chat.completions.create(model="whence/ferry", messages=said(WEIGHT), temperature=0.2, max_tokens=50)
    text = made.choices[0].message.content
    assert "30 kilograms" in text
    assert "[1] README.md:" in text
    assert made.choices[0].finish_reason == "stop"
    assert made.usage.total_tokens > 0
    assert made.whence["citations"][0]["path"] == "README.md"
    assert made.whence["index"] == "ferry"


def test_a_stream_says_the_same(client: Any) -> None:
    asked: dict[str, Any] = {"model": "whence/ferry", "messages": said(WEIGHT)}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    pieces = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == whole
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-2].choices[0].finish_reason == "stop"
    assert pieces[-2].whence["citations"]
    assert pieces[-1].usage.completion_tokens > 0


def test_models_are_the_indexes(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["whence", "whence/ferry", "whence/manual"]


def test_a_follow_up_is_completed_with_what_was_asked(client: Any) -> None:
    talk = said("who last changed README.md?", "Ada did.", "and what about harbours.toml?")
    made = client.chat.completions.create(model="whence/ferry", messages=talk)
    assert made.whence["asked"] == "who last changed harbours.toml?"
    assert "understood as" in made.choices[0].message.content
    longer = [*talk, *said("Ada, too.", "and src/ferry/crane.py?")[0:0]]
    longer += [{"role": "assistant", "content": "Ada."}, {"role": "user", "content": "what about src/ferry/crane.py?"}]
    again = client.chat.completions.create(model="whence/ferry", messages=longer)
    assert again.whence["asked"] == "who last changed src/ferry/crane.py?"


def test_a_talk_that_the_log_does_not_know_is_completed_too(client: Any) -> None:
    talk = said("who last changed src/ferry/captain.py?", "Somebody.", "and README.md?")
    made = client.chat.completions.create(model="whence/ferry", messages=talk)
    assert made.whence["asked"] == "who last changed README.md?"


def test_parts_of_a_message_are_read(client: Any) -> None:
    parts = [{"type": "text", "text": WEIGHT}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    messages: Any = [{"role": "system", "content": "Speak French."}, {"role": "user", "content": parts}]
    made = client.chat.completions.create(model="whence/ferry", messages=messages)
    assert "30 kilograms" in made.choices[0].message.content


def test_errors_are_those_the_client_knows(client: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="no model"):
        client.chat.completions.create(model="gpt-9", messages=said(WEIGHT))
    with pytest.raises(openai.NotFoundError, match="no index 'absent'"):
        client.chat.completions.create(model="whence/absent", messages=said(WEIGHT))
    with pytest.raises(openai.NotFoundError, match="ferry, manual"):
        client.chat.completions.create(model="whence", messages=said(WEIGHT))
    with pytest.raises(openai.UnprocessableEntityError, match="last message"):
        client.chat.completions.create(model="whence/ferry", messages=[{"role": "system", "content": "x"}])
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="whence/ferry", messages=[])
    with pytest.raises(openai.APIError, match="no index"):
        list(client.chat.completions.create(model="whence/absent", messages=said(WEIGHT), stream=True))


def test_a_key_opens_what_it_may_and_nothing_else(shared_data: Path) -> None:
    with Whence(shared_data) as whence:
        key = Keys(whence.ledger.database).add("chat", "reader", grants=["manual"])[1]
    with (
        serving(shared_data, "--require-keys") as server,
        client_of(server, key) as client,
        client_of(server, "sk-wrong") as stranger,
    ):
        with pytest.raises(openai.AuthenticationError):
            stranger.models.list()
        assert [model.id for model in client.models.list()] == ["whence", "whence/manual"]
        made = client.chat.completions.create(model="whence", messages=said("when is the crane oiled?"))
        assert "Monday" in made.choices[0].message.content
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model="whence/ferry", messages=said(WEIGHT))


def test_every_refusal_says_why_in_the_place_where_the_client_looks(server: Server, client: Any) -> None:
    wrong: dict[str, Any]
    for wrong in ({"messages": []}, {"messages": said("hi"), "n": 2}):
        with pytest.raises(openai.UnprocessableEntityError) as told:
            client.chat.completions.create(model="whence/ferry", **wrong)
        assert told.value.body["code"] == "invalid"
        assert "body." in told.value.body["message"]
    with client_of(server, "whk_none") as stranger:
        with pytest.raises(openai.AuthenticationError) as told:
            stranger.models.list()
        assert told.value.body["message"]
