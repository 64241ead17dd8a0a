import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.store.material import HashEmbedder, ListSource, Store

from whence.chunking.chunk import ChunkerByKind, ChunkingOptions
from whence.errors import StoreError, UnreadableError, VersionError
from whence.pipelines import indexing
from whence.pipelines.indexing import IndexingOptions
from whence.pipelines.progress import Progress
from whence.store import snapshot as snapshot_module
from whence.store.chunks import open_index
from whence.types import Chunk, Document

WORDS = ["walrus", "tusk", "lichen", "fjord", "granite", "ember", "quill", "heron", "sable", "cobalt"]
Make = Callable[..., Store]


def prose(generator: random.Random, title: str) -> str:
    paragraphs = [" ".join(generator.choices(WORDS, k=12)) + "." for _ in range(4)]
    return f"# {title}\n\n" + "\n\n".join(paragraphs) + "\n"


def code(generator: random.Random) -> str:
    names = generator.sample(WORDS, 3)
    return "\n\n".join(f"def {name}(value):\n    return value + {generator.randint(0, 9)}" for name in names) + "\n"


def files(generator: random.Random) -> dict[str, str]:
    made = {f"docs/page{n}.md": prose(generator, f"Page {n}") for n in range(4)}
    made |= {f"src/part{n}.py": code(generator) for n in range(3)}
    return made | {"table.csv": "name,value\nwalrus,1\nheron,2\n"}


def change(generator: random.Random, held: dict[str, str]) -> dict[str, str]:
    """The files after an edit, a renaming, a copy, an addition or a deletion."""
    held = dict(held)
    path = generator.choice(sorted(held))
    action = generator.choice(["edit", "append", "move text", "retitle", "rename", "copy", "add", "delete"])
    if action == "rename":
        held[f"moved/{path.rpartition('/')[2]}"] = held.pop(path)
    elif action == "copy":
        held[f"copies/{path}"] = held[path]
    elif action == "add" or len(held) < 3:
        held[f"new/page{generator.randint(0, 99)}.md"] = prose(generator, generator.choice(WORDS))
    elif action == "delete":
        del held[path]
    elif action == "append":
        held[path] += "\nember ember quill\n"
    elif action == "move text":
        held[path] = "\n\n".join(reversed(held[path].split("\n\n")))
    elif action == "retitle" and held[path].startswith("# "):
        first, _, rest = held[path].partition("\n")
        held[path] = first[:-1] + generator.choice("xyz") + "\n" + rest
    else:
        held[path] = held[path].replace(generator.choice(WORDS), generator.choice(WORDS))
    return held


@pytest.mark.parametrize("seed", [1, 2])
def test_incremental_equals_clean(make_store: Make, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "LARGE_CHUNKS", seed % 2)  # one of them as in a large index
    generator = random.Random(seed)
    store, held = make_store("incremental"), files(generator)
    for step in range(5):
        store.run(ListSource(held))
        clean = make_store(f"clean{step}")
        clean.run(ListSource(held))
        assert store.contents() == clean.contents()
        assert store.answers([*WORDS[:4], "page1.md", "part2"]) == clean.answers([*WORDS[:4], "page1.md", "part2"])
        clean.close()
        for _ in range(generator.randint(1, 4)):
            held = change(generator, held)


def test_a_text_is_embedded_once(make_store: Make) -> None:
    store, generator = make_store(), random.Random(4)
    first, second = prose(generator, "One"), prose(generator, "Two")
    store.run(ListSource({"a.md": first, "b.md": second}))
    once = len(store.embedder.seen)
    assert once == len(set(store.embedder.seen)) > 0
    store.run(ListSource({"a.md": first, "b.md": second}))
    assert len(store.embedder.seen) == once
    store.run(ListSource({"a.md": "\n\n" + first, "b.md": second}))  # moved within the document
    store.run(ListSource({"renamed.md": first, "b.md": second}))  # prose is titled by its heading, not its path
    assert len(store.embedder.seen) == once
    store.run(ListSource({"renamed.md": first.replace("One", "Uno"), "b.md": second}))
    assert len(store.embedder.seen) > once


