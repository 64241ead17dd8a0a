"""Measures of answers against what was retrieved and cited, by a judge: a language model, or words and vectors.

The name of the judge stands in the name of each measure, since their values must not be compared. A failing judge
raises ``JudgeError``: the question then has no value, and the report counts and shows it.
"""

import re
from collections.abc import Sequence

from whence.evaluation.judging.word_judge import WordJudge
from whence.evaluation.protocols import Inputs, Judge
from whence.evaluation.records import EvalQuestion, Measure, Reply
from whence.metrics.citation_support import ClaimSupport, citation_precision, citation_recall
from whence.metrics.context_precision import context_precision
from whence.metrics.context_recall import context_recall
from whence.metrics.faithfulness import faithfulness
from whence.segmentation import sentences
from whence.types import Answer

_N_PASSAGES = 5
_MARK = re.compile(r"\s*\[\d+\]")


def judged(inputs: Inputs) -> list[Measure]:
    """All measures by the judge that is configured, else by words and vectors."""
    return judged_by(inputs.judge or WordJudge(inputs.embedder))


def judged_by(judge: Judge) -> list[Measure]:
    """All measures by one judge."""

    def faithful(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
        if (answer := _given(reply)) is None:
            return None
        context = "\n\n".join([*(one.quote for one in answer.citations), *_passages(reply)])
        said = _statements(answer.answer)
        return faithfulness(judge.bears_out([(context, one) for one in said])) if said else None

    def relevant(question: EvalQuestion, reply: Reply) -> float | None:
        answer = _given(reply)
        return judge.relevancy(question.question, answer.answer) if answer else None

    def ordered(question: EvalQuestion, reply: Reply) -> float | None:
        passages = _passages(reply)
        if not question.is_answerable or not question.answers or not passages:
            return None
        return context_precision(judge.helpful(question.question, question.answers[0], passages))

    def held(question: EvalQuestion, reply: Reply) -> float | None:
        if not question.is_answerable or not question.answers:
            return None
        context, wanted = "\n\n".join(_passages(reply)), _statements(question.answers[0])
        return context_recall(judge.bears_out([(context, one) for one in wanted])) if wanted else None

    def borne_out(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
        claims = _supports(judge, reply)
        return citation_recall(claims) if claims else None

    def needed(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
        claims = _supports(judge, reply)
        return citation_precision(claims) if any(one.alone for one in claims) else None

    by = f" ({judge.name})"
    return [
        Measure(
            name=f"faithfulness{by}", about="statements of the answer that the retrieved text supports", of=faithful
        ),
        Measure(
            name=f"answer relevancy{by}", about="how far the answer speaks to the question", of=relevant, is_share=False
        ),
        Measure(name=f"context precision{by}", about="helpful passages stand before others", of=ordered),
        Measure(
            name=f"context recall{by}", about="share of the gold answer that the retrieved text bears out", of=held
        ),
        Measure(name=f"citation recall{by}", about="claims that their citations bear out", of=borne_out),
        Measure(name=f"citation precision{by}", about="citations that are not idle", of=needed),
    ]


def _given(reply: Reply) -> Answer | None:
    return reply.answer if reply.answer is not None and not reply.answer.abstained else None


def _passages(reply: Reply) -> list[str]:
    return [hit.chunk.text for hit in reply.hits[:_N_PASSAGES]]


def _statements(text: str) -> list[str]:
    plain = _MARK.sub("", text)
    return [piece for start, end in sentences(plain) if re.search(r"\w", piece := plain[start:end])]


def _supports(judge: Judge, reply: Reply) -> list[ClaimSupport]:
    """The judgements of every claim of an answer, asked of the judge in one go."""
    if (answer := _given(reply)) is None:
        return []
    pairs: list[tuple[str, str]] = []
    shapes: list[int] = []
    for claim in answer.claims:
        said = _MARK.sub("", answer.answer[claim.start : claim.end])
        quotes = [answer.citations[number - 1].quote for number in dict.fromkeys(claim.citations)]
        pairs.append(("\n\n".join(quotes), said))
        pairs += [(quote, said) for quote in quotes]
        pairs += [("\n\n".join(quotes[:n] + quotes[n + 1 :]), said) for n in range(len(quotes))]
        shapes.append(len(quotes))
    verdicts = iter(judge.bears_out(pairs) if pairs else [])
    return [_support(n, [next(verdicts) for _ in range(1 + 2 * n)]) for n in shapes]


def _support(n: int, verdicts: Sequence[bool]) -> ClaimSupport:
    return ClaimSupport(
        together=n > 0 and verdicts[0],
        alone=tuple(verdicts[1 : n + 1]),
        without=tuple(n > 1 and one for one in verdicts[n + 1 :]),
    )
