"""Searching and asking: a question becomes hits, hits an answer, and every citation is resolved before it leaves."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from whence.answer.citations import cite, verify
from whence.answer.compose import Composition, compose, not_found, without
from whence.answer.deeds import Deed, certainty, deed_asked, speaking_of
from whence.answer.generative import GenerativeWriter
from whence.answer.terms import names_held, stems
from whence.answer.weights import load_weights
from whence.errors import StoreError
from whence.pipelines.looked_up import with_looked_up
from whence.pipelines.options import AskingOptions as AskingOptions  # noqa: PLC0414
from whence.pipelines.question import checked
from whence.protocols import Reader
from whence.retrieval.hybrid import HybridRetriever, OnFound, Trace
from whence.retrieval.spelling import respelled
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot
from whence.types import HISTORY_KINDS, Answer, AnswerKind, Citation, Evidence, Hit, Reading, Scope

ReadTexts = Callable[[Sequence[Citation]], Sequence[str | None]]
"""The text of each citation's document at its revision, read anew from the source, or None where it is gone."""

UrlOf = Callable[[str, str, int, int], str]

_LONGEST_NAMING = 40
"""Words of a question up to which each name of code in it is asked for."""

_N_OF_DEEDS = 40
"""Hits that are looked through where something that was done is asked for; most speak of something else."""


