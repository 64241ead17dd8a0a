"""What a user can set about indexing and asking."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexingOptions:
    """Sizes of the batches that are made durable together, and which kinds get vectors.

    Above ``flat_rows`` vectors an approximate index is built.
    """

    batch_chars: int = 4_000_000
    vector_batch: int = 256
    vector_kinds: tuple[str, ...] = ("code", "doc", "data")
    flat_rows: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOfOptions:
    """Earlier states of an index: ``n_kept`` of them stay, those asked last. ``newest_tags`` of each index are made
    ahead by `sync`. The first question as of a state embeds for at most ``embed_s`` seconds what has no vector yet."""

    n_kept: int = 20
    newest_tags: int = 0
    embed_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingOptions:
    """How much is searched and cited. Below ``least_vectors`` of the chunks embedded, vectors are not yet used: they
    would favour the part that has them."""

    k: int = 10
    n_citations: int = 4
    least_vectors: float = 0.9
