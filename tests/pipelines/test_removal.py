import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.store.material import ListSource, Store

from whence.pipelines.removal import remove_index
from whence.sources.stored import forget_source
from whence.store.queue import Queue

Make = Callable[..., Store]
MARKER = "xylophagousquagga"
pytestmark = pytest.mark.parametrize("sql_url", ["sqlite", "postgres"], indirect=True)


def traces(folder: Path, words: bytes) -> Iterator[Path]:
    """Files whose bytes, or whose name, hold these."""
    for path in sorted(folder.rglob("*")):
        if words in bytes(path) or (path.is_file() and words in path.read_bytes()):
            yield path


def remove(store: Store, index: str, *, purge: bool = True, forgotten: list[str] | None = None) -> int:
    forget = forgotten.append if forgotten is not None else lambda _: None
    return remove_index(store.ledger, store.indexer(index).tables.writer, index, purge=purge, forget=forget)


def test_purge_leaves_no_trace_and_others_alone(make_store: Make) -> None:
    store = make_store()
    secret = ListSource(
        {f"{MARKER}.md": f"# {MARKER}\n\n{MARKER} " * 50, "b.py": f"def {MARKER}(): pass\n"}, id="list:s"
    )
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}), "other")
    store.run(secret, "hidden")
    secret.files["b.py"] += f"# {MARKER} again\n"
    store.run(secret, "hidden")
    store.folder.last_answer.write_text(json.dumps({"index": "hidden", "answer": MARKER}))
    store.ledger.database.checkpoint()
    assert {path.name for path in traces(store.folder.root, MARKER.encode())} > {"last-answer.json"}
    before = store.contents("other")
    assert remove(store, "hidden") == 2
    assert list(traces(store.folder.root, MARKER.encode())) == []
    assert not list(traces(store.folder.root, b"hidden.chunks"))
    assert store.ledger.index_names() == ["other"]
    assert store.contents("other") == before


def test_questions_and_half_written_answers_go_only_with_a_purge(make_store: Make) -> None:
    store = make_store()
    left = [store.folder.history, store.folder.last_answer.with_name("last-answer.json.4711")]
    for purge in (False, True):
        store.run(ListSource({"a.md": "# A\n"}), "one")
        for file in left:
            file.write_text(f"what is a {MARKER}?\n")
        remove(store, "one", purge=purge)
        assert [file.exists() for file in left] == [not purge, not purge]
    assert list(traces(store.folder.root, MARKER.encode())) == []


def test_a_copy_goes_with_its_lock_and_with_what_was_never_finished(make_store: Make) -> None:
    mirrors = make_store().folder.mirrors
    for name in (f"{MARKER}-1", "other-2"):
        (mirrors / name / "objects").mkdir(parents=True)
        (mirrors / f"{name}.lock").touch()
    (mirrors / ".clone-x" / MARKER).mkdir(parents=True)
    forget_source(f"git:{MARKER}-1", mirrors)
    assert sorted(path.name for path in mirrors.iterdir()) == ["other-2", "other-2.lock"]
    forget_source("docs:nothing", mirrors)


def test_the_answer_of_another_index_stays(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n"}), "one")
    store.folder.last_answer.write_text(json.dumps({"index": "two"}))
    remove(store, "one")
    assert store.folder.last_answer.exists()
    store.run(ListSource({"a.md": "# A\n"}), "one")
    store.folder.last_answer.write_text("{torn")
    remove(store, "one")
    assert not store.folder.last_answer.exists()


def test_a_copy_that_two_indexes_share_goes_with_the_last(make_store: Make) -> None:
    store, forgotten = make_store(), list[str]()
    for name in ("one", "two"):
        store.run(ListSource({"a.md": "# A\n"}), name)
    remove(store, "one", forgotten=forgotten)
    assert forgotten == []
    remove(store, "two", forgotten=forgotten)
    assert forgotten == ["list:tiny"]


def test_invisible_at_once_for_an_opened_reader(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}))
    reader, scope = store.open(), store.scope()
    ids = [row.chunk_id for row in reader.named(["a.md"], 9, scope)]
    assert reader.chunks(ids)
    store.ledger.hide_index("tiny")
    assert reader.chunks(ids) == []
    assert store.ledger.index_names() == []
    assert store.ledger.snapshot("tiny") is None


@pytest.mark.parametrize("step", ["drop", "forget", "vacuum"])
def test_an_interrupted_removal_is_finished_by_the_next(
    make_store: Make, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store, forgotten = make_store(), list[str]()
    store.run(ListSource({"a.md": f"# {MARKER}\n"}))

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    targets = {"drop": "whence.store.writing.ChunkWriter.drop", "vacuum": "whence.store.database.Database.vacuum"}
    writer = store.indexer().tables.writer
    if step in targets:
        monkeypatch.setattr(targets[step], interrupt)
    forget = interrupt if step == "forget" else forgotten.append
    with pytest.raises(KeyboardInterrupt):
        remove_index(store.ledger, writer, "tiny", purge=True, forget=forget)
    assert store.ledger.index_names() == []
    monkeypatch.undo()
    remove_index(store.ledger, writer, "tiny", purge=True, forget=forgotten.append)
    assert "list:tiny" in forgotten
    assert list(traces(store.folder.root, MARKER.encode())) == []


def test_a_name_can_be_used_again(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}))
    snapshot = store.ledger.snapshot("tiny")
    remove(store, "tiny")
    store.run(ListSource({"b.md": "# B\n\nheron\n"}))
    again = store.ledger.snapshot("tiny")
    assert snapshot is not None
    assert again is not None
    assert again.id > snapshot.id
    assert not set(again.tables) & set(snapshot.tables)
    assert [chunk["path"] for chunk in store.contents()["chunks"].values()] == ["b.md"]


def test_a_name_whose_removal_never_ended_starts_empty(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n"}))
    store.ledger.hide_index("tiny")
    store.run(ListSource({"b.md": "# B\n"}, id="list:other"))
    assert [row.id for row in store.ledger.sources("tiny")] == ["list:other"]
    assert store.contents()["counts"] == (1, 1, 1, 1)


def test_jobs_of_a_removed_index_go(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n"}))
    queue = Queue(store.ledger)
    done = queue.append("index", "tiny", {"location": f"/home/{MARKER}"})
    queue.finish(done, result={})
    waiting = queue.append("index", "tiny", {})
    remove(store, "tiny")
    assert queue.get(done) is None
    assert queue.get(waiting) is not None
