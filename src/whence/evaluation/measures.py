"""The measures that suites report, made of ``whence.metrics``: of a ranking, of an answer, of what it cites.

Those of a ranking apply to answerable questions whose evidence is known; those of an answer to systems that answer.
"""

from collections.abc import Callable, Sequence

from whence.evaluation.gold import grade_of
from whence.evaluation.records import EvalQuestion, Gold, Measure, Reply
from whence.metrics.answer_match import holds_answer
from whence.metrics.average_precision import average_precision
from whence.metrics.exact_match import exact_match
from whence.metrics.f1 import f1
from whence.metrics.gold_keys import TO_THE_END, Level, Place, gold_keys, ranked_keys
from whence.metrics.hit_rate import hit_rate
from whence.metrics.knowledge_precision import knowledge_precision
from whence.metrics.line_overlap import LineRange, n_lines
from whence.metrics.ndcg import ndcg
from whence.metrics.precision import precision
from whence.metrics.recall import recall
from whence.metrics.reciprocal_rank import reciprocal_rank
from whence.types import Answer, Citation, Hit

_OfRanking = Callable[[list[str], dict[str, float]], float]


def ranking(level: Level = "file", *, cuts: Sequence[int] = (1, 5), depth: int = 10) -> list[Measure]:
    """hit@k for each of ``cuts``; MRR, MAP, nDCG, precision and recall of the first ``depth``.

    At level "line" the first ``depth`` hits are cut, then their lines counted.
    """
    what = {"file": "files", "place": "marked places", "line": "lines"}[level]
    tail = "" if level == "file" else f" ({what})"

    def measure(name: str, about: str, of: _OfRanking) -> Measure:
        def value(question: EvalQuestion, reply: Reply) -> float | None:
            found = _keys(question, reply.hits[:depth] if level == "line" else reply.hits, level)
            return of(*found) if found else None

        return Measure(name=f"{name}{tail}", about=about, of=value)

    if level == "line":
        return [
            measure("recall", f"share of the gold lines in the first {depth} hits", recall),
            measure(
                "precision",
                f"share of gold lines among the lines of the first {depth} hits",
                lambda r, g: precision(r, g, max(len(r), 1)),
            ),
        ]

    def success(k: int) -> Measure:
        return measure(f"hit@{k}", f"1 when gold {what} are among the first {k}", lambda r, g: hit_rate(r, g, k))

    return [
        *map(success, cuts),
        measure("MRR", f"1 / rank of the first of the gold {what}", reciprocal_rank),
        measure(f"MAP@{depth}", f"average precision over {what}", lambda r, g: average_precision(r, g, depth)),
        measure(f"nDCG@{depth}", f"discounted gain over {what}", lambda r, g: ndcg(r, g, depth)),
        measure(
            f"precision@{depth}", f"share of gold {what} in the first {depth}", lambda r, g: precision(r, g, depth)
        ),
        measure(f"recall@{depth}", f"share of the gold {what} found", lambda r, g: recall(r, g, depth)),
    ]


def lines_shown(depth: int = 10) -> Measure:
    """How many distinct lines the first hits hold: what a recall of lines was paid with."""

    def value(question: EvalQuestion, reply: Reply) -> float | None:
        if not any(gold.start_line for gold in question.golds):
            return None
        return float(
            n_lines(
                LineRange(path=hit.chunk.path, start=hit.chunk.start_line, end=hit.chunk.end_line)
                for hit in reply.hits[:depth]
                if hit.chunk.path
            )
        )

    return Measure(
        name="lines shown",
        about=f"distinct lines in the first {depth} hits",
        of=value,
        is_lower_better=True,
        is_share=False,
    )


def answer_in_hits(cuts: Sequence[int] = (1, 5)) -> list[Measure]:
    """Answer match: 1 when one of the first k hits holds a gold answer; for data that mark no passage."""

    def measure(k: int) -> Measure:
        def value(question: EvalQuestion, reply: Reply) -> float | None:
            if not (question.is_answerable and question.answers):
                return None
            return float(any(holds_answer(hit.chunk.text, question.answers) for hit in reply.hits[:k]))

        return Measure(name=f"answer in {k}", about=f"a gold answer stands in the first {k} hits", of=value)

    return [measure(k) for k in cuts]


Judge = Callable[[EvalQuestion, Answer], bool]
"""Whether an answer, not an abstention, is right."""


