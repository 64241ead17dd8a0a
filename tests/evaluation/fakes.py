"""A small suite and a system that answers as it is told, so that what evaluation does with replies can be seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from whence.errors import WhenceError
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, IndexCorpus, Measure, Reply
from whence.evaluation.report import CorpusState, Origin
from whence.evaluation.runner import Run
from whence.types import Answer, Chunk, Citation, Hit, Leg


def question(name: str, *, answerable: bool = True, must_pass: bool = False, **slices: str) -> EvalQuestion:
    return EvalQuestion(
        id=name,
        suite="harbour",
        question=f"where is {name} moored?",
        answers=(f"at quay {name}",) if answerable else (),
        golds=(Gold(path=f"{name}.txt", start_line=1, end_line=2),) if answerable else (),
        is_answerable=answerable,
        slices=slices,
        must_pass=must_pass,
    )


def chunk(path: str, text: str = "moored at a quay", *, first: int = 1, last: int = 2) -> Chunk:
    return Chunk(
        id=f"{path}:{first}",
        document_id=f"docs:{path}",
        source_id="docs",
        revision="r1",
        kind="doc",
        path=path,
        language="text",
        symbol="",
        title=path,
        start=0,
        end=len(text),
        start_line=first,
        end_line=last,
        text=text,
        text_hash=path,
    )


def hit(path: str, rank: int = 1, score: float = 1.0) -> Hit:
    return Hit(chunk=chunk(path), score=score, rank=rank, legs={"lexical": Leg(rank=rank, score=score)})


def answer(text: str, confidence: float = 0.9, path: str = "") -> Answer:
    """An answer with one citation; an abstention where the text is empty."""
    cited = Citation(
        document_id=f"docs:{path}",
        revision="r1",
        path=path,
        start=0,
        end=len(text),
        start_line=1,
        end_line=1,
        quote=text,
    )
    return Answer(
        id=f"answer-{path.removesuffix('.txt')}",
        question="",
        answer=text or "Not found.",
        kind="extractive" if text else "none",
        confidence=confidence,
        abstained=not text,
        citations=(cited,) if text else (),
        claims=(),
        hits=(),
        models={},
        index="harbour",
        snapshot=1,
        as_of="",
        as_of_date=None,
        indexed=1.0,
        fresh_at=None,
        skipped=(),
        elapsed_ms=1.0,
    )


def found(asked: EvalQuestion, reply: Reply) -> float | None:
    if reply.answer is None:
        return None
    if not asked.is_answerable or reply.answer.abstained:
        return float(reply.answer.abstained and not asked.is_answerable)
    return float(any(text in reply.answer.answer for text in asked.answers))


def first_rank(asked: EvalQuestion, reply: Reply) -> float | None:
    if not asked.golds:
        return None
    paths = [one.chunk.path for one in reply.hits]
    return 1.0 / (paths.index(asked.golds[0].path) + 1) if asked.golds[0].path in paths else 0.0


RIGHT = Measure(name="right", about="the answer names the quay", of=found)
MRR = Measure(name="MRR", about="1 / rank of the file", of=first_rank)


@dataclass(frozen=True)
class FakeSuite:
    """A ``Suite`` of given questions."""

    asked: Sequence[EvalQuestion]
    name: str = "harbour"
    about: str = "where ships are moored"
    dataset: str = "Harbour, 2 quays"
    right: str = "right"
    depth: int = 3
    wants_answers: bool = True
    reported: Sequence[Measure] = (RIGHT, MRR)
    lacks: str = ""
    places: Sequence[Corpus] = field(default_factory=lambda: [IndexCorpus(name="harbour")])

    def measures(self, inputs: Inputs) -> Sequence[Measure]:
        return self.reported

    def missing(self, inputs: Inputs) -> str:
        return self.lacks

    def questions(self, inputs: Inputs, n: int, seed: int) -> Sequence[EvalQuestion]:
        return self.asked[:n] if n else self.asked

    def corpora(self, inputs: Inputs) -> Sequence[Corpus]:
        return self.places


@dataclass
class FakeSystem:
    """A ``System`` that looks its replies up; what it has no reply for fails."""

    replies: Mapping[str, Reply]
    name: str = "fake"
    asked: list[str] = field(default_factory=list)
    before: Callable[[EvalQuestion], None] = lambda _: None

    def reply(self, question: EvalQuestion, depth: int, *, wants_answer: bool) -> Reply:
        self.before(question)
        self.asked.append(question.id)
        if question.id not in self.replies:
            raise WhenceError(f"nothing is known of {question.id}")
        return self.replies[question.id]


def good(name: str, confidence: float = 0.9) -> Reply:
    return Reply(
        hits=(hit(f"{name}.txt"),),
        answer=answer(f"at quay {name}", confidence, f"{name}.txt"),
        search_ms=2.0,
        ask_ms=5.0,
        cpu_ms=4.0,
    )


def bad(name: str, confidence: float = 0.6) -> Reply:
    return Reply(hits=(hit("other.txt"),), answer=answer("in the dock", confidence, "other.txt"), ask_ms=5.0)


def abstained(name: str, confidence: float = 0.1) -> Reply:
    return Reply(hits=(hit("other.txt"),), answer=answer("", confidence), ask_ms=3.0)


def a_run(suite: FakeSuite, system: FakeSystem, build: str = "b1", label: str = "harbour") -> Run:
    return Run(
        suite=suite,
        label=label,
        system=system,
        inputs=Inputs(),
        questions=suite.questions(Inputs(), 0, 0),
        origin=Origin(system=system.name, build=build),
        n=0,
        seed=0,
        corpora={"harbour": CorpusState(index="harbour", snapshot=1, n_documents=2, n_chunks=2)},
    )
