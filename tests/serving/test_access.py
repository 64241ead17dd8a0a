"""Who gets in, and what exists for them: every door, with and without the right."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount
from tests.serving.server import PROGRAM, Server, events, serving

from whence.errors import UsageError
from whence.interface import Whence
from whence.serving.access import Rates, Right
from whence.serving.application import create
from whence.serving.doors import DOORS, doors
from whence.serving.options import ServingOptions
from whence.store.keys import Keys

WAGES = "how much does the captain earn?"


@pytest.fixture(scope="module")
def keys(shared_data: Path) -> dict[str, str]:
    """Keys by name; "some" may see the repository in ferry only, "manual" the index manual only."""
    with Whence(shared_data) as whence:
        made = Keys(whence.ledger.database)
        repository = next(row.id for row in whence.ledger.sources("ferry") if row.id.startswith("git:"))
        wanted: dict[str, dict[str, Any]] = {
            "reader": {"role": "reader"},
            "editor": {"role": "editor"},
            "admin": {"role": "admin"},
            "some": {"role": "editor", "grants": [f"ferry/{repository}"]},
            "manual": {"role": "admin", "grants": ["manual"]},
            "slow": {"role": "reader", "rate_per_minute": 6},
        }
        return {name: made.add(name, **how)[1] for name, how in wanted.items()}


@pytest.fixture(scope="module")
def server(shared_data: Path, keys: dict[str, str]) -> Iterator[Server]:
    with serving(shared_data, "--require-keys") as running:
        yield running


@pytest.fixture
def app(data: Path) -> Iterator[FastAPI]:
    made = create(lambda: Whence(data), ServingOptions(access="keys"))
    with TestClient(made):
        yield made


def call(client: httpx.Client, method: str, path: str) -> httpx.Response:
    return client.request(method, path.replace("{id:path}", "x:y").replace("{id}", "0" * 32))


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every (method, path) that the application would answer, however it was put in."""
    from fastapi.routing import iter_route_contexts

    found = set()
    for route in iter_route_contexts(app.router.routes):
        assert not isinstance(route, Mount), "a mounted application needs a test of its own"
        for method in (route.methods or set()) - {"HEAD"}:
            found.add((method, str(route.path)))
    return found


def test_every_route_has_a_declared_right_and_every_door_a_route(app: FastAPI) -> None:
    assert routes_of(app) == {(method, path) for method, path, _ in DOORS}


def test_what_is_not_declared_cannot_be_reached(app: FastAPI, data: Path) -> None:
    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    with Whence(data) as whence:
        key = Keys(whence.ledger.database).add("root", "admin")[1]
    reply = TestClient(app).get("/forgotten", headers={"X-API-Key": key})
    assert reply.status_code == 404
    assert "secret" not in reply.text


@pytest.mark.parametrize("door", doors(), ids=lambda door: f"{door.method} {door.path}")
def test_each_door_asks_for_its_right(server: Server, keys: dict[str, str], door: Any) -> None:
    roles = {"": Right.OPEN, "reader": Right.READ, "editor": Right.WRITE, "admin": Right.ADMIN}
    for role, right in roles.items():
        with server.client(keys.get(role, "")) as client:
            status = call(client, door.method, door.path).status_code
        if right >= door.right:
            assert status not in (401, 403), role
        else:
            assert status == (401 if not role else 403), role


@pytest.mark.parametrize("door", [door for door in doors() if door.right > Right.OPEN], ids=lambda door: door.path)
def test_each_door_refuses_wrong_keys(server: Server, keys: dict[str, str], door: Any) -> None:
    changed = keys["admin"][:-1] + ("A" if keys["admin"][-1] != "A" else "B")
    with server.client(changed) as client:
        reply = call(client, door.method, door.path)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_hidden_sources_do_not_exist_at_any_door(server: Server, keys: dict[str, str]) -> None:
    body = {"question": WAGES, "index": "ferry"}
    with server.client(keys["reader"]) as client:
        seen = client.post("/question", json=body).json()
        secret_id = next(c["document_id"] for c in seen["contexts"] if c["path"] == "wages.md")
        assert "700 crowns" in seen["answer"]
        assert client.get(f"/document/{secret_id}").status_code == 200
    with server.client(keys["some"]) as client:
        replies = [
            client.post("/question", json={**body, "as_of": "2030-01-01"}),
            client.post("/question", json=body),
            client.post("/question", json={**body, "stream": True}),
            client.post("/search", json=body),
            client.get("/documents", params={"index": "ferry"}),
            client.get("/documents", params={"index": "ferry", "source": secret_id.rpartition(":")[0]}),
            client.get(f"/document/{secret_id}"),
            client.get(f"/document/{secret_id}", params={"index": "ferry"}),
            client.delete(f"/document/{secret_id}"),
            client.get("/indexes"),
            client.get("/logs"),
            client.get(f"/logs/{seen['id']}"),
            client.get("/logs", params={"format": "jsonl"}),
            client.post("/feedback", json={"answer_id": seen["id"], "thumbs": "up"}),
            client.put("/document", json={"id": "x", "text": "hello there", "index": "ferry"}),
            client.post("/search", json={**body, "filters": {"sources": [secret_id.rpartition(":")[0]]}}),
        ]
        for reply in replies:
            assert "700 crowns" not in reply.text, reply.request.url
            assert "wages" not in reply.text.replace(secret_id, ""), reply.request.url
        assert [reply.status_code for reply in replies[6:9]] == [404, 404, 404]
        assert replies[11].status_code == replies[13].status_code == 404
        assert replies[14].status_code == 403
        absent, hidden = (client.post("/question", json={**body, "index": name}) for name in ("absent", "manual"))
        assert absent.json()["detail"].replace("absent", "manual") == hidden.json()["detail"]


