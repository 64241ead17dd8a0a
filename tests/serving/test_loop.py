"""The event loop waits for nobody: no route opens files, starts processes or asks the database where it runs."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the serve extra is not installed")
from fastapi.testclient import TestClient
from tests.serving.server import events

from whence.interface import Whence
from whence.serving.application import create
from whence.serving.doors import DOORS
from whence.serving.options import ServingOptions
from whence.store.database import Database

QUESTION = {"question": "how much may a parcel weigh?", "index": "ferry"}
WAITS = ("open", "subprocess.Popen", "os.posix_spawn", "sqlite3.connect", "socket.connect", "time.sleep", "os.listdir")
_watching: list[list[str]] = []


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    """A hook of the interpreter's cannot be taken back, so it does nothing while nobody watches."""
    if _watching and event in WAITS and _on_a_loop() and not str(arguments[:1]).startswith("('/proc/"):
        _watching[-1].append(f"{event} {arguments[:1]}")


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the loop has waited for since the fixture was made."""
    found: list[str] = []
    for name in ("reading", "writing"):
        original = getattr(Database, name)

        def noticed(self: Database, original: Any = original, name: str = name) -> Any:
            if _on_a_loop():
                found.append(name)
            return original(self)

        monkeypatch.setattr(Database, name, noticed)
    sys.addaudithook(_notice)
    _watching.append(found)
    yield found
    _watching.remove(found)


def requests(answer_id: str, document_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """One request for each door: method, path, and what goes with it."""
    chat = {"model": "whence/ferry", "messages": [{"role": "user", "content": QUESTION["question"]}]}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "/question"): {"json": {**QUESTION, "conversation": "c", "stream": True}},
        ("POST", "/search"): {"json": QUESTION},
        ("PUT", "/document"): {"json": {"id": "note", "text": "Lift it by day.", "index": "notes"}},
        ("POST", "/sync"): {"json": {"index": "absent"}},
        ("POST", "/feedback"): {"json": {"answer_id": answer_id, "thumbs": "up"}},
        ("POST", "/mcp"): {"json": message, "headers": {"Accept": "application/json, text/event-stream"}},
        ("POST", "/v1/chat/completions"): {"json": chat},
        ("GET", "/cited"): {"params": {"index": "ferry", "document_id": document_id}},
        ("GET", "/logs"): {"params": {"format": "jsonl"}},
    }
    names = {"{id:path}": document_id, "{name}": "page.css"}
    asked = []
    for method, path, _ in DOORS:
        filled = path.replace("/logs/{id}", f"/logs/{answer_id}")
        for name, value in names.items():
            filled = filled.replace(name, value)
        asked.append((method, filled, bodies.get((method, path), {})))
    return asked


def test_no_door_makes_the_loop_wait(data: Path, waited: list[str]) -> None:
    application = create(lambda: Whence(data), ServingOptions(access="keys"))
    from whence.store.keys import Keys

    with Whence(data) as whence:
        key = Keys(whence.ledger.database).add("root", "admin")[1]
    with TestClient(application, headers={"X-API-Key": key}) as client:
        first = client.post("/question", json=QUESTION).json()
        asked = requests(first["id"], first["citations"][0]["document_id"])
        for method, path, more in asked:  # imports are made at the first request of a kind
            client.request(method, path, **more)
        waited.clear()
        for method, path, more in asked:
            reply = client.request(method, path, **more)
            assert reply.status_code < 500, (method, path, reply.text)
            assert waited == [], (method, path)
            if path == "/question":
                assert [name for name, _ in events(reply.text)][-1] == "citations"


def test_the_service_lives_while_every_thread_is_taken(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ServingOptions(threads=1, queue=1)
    application = create(lambda: Whence(data), options)
    begun, free = threading.Event(), threading.Event()

    def stuck(*_: Any, **__: Any) -> None:
        begun.set()
        free.wait(60)
        raise RuntimeError("enough")

    with TestClient(application, raise_server_exceptions=False) as client:
        monkeypatch.setattr(application.state.application.service, "ask", stuck)
        asking = [threading.Thread(target=client.post, args=("/question",), kwargs={"json": QUESTION}) for _ in "ab"]
        asking[0].start()
        assert begun.wait(30)
        asking[1].start()
        work = application.state.application.work
        while work._taken < 2:
            pass
        assert client.get("/healthz").status_code == 200
        assert client.get("/indexes").status_code == 200
        refused = client.post("/question", json=QUESTION)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        free.set()
        for thread in asking:
            thread.join(30)
