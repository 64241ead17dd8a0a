"""The fit of an index's own confidence, and that it is stored and used."""

import random
from pathlib import Path

import pytest
from tests.cli.command import make_repository

from whence.answer.confidence import corrected
from whence.errors import UsageError
from whence.evaluation.recalibration import Observed, fit_recalibration
from whence.interface import Whence
from whence.store.snapshot import Recalibration


def observed(n: int, seed: int, *, squeezed: float = 1.0) -> list[Observed]:
    """Answers that are right as often as a true probability says, which ``squeezed`` < 1 states too near to a half."""
    rng = random.Random(seed)
    made = []
    for number in range(n):
        true = rng.random()
        stated = 0.5 + (true - 0.5) * squeezed
        right = rng.random() < true
        made.append(
            Observed(
                confidence=stated, is_right=right, is_answerable=right or rng.random() < 0.3, group=f"g{number % 40}"
            )
        )
    return made


def test_a_squeezed_confidence_is_stretched() -> None:
    fit = fit_recalibration(observed(600, 1, squeezed=0.3), threshold=0.5)
    assert fit.slope > 2
    assert fit.is_better
    assert fit.after.ece < fit.before.ece
    assert fit.after.ece < 0.06
    assert (fit.n, fit.n_groups) == (600, 40)


def test_a_good_confidence_is_left_nearly_as_it_is() -> None:
    fit = fit_recalibration(observed(2000, 2), threshold=0.5)
    assert fit.slope == pytest.approx(1, abs=0.25)
    assert fit.offset == pytest.approx(0, abs=0.25)
    assert abs(fit.after.brier - fit.before.brier) < 0.01


def test_the_threshold_gives_up_few_right_answers() -> None:
    fit = fit_recalibration(observed(1000, 3), threshold=0.5)
    assert fit.after.lost is not None
    assert 0.02 < fit.after.lost < 0.15
    assert fit.after.caught is not None
    assert fit.after.caught > 0.2


def test_questions_about_one_thing_are_scored_by_a_fit_that_has_not_seen_it() -> None:
    rng = random.Random(4)
    lucky = [
        Observed(confidence=rng.random(), is_right=number % 2 == 0, is_answerable=True, group=f"g{number % 2}")
        for number in range(100)
    ]
    with pytest.raises(UsageError, match="2 things only"):
        fit_recalibration(lucky, threshold=0.5)


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(UsageError, match="10 questions"):
        fit_recalibration(observed(10, 5), threshold=0.5)
    same = [Observed(confidence=0.5, is_right=True, is_answerable=True, group=str(n)) for n in range(100)]
    with pytest.raises(UsageError, match="100 of them answered rightly"):
        fit_recalibration(same, threshold=0.5)


def test_a_correction_keeps_the_order_and_the_ends() -> None:
    values = [corrected(one / 20, 0.4, -0.3) for one in range(21)]
    assert values == sorted(values)
    assert all(0 <= value <= 1 for value in values)
    assert corrected(0.7, 1.0, 0.0) == pytest.approx(0.7)


def test_an_index_answers_with_its_own_confidence_until_it_is_taken_back(tmp_path: Path) -> None:
    make_repository(tmp_path / "crane", {"crane.md": "# Crane\n\nThe crane lifts thirty kilograms.\n"})
    asked = "How many kilograms does the crane lift?"
    with Whence(tmp_path / "data") as whence:
        whence.index(tmp_path / "crane", name="crane")
        snapshot = whence.ledger.snapshot("crane")
        assert snapshot is not None
        shipped = whence.ask(asked, name="crane")
        daring = whence.ask_anyway(asked, name="crane")
        assert daring.confidence == shipped.confidence
        models = whence.fitted_for(snapshot.embedder)
        fitted = Recalibration(slope=0.5, offset=-1.0, threshold=0.99, embedder=models, n_questions=50)
        whence.recalibrate("crane", fitted)
        own = whence.ask(asked, name="crane")
        assert own.confidence == pytest.approx(corrected(shipped.confidence, 0.5, -1.0))
        assert own.abstained
        assert own.snapshot > shipped.snapshot
        again = whence.ask_anyway(asked, name="crane")
        assert (again.confidence, again.abstained) == (shipped.confidence, False)
    with Whence(tmp_path / "data") as whence:
        (tmp_path / "crane" / "more.md").write_text("More.\n")
        whence.sync("crane")
        assert whence.ask(asked, name="crane").confidence == own.confidence
        whence.recalibrate("crane", None)
        assert whence.ask(asked, name="crane").confidence == shipped.confidence


def test_confidences_at_the_ends_do_not_carry_the_fit_away() -> None:
    rng = random.Random(6)
    ends = [1e-12] * 90 + [1.0] * 30 + [0.4] * 40
    made = [
        Observed(confidence=one, is_right=rng.random() < (0.05 if one < 0.1 else 0.7), is_answerable=True, group=str(n))
        for n, one in enumerate(ends)
    ]
    fit = fit_recalibration(made, threshold=0.3)
    assert 0.1 <= fit.slope < 2
    assert abs(fit.offset) < 5
    assert fit.after.ece < fit.before.ece


def test_the_fit_is_that_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    made = observed(3000, 7, squeezed=0.5)
    fit = fit_recalibration(made, threshold=0.5)
    import numpy as np

    stated = np.array([one.confidence for one in made])
    right = np.array([one.is_right for one in made])
    other = linear.LogisticRegression(C=np.inf).fit(np.log(stated / (1 - stated))[:, None], right)
    assert fit.slope == pytest.approx(float(other.coef_[0, 0]), rel=0.03)
    assert fit.offset == pytest.approx(float(other.intercept_[0]), abs=0.03)
