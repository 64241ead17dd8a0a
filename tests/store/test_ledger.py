from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.material import ListSource, Store

from whence.errors import UnknownIndexError
from whence.store import ledger as ledger_module
from whence.store.snapshot import Snapshot, SourceRevision
from whence.types import KINDS, Document, SourceState

Make = Callable[..., Store]
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
MOMENT = st.none() | st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
DOCUMENTS = st.builds(
    Document,
    id=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40),
    source_id=TEXT,
    revision=TEXT,
    kind=st.sampled_from(KINDS),
    path=TEXT,
    text=st.text(max_size=200) | st.just("\x00 \r\n\u2028 \U0001f9ad \ud800"),
    digest=TEXT,
    title=TEXT,
    url=TEXT,
    author=TEXT,
    authored_at=MOMENT,
    committed_at=MOMENT,
    language=TEXT,
    licence=TEXT,
    metadata=st.dictionaries(TEXT, st.lists(st.integers(0, 10**6)) | TEXT | st.booleans(), max_size=3),
)
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SHARED
@given(batch=st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_documents_survive_sql(make_store: Make, batch: list[Document]) -> None:
    store = make_store()
    store.ledger.create_index("tiny")
    store.ledger.put_documents("tiny", batch, 1)
    last = {document.id: document for document in batch}
    held = store.ledger.documents("tiny", list(last))
    assert {document.id: document for document in held} == last
    assert [document.path for document in held] == sorted(document.path for document in last.values())
    store.close()


@SHARED
@given(name=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_names_are_values_never_statements(make_store: Make, name: str) -> None:
    store = make_store()
    name = f"n{name}'; DROP TABLE documents; --"  # what begins with "_" is an earlier state, see store/kept.py
    store.ledger.create_index(name)
    store.ledger.put_source(name, name, name, {"revision": name})
    assert name in store.ledger.index_names()
    assert store.ledger.sources(name)[0].location == name
    store.ledger.hide_index(name)
    store.ledger.remove_index(name)
    assert name not in store.ledger.index_names()
    store.close()


def document(path: str, text: str = "text") -> Document:
    return ListSource({}).document(path, text)


def test_pending_work_comes_in_bounded_batches_until_it_is_marked(
    make_store: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH_DOCUMENTS", 3)
    ledger = make_store().ledger
    ledger.create_index("tiny")
    ledger.put_documents("tiny", [document(f"{n}.md", "x" * 10) for n in range(8)], 1)
    sizes = []
    for documents, removed in ledger.pending("tiny", 25):
        assert removed == []
        sizes.append(len(documents))
        ledger.mark_indexed("tiny", [one.id for one in documents], [])
    assert sizes == [3, 3, 2]
    ledger.delete_documents("tiny", ["list:tiny:1.md", "list:tiny:2.md"], 2)
    assert ledger.counts("tiny").documents == 6
    assert ledger.n_pending("tiny") == ledger.counts("tiny").pending == 2
    documents, removed = next(ledger.pending("tiny", 25))
    assert (documents, removed) == ([], ["list:tiny:1.md", "list:tiny:2.md"])
    ledger.mark_indexed("tiny", [], removed)
    assert ledger.n_pending("tiny") == 0


def test_a_document_that_came_back_is_live(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    one = document("a.md")
    ledger.put_documents("tiny", [one], 1)
    ledger.delete_documents("tiny", [one.id], 2)
    assert ledger.live("tiny", [one.id]) == {}
    assert ledger.documents("tiny", [one.id]) == []
    assert ledger.held("tiny", one.source_id) == {}
    assert ledger.at_path("tiny", "a.md") == []
    ledger.put_documents("tiny", [one], 3)
    assert ledger.live("tiny", [one.id, "other"]) == {one.id: one.revision}
    assert ledger.at_path("tiny", "a.md") == [one]
    ledger.mark_indexed("tiny", [], [one.id])  # an old removal, carried out late, does not take it
    assert ledger.documents("tiny", [one.id]) == [one]


def test_more_ids_than_one_statement_takes(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    many = [document(f"{n:04}.md") for n in range(1203)]
    ledger.put_documents("tiny", many, 1)
    ids = [one.id for one in many]
    assert len(ledger.documents("tiny", ids)) == len(ledger.live("tiny", ids)) == 1203
    ledger.mark_indexed("tiny", ids, [])
    assert ledger.n_pending("tiny") == 0
    ledger.delete_documents("tiny", ids, 2)
    assert ledger.counts("tiny") == ledger_module.Counts(documents=0, pending=1203, chars=0)


def test_indexes_do_not_see_each_other(make_store: Make) -> None:
    ledger = make_store().ledger
    for name in ("a", "b"):
        ledger.create_index(name)
        ledger.put_documents(name, [document("x.md", name)], 1)
    ledger.delete_documents("a", ["list:tiny:x.md"], 2)
    assert ledger.documents("b", ["list:tiny:x.md"])[0].text == "b"
    ledger.hide_index("a")
    ledger.remove_index("a")
    assert ledger.counts("b").documents == 1


def test_a_recipe_is_noticed_once(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    ledger.require_recipe("tiny", "one")
    ledger.put_documents("tiny", [document("a.md")], 1)
    ledger.mark_indexed("tiny", ["list:tiny:a.md"], [])
    ledger.require_recipe("tiny", "one")
    assert ledger.n_pending("tiny") == 0
    ledger.require_recipe("tiny", "two")
    assert ledger.n_pending("tiny") == 1


def test_generations_grow(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    assert [ledger.next_generation("tiny") for _ in range(3)] == [1, 2, 3]
    ledger.create_index("tiny")
    assert ledger.next_generation("tiny") == 4


def test_a_source_keeps_its_state_when_it_is_named_again(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    ledger.put_source("tiny", "git:x", "/here", {"revision": ""})
    state = SourceState(
        revision="r",
        committed_at=datetime(2026, 1, 2, tzinfo=UTC),
        position=7,
        branch="main",
        web_url="w",
        uncommitted=2,
    )
    ledger.put_source_state("tiny", "git:x", state, {"binary": 3}, 4)
    ledger.put_source("tiny", "git:x", "/there", {"revision": "v1"})
    (row,) = ledger.sources("tiny")
    assert (row.location, row.settings, row.state) == ("/there", {"revision": "v1"}, state)
    assert (row.skipped, row.redactions) == ({"binary": 3}, 4)
    assert row.fetched_at is not None
    assert row.fetched_at.tzinfo is not None


def snapshot(n: int) -> Snapshot:
    revision = SourceRevision(revision="r", committed_at=datetime(2026, 1, 2, tzinfo=UTC), position=n)
    return Snapshot(
        index="tiny", tables={"t": n}, chunks_table="t", analyzer="a", chunker="c", sources={"git:x": revision}
    )


def test_snapshots_are_what_was_published_and_the_newest_is_read(
    make_store: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    assert ledger.snapshot("tiny") is None
    published = [ledger.publish(snapshot(n)) for n in range(4)]
    assert ledger.snapshot("tiny") == published[-1]
    assert ledger.kept_snapshots("tiny") == published
    later = datetime.now(UTC) + timedelta(hours=2)
    monkeypatch.setattr(ledger_module, "now", lambda: later)
    newest = ledger.publish(snapshot(9))
    assert ledger.kept_snapshots("tiny") == [published[-1], newest]  # replaced only now, so it may still be open


def test_numbers_of_snapshots_are_not_given_twice(make_store: Make) -> None:
    ledger = make_store().ledger
    ledger.create_index("tiny")
    first = ledger.publish(snapshot(1))
    ledger.hide_index("tiny")
    ledger.remove_index("tiny")
    ledger.create_index("tiny")
    assert ledger.publish(snapshot(1)).id > first.id


def test_an_unknown_index_is_told_with_those_there_are(make_store: Make) -> None:
    ledger = make_store().ledger
    with pytest.raises(UnknownIndexError, match="there is none yet, `whence index PATH` makes one"):
        ledger.require("x")
    ledger.create_index("b")
    ledger.create_index("a")
    with pytest.raises(UnknownIndexError, match="There is no index 'x'; there are: a, b"):
        ledger.require("x")
    assert ledger.require("a") == "a"