def test_same_place_and_text_under_another_heading_is_embedded_anew(make_store: Make) -> None:
    store = make_store(chunker=ChunkerByKind(ChunkingOptions()))
    body = "\n\n## Part\n\n" + "heron quill. " * 200
    store.run(ListSource({"a.md": "# Alpha" + body}))
    store.run(ListSource({"a.md": "# Gamma" + body}))
    clean = make_store("clean")
    clean.run(ListSource({"a.md": "# Gamma" + body}))
    assert store.contents() == clean.contents()


def test_equal_texts_in_one_batch_and_in_two_are_embedded_once(make_store: Make) -> None:
    store = make_store(options=IndexingOptions(vector_batch=2))
    store.run(ListSource({f"{n}.md": "# Same\n\nwalrus tusk\n" for n in range(7)}))
    assert len(store.embedder.seen) == 1
    assert len(store.contents()["vectors"]) == 7


def test_deleted_documents_are_invisible_at_once(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n\nwalrus\n", "b.md": "# B\n\nwalrus\n"}))
    reader = store.open()
    ids = [row.chunk_id for row in reader.lexical(["walru"], 9, store.scope(), "doc")] or [
        row.chunk_id for row in reader.named(["a.md", "b.md"], 9, store.scope())
    ]
    assert {chunk.path for chunk in reader.chunks(ids)} == {"a.md", "b.md"}
    store.ledger.delete_documents("tiny", ["list:tiny:a.md"], 99)
    assert {chunk.path for chunk in reader.chunks(ids)} == {"b.md"}
    assert reader.dropped == 1
    store.run(ListSource({"b.md": "# B\n\nwalrus\n"}))
    assert {chunk.path for chunk in reader.chunks(ids)} == {"b.md"}  # the older snapshot, still open
    assert {row["path"] for row in store.contents()["chunks"].values()} == {"b.md"}
    assert store.ledger.n_pending("tiny") == 0


def test_text_is_published_before_vectors(make_store: Make) -> None:
    store, moments = make_store(), list[tuple[str, int]]()

    def listen(progress: Progress) -> None:
        if progress.stage == "ready":
            snapshot = store.ledger.snapshot("tiny")
            assert snapshot is not None
            moments.append((snapshot.vectors_table, len(store.answers(["walrus"])["doc walrus"])))

    report = store.run(ListSource({"a.md": "# A\n\nwalrus\n"}), listener=listen)
    assert moments == [("", 1)]
    assert (report.written, report.n_vectors) == (1, 1)
    assert report.vectors_ready_s is not None


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_a_small_change_of_a_large_index_is_shown_before_its_full_text(
    make_store: Make, monkeypatch: pytest.MonkeyPatch, is_interrupted: bool
) -> None:
    monkeypatch.setattr(indexing, "LARGE_CHUNKS", 0)
    store, held = make_store(), files(random.Random(9))
    store.run(ListSource(held))
    changed = {path: text for path, text in held.items() if path != "docs/page0.md"}
    changed |= {"docs/page1.md": "# One\n\nA porpoise.\n", "new.md": "# New\n\nMore porpoise.\n"}
    clean = make_store("clean")
    clean.run(ListSource(changed))
    wanted = clean.contents()
    porpoises = {key for key, _ in clean.answers(["porpoise"])["doc porpoise"]}
    assert len(porpoises) == 2
    shown: list[bool] = []

    def listen(progress: Progress) -> None:
        if progress.stage == "ready":
            found = store.answers(["porpoise", "page0.md"])
            shown.append(store.contents()["chunks"] == wanted["chunks"])
            assert {key for key, _ in found["doc porpoise"]} == porpoises
            assert found["named page0.md"] == []

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if is_interrupted:
            patched.setattr("whence.store.writing.ChunkWriter.finish", interrupted)
        with pytest.raises(KeyboardInterrupt) if is_interrupted else contextlib.nullcontext():
            store.run(ListSource(changed), listener=listen)
    assert shown == [True]
    assert store.contents()["chunks"] == wanted["chunks"]
    store.run(ListSource(changed))
    assert store.contents() == wanted
    assert store.answers(WORDS) == clean.answers(WORDS)


def test_until_text_makes_no_vectors_and_going_on_makes_them(make_store: Make) -> None:
    store = make_store()
    source = ListSource({"a.md": "# A\n\nwalrus\n"})
    assert store.run(source, until="text").n_vectors == 0
    assert store.embedder.seen == []
    assert store.run(source).n_vectors == 1


def test_an_empty_source_can_be_searched(make_store: Make) -> None:
    store = make_store()
    report = store.run(ListSource({}))
    assert (report.n_documents, report.n_chunks) == (0, 0)
    assert store.answers(["walrus", "x.md"]) == {key: [] for key in store.answers(["walrus", "x.md"])}
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}))
    assert len(store.answers(["walrus"])["doc walrus"]) == 1
    store.run(ListSource({}))
    assert store.contents() == {"chunks": {}, "vectors": {}, "counts": (0, 0, 0, 0)}


