"""Correction of several tests at once: how much is left of a p that is one of many?"""

from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """Each p corrected for the number of tests, in the order given, at most 1.

    Where all those below a level are taken for real, the chance that any of them is none stays below that level.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2),
    1979.
    """
    corrected = [1.0] * len(values)
    reached = 0.0
    for place, n in enumerate(sorted(range(len(values)), key=lambda n: values[n])):
        reached = max(reached, min(1.0, (len(values) - place) * values[n]))
        corrected[n] = reached
    return corrected
