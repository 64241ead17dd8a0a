"""Questions, searches, conversations, logs and feedback through a real process."""

import time
from typing import Any

import pytest
from tests.serving.server import Server, events

WEIGHT = "how much may a parcel weigh?"


def ask(server: Server, question: str, **more: Any) -> dict[str, Any]:
    with server.client() as client:
        reply = client.post("/question", json={"question": question, "index": "ferry", **more})
        assert reply.status_code == 200, reply.text
        record: dict[str, Any] = reply.json()
        return record


def test_an_answer_has_citations_contexts_and_its_source(server: Server) -> None:
    reply = ask(server, WEIGHT)
    assert "30 kilograms" in reply["answer"]
    assert reply["citations"][0]["path"] == "README.md"
    assert reply["citations"][0]["quote"]
    assert reply["source"] == {"commit": None, "issue_id": None}
    assert reply["contexts"][0]["similarity"] > 0.3
    assert reply["warning"] == ""
    assert set(reply["timings_ms"]) >= {"search", "reading"}


def test_a_fact_names_its_commit(server: Server) -> None:
    reply = ask(server, "who last changed README.md?")
    assert reply["kind"] == "fact"
    assert len(reply["source"]["commit"]) == 40


def test_far_passages_are_said_to_be_far(server: Server) -> None:
    reply = ask(server, "how do Kafka consumer groups rebalance partitions?")
    assert reply["abstained"]
    assert reply["answer"].startswith("Not found")
    assert "far from the question" in reply["warning"]


def test_a_stream_gives_hits_then_text_then_citations(server: Server) -> None:
    with server.client() as client:
        reply = client.post("/question", json={"question": WEIGHT, "index": "ferry", "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply.text)
    if [name for name, _ in told[:2]] == ["hits", "hits"]:  # a model has ordered them anew
        told = told[1:]
    assert [name for name, _ in told] == ["hits", "text", "citations"]
    hits, text, rest = (value for _, value in told)
    assert "README.md" in {hit["path"] for hit in hits}
    assert text["text"] == rest["answer"]
    assert rest["citations"]
    assert rest["contexts"] == []


def test_a_stream_tells_errors_of_the_request_by_its_status(server: Server) -> None:
    with server.client() as client:
        reply = client.post("/question", json={"question": WEIGHT, "index": "absent", "stream": True})
    assert events(reply.text)[0][1]["type"] == "urn:whence:problem:unknown-index"


def test_a_search_gives_passages(server: Server) -> None:
    with server.client() as client:
        reply = client.post("/search", json={"question": "crane", "index": "ferry", "k": 2}).json()
    assert len(reply["hits"]) == 2
    assert reply["similarity"] == max(hit["similarity"] for hit in reply["hits"])


def test_an_earlier_state_can_be_asked(server: Server) -> None:
    with server.client() as client:
        asked = {"question": WEIGHT, "index": "ferry", "as_of": "HEAD"}
        body = {"question": "how many commits are there?", "index": "ferry", "as_of": "2030-01-01"}
        assert client.post("/question", json=body).json()["asked_as_of"] == "2030-01-01"
        absent = client.post("/question", json={**asked, "as_of": "v99"})
    assert absent.status_code == 404
    assert absent.json()["type"] == "urn:whence:problem:as-of"


def test_filters_narrow(server: Server) -> None:
    with server.client() as client:
        asked = {"question": "crane", "index": "ferry", "filters": {"kinds": ["code"]}}
        hits = client.post("/search", json=asked).json()["hits"]
        assert {hit["kind"] for hit in hits} == {"code"}
        wrong = client.post("/search", json={**asked, "filters": {"kinds": ["poem"]}})
        assert wrong.status_code == 400
        assert "poem" in wrong.json()["detail"]


def test_a_follow_up_is_made_whole_and_shown(server: Server) -> None:
    first = ask(server, "who last changed README.md?", conversation="c1")
    second = ask(server, "and what about harbours.toml?", conversation="c1")
    third = ask(server, "when was it added?", conversation="c1")
    other = ask(server, "when was it added?", conversation="c2")
    assert first["asked"] == first["question"]
    assert second["asked"] == "who last changed harbours.toml?"
    assert third["asked"] == "when was harbours.toml added?"
    assert third["kind"] == "fact"
    assert other["asked"] == "when was it added?"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": ""}, 422),
        ({"question": "x" * 20_001}, 422),
        ({"question": "   "}, 422),
        ({"question": "a\x00b", "index": "ferry"}, 422),
        ({"question": "x"}, 404),
        ({"question": "x", "index": "ferry", "k": 0}, 422),
        ({"question": "x", "index": "../etc"}, 422),
        ({"question": "x", "surprise": 1}, 422),
        ({"question": ["x"]}, 422),
        ({}, 422),
    ],
)
def test_bad_questions_are_problems(server: Server, body: dict[str, Any], status: int) -> None:
    with server.client() as client:
        reply = client.post("/question", json=body)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:whence:problem:")
    assert problem["detail"]
    assert problem["request_id"] == reply.headers["x-request-id"]