def test_a_source_that_breaks_deletes_nothing_and_the_next_run_goes_on(make_store: Make) -> None:
    store = make_store(options=IndexingOptions(batch_chars=1))
    held = {f"{name}.md": f"# {name}\n\nwalrus {name}\n" for name in "abcd"}
    store.run(ListSource(held))
    before = store.contents()
    edited = {path: text + "\nmore\n" for path, text in held.items()}
    with pytest.raises(UnreadableError, match="torn"):
        store.run(ListSource(edited, fails_after=2))
    assert store.contents() == before
    with pytest.raises(UnreadableError, match="torn"):
        store.run(ListSource(held, fails_after=0))
    report = store.run(ListSource(edited))
    assert (report.written, report.unchanged, report.removed) == (2, 2, 0)
    clean = make_store("clean")
    clean.run(ListSource(edited))
    assert store.contents() == clean.contents()


def test_what_is_acknowledged_is_finished_when_the_source_is_gone(make_store: Make) -> None:
    store, source = make_store(), ListSource({"a.md": "# A\n\nwalrus\n"})
    store.run(source, until="text")
    store.ledger.put_documents("tiny", [source.document("b.md", "# B\n\nwalrus\n")], 7)
    with pytest.raises(UnreadableError, match="cannot be read"):
        store.run(ListSource({}, gone=True))
    assert store.contents()["counts"] == (2, 2, 2, 2)


@dataclass
class OtherChunker:
    """Cuts at lines, and says so."""

    version: str = "lines-1"

    def split(self, document: Document) -> list[Chunk]:
        chunks = ChunkerByKind(ChunkingOptions()).split(document)
        return [replace(chunk, id=f"{self.version}-{chunk.id}"[:32]) for chunk in chunks]


@pytest.mark.parametrize(
    "changed",
    [
        {"chunker": OtherChunker()},
        {"analyzer_version": "letters-9", "analyze": lambda chunk: ["zebra"]},
        {"embedder": HashEmbedder(digest="other-8", dim=8)},
    ],
    ids=["chunker", "analyzer", "embedder"],
)
def test_sync_alone_brings_an_index_to_other_versions(make_store: Make, changed: dict[str, Any]) -> None:
    source = ListSource(files(random.Random(5)))
    make_store().run(source)
    new = make_store(**changed)
    if "chunker" not in changed:
        with pytest.raises(VersionError, match="whence sync tiny"):
            new.open()
    report = new.run(source)
    assert report.unchanged == len(source.files)
    clean = make_store("clean", **changed)
    clean.run(source)
    assert new.contents() == clean.contents()
    assert new.answers(WORDS[:3]) == clean.answers(WORDS[:3])


