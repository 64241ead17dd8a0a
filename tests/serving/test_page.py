"""The files of the page and the requests it makes beside questions, without a browser."""

import re
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import git
from tests.serving.server import Server, serving

from whence.interface import Whence
from whence.store.keys import Keys

PARTS = sorted(one.name for one in files("whence.serving.page").iterdir() if not one.name.startswith("__"))
WEIGHT = "how much may a parcel weigh?"


def sources(server: Server, key: str = "") -> dict[str, Any]:
    with server.client(key) as client:
        reply = client.get("/sources")
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told


def opened(server: Server, citation: dict[str, Any], index: str = "ferry", **more: Any) -> Any:
    wanted = {name: citation[name] for name in ("document_id", "revision", "start", "end")}
    with server.client() as client:
        return client.get("/cited", params={"index": index, **wanted, **more})


def cited(server: Server, question: str, index: str = "ferry") -> dict[str, Any]:
    with server.client() as client:
        reply = client.post("/question", json={"question": question, "index": index}).json()
    first: dict[str, Any] = reply["citations"][0]
    return first


def test_the_page_comes_with_a_policy_that_allows_nothing_inline(server: Server) -> None:
    with server.client() as client:
        reply = client.get("/")
        policy = reply.headers["content-security-policy"]
        assert reply.headers["content-type"].startswith("text/html")
        assert "unsafe" not in policy
        for part in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"):
            assert part in policy
        again = client.get("/", headers={"If-None-Match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", reply.text)


def test_every_part_is_served_and_nothing_else(server: Server) -> None:
    with server.client() as client:
        for name in PARTS:
            if name != "index.html":
                assert client.get(f"/page/{name}").status_code == 200, name
        for name in ("__init__.py", "absent.js", "..%2Foptions.py", "index.html"):
            assert client.get(f"/page/{name}").status_code == 404, name


@pytest.mark.parametrize("name", [name for name in PARTS if name.endswith((".js", ".html", ".css"))])
def test_no_part_makes_markup_or_calls_elsewhere(name: str) -> None:
    text = files("whence.serving.page").joinpath(name).read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", text)
    assert not re.search(r"""(?:src|href|import|from|url\(|fetch\()\s*[=(]?\s*["']?(?:https?:)?//""", text)


def test_sources_say_where_they_stand(server: Server) -> None:
    told = sources(server)
    assert told["right"] == "admin"
    assert [index["name"] for index in told["indexes"]] == ["ferry", "manual"]
    repository = next(one for one in told["indexes"][0]["sources"] if one["sort"] == "repository")
    assert len(repository["revision"]) == 40
    assert repository["fetched_at"]
    assert repository["documents"] == 4
    assert told["indexes"][0]["indexed"] == 1.0


def test_a_file_is_opened_at_its_lines(server: Server) -> None:
    citation = cited(server, WEIGHT)
    reply = opened(server, citation).json()
    lines = reply["text"].split("\n")[reply["start_line"] - 1 : reply["end_line"]]
    assert citation["quote"] in "\n".join(lines)
    assert (reply["sort"], reply["path"], reply["is_present"]) == ("file", "README.md", True)


def test_a_commit_is_opened_with_its_patch(server: Server) -> None:
    reply = opened(server, cited(server, "who last changed README.md?")).json()
    assert reply["sort"] == "commit"
    assert reply["commit"]["subject"] == "change"
    assert "diff README.md" in reply["text"]


def test_a_document_of_a_folder_is_opened(server: Server) -> None:
    reply = opened(server, cited(server, "why must the crane be oiled?", "manual"), "manual").json()
    assert (reply["sort"], reply["title"]) == ("document", "Crane")


def test_what_cannot_be_cited_is_not_opened(server: Server) -> None:
    citation = cited(server, WEIGHT)
    source = citation["document_id"].rpartition(":")[0]
    for change in (
        {"revision": "0" * 40},
        {"revision": "HEAD"},
        {"revision": citation["revision"][:10]},
        {"document_id": f"{source}:../../etc/passwd"},
        {"document_id": f"{source}:.git/config"},
        {"document_id": f"{source}:commit/{'0' * 40}"},
        {"document_id": "docs:absent:wages.md"},
        {"document_id": "/etc/passwd"},
        {"index": "manual"},
        {"index": "absent"},
    ):
        assert opened(server, citation, **change).status_code == 404, change
    far = opened(server, citation, start=5, end=10**9).json()
    assert (far["start_line"], far["end_line"]) == (0, 0)


def test_a_commit_that_the_index_does_not_reach_is_not_opened(server: Server, shared_data: Path) -> None:
    with Whence(shared_data) as whence:
        row = next(row for row in whence.ledger.sources("ferry") if row.id.startswith("git:"))
    mirror = shared_data / "mirrors" / row.id.removeprefix("git:")
    tree = git(mirror, "rev-parse", f"{row.state.revision}^{{tree}}")
    hidden = git(mirror, "commit-tree", tree, "-m", "hidden")
    wanted = {"index": "ferry", "document_id": f"{row.id}:README.md", "revision": row.state.revision}
    with server.client() as client:
        assert client.get("/cited", params=wanted).status_code == 200
        assert client.get("/cited", params={**wanted, "revision": hidden}).status_code == 404


def synced(server: Server, index: str) -> dict[str, Any]:
    """What the sources say of an index after a sync of it has ended."""
    with server.client() as client:
        reply = client.post("/sync", json={"index": index})
    assert reply.status_code == 202
    until = time.monotonic() + 60
    while True:
        told: dict[str, Any] = next(one for one in sources(server)["indexes"] if one["name"] == index)
        if not told["working"]:
            return told
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_sync_that_fails_says_so(server: Server, shared_data: Path) -> None:
    with Whence(shared_data) as whence:
        folder = Path(whence.ledger.sources("manual")[0].location)
    away = folder.rename(folder.with_name("manual-away"))
    try:
        assert "manual" in synced(server, "manual")["failed"]
    finally:
        away.rename(folder)
    assert synced(server, "manual")["failed"] == ""
    with server.client() as client:
        assert client.post("/sync", json={"index": "absent"}).status_code == 404


def test_keys_narrow_sources_and_citations(data: Path) -> None:
    with Whence(data) as whence:
        keys = Keys(whence.ledger.database)
        rows = {row.id.partition(":")[0]: row for row in whence.ledger.sources("ferry")}
        manual = keys.add("m", role="reader", grants=("manual",))[1]
        code = keys.add("c", role="editor", grants=(f"ferry/{rows['git'].id}",))[1]
        secret = next(one for one in whence.documents("ferry") if one.source_id == rows["docs"].id)
    wanted = {"index": "ferry", "document_id": secret.id, "revision": secret.revision}
    commit = {**wanted, "document_id": f"{rows['git'].id}:README.md", "revision": rows["git"].state.revision}
    with serving(data, "--require-keys") as server:
        told = sources(server, manual)
        assert told["right"] == "reader"
        assert [index["name"] for index in told["indexes"]] == ["manual"]
        assert "/" not in told["indexes"][0]["sources"][0]["location"]
        told = sources(server, code)
        assert [one["id"] for one in told["indexes"][0]["sources"]] == [rows["git"].id]
        with server.client(manual) as client:
            assert client.get("/cited", params=commit).status_code == 404
            assert client.post("/sync", json={"index": "manual"}).status_code == 403
        with server.client(code) as client:
            assert client.get("/cited", params=commit).status_code == 200
            assert client.get("/cited", params=wanted).status_code == 404
            assert client.post("/sync", json={"index": "manual"}).status_code == 404
        with server.client() as client:
            assert client.get("/").status_code == 200
            assert client.get("/sources").status_code == 401
            assert client.get("/cited", params=wanted).status_code == 401
