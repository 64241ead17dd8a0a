"""Asks an index questions whose answers are known, to see how far its confidence can be believed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from whence.errors import UsageError, WhenceError
from whence.evaluation.protocols import Inputs, Suite
from whence.evaluation.recalibration import Observed
from whence.evaluation.records import EvalQuestion, Reply
from whence.types import Answer

AskAnyway = Callable[[EvalQuestion], Answer]
"""Asks with the shipped confidence and without abstaining, so that it is known whether the answer would be right."""

Told = Callable[[int, int], None]


def observe(
    suite: Suite, inputs: Inputs, questions: Sequence[EvalQuestion], ask: AskAnyway, told: Told
) -> tuple[list[Observed], int]:
    """What the index would answer to each question; facts and failed questions, which are counted, are left out."""
    measure = next((one for one in suite.measures(inputs) if one.name == suite.right), None)
    if measure is None:
        raise UsageError(
            f"The suite {suite.name} does not say which answers are right, so nothing can be fitted to it."
        )
    found: list[Observed] = []
    failed = 0
    for number, question in enumerate(questions, start=1):
        try:
            answer = ask(question)
            value = measure.of(
                question, Reply(hits=answer.hits, answer=replace(answer, abstained=not answer.citations))
            )
        except WhenceError:
            failed += 1
            continue
        finally:
            told(number, len(questions))
        if answer.kind != "fact":
            found.append(
                Observed(
                    confidence=answer.confidence,
                    is_right=question.is_answerable and value is not None and value >= 0.5,
                    is_answerable=question.is_answerable,
                    group=group_of(question),
                )
            )
    return found, failed


def group_of(question: EvalQuestion) -> str:
    """What must be on one side of a split: the first document of the evidence, else the question itself."""
    return next((gold.path or gold.document_id for gold in question.golds), "") or question.id
