"""What every measure of a ranking demands of its arguments, checked in one place."""

from collections.abc import Collection, Sequence


def hits_at(ranked: Sequence[str], relevant: Collection[str], k: int | None) -> list[bool]:
    """Whether each of the first ``k`` ids (None: all) is relevant, in order.

    Raises ``ValueError`` when ``k`` < 1, when an id is ranked twice, or when nothing is relevant.
    """
    check_ranking(ranked, k)
    if not relevant:
        raise ValueError("the question has nothing relevant, so a ranking of it has no value; leave it out")
    wanted = frozenset(relevant)
    return [item in wanted for item in ranked[:k]]


def check_ranking(ranked: Sequence[str], k: int | None) -> None:
    """Raise ``ValueError`` when ``k`` < 1 or an id is ranked twice."""
    if k is not None and k < 1:
        raise ValueError(f"the cut-off k must be at least 1, not {k}")
    if len(set(ranked)) != len(ranked):
        seen: set[str] = set()
        repeated = next(item for item in ranked if item in seen or seen.add(item))  # type: ignore[func-returns-value]
        raise ValueError(f"{repeated!r} is ranked twice; rank each id once, at its best place")
