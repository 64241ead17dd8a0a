"""The service with its ledger on PostgreSQL, named in whence.toml: what it does on SQLite it does there."""

import subprocess
from pathlib import Path

from tests.cli.command import make_repository
from tests.conftest import SqlUrl
from tests.serving import test_documents, test_questions
from tests.serving.server import PROGRAM, serving

from whence.interface import Whence

CHECKS = (
    test_questions.test_an_answer_has_citations_contexts_and_its_source,
    test_questions.test_a_fact_names_its_commit,
    test_questions.test_a_stream_gives_hits_then_text_then_citations,
    test_questions.test_a_follow_up_is_made_whole_and_shown,
    test_questions.test_answers_are_logged_and_can_be_judged,
    test_questions.test_logs_are_paged_filtered_and_exported,
    test_documents.test_a_document_is_stored_found_replaced_and_deleted,
    test_documents.test_files_come_as_a_form,
)


def test_questions_documents_logs_and_keys(tmp_path: Path, postgres_url: SqlUrl) -> None:
    config, data = tmp_path / "whence.toml", tmp_path / "data"
    config.write_text(f'[store]\nsql_url = "{postgres_url("data")}"\n')
    with Whence(data, config=config) as whence:
        whence.index(str(make_repository(tmp_path / "ferry")), name="ferry")
    options = ["--data", str(data), "--config", str(config)]
    with serving(data, "--config", str(config)) as server:
        for check in CHECKS:
            check(server)
        made = subprocess.run(
            [*PROGRAM, "keys", "add", "site", "--role", "reader", "--in", "handbook", *options],
            capture_output=True,
            text=True,
            check=True,
        )
        with server.client(made.stdout.strip()) as client:
            assert [one["name"] for one in client.get("/indexes").json()["indexes"]] == ["handbook"]
            assert client.post("/question", json={"question": "x", "index": "ferry"}).status_code == 404
            assert client.get("/audit").status_code == 403
        with server.client() as client:
            assert client.get("/metrics").status_code == 200
        problems = [line for line in server.lines() if line["level"] in ("error", "warning")]
        server.end()
    assert problems == []
    assert not (data / "whence.db").exists()
