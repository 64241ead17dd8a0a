"""Facts: exact questions about the histories of the repositories given, with plain git as the reference."""

from collections.abc import Sequence

from whence.evaluation.data_suite import DataSuite
from whence.evaluation.fact_questions import FactQuestion, fact_questions
from whence.evaluation.measures import answered, right
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure, Reply, RepositoryCorpus
from whence.evaluation.repositories import repositories_missing
from whence.types import Answer


def _missing(inputs: Inputs) -> str:
    if not inputs.repositories:
        return "The suite facts asks about repositories of yours: name one with --repo NAME=PATH."
    return repositories_missing("facts", dict.fromkeys(inputs.repositories, ""), inputs.repositories)


def _load(inputs: Inputs, seed: int) -> Sequence[EvalQuestion]:
    return [
        question_of(one, f"facts-{name}-{number:03d}", name)
        for name, repository in inputs.repositories.items()
        for number, one in enumerate(fact_questions(repository, seed))
    ]


def question_of(one: FactQuestion, name: str, corpus: str) -> EvalQuestion:
    """The question with what git says of it; ``name`` becomes its id."""
    return EvalQuestion(
        id=name,
        suite="facts",
        question=one.question,
        answers=one.says,
        golds=(Gold(document_id=one.commit),) if one.commit else (),
        is_answerable=not one.unknown,
        corpus=corpus,
        slices={"category": one.kind},
    )


def _corpora(inputs: Inputs) -> list[Corpus]:
    return [RepositoryCorpus(name=name, location=path) for name, path in inputs.repositories.items()]


def states_fact(question: EvalQuestion, answer: Answer) -> bool:
    """Whether an answer is a fact, cites the commit first that git names, and says all that git counts."""
    named = [gold.document_id for gold in question.golds]
    cited = [one.commit for one in answer.citations[:1]]
    return (
        answer.kind == "fact"
        and (not named or cited == named)
        and all(one in answer.answer for one in question.answers)
    )


def _routed(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
    return float(reply.answer.kind == "fact" or reply.answer.confidence == 1.0) if reply.answer else None


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [
        *right(states_fact, "a fact that cites the commit which git names and says what git counts")[:1],
        Measure(name="taken for a fact", about="answered from the history, not by search", of=_routed),
        *answered(),
    ]


SUITE = DataSuite(
    name="facts",
    about="exact questions about the histories of repositories you name: who, when, how many, which commit",
    dataset="drawn from the repositories; plain git is the reference",
    needs=_missing,
    load=_load,
    corpora_of=_corpora,
    measures_of=_measures,
    depth=0,
)
