"""What outside programs rely on: the shapes of --json, the exit codes, clean standard output."""

import json
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

from tests.cli.command import FILES, PROGRAM, finish, git, make_repository, run, start

from whence.types import Answer, Citation

HIT_KEYS = [
    "rank",
    "score",
    "kind",
    "path",
    "symbol",
    "start_line",
    "end_line",
    "revision",
    "commit",
    "issue_id",
    "url",
    "title",
    "text",
]
ANSWERABLE = "How much may a parcel weigh at most?"
UNANSWERABLE = "Which quantum chromodynamics lattice solver does the telescope use?"


def test_search_json_has_exactly_the_promised_keys(indexed_once: Path) -> None:
    result = run("search", "crane limit", "--json", "-k", 2, data=indexed_once)
    assert (result.code, result.err) == (0, "")
    (found,) = result.records
    assert list(found) == ["question", "hits", "elapsed_ms"]
    assert found["question"] == "crane limit"
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]
    assert all(list(hit) == HIT_KEYS for hit in found["hits"])
    hit = found["hits"][0]
    lines = FILES[hit["path"]].split("\n")[hit["start_line"] - 1 : hit["end_line"]]
    assert hit["text"].strip() in "\n".join(lines)


def test_search_json_with_trace_adds_legs_and_times(indexed_once: Path) -> None:
    (found,) = run("search", "crane limit", "--json", "--trace", data=indexed_once).records
    assert list(found) == ["question", "hits", "elapsed_ms", "timings_ms", "skipped"]
    assert list(found["hits"][0]) == [*HIT_KEYS, "legs"]
    assert found["hits"][0]["legs"]["lexical"].keys() == {"rank", "score"}


def test_ask_json_is_the_answer_and_its_source(indexed_once: Path) -> None:
    result = run("ask", ANSWERABLE, "--json", data=indexed_once)
    assert (result.code, result.err) == (0, "")
    (answer,) = result.records
    assert list(answer) == [*(item.name for item in fields(Answer)), "source"]
    assert answer["source"] == {"commit": None, "issue_id": None}
    assert answer["index"] == "ferry"
    assert not answer["abstained"]
    assert list(answer["citations"][0]) == [item.name for item in fields(Citation)]
    for citation in answer["citations"]:
        assert FILES[citation["path"]][citation["start"] : citation["end"]] == citation["quote"]


def test_abstaining_is_exit_code_3_and_still_an_answer(indexed_once: Path) -> None:
    result = run("ask", UNANSWERABLE, "--json", data=indexed_once)
    assert (result.code, result.err) == (3, "")
    (answer,) = result.records
    assert answer["abstained"]
    assert answer["citations"] == []
    told = run("ask", UNANSWERABLE, data=indexed_once)
    assert told.code == 3
    assert told.out.startswith("Not found in ferry.")


def test_k_limits_the_hits(indexed_once: Path) -> None:
    for k in (1, 3):
        assert len(run("search", "parcel", "--json", "-k", k, data=indexed_once).records[0]["hits"]) == k
    assert run("search", "parcel", "-k", 0, data=indexed_once).code == 2


def test_words_alone_are_blamed_only_where_vectors_are_missing(indexed_once: Path, ferry: Path, tmp_path: Path) -> None:
    question = "how heavy may a parcel be?"
    nowhere = run("ask", question, "--path", "nowhere/*", data=indexed_once).out
    assert "index complete" in nowhere
    assert "dense: nothing in this scope has a vector" in nowhere
    run("index", ferry, "--until", "text", data=tmp_path / "whence")
    assert "vectors incomplete: found by words alone" in run("ask", question, data=tmp_path / "whence").out


def test_filters_narrow(indexed_once: Path) -> None:
    def paths(*options: str) -> set[str]:
        (found,) = run("search", "parcel crane harbour", "--json", *options, data=indexed_once).records
        return {hit["path"] for hit in found["hits"]}

    assert paths("--kind", "doc") == {"README.md"}
    assert paths("--path", "src/*", "--language", "python") <= {"src/ferry/crane.py", "src/ferry/captain.py"}
    assert paths("--kind", "doc", "--kind", "data") == {"README.md", "harbours.toml"}


def test_a_question_comes_from_standard_input(indexed_once: Path) -> None:
    for words in (["-"], []):
        result = run("ask", *words, "--json", data=indexed_once, stdin=ANSWERABLE.encode())
        assert result.records[0]["question"] == ANSWERABLE
    assert run("search", "-", "--json", data=indexed_once, stdin=b"crane").records[0]["question"] == "crane"


