"""Citation recall and precision: are claims borne out by what they cite, and is every citation needed?"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSupport:
    """Judgement of one claim: do all its citations together bear it out, and for each citation in order, does it do so
    ``alone``, and do the others do so ``without`` it? A claim that cites nothing has ``together`` False.
    """

    together: bool
    alone: tuple[bool, ...] = ()
    without: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if len(self.alone) != len(self.without):
            raise ValueError("every citation is judged twice: alone, and the others without it")


def citation_recall(claims: Sequence[ClaimSupport]) -> float:
    """Share of the claims that their citations together bear out. Raises ``ValueError`` without claims.

    Source: T. Gao, H. Yen, J. Yu, D. Chen, "Enabling Large Language Models to Generate Text with Citations", EMNLP,
    2023, arXiv 2305.14627.
    """
    if not claims:
        raise ValueError("the answer makes no claim, so the share of borne out claims has no value; leave it out")
    return sum(claim.together for claim in claims) / len(claims)


def citation_precision(claims: Sequence[ClaimSupport]) -> float:
    """Share of the citations that are not idle. Raises ``ValueError`` when nothing is cited.

    A citation is idle if its claim is not borne out, or if it does not bear the claim out alone while the others do so
    without it.

    Source: T. Gao, H. Yen, J. Yu, D. Chen, "Enabling Large Language Models to Generate Text with Citations", EMNLP,
    2023, arXiv 2305.14627.
    """
    needed = [
        claim.together and (alone or not without)
        for claim in claims
        for alone, without in zip(claim.alone, claim.without, strict=True)
    ]
    if not needed:
        raise ValueError("the answer cites nothing, so the share of needed citations has no value; leave it out")
    return sum(needed) / len(needed)
