"""What of a chunk the embedder sees."""

PASSAGE_FORMAT = 1
"""Changes with the text that ``passage_text`` makes; part of an embedder's digest: other texts, other vectors."""


def passage_text(title: str, symbol: str, text: str) -> str:
    """The chunk's place (title, then symbol where the title does not say it already), a line break, its text."""
    place = " ".join(part for part in (title, symbol) if part)
    return f"{place}\n{text}" if place else text
