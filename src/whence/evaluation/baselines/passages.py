"""What all floors share: the passages of a corpus, the filter of a question, and one sentence as the answer."""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate

from whence.evaluation.records import EvalQuestion, Reply
from whence.segmentation import sentences
from whence.types import Answer, Chunk, Citation, Claim, Hit, Leg

Ranked = Iterable[tuple[int, float]]
"""(position of a chunk, score), best first."""

_FUNCTION_WORDS = (
    "a an and are as at be been but by can could did do does for from had has have how if in into is it its of on or "
    "so such than that the their them then there these they this to was were what when where which who whose why "
    "will with would you your i we my our me"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
_WORD = re.compile(r"\w+")


def content_words(text: str) -> list[str]:
    """The words of a question that a person would search for, each once, in order."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in FUNCTION_WORDS]


def allowed(question: EvalQuestion, chunks: Sequence[Chunk]) -> Callable[[int], bool]:
    """Whether the filter of a question lets a chunk through, by position."""
    if not question.paths:
        return lambda _: True
    patterns = [re.compile(translate(glob.replace("[", "[[]"))) for glob in question.paths]
    folders = tuple(glob.rstrip("/") + "/" for glob in question.paths)

    def passes(position: int) -> bool:
        path = chunks[position].path
        return path.startswith(folders) or any(pattern.match(path) for pattern in patterns)

    return passes


class PassageSystem:
    """A system made of a ranking of chunks: the hits as they rank, and a sentence of the best one as the answer."""

    def __init__(
        self,
        name: str,
        chunks: Callable[[str], Sequence[Chunk]],
        rank: Callable[[EvalQuestion, int], Ranked],
    ) -> None:
        """``rank`` takes the question and how many are wanted, and respects the question's filter."""
        self._name, self._chunks, self._rank = name, chunks, rank

    @property
    def name(self) -> str:
        """What stands at the head of its column."""
        return self._name

    def reply(self, question: EvalQuestion, depth: int, *, wants_answer: bool) -> Reply:
        """The best ``depth`` passages; the answer is read from the first."""
        chunks = self._chunks(question.corpus)
        began, spent = time.perf_counter(), time.process_time()
        ranked = list(self._rank(question, max(depth, 10 if wants_answer else 1)))
        hits = tuple(
            Hit(chunk=chunks[position], score=score, rank=rank, legs={self._name: Leg(rank=rank, score=score)})
            for rank, (position, score) in enumerate(ranked, start=1)
        )
        searched_ms = (time.perf_counter() - began) * 1000
        answer = _answer(question.question, hits[:10], began) if wants_answer else None
        return Reply(
            hits=hits[:depth],
            answer=answer,
            search_ms=searched_ms,
            ask_ms=answer.elapsed_ms if answer else 0.0,
            cpu_ms=(time.process_time() - spent) * 1000,
        )


def _answer(question: str, hits: tuple[Hit, ...], began: float) -> Answer:
    """The sentence of the first hit that shares most content words with the question; the first one on a tie.

    The confidence is the share of those words, which nobody has calibrated; without a hit it abstains.
    """
    wanted = set(content_words(question))
    citations: tuple[Citation, ...] = ()
    text, confidence = "", 0.0
    if hits:
        chunk = hits[0].chunk
        spans = sentences(chunk.text) or [(0, len(chunk.text))]
        shared = [len(wanted.intersection(_WORD.findall(chunk.text[start:end].lower()))) for start, end in spans]
        best = shared.index(max(shared))
        start, end = spans[best]
        text, confidence = chunk.text[start:end], shared[best] / max(len(wanted), 1)
        citations = (_citation(chunk, start, end),)
    return Answer(
        id="",
        question=question,
        answer=text,
        kind="extractive" if hits else "none",
        confidence=confidence,
        abstained=not hits,
        citations=citations,
        claims=(Claim(start=0, end=len(text), citations=(1,)),) if hits else (),
        hits=hits,
        models={},
        index="",
        snapshot=0,
        as_of="",
        as_of_date=None,
        indexed=1.0,
        fresh_at=None,
        skipped=(),
        elapsed_ms=(time.perf_counter() - began) * 1000,
    )


def _citation(chunk: Chunk, start: int, end: int) -> Citation:
    first = chunk.start_line + chunk.text.count("\n", 0, start)
    return Citation(
        document_id=chunk.document_id,
        revision=chunk.revision,
        path=chunk.path,
        start=chunk.start + start,
        end=chunk.start + end,
        start_line=first,
        end_line=first + chunk.text.count("\n", start, end),
        quote=chunk.text[start:end],
        symbol=chunk.symbol,
        title=chunk.title,
    )
