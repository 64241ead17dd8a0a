"""What a key may not see comes through no door and no tool: each has its tries here, and a new one must bring some.

The caller is an editor of the repository in "ferry" alone. The folder with the wages, and the index "manual" with the
crane, do not exist for it: no reply holds a word of them, also where somebody else has asked the same before.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from whence.interface import Whence
from whence.serving.access import Right
from whence.serving.application import create
from whence.serving.doors import DOORS
from whence.serving.mcp_tools import TOOLS
from whence.serving.options import ServingOptions
from whence.serving.problems import Problem
from whence.store.keys import Keys

WAGES = "how much does the captain earn?"
CRANE = "when is the crane oiled?"
SECRETS = ("crowns", "steers at night", "every monday", "salt eats")
TALK = "shared-talk"


@dataclass(frozen=True)
class Hidden:
    """What an administrator's questions have left in the log, and the names of what is hidden."""

    source: str
    document: str
    answer: str
    wages: dict[str, Any]


Tries = list[dict[str, Any]]


def tries(hidden: Hidden) -> dict[tuple[str, str], Tries]:
    """Requests through each door that ask for what is hidden: what ``httpx`` takes, and ``at`` for a part of a path."""
    asked = {"question": WAGES, "index": "ferry", "conversation": TALK}
    outside = {"question": CRANE, "index": "manual"}
    follow_up = {"question": "and why?", "index": "ferry", "conversation": TALK}
    narrowed = {**asked, "filters": {"sources": [hidden.source]}}
    said = [{"role": "user", "content": WAGES}]
    return {
        ("POST", "/question"): [
            *({"json": {**body, "stream": stream}} for body in (asked, outside, follow_up) for stream in (False, True)),
            {"json": {**asked, "as_of": "2030-01-01"}},
        ],
        ("POST", "/search"): [{"json": body} for body in (asked, outside, narrowed)],
        ("GET", "/indexes"): [{}],
        ("GET", "/documents"): [
            {"params": {"index": "ferry"}},
            {"params": {"index": "ferry", "source": hidden.source}},
            {"params": {"index": "manual"}},
        ],
        ("PUT", "/document"): [
            {"json": {"id": "mine", "text": "hello there", "index": name}} for name in ("ferry", "manual", "new")
        ],
        ("GET", "/document/{id:path}"): [
            {"at": hidden.document},
            {"at": hidden.document, "params": {"index": "ferry"}},
            {"at": hidden.document, "headers": {"Accept": "text/plain"}},
        ],
        ("DELETE", "/document/{id:path}"): [{"at": hidden.document}],
        ("GET", "/sources"): [{}],
        ("GET", "/cited"): [
            {"params": {"index": name, "document_id": hidden.document, "revision": hidden.wages["revision"]}}
            for name in ("ferry", "manual")
        ],
        ("POST", "/sync"): [{"json": {"index": "manual"}}],
        ("POST", "/feedback"): [{"json": {"answer_id": hidden.answer, "thumbs": "up"}}],
        ("POST", "/mcp"): [_call(name, given) for name, calls in tool_tries().items() for given in calls],
        ("POST", "/v1/chat/completions"): [
            {"json": {"model": model, "messages": said, "stream": stream}}
            for model in ("whence", "whence/ferry", "whence/manual")
            for stream in (False, True)
        ],
        ("GET", "/v1/models"): [{}],
        ("GET", "/logs"): [
            {},
            {"params": {"format": "jsonl"}},
            {"params": {"index": "manual"}},
            {"params": {"user": "-"}},
        ],
        ("GET", "/logs/{id}"): [{"at": hidden.answer}],
        ("GET", "/audit"): [{}],
        ("GET", "/metrics"): [{}],
    }


def tool_tries() -> dict[str, Tries]:
    """Arguments of each tool that ask for what is hidden."""
    return {
        "ask": [{"question": WAGES, "index": "ferry"}, {"question": CRANE, "index": "manual"}],
        "search": [{"query": WAGES, "index": "ferry"}, {"query": CRANE, "index": "manual"}],
        "read": [{"path": "wages.md", "index": "ferry"}, {"path": "crane.md", "index": "manual"}],
        "why": [{"target": "wages.md", "index": "ferry"}, {"target": "crane.md:1", "index": "manual"}],
        "history": [{"path": "wages.md", "index": "ferry"}, {"path": "crane.md", "index": "manual"}],
        "who": [{"index": "manual"}, {"path": "wages.md", "index": "ferry"}],
        "changes_between": [{"start": "2000-01-01", "end": "2100-01-01", "index": "manual"}],
        "find_symbol": [{"name": "Wages", "index": "ferry"}, {"name": "Crane", "index": "manual"}],
        "status": [{}, {"index": "manual"}],
        "sync": [{"index": "ferry"}, {"index": "manual"}],
    }