def test_questions_are_answered_in_order_with_their_ids(indexed_once: Path, tmp_path: Path) -> None:
    entries = [
        {"id": "b", "question": ANSWERABLE, "category": "ignored"},
        {"question": "Who signs the logbook?", "filters": {"kinds": ["code"]}},
        {"id": 7, "question": UNANSWERABLE},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n\n".join(map(json.dumps, entries)), encoding="utf-8")
    asked = run("ask", "--questions", file, data=indexed_once)
    assert (asked.code, asked.err) == (0, "")
    assert [(answer["id"], answer["question"]) for answer in asked.records] == [
        ("b", ANSWERABLE),
        (3, "Who signs the logbook?"),
        (7, UNANSWERABLE),
    ]
    assert [answer["abstained"] for answer in asked.records][::2] == [False, True]
    assert {hit["chunk"]["kind"] for hit in asked.records[1]["hits"]} == {"code"}
    found = run("search", "--questions", "-", "-k", 1, data=indexed_once, stdin=file.read_bytes())
    assert [list(entry) for entry in found.records] == [["question", "hits", "elapsed_ms", "id"]] * 3
    assert [entry["id"] for entry in found.records] == ["b", 3, 7]
    assert found.code == 0


def test_index_reports_as_json_and_nothing_else(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "one")
    result = run("index", repository, "--json", "--until", "text", data=tmp_path / "data")
    (report,) = result.records
    assert (result.code, result.err) == (0, "")
    assert (report["index"], report["n_documents"], report["vectors_ready_s"]) == ("one", len(FILES), None)


def test_progress_goes_to_standard_error(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "one")
    result = run("index", repository, "--until", "text", data=tmp_path / "data")
    assert "text ready in" in result.err
    assert "text ready in" not in result.out
    assert result.out.startswith("one @")
    assert "\x1b" not in result.out + result.err


def test_one_bad_location_does_not_lose_the_others(tmp_path: Path) -> None:
    first, last = make_repository(tmp_path / "first"), make_repository(tmp_path / "last", {"a.md": "# A\n\nText.\n"})
    result = run("index", first, tmp_path / "absent", last, "--until", "text", data=tmp_path / "data")
    assert result.code == 1
    assert result.err.count("absent does not exist") == 1
    assert "1 of 3 locations" in result.err
    status = run("status", "--json", data=tmp_path / "data").records[0]
    assert [index["name"] for index in status["indexes"]] == ["first", "last"]
    as_json = run("index", first, tmp_path / "absent", "--until", "text", "--json", data=tmp_path / "data")
    assert as_json.code == 1
    assert as_json.records[0]["index"] == "first"
    assert as_json.records[1].keys() == {"location", "error"}


def test_removal_needs_a_yes(indexed: Path) -> None:
    refused = run("remove", "ferry", data=indexed)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert run("search", "crane", data=indexed).code == 0
    removed = run("remove", "ferry", "--yes", "--json", data=indexed)
    assert removed.records == [{"removed": "ferry", "documents": len(FILES), "purged": False}]
    assert run("search", "crane", data=indexed).code == 2


def test_passages_of_a_known_site_have_their_page(tmp_path: Path) -> None:
    repository, data = make_repository(tmp_path / "ferry"), tmp_path / "data"
    git(repository, "remote", "add", "origin", "git@github.com:acme/ferry.git")
    revision = git(repository, "rev-parse", "HEAD")
    assert run("index", repository, data=data).code == 0
    hit = run("search", "crane", "--json", data=data).records[0]["hits"][0]
    lines = f"#L{hit['start_line']}-L{hit['end_line']}"
    assert hit["url"] == f"https://github.com/acme/ferry/blob/{revision}/{hit['path']}{lines}"
    citation = run("ask", ANSWERABLE, "--json", data=data).records[0]["citations"][0]
    assert citation["url"].startswith(f"https://github.com/acme/ferry/blob/{revision}/")
    assert citation["url"] in run("open", "1", data=data).out


def test_closed_streams_are_no_defect(indexed_once: Path) -> None:
    command = f"{shlex.join(PROGRAM)} search crane --data {indexed_once}"
    done = subprocess.run(["sh", "-c", f"{command} <&- >&-"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    asked = subprocess.run(
        ["sh", "-c", f"{command.replace('search crane', 'ask')} <&-"], capture_output=True, check=False
    )
    assert asked.returncode == 2
    assert b"question is empty" in asked.stderr


def test_a_reader_that_leaves_early_is_no_error(indexed_once: Path) -> None:
    process = start("search", "parcel", data=indexed_once)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    result = finish(process)
    assert (result.code, result.err) == (141, "")
