"""The settings of this stage."""

from dataclasses import dataclass

from whence.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkingOptions:
    """Sizes in characters; they are part of every chunk's id, so changing one means indexing again.

    ``max_chars`` is a hard limit, ``target_chars`` what a cut aims at when something has to be cut or merged,
    ``min_chars`` the size below which a piece is not cut off if it can be avoided. Prose ends after
    ``sentences_per_chunk`` sentences too, whichever comes first; list items and code are not counted. Where a paragraph
    has to be cut, the second piece repeats the last ``sentence_overlap`` sentences of the first, if they fit. Sources
    larger than ``max_parsed_chars`` or with a line longer than ``max_line_chars`` are not parsed as code.
    """

    target_chars: int = 800
    max_chars: int = 1200
    min_chars: int = 200
    sentences_per_chunk: int = 6
    sentence_overlap: int = 1
    max_parsed_chars: int = 2_000_000
    max_line_chars: int = 20_000

    def __post_init__(self) -> None:
        if not 1 <= self.min_chars <= self.target_chars <= self.max_chars:
            raise UsageError(
                f"chunk sizes must rise from min_chars ({self.min_chars}) over target_chars ({self.target_chars}) "
                f"to max_chars ({self.max_chars}), and be at least 1: change the settings of chunking"
            )
        if not 0 <= self.sentence_overlap < self.sentences_per_chunk:
            raise UsageError(
                f"sentence_overlap ({self.sentence_overlap}) must be at least 0 and below sentences_per_chunk "
                f"({self.sentences_per_chunk}): change the settings of chunking"
            )

    @property
    def signature(self) -> str:
        """The settings that decide where a cut falls, in one short word."""
        sizes = (self.target_chars, self.max_chars, self.min_chars)
        limits = (self.sentences_per_chunk, self.sentence_overlap, self.max_parsed_chars, self.max_line_chars)
        return "-".join(str(number) for number in sizes + limits)
