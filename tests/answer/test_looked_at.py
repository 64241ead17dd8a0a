"""Only candidates that a cosine could bring near the leading one are embedded; leaving out the others moves none up."""

import random
from collections.abc import Sequence

import pytest
from tests.answer.material import HashEmbedder, make_chunk, make_hits

from whence.answer import extractive
from whence.answer.extractive import ExtractiveReader
from whence.protocols import Vectors
from whence.types import Hit, Reading, Role

WORDS = ["harbour", "crane", "keeper", "lamp", "storm", "tide", "rope", "anchor", "fee", "beacon", "ferry", "crew"]


class CountingEmbedder(HashEmbedder):
    """Counts the passages it is given."""

    def __init__(self) -> None:
        self.n_passages = 0

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        self.n_passages += len(texts) * (role == "passage")
        return super().embed(texts, role)


def some_hits(seed: int) -> tuple[str, list[Hit]]:
    chance = random.Random(seed)
    sentences = [f"The {' '.join(chance.choices(WORDS, k=chance.randrange(4, 14)))}.".capitalize() for _ in range(40)]
    chunks = [make_chunk(" ".join(sentences[n : n + 4]), path=f"docs/{n}.md") for n in range(0, 40, 4)]
    return f"What about {sentences[0].lower().rstrip('.')}?", make_hits(chunks)


def read(seed: int) -> tuple[Reading, int]:
    embedder = CountingEmbedder()
    return ExtractiveReader(embedder).read(*some_hits(seed)), embedder.n_passages


@pytest.mark.parametrize("seed", range(8))
def test_what_leads_is_what_would_lead_if_all_were_embedded(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, _ = read(seed)
    monkeypatch.setattr(extractive, "_FAR_BEHIND", float("inf"))
    whole, n_all = read(seed)
    assert n_all == 16
    assert reading.evidence[0].text == whole.evidence[0].text
    assert reading.evidence[0].score == pytest.approx(whole.evidence[0].score, abs=0.1)


def test_those_far_behind_are_not_embedded() -> None:
    assert sum(read(seed)[1] for seed in range(8)) < 8 * 16