def test_own_questions_are_withheld_once_the_right_is_gone(server: Server, keys: dict[str, str]) -> None:
    with server.client(keys["manual"]) as client:  # an administrator of one index sees nothing of others
        assert client.get("/indexes").json()["indexes"][0]["name"] == "manual"
        time.sleep(0.5)
        for entry in client.get("/logs").json()["entries"]:
            assert entry["reply"]["index"] == "manual"
        assert client.get("/logs", params={"index": "ferry"}).status_code == 404


def test_readers_see_their_own_questions_and_administrators_all(server: Server, keys: dict[str, str]) -> None:
    with server.client(keys["reader"]) as client:
        mine = client.post("/question", json={"question": "how deep is Northport?", "index": "ferry"}).json()["id"]
    with server.client(keys["editor"]) as client:
        assert client.get(f"/logs/{mine}").status_code == 404
        assert client.get("/logs", params={"user": "anyone"}).json()["entries"] == []
    with server.client(keys["admin"]) as client:
        assert client.get(f"/logs/{mine}").status_code == 200


def test_conversations_of_others_are_not_heard(server: Server, keys: dict[str, str]) -> None:
    said = {"index": "ferry", "conversation": "shared-id"}
    with server.client(keys["reader"]) as client:
        client.post("/question", json={"question": "who last changed README.md?", **said})
    with server.client(keys["editor"]) as client:
        reply = client.post("/question", json={"question": "when was it added?", **said}).json()
    assert reply["asked"] == reply["question"]


def test_a_rate_is_kept(server: Server, keys: dict[str, str]) -> None:
    with server.client(keys["slow"]) as client:
        statuses = [client.get("/indexes") for _ in range(4)]
    assert [reply.status_code for reply in statuses].count(429) >= 2
    refused = statuses[-1]
    assert int(refused.headers["retry-after"]) >= 1


def test_a_revoked_key_opens_nothing_after_a_second(server: Server, shared_data: Path) -> None:
    with Whence(shared_data) as whence:
        keys = Keys(whence.ledger.database)
        text = keys.add("brief", "reader")[1]
        with server.client(text) as client:
            assert client.get("/indexes").status_code == 200
            keys.revoke("brief")
            time.sleep(1.2)
            assert client.get("/indexes").status_code == 401


def test_refusals_and_changes_are_written_down(server: Server, keys: dict[str, str]) -> None:
    with server.client(keys["reader"]) as client:
        client.delete("/document/a:b")
    with server.client(keys["admin"]) as client:
        deeds = client.get("/audit").json()["entries"]
    assert any(deed["outcome"] == "denied" and deed["target"] == "DELETE /document/{id:path}" for deed in deeds)


def test_keys_expire_and_are_not_stored_readably(tmp_path: Path) -> None:
    with Whence(tmp_path) as whence:
        keys = Keys(whence.ledger.database)
        soon = datetime.now(UTC) + timedelta(seconds=0.3)
        key, text = keys.add("soon", "reader", expires_at=soon)
        assert keys.find(text) == key
        time.sleep(0.4)
        assert keys.find(text) is None
        with pytest.raises(UsageError):
            keys.add("past", "reader", expires_at=datetime.now(UTC) - timedelta(days=1))
        for wrong in ("", "whk_", "whk__x", text + "x", text.replace("whk", "abc"), "whk_\x00_é", "x" * 10_000):
            assert keys.find(wrong) is None
        secret = text.rpartition("_")[2].encode()
    assert all(secret not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_without_keys_only_this_machine_gets_in(shared_data: Path) -> None:
    app = create(lambda: Whence(shared_data), ServingOptions())
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/indexes").status_code == 200
        for headers in (
            {"Host": "evil.example"},
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"X-Forwarded-For": "10.1.2.3"},
            {"Authorization": "Bearer whk_00000000_nothing"},
        ):
            assert client.get("/indexes", headers=headers).status_code in (400, 401, 403), headers


def test_another_address_needs_keys(tmp_path: Path) -> None:
    words = [*PROGRAM, "serve", "--data", str(tmp_path / "new"), "--host", "0.0.0.0", "--port", "0"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "whence keys add" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_rates_fill_again() -> None:
    rates = Rates(max_names=2)
    assert [rates.wait_s("a", 60) == 0 for _ in range(12)].count(True) == 10
    assert 0 < rates.wait_s("a", 60) <= 1
    assert rates.wait_s("b", 60) == 0


def test_streams_of_hidden_indexes_are_problems(server: Server, keys: dict[str, str]) -> None:
    with server.client(keys["some"]) as client:
        reply = client.post("/question", json={"question": WAGES, "index": "manual", "stream": True})
    assert [name for name, _ in events(reply.text)] == ["problem"]
