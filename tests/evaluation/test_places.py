from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.command import make_repository
from tests.evaluation.fakes import FakeSuite, question

from whence.errors import StoreError, UsageError
from whence.evaluating.places import Places
from whence.evaluating.run import Planned, Request, evaluate
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, IndexCorpus, RepositoryCorpus, WrittenCorpus
from whence.interface import Whence


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Whence]:
    with Whence(tmp_path / "data") as whence:
        whence.folder.create()
        yield whence


class Writer:
    """Writes one document, and counts how often."""

    def __init__(self, text: str = "The crane lifts thirty kilograms.\n") -> None:
        self.text, self.times = text, 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "crane.md").write_text(self.text)


def places(whence: Whence, *corpora: Corpus) -> Places:
    return Places(FakeSuite([], places=corpora), Inputs(), whence, whence)


def ask(text: str, corpus: str = "") -> EvalQuestion:
    return EvalQuestion(id="1", suite="s", question=text, corpus=corpus)


def test_a_corpus_is_written_and_indexed_once(opened: Whence) -> None:
    write = Writer()
    corpus = WrittenCorpus(name="docks", digest="1", write=write)
    first = places(opened, corpus).prepared("docks")
    second = places(opened, corpus).prepared("docks")
    assert write.times == 1
    assert first == second
    assert (first.n_documents, first.digest) == (1, "1")
    assert first.n_chunks >= 1


def test_another_content_is_another_index(opened: Whence) -> None:
    first = places(opened, WrittenCorpus(name="docks", digest="1", write=Writer()))
    second = places(opened, WrittenCorpus(name="docks", digest="2", write=Writer("The crane is red.\n")))
    assert first.prepared("docks").index != second.prepared("docks").index
    assert "red" in second.reply(ask("which colour has the crane?"), 1, wants_answer=False).hits[0].chunk.text


def test_a_corpus_that_was_half_written_is_written_again(opened: Whence) -> None:
    def broken(folder: Path) -> None:
        (folder / "half.md").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        places(opened, WrittenCorpus(name="docks", digest="1", write=broken)).prepared("docks")
    corpora = opened.folder.root / "corpora"
    assert list(corpora.iterdir()) == []
    assert places(opened, WrittenCorpus(name="docks", digest="1", write=Writer())).prepared("docks").n_documents == 1


def test_an_index_that_was_removed_is_made_again(opened: Whence) -> None:
    corpus = WrittenCorpus(name="docks", digest="1", write=Writer())
    opened.remove(places(opened, corpus).prepared("docks").index)
    assert places(opened, corpus).prepared("docks").n_documents == 1


def test_an_empty_corpus_is_refused(opened: Whence) -> None:
    empty = WrittenCorpus(name="docks", digest="1", write=lambda folder: None)
    with pytest.raises(UsageError, match="the corpus docks is empty"):
        places(opened, empty).prepared("docks")


def test_a_question_of_a_corpus_that_is_not_brought(opened: Whence) -> None:
    with pytest.raises(UsageError, match="asks questions of 'piers'"):
        places(opened, IndexCorpus(name="docks")).used([ask("why?", "piers")])


def test_a_repository_is_asked_at_its_revision(opened: Whence, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "ferry")
    found = places(opened, RepositoryCorpus(name="ferry", location=repository, revision="HEAD"))
    assert found.prepared("ferry").n_documents == 4
    assert found.reply(ask("what lifts a parcel?"), 5, wants_answer=True).answer is not None
    assert {path for path, _ in found.files("ferry")} >= {"README.md", "src/ferry/crane.py"}
    assert {chunk.path for chunk in found.chunks("ferry")} >= {"README.md", "src/ferry/crane.py"}


def test_the_users_folder_holds_no_corpus_of_a_suite(opened: Whence, tmp_path: Path) -> None:
    suite = FakeSuite([question("crane")], places=[WrittenCorpus(name="docks", digest="1", write=Writer())])
    request = Request(suites=("harbour",), out=tmp_path / "out")
    planned = [Planned(label="harbour", suite=suite, inputs=Inputs())]
    (report,) = evaluate(opened, planned, request)
    assert opened.ledger.index_names() == []
    assert report.header.corpora["docks"].n_documents == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["harbour.json"]
    assert report.header.origin.models["embedder"]
    assert report.header.origin.build


def test_citations_are_looked_up_again_and_withheld_answers_told(opened: Whence) -> None:
    asked = places(opened, WrittenCorpus(name="docks", digest="1", write=Writer()))
    asked.prepared("docks")
    reply = asked.reply(ask("how many kilograms does the crane lift?"), 3, wants_answer=True)
    assert reply.answer is not None
    assert reply.n_resolved == len(reply.answer.citations)
    silent = asked.reply(ask("who paints the northern lighthouse of Genoa at dawn?"), 3, wants_answer=True)
    assert silent.answer is not None
    assert silent.answer.abstained
    assert silent.withheld is not None
    assert not silent.withheld.abstained


def test_a_citation_of_other_words_does_not_resolve(opened: Whence) -> None:
    asked = places(opened, WrittenCorpus(name="docks", digest="1", write=Writer()))
    asked.prepared("docks")
    reply = asked.reply(ask("how many kilograms does the crane lift?"), 3, wants_answer=True)
    assert reply.answer is not None
    one = reply.answer.citations[0]
    assert opened.resolves(one)
    assert not opened.resolves(replace(one, quote=one.quote.upper()))
    assert not opened.resolves(replace(one, start_line=one.start_line + 1))
    assert not opened.resolves(replace(one, path="gone.md", document_id="gone"))


def test_a_blank_line_resolves_where_it_is_blank(opened: Whence) -> None:
    text = "The crane lifts thirty kilograms.\n\nIt is red.\n"
    asked = places(opened, WrittenCorpus(name="docks", digest="1", write=Writer(text)))
    asked.prepared("docks")
    reply = asked.reply(ask("how many kilograms does the crane lift?"), 3, wants_answer=True)
    assert reply.answer is not None
    blank = replace(reply.answer.citations[0], quote="", start=34, end=34, start_line=2, end_line=2)
    assert opened.resolves(blank)
    assert not opened.resolves(replace(blank, start_line=3, end_line=3))