def right(judge: Judge, about: str) -> list[Measure]:
    """1 for a right answer to an answerable question and for abstaining from another, else 0; the suite's verdict.

    And the same of the answerable questions if nothing were withheld: how good reading is without its confidence.
    """

    def value(question: EvalQuestion, reply: Reply) -> float | None:
        if reply.answer is None:
            return None
        if not question.is_answerable or reply.answer.abstained:
            return float(reply.answer.abstained and not question.is_answerable)
        return float(judge(question, reply.answer))

    def anyway(question: EvalQuestion, reply: Reply) -> float | None:
        answer = given_or_withheld(question, reply)
        return float(judge(question, answer)) if answer is not None and question.is_answerable else None

    return [
        Measure(name="right", about=f"{about}; of unanswerable questions: abstained", of=value),
        Measure(
            name="right, never abstaining", about=f"{about}; answerable questions, withheld answers too", of=anyway
        ),
    ]


def given_or_withheld(question: EvalQuestion, reply: Reply) -> Answer | None:
    """The answer, or the one that was withheld; None where that is not known of all questions alike.

    It is not known of questions about earlier states, and of systems that do not tell.
    """
    if reply.answer is None or question.as_of:
        return None
    return reply.withheld if reply.answer.abstained else reply.answer


def resolving() -> Measure:
    """Whether citations stand where they say: read again at the source, quote and lines compared."""

    def value(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
        if reply.answer is None or reply.n_resolved is None or not reply.answer.citations:
            return None
        return reply.n_resolved / len(reply.answer.citations)

    return Measure(name="citations resolve", about="share of the citations found again at their source", of=value)


def answered() -> list[Measure]:
    """Both errors of abstaining: from what has an answer, and not from what has none; and that citations resolve."""

    def wrongly(question: EvalQuestion, reply: Reply) -> float | None:
        return float(reply.answer.abstained) if reply.answer and question.is_answerable else None

    def rightly(question: EvalQuestion, reply: Reply) -> float | None:
        return float(reply.answer.abstained) if reply.answer and not question.is_answerable else None

    return [
        Measure(
            name="abstained, answerable", about="no answer to an answerable question", of=wrongly, is_lower_better=True
        ),
        Measure(name="abstained, unanswerable", about="no answer to an unanswerable question", of=rightly),
        resolving(),
    ]


def cited() -> list[Measure]:
    """What answers cite, against the gold evidence: precision and recall of citations."""

    def precise(question: EvalQuestion, reply: Reply) -> float | None:
        places = _cited(question, reply)
        if not places:
            return None
        return sum(meets_gold(question.golds, one) for one in places) / len(places)

    def recalled(question: EvalQuestion, reply: Reply) -> float | None:
        if reply.answer is None or not question.is_answerable or not _located(question.golds):
            return None
        gold = _places(question.golds)
        keys = gold_keys(gold, "place")
        return recall(ranked_keys([_cited_place(one, gold) for one in reply.answer.citations], gold, "place"), keys)

    return [
        Measure(name="citation precision", about="share of the citations that meet gold evidence", of=precise),
        Measure(name="citation recall", about="share of the gold evidence that is cited", of=recalled),
    ]


def worded() -> list[Measure]:
    """The answer's words against the gold answers, and against what it cites."""

    def over(score: Callable[[str, Sequence[str]], float]) -> Callable[[EvalQuestion, Reply], float | None]:
        def value(question: EvalQuestion, reply: Reply) -> float | None:
            if reply.answer is None or not question.is_answerable or not question.answers:
                return None
            return 0.0 if reply.answer.abstained else score(reply.answer.answer, question.answers)

        return value

    def known(question: EvalQuestion, reply: Reply) -> float | None:  # noqa: ARG001
        if reply.answer is None or reply.answer.abstained:
            return None
        try:
            return knowledge_precision(reply.answer.answer, [one.quote for one in reply.answer.citations])
        except ValueError:
            return None

    return [
        Measure(name="EM", about="the answer is a gold answer, word by word", of=over(exact_match)),
        Measure(name="F1", about="words shared with the nearest gold answer", of=over(f1)),
        Measure(name="words cited", about="share of the answer's words that stand in what it cites", of=known),
    ]


def marked() -> list[Measure]:
    """The words that a reading model marked, against the gold answers; of systems that have such a model."""

    def over(score: Callable[[str, Sequence[str]], float]) -> Callable[[EvalQuestion, Reply], float | None]:
        def value(question: EvalQuestion, reply: Reply) -> float | None:
            given = reply.answer
            if given is None or "reader" not in given.models or not question.is_answerable or not question.answers:
                return None
            words = "" if given.abstained else marked_words(given)
            return score(words, question.answers) if words else 0.0

        return value

    return [
        Measure(name="EM, marked words", about="the words marked are a gold answer", of=over(exact_match)),
        Measure(name="F1, marked words", about="words shared by those marked and a gold answer", of=over(f1)),
    ]


def marked_words(answer: Answer) -> str:
    """The words that answer in the first citation that has some marked, or ""."""
    for one in answer.citations:
        if one.answer_start is not None and one.answer_end is not None:
            return one.quote[one.answer_start - one.start : one.answer_end - one.start]
    return ""


def cites_answer(question: EvalQuestion, answer: Answer) -> bool:
    """A ``Judge``: one of the citations holds a gold answer."""
    return any(holds_answer(one.quote, question.answers) for one in answer.citations)


def first_cites_answer() -> list[Measure]:
    """1 when the first citation alone holds a gold answer; as the user sees it, and if it never abstained."""

    def value(question: EvalQuestion, answer: Answer | None) -> float | None:
        if answer is None or not question.is_answerable or not question.answers:
            return None
        return float(any(holds_answer(one.quote, question.answers) for one in answer.citations[:1]))

    about = "the first citation holds a gold answer"
    return [
        Measure(name="first cites answer", about=about, of=lambda question, reply: value(question, reply.answer)),
        Measure(
            name="first cites answer, never abstaining",
            about=f"{about}, counting answers that were withheld",
            of=lambda question, reply: value(question, given_or_withheld(question, reply)),
        ),
    ]


def cites_gold(question: EvalQuestion, answer: Answer) -> bool:
    """A ``Judge``: one of the citations meets the gold evidence."""
    return any(meets_gold(question.golds, one) for one in answer.citations)


def meets_gold(golds: Sequence[Gold], citation: Citation) -> bool:
    """Whether a citation meets the gold evidence; of a commit, by its id as the document."""
    return grade_of(golds, citation.path, citation.start_line, citation.end_line, citation.document_id) > 0 or any(
        bool(gold.document_id) and gold.document_id == citation.commit for gold in golds
    )


def _located(golds: Sequence[Gold]) -> bool:
    return any(gold.path or gold.document_id for gold in golds)


def _places(golds: Sequence[Gold]) -> list[Place]:
    return [
        Place(
            path=gold.path or gold.document_id,
            start=max(gold.start_line, 1),
            end=max(gold.end_line, gold.start_line) if gold.start_line else TO_THE_END,
        )
        for gold in golds
        if gold.path or gold.document_id
    ]


def _keys(question: EvalQuestion, hits: Sequence[Hit], level: Level) -> tuple[list[str], dict[str, float]] | None:
    if not question.is_answerable or not _located(question.golds):
        return None
    gold = _places(question.golds)
    if level == "line":
        gold = [place for place in gold if place.end != TO_THE_END]
        if not gold:
            return None
    grades: dict[str, float] = {}
    located = [one for one in question.golds if one.path or one.document_id]
    for place, one in zip(_places(question.golds), located, strict=True):
        for key in gold_keys([place], level) if place in gold else ():
            grades[key] = max(one.grade, grades.get(key, 0.0))
    return ranked_keys([_hit_place(hit, gold) for hit in hits], gold, level), grades


def _hit_place(hit: Hit, gold: Sequence[Place]) -> Place:
    chunk = hit.chunk
    named = {place.path for place in gold}
    path = chunk.document_id if chunk.document_id in named else chunk.path or chunk.document_id
    return Place(path=path, start=max(chunk.start_line, 1), end=max(chunk.end_line, chunk.start_line, 1))


def _cited_place(citation: Citation, gold: Sequence[Place]) -> Place:
    names = (citation.document_id, citation.path, citation.commit or "")
    path = next((name for name in names if name in {place.path for place in gold}), citation.path)
    return Place(path=path, start=max(citation.start_line, 1), end=max(citation.end_line, citation.start_line, 1))


def _cited(question: EvalQuestion, reply: Reply) -> Sequence[Citation]:
    usable = reply.answer is not None and question.is_answerable and _located(question.golds)
    return reply.answer.citations if usable and reply.answer else ()