def test_half_done_change_of_version_is_finished_by_the_next_run(make_store: Make, monkeypatch: Any) -> None:
    source = ListSource(files(random.Random(6)))
    make_store().run(source)
    new = make_store(chunker=OtherChunker(), options=IndexingOptions(batch_chars=1))
    marked = new.ledger.mark_indexed
    calls: list[int] = []

    def interrupted(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        marked(*arguments)

    monkeypatch.setattr(new.ledger, "mark_indexed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        new.run(source)
    monkeypatch.undo()
    new.run(source)
    clean = make_store("clean", chunker=OtherChunker())
    clean.run(source)
    assert new.contents() == clean.contents()


def test_versions_that_a_reader_may_need_stay_and_others_go(make_store: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store()
    held = {f"{n}.md": f"# {n}\n\nwalrus {n}\n" for n in range(3)}
    store.run(ListSource(held))
    early = store.open()
    for n in range(3):
        held[f"{n}.md"] += "heron\n"
        store.run(ListSource(held))
    assert len(early.named([f"{n}.md" for n in range(3)], 9, store.scope())) == 3
    assert len(store.ledger.kept_snapshots("tiny")) == 8
    monkeypatch.setattr("whence.store.ledger.KEEP_SUPERSEDED", snapshot_module.KEEP_SUPERSEDED * 0)
    monkeypatch.setattr("whence.store.writing._MARGIN", snapshot_module.KEEP_SUPERSEDED * 0)
    store.run(ListSource(held | {"0.md": "# 0\n\nwalrus\n"}))
    store.run(ListSource(held | {"0.md": "# 0\n\nheron\n"}))
    kept = store.ledger.kept_snapshots("tiny")
    assert len(kept) == 1
    table = store.tables.database.open_table(kept[-1].chunks_table)
    versions = [version["version"] for version in table.list_versions()]
    assert kept[-1].tables[kept[-1].chunks_table] in versions
    assert early.snapshot.tables[early.snapshot.chunks_table] not in versions
    assert store.contents()["counts"] == (3, 3, 3, 3)


def test_rebuild_heals_a_missing_folder_and_keeps_serving_until_then(make_store: Make) -> None:
    import shutil

    store, source = make_store(), ListSource(files(random.Random(7)))
    store.run(source)
    before, n_embedded = store.contents(), len(store.embedder.seen)
    opened = store.open()
    store.indexer().rebuild()
    assert store.contents() == before
    assert len(store.embedder.seen) == n_embedded
    assert opened.named(["page1.md"], 5, store.scope())  # tables of the earlier build stay while they may be open
    shutil.rmtree(store.folder.lance)
    again = make_store()
    with pytest.raises(StoreError, match="whence doctor --rebuild"):
        again.open().named(["page1.md"], 5, again.scope())
    again.indexer().rebuild()
    assert again.contents() == before


def test_sync_notices_that_tables_are_gone(make_store: Make) -> None:
    import shutil

    store, source = make_store(), ListSource(files(random.Random(8)))
    store.run(source)
    before = store.contents()
    shutil.rmtree(store.folder.lance)
    again = make_store()
    again.run(source)
    assert again.contents() == before


def test_tables_of_earlier_builds_and_models_go(make_store: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whence.store.ledger.KEEP_SUPERSEDED", snapshot_module.KEEP_SUPERSEDED * 0)
    store, source = make_store(), ListSource({"a.md": "# A\n\nwalrus\n"})
    store.run(source)
    store.run(source, "tiny.vectors")
    store.indexer().rebuild()
    store.run(source)
    assert len(store.indexer().tables.writer.own_tables()) == 2
    assert store.contents("tiny.vectors")["counts"] == (1, 1, 1, 1)


def test_the_approximate_index_comes_with_many_vectors(make_store: Make) -> None:
    store = make_store(options=IndexingOptions(flat_rows=300))
    many = {f"{n}.csv": f"row {n} heron {n * 7}\n" for n in range(400)}
    store.run(ListSource(many))
    snapshot = store.ledger.snapshot("tiny")
    assert snapshot is not None
    assert snapshot.approximate
    exact = store.contents()["vectors"]
    recalled = 0
    for n in range(20):
        vector = store.embedder.embed([f"question {n}"], "question")[0]
        best = sorted(exact, key=lambda key: -float(vector @ exact[key]["vector"]))[:10]
        found = [row.chunk_id for row in store.open().dense(vector, 10, store.scope())]
        recalled += len(set(best) & set(found))
    assert recalled / 200 >= 0.9
    store.run(ListSource(many | {"new.csv": "quite new\n"}))
    vector = store.embedder.embed([store.embedder.seen[-1]], "question")[0]
    assert store.open().dense(vector, 1, store.scope())[0].document_id == "list:tiny:new.csv"


def test_open_index_refuses_other_vectors(make_store: Make) -> None:
    store = make_store()
    store.run(ListSource({"a.md": "# A\n\nwalrus\n"}))
    snapshot = store.ledger.snapshot("tiny")
    assert snapshot is not None
    with pytest.raises(VersionError, match="another model"):
        open_index(store.tables, store.ledger, snapshot, analyzer=snapshot.analyzer, embedder="other")
    assert open_index(store.tables, store.ledger, snapshot, analyzer=snapshot.analyzer, embedder="").has_vectors
