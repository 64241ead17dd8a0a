"""One contract for every system that can be asked: whence as it is evaluated, and each floor."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.fakes import FakeSuite

from whence.errors import UsageError
from whence.evaluating.places import Places
from whence.evaluation.baselines import Material, baseline_named, baselines
from whence.evaluation.protocols import Inputs, System
from whence.evaluation.records import EvalQuestion, IndexCorpus
from whence.interface import Whence

FILES = {
    "quay.md": "# Quays\n\nThe north quay has a crane. The crane lifts at most thirty kilograms.\n",
    "crew.md": "# Crew\n\nThe captain steers by the stars. The cook writes the logbook every evening.\n",
    "deep/law[1].md": "# Law\n\nParcels are weighed before they are loaded, by order of the harbour office.\n",
    "empty.md": "",
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whence]:
    root = tmp_path_factory.mktemp("systems")
    for name, text in FILES.items():
        (root / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "docs" / name).write_text(text)
    with Whence(root / "data") as whence:
        whence.index(root / "docs", name="harbour")
        yield whence


@pytest.fixture(params=["whence", *baselines()])
def system(request: pytest.FixtureRequest, opened: Whence, tmp_path: Path) -> System:
    if request.param == "bm25":
        pytest.importorskip("bm25s", reason="the eval extra is not installed")
    places = Places(FakeSuite([], places=[IndexCorpus(name="harbour")]), Inputs(), opened, opened)
    places.prepared("harbour")
    if request.param == "whence":
        return places
    return baseline_named(request.param, Material(chunks=places.chunks, files=places.files, scratch=tmp_path))


def ask(text: str, **more: object) -> EvalQuestion:
    return replace(EvalQuestion(id="1", suite="s", question=text), **more)  # type: ignore[arg-type]


def test_the_file_that_says_it_comes_first(system: System) -> None:
    reply = system.reply(ask("how much does the crane lift?"), 5, wants_answer=True)
    assert reply.hits[0].chunk.path == "quay.md"
    assert reply.answer is not None
    assert "crane" in reply.answer.answer
    cited = reply.answer.citations[0]
    assert cited.path == "quay.md"
    assert cited.quote in FILES["quay.md"]
    lines = FILES["quay.md"].split("\n")
    assert cited.quote.split("\n")[0] in lines[cited.start_line - 1]
    assert 0.0 <= reply.answer.confidence <= 1.0


def test_ranks_and_scores_are_in_order(system: System) -> None:
    hits = system.reply(ask("the captain, the crane and the parcels"), 10, wants_answer=False).hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.chunk.id for hit in hits}) == len(hits)


@pytest.mark.parametrize("depth", [1, 2, 1000])
def test_no_more_than_asked_for_and_no_more_than_there_is(system: System, depth: int) -> None:
    hits = system.reply(ask("crane captain parcels"), depth, wants_answer=False).hits
    assert 1 <= len(hits) <= min(depth, len(FILES))


def test_without_an_answer_wanted_there_is_none(system: System) -> None:
    assert system.reply(ask("crane"), 3, wants_answer=False).answer is None


def test_the_filter_of_the_question_holds(system: System) -> None:
    for paths in (("crew.md",), ("deep",), ("deep/*",), ("deep/law[1].md",)):
        hits = system.reply(ask("the crane, the captain and the parcels", paths=paths), 10, wants_answer=True).hits
        assert {hit.chunk.path for hit in hits} == ({"crew.md"} if paths == ("crew.md",) else {"deep/law[1].md"})


def test_the_same_question_gets_the_same_hits(system: System) -> None:
    first, second = (system.reply(ask("who writes the logbook?"), 5, wants_answer=True) for _ in range(2))
    assert [(hit.chunk.id, hit.score) for hit in first.hits] == [(hit.chunk.id, hit.score) for hit in second.hits]
    assert first.answer is not None
    assert second.answer is not None
    assert first.answer.answer == second.answer.answer


@pytest.mark.parametrize("text", ["???", "zyzzyva qwrtpl", '"', "-e --help", "a OR b NEAR(c)", "ß💥", "the of and"])
def test_odd_questions_do_no_harm(system: System, text: str) -> None:
    reply = system.reply(ask(text), 5, wants_answer=True)
    assert reply.answer is not None


def test_an_unknown_baseline_is_met_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose from bm25, fts5, git-grep"):
        baseline_named("google", Material(chunks=lambda _: (), files=lambda _: (), scratch=tmp_path))


@pytest.mark.parametrize("name", baselines())
def test_an_empty_corpus_gives_nothing(name: str, tmp_path: Path) -> None:
    if name == "bm25":
        pytest.importorskip("bm25s", reason="the eval extra is not installed")
    system = baseline_named(name, Material(chunks=lambda _: (), files=lambda _: (), scratch=tmp_path))
    reply = system.reply(ask("crane"), 5, wants_answer=True)
    assert reply.hits == ()
    assert reply.answer is not None
    assert reply.answer.abstained