def search(retriever: HybridRetriever, question: str, k: int, scope: Scope) -> Trace:
    """Hits with the trace of how they were found. Raises ``QuestionError``."""
    return retriever.search_traced(checked(question), k, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """All that one question needs, put together for one snapshot."""

    ledger: Ledger
    snapshot: Snapshot
    retriever: HybridRetriever
    reader: Reader
    threshold: float
    read_texts: ReadTexts
    url_of: Callable[[str], UrlOf]
    models: dict[str, str]
    options: AskingOptions
    writer: GenerativeWriter | None = None
    """What writes answers in words of its own; without one they are quotes."""
    name: str = ""
    """What people call the index, where that is not its own name."""

    def ask(self, question: str, scope: Scope, k: int | None = None, on_found: OnFound | None = None) -> Answer:
        """An answer whose every citation was read again at its source, or an honest "not found".

        ``on_found`` is told what the search found; before that also what it found so far, where a model is to read the
        first passages again or words are to be searched in another spelling.
        """
        began = time.perf_counter()
        asked = question = checked(question)
        n_hits = max(k or self.options.k, self.options.k)
        deed = deed_asked(question, self.name or self.snapshot.index)
        n_hits = n_hits if deed is None else max(n_hits, _N_OF_DEEDS)
        trace = self.retriever.search_traced(question, n_hits, scope, on_found)
        question, respellings = self._respelled(question, trace, scope)
        if respellings:
            trace = self.retriever.search_traced(question, n_hits, scope)
        if on_found is not None:
            on_found(trace)
        if not self.snapshot.history_table and not any(hit.chunk.kind in HISTORY_KINDS for hit in trace.hits):
            deed = None  # what people did is told by texts, too, where there is no history
        speaking = trace.hits if deed is None else speaking_of(deed, trace.hits)
        read = speaking[: max(k or 0, self.options.k)]
        reading = self.reader.read(question, read)
        skipped = [*trace.skipped, *reading.skipped]
        answer: Composition | None = None
        citations: tuple[Citation, ...] = ()
        kind: AnswerKind = "extractive"
        if reading.evidence and reading.confidence >= self.threshold:
            if self.writer is not None:
                answer, citations, reading = self._written(self.writer, question, trace.hits, reading, skipped)
                kind = "generated" if answer else kind
            if answer is None:
                tells_deed = deed is not None and (deed.dated or deed.telling is not None)  # which no definition does
                named = reading if tells_deed else with_looked_up(question, reading, self.retriever, scope)
                answer, citations, texts, lost = self._resolved(question, named)
                if lost:
                    skipped.append(_unresolved(lost))
                reading = self._borne_out(question, deed, read, reading, citations, texts)
                if reading.confidence < self.threshold:
                    answer, citations = None, ()
        hits = tuple(trace.hits[: k or self.options.k])
        record = self._record(asked, scope, reading, answer, citations, hits, skipped, began, kind)
        return _with_remark(record, respellings)

    def _respelled(self, question: str, trace: Trace, scope: Scope) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The question without typing errors in words that occur nowhere, and what was replaced by what."""
        retriever = self.retriever
        chunks = [hit.chunk for hit in trace.hits]
        return respelled(question, chunks, retriever.index, retriever.analyzer, scope, _is_common)

    def _written(
        self, writer: GenerativeWriter, question: str, hits: Sequence[Hit], reading: Reading, skipped: list[str]
    ) -> tuple[Composition | None, tuple[Citation, ...], Reading]:
        """An answer that a model wrote, if all its citations resolve; what must be said of it goes to ``skipped``.

        The confidence falls with the share of sentences that nothing bears out.
        """
        written = writer.write(question, hits)
        skipped += written.notes
        if written.composition is None:
            return None, (), reading
        citations = tuple(self._cite(item) for item in written.composition.evidence)
        texts = self.read_texts(citations)
        if any(text is None or not verify(one, text) for one, text in zip(citations, texts, strict=True)):
            skipped.append("quoted, not generated: what the generated answer cites no longer resolves")
            return None, (), reading
        lowered = replace(reading, confidence=reading.confidence * written.supported)
        return written.composition, citations, lowered

    def _borne_out(
        self,
        question: str,
        deed: Deed | None,
        hits: Sequence[Hit],
        reading: Reading,
        citations: Sequence[Citation],
        texts: Sequence[str],
    ) -> Reading:
        """The reading, less sure where nothing cited has a name asked for, or what leads hardly tells what was done."""
        if not citations:
            return reading
        said = [f"{one.path}\n{one.title}\n{text}" for one, text in zip(citations, texts, strict=True)]
        is_short = len(question.split()) <= _LONGEST_NAMING  # a report names far more than it asks for
        held = names_held(question, said, {self.name.lower(), self.snapshot.index.lower()}) if is_short else 1.0
        sure = certainty(deed, citations[0].document_id, hits) if deed is not None else 1.0
        return replace(reading, confidence=reading.confidence * held * sure)

    def _resolved(
        self, question: str, reading: Reading
    ) -> tuple[Composition | None, tuple[Citation, ...], tuple[str, ...], int]:
        """Composes from the evidence that resolves, with the texts it stands in; again without what does not."""
        lost = 0
        while reading.evidence:
            composition = compose(question, reading, self.options.n_citations)
            citations = [self._cite(item) for item in composition.evidence]
            texts = self.read_texts(citations)
            broken = [
                item
                for item, citation, text in zip(composition.evidence, citations, texts, strict=True)
                if text is None or not verify(citation, text)
            ]
            if not broken:
                whole = tuple(text or "" for text in texts)
                return (composition, tuple(citations), whole, lost) if composition.claims else (None, (), (), lost)
            lost += len(broken)
            reading = without(reading, broken)
        return None, (), (), lost

    def _cite(self, evidence: Evidence) -> Citation:
        chunk = evidence.hit.chunk
        page_starts: Sequence[int] = ()
        if chunk.language == "pdf":
            documents = self.ledger.documents(self.snapshot.index, [chunk.document_id])
            starts = documents[0].metadata.get("page_starts", ()) if documents else ()
            page_starts = starts if isinstance(starts, list | tuple) else ()
        return cite(evidence, self.url_of(chunk.source_id), page_starts)

    def _record(
        self,
        question: str,
        scope: Scope,
        reading: Reading,
        composition: Composition | None,
        citations: tuple[Citation, ...],
        hits: tuple[Hit, ...],
        skipped: Sequence[str],
        began: float,
        kind: AnswerKind,
    ) -> Answer:
        asked = [source for source_id, source in self.snapshot.sources.items() if source_id in scope.sources]
        moments = [source.committed_at for source in asked if source.committed_at]
        revisions = [source.revision for source in asked]
        return Answer(
            id=uuid.uuid4().hex,
            question=question,
            answer=composition.text if composition else self._nothing(hits),
            kind=kind if composition else "none",
            confidence=reading.confidence,
            abstained=composition is None,
            citations=citations,
            claims=composition.claims if composition else (),
            hits=hits,
            models=self.models | ({"generator": self.writer.model} if self.writer and kind == "generated" else {}),
            index=self.name or self.snapshot.index,
            snapshot=self.snapshot.id,
            as_of=revisions[0] if len(revisions) == 1 else "",
            as_of_date=max(moments, default=None),
            indexed=self._indexed(),
            fresh_at=_oldest([source.fetched_at for source in asked]),
            skipped=tuple(skipped),
            elapsed_ms=(time.perf_counter() - began) * 1000,
        )

    def _nothing(self, hits: Sequence[Hit]) -> str:
        """What is said where nothing was found; an empty index says that it is."""
        name = self.name or self.snapshot.index
        if not self.snapshot.n_documents:
            return f"Not found in {name}. It is empty: nothing in it could be indexed."
        return not_found(name, hits)

    def _indexed(self) -> float:
        pending = self.ledger.n_pending(self.snapshot.index)
        text_share = 1.0 - pending / max(self.snapshot.n_documents, pending, 1)
        embeddable = self.snapshot.n_embeddable
        return text_share * (self.snapshot.n_vectors / embeddable if embeddable else 1.0)


def _is_common(word: str) -> bool:
    return stems([word])[word] in _common_stems()


def _unresolved(n: int) -> str:
    return "1 citation that no longer resolves" if n == 1 else f"{n} citations that no longer resolve"


@cache
def _common_stems() -> Mapping[str, float]:
    return load_weights().rarity


def _with_remark(answer: Answer, respellings: Sequence[tuple[str, str]]) -> Answer:
    """The answer, saying first (last, where nothing was found) which words were taken for others."""
    if not respellings:
        return answer
    said = (
        "; ".join(f'"{word}" is nowhere in what was searched, so "{near}" was looked for' for word, near in respellings)
        + "."
    )
    if answer.abstained:
        return replace(answer, answer=f"{answer.answer} {said}")
    n = len(said) + 2
    claims = tuple(replace(claim, start=claim.start + n, end=claim.end + n) for claim in answer.claims)
    return replace(answer, answer=f"{said}\n\n{answer.answer}", claims=claims)


def _oldest(moments: Sequence[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def required_snapshot(ledger: Ledger, index: str) -> Snapshot:
    """The snapshot that readers open. Raises ``StoreError`` while nothing of the index is searchable yet."""
    snapshot = ledger.snapshot(index)
    if snapshot is None:
        raise StoreError(
            f"Nothing of {index} can be searched yet: let `whence index` run for a moment, then ask again."
        )
    return snapshot