def test_what_is_no_json_is_a_problem(server: Server) -> None:
    with server.client() as client:
        for content in (b"{", b"\xff\xfe", b"[1]", b'{"question": "\\ud800"}', b"null"):
            reply = client.post("/question", content=content, headers={"content-type": "application/json"})
            assert reply.status_code == 422, content
        assert client.post("/question", content=b"x" * 1_000_001).status_code == 413
        assert client.get("/question").status_code == 405
        assert client.get("/nothing").status_code == 404


def test_answers_are_logged_and_can_be_judged(server: Server) -> None:
    reply = ask(server, "how much may a parcel weigh at most?")
    with server.client() as client:
        said = {"answer_id": reply["id"], "thumbs": "down", "reason": "Since when?", "corrected_answer": "40 kg"}
        assert client.post("/feedback", json=said).json()["replaced"] is False
        assert client.post("/feedback", json={**said, "thumbs": "up"}).json()["replaced"] is True
        entry = client.get(f"/logs/{reply['id']}").json()
        assert entry["reply"]["answer"] == reply["answer"]
        assert entry["reply"]["contexts"][0]["text"] == reply["contexts"][0]["text"]
        assert entry["reply"]["snapshot"] == reply["snapshot"]
        assert [one["thumbs"] for one in entry["feedback"]] == ["up"]
        missing = client.post("/feedback", json={**said, "answer_id": "0" * 32})
        assert missing.status_code == 404


def test_logs_are_paged_filtered_and_exported(server: Server) -> None:
    asked = [ask(server, f"how deep is the harbour number {n}?", conversation="paged")["id"] for n in range(5)]
    time.sleep(0.5)
    with server.client() as client:
        first = client.get("/logs", params={"conversation": "paged", "limit": 3}).json()
        second = client.get("/logs", params={"conversation": "paged", "limit": 3, "before": first["next"]}).json()
        listed = [entry["reply"]["id"] for entry in (*first["entries"], *second["entries"])]
        assert listed == asked[::-1]
        assert second["next"] is None
        assert len(client.get("/logs", params={"text": "number 3"}).json()["entries"]) == 1
        lines = client.get("/logs", params={"conversation": "paged", "format": "jsonl", "limit": 2}).text.splitlines()
        assert len(lines) == 5
        assert client.get("/logs", params={"index": "absent"}).status_code == 404
        assert client.get("/logs", params={"since": "never"}).status_code == 422


def test_the_meters_count(server: Server) -> None:
    ask(server, WEIGHT)
    with server.client() as client:
        text = client.get("/metrics").text
    for name in (
        'whence_requests_total{method="POST",route="/question",status="200"}',
        'whence_stage_seconds_count{stage="search"}',
        "whence_confidence_count",
        "whence_similarity_count",
        "whence_queue_length",
        'whence_answers_total{kind="extractive"}',
        'whence_index_age_seconds{index="ferry"}',
        "whence_process_resident_bytes",
        "whence_process_cpu_seconds",
    ):
        assert name in text, name


def test_the_log_is_json_lines_with_the_id_of_the_request(server: Server) -> None:
    with server.client() as client:
        client.get("/healthz", headers={"X-Request-ID": "mine-1"})
        reply = client.get("/healthz", headers={"X-Request-ID": "not\tmine"})
    assert reply.headers["x-request-id"] != "not\tmine"
    mine = [line for line in server.lines() if line.get("request_id") == "mine-1"]
    assert mine[0]["route"] == "/healthz"
    assert mine[0]["status"] == 200


def test_the_page_of_requests_shows_each_with_an_example(server: Server) -> None:
    with server.client() as client:
        page = client.get("/docs")
        schema = client.get("/openapi.json").json()
    assert page.headers["content-type"].startswith("text/html")
    for path in schema["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "curl -X POST" in page.text


def test_replies_carry_safe_headers(server: Server) -> None:
    with server.client() as client:
        headers = client.get("/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_a_parameter_that_nothing_knows_is_refused_with_those_there_are(server: Server) -> None:
    with server.client() as client:
        refused = client.get("/documents", params={"index": "ferry", "cursor": "x"})
        assert refused.status_code == 422
        assert "query.cursor" in refused.json()["detail"]
        assert "after" in refused.json()["detail"]
        assert client.get("/readyz", params={"probe": "1"}).status_code == 200


def test_a_body_that_is_no_json_is_told_so(server: Server) -> None:
    with server.client() as client:
        broken = client.post("/question", content=b"{", headers={"Content-Type": "application/json"})
        assert "not JSON" in broken.json()["detail"]
        plain = client.post("/question", content=b"hello", headers={"Content-Type": "text/plain"})
        assert "Content-Type: application/json" in plain.json()["detail"]