def _call(name: str, given: dict[str, Any]) -> dict[str, Any]:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": given}}
    return {"json": body, "headers": {"Accept": "application/json, text/event-stream"}}


def send(client: TestClient, door: tuple[str, str], attempt: dict[str, Any]) -> Any:
    given = dict(attempt)
    at = given.pop("at", "")
    return client.request(door[0], door[1].replace("{id:path}", at).replace("{id}", at), **given)


@pytest.fixture(scope="module")
def clients(shared_data: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """An administrator's and the narrow one's."""
    with Whence(shared_data) as whence:
        keys = Keys(whence.ledger.database)
        repository = next(row.id for row in whence.ledger.sources("ferry") if row.id.startswith("git:"))
        admin, narrow = (
            keys.add("chief", "admin", rate_per_minute=100_000)[1],
            keys.add("narrow", "editor", grants=[f"ferry/{repository}"], rate_per_minute=100_000)[1],
        )
    app = create(lambda: Whence(shared_data), ServingOptions(access="keys"))
    with TestClient(app, headers={"X-API-Key": admin}) as chief:
        yield chief, TestClient(app, headers={"X-API-Key": narrow})


@pytest.fixture(scope="module")
def hidden(clients: tuple[TestClient, TestClient]) -> Hidden:
    body = {"question": WAGES, "index": "ferry", "conversation": TALK}
    reply = clients[0].post("/question", json=body).json()
    cited = reply["citations"][0]
    assert "700 crowns" in reply["answer"]
    return Hidden(cited["document_id"].rpartition(":")[0], cited["document_id"], reply["id"], cited)


def test_every_door_and_every_tool_has_its_tries(hidden: Hidden) -> None:
    assert tries(hidden).keys() == {(method, path) for method, path, right in DOORS if right > Right.OPEN}
    assert tool_tries().keys() == TOOLS.keys()


@pytest.mark.parametrize("door", [(method, path) for method, path, right in DOORS if right > Right.OPEN], ids=" ".join)
def test_nothing_of_it_comes_through(
    clients: tuple[TestClient, TestClient], hidden: Hidden, door: tuple[str, str]
) -> None:
    for attempt in tries(hidden)[door]:
        reply = send(clients[1], door, attempt)
        assert reply.status_code < 500, attempt
        said = reply.text.lower()
        assert not [word for word in SECRETS if word in said], (attempt, reply.text)
        if reply.status_code >= 400:
            assert reply.json().get("title") or reply.json().get("error"), attempt


def test_the_tries_would_find_it(clients: tuple[TestClient, TestClient], hidden: Hidden) -> None:
    """The same requests show an administrator what is hidden here: the tries are worth something."""
    seen = {
        door
        for door, attempts in tries(hidden).items()
        if door[0] == "GET" or door[1] in ("/question", "/search", "/mcp", "/v1/chat/completions")
        for attempt in attempts
        if any(word in send(clients[0], door, attempt).text.lower() for word in SECRETS)
    }
    assert seen >= {
        ("POST", "/question"),
        ("POST", "/search"),
        ("GET", "/document/{id:path}"),
        ("GET", "/cited"),
        ("POST", "/mcp"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/logs"),
        ("GET", "/logs/{id}"),
    }


def test_what_is_hidden_is_still_there(clients: tuple[TestClient, TestClient], hidden: Hidden) -> None:
    send(clients[1], ("DELETE", "/document/{id:path}"), {"at": hidden.document})
    assert "700 crowns" in json.dumps(clients[0].get(f"/document/{hidden.document}").json())


@pytest.mark.parametrize("path", ["/", "/question", "/mcp", "/absent"])
def test_there_is_no_door_for_websockets(clients: tuple[TestClient, TestClient], path: str) -> None:
    with pytest.raises((WebSocketDisconnect, Problem)), clients[0].websocket_connect(path):
        pass
