from collections.abc import Callable

import pytest
from tests.store.material import ANALYZER, HashEmbedder, ListSource, Store

from whence.errors import ModelError
from whence.pipelines import doctor
from whence.pipelines.doctor import Finding, examine_folder, examine_index
from whence.store.queue import Queue

Make = Callable[..., Store]


def of(findings: list[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


def wrong(store: Store, **versions: str) -> list[Finding]:
    present = {"analyzer": ANALYZER.version, "chunker": store.chunker.version, "embedder": store.embedder.digest}
    return [one for one in examine_index(store.ledger, store.tables, "tiny", **(present | versions)) if not one.ok]


def test_a_sound_folder(make_store: Make) -> None:
    store = make_store()
    findings = examine_folder(store.ledger, lambda: 1.0)
    assert [finding.subject for finding in findings] == ["ledger", "disk", "queue", "model"]
    assert all(finding.ok for finding in findings)


def test_unfinished_jobs_are_in_order_while_someone_is_at_them(make_store: Make) -> None:
    store = make_store()
    Queue(store.ledger).append("index", "tiny", {})
    left = of(examine_folder(store.ledger, lambda: 1.0), "queue")
    assert (left.ok, left.text, left.remedy) == (False, "1 unfinished job", "run `whence sync`: it finishes them first")
    with store.folder.write_lock(wait_s=0):
        assert of(examine_folder(store.ledger, lambda: 1.0), "queue").ok


def test_a_model_that_computes_wrongly_or_is_absent(make_store: Make) -> None:
    store = make_store()
    assert "0.900" in of(examine_folder(store.ledger, lambda: 0.9), "model").text

    def absent() -> float:
        raise ModelError("The model is absent: install whence again.")

    assert not of(examine_folder(store.ledger, absent), "model").ok


def test_little_room(make_store: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOW_DISK_BYTES", 10**18)
    disk = of(examine_folder(make_store().ledger, lambda: 1.0), "disk")
    assert (disk.ok, disk.remedy) == (False, "free some space before indexing")


def test_an_index_is_examined_from_its_first_row_to_its_last_vector(make_store: Make) -> None:
    store = make_store()
    store.ledger.create_index("tiny")
    assert [finding.text for finding in wrong(store)] == ["nothing is published yet"]
    source = ListSource({"a.md": "# A\n\nwalrus\n"})
    store.run(source, until="text")
    assert [finding.text for finding in wrong(store)] == ["0 of 1 chunks have vectors"]
    store.run(source)
    assert wrong(store) == []
    store.ledger.put_documents("tiny", [source.document("b.md", "# B\n")], 9)
    assert [finding.text for finding in wrong(store)] == ["1 documents are stored and not searchable yet"]


def test_other_versions_and_rows_that_nothing_holds(make_store: Make) -> None:
    store = make_store(embedder=HashEmbedder())
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}))
    for name in ("analyzer", "chunker", "embedder"):
        (finding,) = wrong(store, **{name: "other-9"})
        assert "other-9" in finding.text
        assert finding.remedy == "run `whence sync tiny`"
    store.ledger.delete_documents("tiny", ["list:tiny:a.md"], 9)
    assert any("the ledger no longer holds (never shown)" in finding.text for finding in wrong(store))
