"""A project's own questions: made from the history and text of an index of the user's (``--in NAME``).

Three origins, each asked where the source of the question cannot be seen: messages of the newest fifth of the commits
(which files did they change?), as of one of a few older states; docstrings (which function?) and headings (which
section?) of a fifth of the files, in a copy without them. Beside them, exact questions with plain git as the reference
("fact"), and, without an answer, names that the project does not have and questions about another one.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite
from whence.evaluation.fact_questions import fact_questions
from whence.evaluation.measures import answered, cited, cites_gold, ranking, right
from whence.evaluation.own_questions import OwnQuestion, absent_names, from_commits, from_text, hidden_text
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, IndexCorpus, Measure, Reply
from whence.evaluation.suites.facts import question_of, states_fact
from whence.evaluation.suites.failures import foreign_questions
from whence.types import Answer, Document

FACT = "fact"
"""The category of questions that are answered from the history, without a search."""

_COPY = "copy"
_MAX_FILES, _MAX_OF_ORIGIN, _N_ABSENT, _N_FACTS = 1200, 300, 40, 60


def _missing(inputs: Inputs) -> str:
    if not inputs.index:
        return "The suite history asks an index of yours about its own past: name it with --in INDEX."
    if inputs.documents is None or inputs.histories is None:
        return "The suite history needs an index that is open; this run gives none."
    return ""


def _documents(inputs: Inputs) -> list[Document]:
    assert inputs.documents is not None
    found = sorted(inputs.documents(inputs.index), key=lambda one: one.path)
    return [one for one in found if one.kind in {"code", "doc"} and one.text.strip()]


def _of_text(documents: Sequence[Document]) -> list[OwnQuestion]:
    made = [one for one in from_text(_copied(documents)) if one.is_test]
    return [
        one for origin in ("docstring", "heading") for one in [o for o in made if o.origin == origin][:_MAX_OF_ORIGIN]
    ]


def _copied(documents: Sequence[Document]) -> list[Document]:
    """All files of a small project; of a large one every second, third, ... so that the copy is indexed in minutes."""
    step = -(-len(documents) // _MAX_FILES)
    return list(documents[::step]) if step > 1 else list(documents)


def _load(inputs: Inputs, seed: int) -> list[EvalQuestion]:
    documents = _documents(inputs)
    assert inputs.histories is not None
    commits: list[OwnQuestion] = []
    for history in inputs.histories(inputs.index):
        present = {one.path for one in documents if one.source_id == history.source_id}
        commits += [one for one in from_commits(history, present) if one.is_test][:_MAX_OF_ORIGIN]
    return [
        *(_question(one, inputs.index) for one in commits),
        *(_question(one, _COPY) for one in _of_text(documents)),
        *_facts(inputs, seed),
        *(_absent(name, number, inputs.index) for number, name in enumerate(absent_names(documents, _N_ABSENT))),
        *(_foreign(one, inputs.index) for one in foreign_questions()),
    ]


def _question(one: OwnQuestion, corpus: str) -> EvalQuestion:
    return EvalQuestion(
        id=one.id,
        suite="history",
        question=one.question,
        golds=tuple(Gold(path=path, start_line=one.start_line, end_line=one.end_line) for path in one.paths),
        corpus=corpus,
        as_of=one.as_of,
        slices={"category": one.origin},
    )


def _facts(inputs: Inputs, seed: int) -> Iterator[EvalQuestion]:
    mirrors = inputs.mirrors(inputs.index) if inputs.mirrors else ()
    for place, mirror in enumerate(mirrors):
        made = fact_questions(mirror, seed)
        for number in sorted(random.Random(f"own facts {seed}").sample(range(len(made)), min(_N_FACTS, len(made)))):
            one = question_of(made[number], f"fact-{place}-{number:03d}", inputs.index)
            yield replace(one, suite="history", slices={"category": FACT})


def _foreign(one: EvalQuestion, index: str) -> EvalQuestion:
    return replace(
        one,
        suite="history",
        answers=(),
        golds=(),
        is_answerable=False,
        corpus=index,
        slices={"category": "another project", "why unanswerable": "another project"},
        must_pass=False,
    )


def _absent(name: str, number: int, index: str) -> EvalQuestion:
    wordings = ("What does `{}` do?", "Where is `{}` defined?", "How is `{}` used?")
    return EvalQuestion(
        id=f"absent-{name}",
        suite="history",
        question=wordings[number % len(wordings)].format(name),
        is_answerable=False,
        corpus=index,
        slices={"category": "absent name", "why unanswerable": "no such name"},
    )


def _corpora(inputs: Inputs) -> list[Corpus]:
    documents = _documents(inputs)
    hidden: dict[str, list[tuple[int, int]]] = {}
    for one in _of_text(documents):
        for path, first, last in one.hidden:
            hidden.setdefault(path, []).append((first, last))
    texts = {one.path: hidden_text(one.text, hidden.get(one.path, ())) for one in _copied(documents)}
    return [IndexCorpus(name=inputs.index), written(_COPY, texts)]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    searched = [_of_searched(one) for one in (*ranking("file"), *cited())]
    return [
        *searched[:-2],
        *right(_is_right, "a citation meets the gold lines or files; a fact says what git says"),
        *answered(),
        *searched[-2:],
    ]


def _of_searched(measure: Measure) -> Measure:
    """The measure of questions that something is searched for."""

    def value(question: EvalQuestion, reply: Reply) -> float | None:
        return None if _is_fact(question) else measure.of(question, reply)

    return replace(measure, of=value)


def _is_right(question: EvalQuestion, answer: Answer) -> bool:
    return (states_fact if _is_fact(question) else cites_gold)(question, answer)


def _is_fact(question: EvalQuestion) -> bool:
    return question.slices.get("category") == FACT


SUITE = DataSuite(
    name="history",
    about="questions made from the history and text of an index of yours, their own sources hidden",
    dataset="made from the index: newest fifth of the commits, a fifth of the files, its facts",
    needs=_missing,
    load=_load,
    corpora_of=_corpora,
    measures_of=_measures,
)
