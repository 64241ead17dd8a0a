"""Fits the confidence of one index on questions whose answers are known, and stores the fit with its snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from whence.answer.confidence import load_calibration
from whence.errors import UsageError
from whence.evaluating.run import Request, plan
from whence.evaluation.recalibration import Fit, fit_recalibration
from whence.evaluation.records import EvalQuestion, IndexCorpus
from whence.evaluation.runner import drawn
from whence.evaluation.suites.history import FACT
from whence.interface import Whence
from whence.pipelines.calibrating import observe
from whence.pipelines.progress import Listener, Progress, silent
from whence.store.scope import Filters
from whence.store.snapshot import Recalibration
from whence.types import FILE_KINDS, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """What came of it: the fit, how many questions failed, and whether it is in force now (it is, if it is better)."""

    index: str
    fit: Fit
    n_failed: int
    is_kept: bool


def calibrate(whence: Whence, request: Request, listener: Listener = silent) -> Calibrated:
    """Fits on those questions of the suites (or the user's files) that are asked of ``request.index``.

    Questions made from commits are asked of the files alone, as they are now: their own commits would give them away.
    The fit is kept only if it is better on questions it has not seen; else what was in force stays. Raises
    ``UsageError`` where there are too few questions.
    """
    index = whence.choose(request.index)
    snapshot = whence.ledger.snapshot(index)
    if snapshot is None or not snapshot.vectors_table:
        raise UsageError(f"{index} has no vectors yet: let `whence index` end, then calibrate it.")

    def ask(question: EvalQuestion) -> Answer:
        kinds = FILE_KINDS if question.as_of else ()
        return whence.ask_anyway(question.question, name=index, filters=Filters(kinds=kinds, paths=question.paths))

    observed, n_failed = [], 0
    for one in plan(whence, request)[0]:
        own = {corpus.name for corpus in one.suite.corpora(one.inputs) if isinstance(corpus, IndexCorpus)}
        asked = [
            question
            for question in drawn(one.suite, one.inputs, request.n, request.seed)
            if (not question.corpus or question.corpus in own) and question.slices.get("category") != FACT
        ]
        if not own or not asked:
            raise UsageError(f"The suite {one.label} asks nothing of {index}: use history, or a file of your own.")

        def told(done: int, total: int, label: str = one.label) -> None:
            listener(Progress(stage=label, done=done, total=total, rate=0.0))

        found, failed = observe(one.suite, one.inputs, asked, ask, told)
        observed += found
        n_failed += failed
    fit = fit_recalibration(observed, load_calibration().threshold)
    if fit.is_better:
        whence.recalibrate(
            index,
            Recalibration(
                slope=fit.slope,
                offset=fit.offset,
                threshold=fit.threshold,
                embedder=whence.fitted_for(snapshot.embedder),
                n_questions=fit.n,
            ),
        )
    return Calibrated(index=index, fit=fit, n_failed=n_failed, is_kept=fit.is_better)
