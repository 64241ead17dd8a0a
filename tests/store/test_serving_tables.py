"""Keys, answers, feedback, audit and handed-in documents of the service: the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SqlUrl

from whence.errors import UsageError
from whence.pipelines.pushing import PushedDocument, delete, put, read_pushed
from whence.sources.options import SourceOptions
from whence.store.answer_log import AnswerLog, Feedback, LogFilter, LoggedAnswer, forget_answers
from whence.store.audit import AuditEntry, AuditLog
from whence.store.database import Database
from whence.store.folder import DataFolder
from whence.store.keys import Keys
from whence.store.ledger import Ledger
from whence.store.listing import listed, n_documents, places_of, unsearchable
from whence.store.pushing import source_of
from whence.store.serving_tables import make_serving_tables
from whence.types import Answer

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ODD = "50%_of\\ \x00\x01 é Ümlaut 雪 \U0001f9ad ' \" ;--"


@pytest.fixture
def ledger(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Ledger]:
    folder = DataFolder(tmp_path / "data", sql_url("data"))
    folder.create()
    opened = Ledger(folder)
    yield opened
    opened.close()


@pytest.fixture
def database(ledger: Ledger) -> Database:
    return ledger.database


def answer(name: str, **more: Any) -> Answer:
    record = Answer(
        id=name * 4,
        question="how much?",
        answer=f"30 {ODD}",
        kind="extractive",
        confidence=0.8,
        abstained=False,
        citations=(),
        claims=(),
        hits=(),
        models={"embedder": "m"},
        index="ferry",
        snapshot=3,
        as_of="",
        as_of_date=NOON,
        indexed=1.0,
        fresh_at=None,
        skipped=(),
        elapsed_ms=12.5,
    )
    return replace(record, **more)


def logged(name: str, minute: int, **more: Any) -> LoggedAnswer:
    of_answer = {key: more.pop(key) for key in ("index", "kind", "confidence", "abstained") if key in more}
    fields = {"caller": "k1", "question": f"how much {name}?", "asked": f"how much {name}?", "conversation": ""}
    at = NOON + timedelta(minutes=minute)
    return LoggedAnswer(answer=answer(name, **of_answer), at=at, timings_ms={"search": 1.5}, **(fields | more))


def test_a_key_opens_until_it_is_revoked_or_expires(database: Database) -> None:
    keys = Keys(database)
    grants = ("b/git:x", "a", ODD)
    key, text = keys.add(f"site {'é' * 3}", "editor", grants=grants, rate_per_minute=7)
    assert keys.find(text) == key
    assert set(key.grants) == set(grants)
    assert key.created_at.tzinfo is not None
    assert [keys.find(wrong) for wrong in (text[:-1], text + "A", f"whk_{key.id}_", "whk_0_x", "whk_\x00_x", "")] == (
        [None] * 6
    )
    with pytest.raises(UsageError, match="already"):
        keys.add(key.name, "reader")
    late = keys.add("late", "reader", expires_at=datetime.now(UTC) + timedelta(hours=1))[1]
    assert keys.find(late) is not None
    assert keys.revoke(key.name).id == key.id
    assert keys.find(text) is None
    with pytest.raises(UsageError, match="no key"):
        keys.revoke(key.id)
    again = keys.add(key.name, "admin")[1]
    assert keys.find(again) is not None
    assert [one.name for one in keys.all()] == [key.name, "late", key.name]


def test_one_name_is_given_once_to_those_who_ask_at_the_same_time(database: Database) -> None:
    def add(_: int) -> bool:
        try:
            Keys(database).add("site", "reader")
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 1


def test_tables_are_made_once_by_those_who_open_at_the_same_time(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: make_serving_tables(ledger.database), range(4)))
    log = AuditLog(ledger.database)
    log.add(AuditEntry(caller="", action="put", outcome="done"))
    assert [entry.action for entry in log.page(n_max=9)] == ["put"]


def test_an_answer_comes_back_as_it_was_given(database: Database) -> None:
    log = AnswerLog(database)
    given = logged("a", 0, question=ODD, asked=ODD, conversation="c")
    log.add([given])
    log.add([])
    found = log.get("aaaa")
    assert found == replace(given, number=1)
    assert log.get("none") is None


def test_the_log_is_paged_and_filtered(database: Database) -> None:
    log = AnswerLog(database)
    log.add([logged("a", 0), logged("b", 1, caller="k2"), logged("c", 2, index="manual", kind="fact", confidence=0.2)])
    log.add([logged("d", 3, conversation="x", kind="none", abstained=True), logged("e", 4, question="50%_of TERNS")])

    def names(n_max: int = 10, before: int | None = None, **wanted: Any) -> str:
        return "".join(item.answer.id[0] for item in log.page(LogFilter(**wanted), n_max=n_max, before=before))

    assert names() == "edcba"
    assert names(2) == "ed"
    assert names(2, before=4) == "cb"
    assert names(indexes=["ferry"]) == "edba"
    assert names(indexes=[]) == ""
    assert names(caller="k2") == "b"
    assert names(conversation="x") == names(abstained=True) == names(kind="none") == "d"
    assert names(since=NOON + timedelta(minutes=3)) == "ed"
    assert names(until=NOON + timedelta(minutes=1)) == "ba"
    assert names(most_confidence=0.5) == "c"
    assert names(least_confidence=0.5) == "edba"
    assert names(text="50%_OF terns") == "e"
    assert names(text="%") == "e"
    assert log.last_of("x", "k1") is not None
    assert log.last_of("x", "k2") is None
    assert log.forget_before(NOON + timedelta(minutes=2)) == 2
    assert names() == "edc"
    log.add([logged("f", 9)])
    assert log.page(LogFilter(), n_max=1)[0].number == 6  # numbers are not given twice


def test_what_is_said_again_replaces_what_was_said(database: Database) -> None:
    log = AnswerLog(database)
    log.add([logged("a", 0), logged("b", 1)])
    said = Feedback(answer_id="aaaa", caller="k1", is_good=False, reason=ODD, at=NOON)
    assert log.put_feedback(said)
    assert not log.put_feedback(replace(said, is_good=True))
    assert log.put_feedback(replace(said, caller="k2"))
    assert [(one.caller, one.is_good, one.reason) for one in log.feedback(["aaaa", "bbbb"])["aaaa"]] == [
        ("k1", True, ODD),
        ("k2", False, ODD),
    ]
    assert [item.answer.id for item in log.page(LogFilter(is_good=True), n_max=9)] == ["aaaa"]

    def repeat(n: int) -> bool:
        return log.put_feedback(replace(said, answer_id="bbbb", reason=str(n)))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(repeat, range(8))) == 1
    assert len(log.feedback(["bbbb"])["bbbb"]) == 1
    forget_answers(database, "ferry")
    assert log.page(LogFilter(), n_max=9) == []
    assert log.feedback(["aaaa", "bbbb"]) == {}


def test_forgetting_where_nothing_was_ever_served(database: Database) -> None:
    forget_answers(database, "ferry")
    assert AnswerLog(database).page(LogFilter(), n_max=9) == []


def test_deeds_are_kept_in_order(database: Database) -> None:
    audit = AuditLog(database)
    for n in range(3):
        audit.add(AuditEntry(caller="k", action="put", outcome="done", target=f"{ODD} {n}", at=NOON))
    first, second = audit.page(n_max=2)
    assert (first.target, first.at) == (f"{ODD} 2", NOON)
    assert [entry.target for entry in audit.page(n_max=9, before=second.number)] == [f"{ODD} 0"]


def test_documents_handed_in_are_held_replaced_and_hidden(ledger: Ledger) -> None:
    ledger.create_index("manual")
    source = source_of("manual")

    def hand_in(*texts: tuple[str, str]) -> list[str]:
        given = [PushedDocument(id=name, path=f"{name}.md", data=text.encode()) for name, text in texts]
        return [one.outcome for one in put(ledger, "manual", given, SourceOptions())]

    assert hand_in(("a", "# Crane\n\nOil it."), ("b", "# Rope\n\nDry it.")) == ["created", "created"]
    assert hand_in(("a", "# Crane\n\nOil it."), ("b", "# Rope\n\nWash it.")) == ["unchanged", "replaced"]
    rows = listed(ledger, "manual", [source])
    assert [row.path for row in rows] == ["a.md", "b.md"]
    assert unsearchable(ledger, "manual", [row.id for row in rows]) == {row.id for row in rows}
    assert read_pushed(ledger, source, [("b.md", rows[1].revision), ("b.md", "0")]) == ["# Rope\n\nWash it.", None]
    assert places_of(ledger, rows[0].id) == [("manual", source)]
    delete(ledger, "manual", rows[0].id)
    assert n_documents(ledger, "manual") == {source: 1}
    assert read_pushed(ledger, source, [("a.md", rows[0].revision)]) == [None]
