from collections.abc import Callable
from itertools import pairwise

import pytest

from whence.chunking.options import ChunkingOptions
from whence.chunking.prose import ProseChunker
from whence.errors import UsageError
from whence.types import Document

Make = Callable[..., Document]

SENTENCES = [f"Sentence number {i} says something about kettles and water." for i in range(60)]


def split(
    make: Make, text: str, language: str = "markdown", title: str = "", options: ChunkingOptions | None = None
) -> list[tuple[str, str]]:
    document = make(text, language=language, kind="doc", path="docs/a.md", title=title)
    return [(chunk.title, chunk.text) for chunk in ProseChunker(options or ChunkingOptions()).split(document)]


def test_a_long_paragraph_is_cut_between_sentences_and_overlaps_by_one(make_document: Make) -> None:
    chunks = [text for _, text in split(make_document, " ".join(SENTENCES), "text")]
    assert len(chunks) > 2
    assert all(text.startswith("Sentence") and text.endswith(".") for text in chunks)
    for one, other in pairwise(chunks):
        assert one[one.rindex("Sentence") :] == other[: other.index(".") + 1]


@pytest.mark.parametrize("count", [2, 6])
def test_a_chunk_holds_so_many_sentences_and_no_more(make_document: Make, count: int) -> None:
    options = ChunkingOptions(min_chars=1, sentences_per_chunk=count, sentence_overlap=0)
    chunks = [text for _, text in split(make_document, "# Kettles\n\n" + " ".join(SENTENCES[:13]), options=options)]
    assert [text.count("Sentence") for text in chunks[:-1]] == [count] * (13 // count)
    items = "# Kettles\n\n" + "\n".join(f"- {sentence}" for sentence in SENTENCES[:13])
    assert len(split(make_document, items, options=options)) == 1, "list items are measured in characters alone"


def test_overlap_must_leave_room_for_something_new() -> None:
    with pytest.raises(UsageError, match="sentences_per_chunk"):
        ChunkingOptions(sentences_per_chunk=2, sentence_overlap=2)


def test_no_overlap_on_request(make_document: Make) -> None:
    chunks = split(make_document, " ".join(SENTENCES), "text", options=ChunkingOptions(sentence_overlap=0))
    assert " ".join(text for _, text in chunks) == " ".join(SENTENCES)


def test_a_heading_never_ends_a_chunk(make_document: Make) -> None:
    text = "# A\n\n## B\n\n" + "## C\n\n" + " ".join(SENTENCES[:25]) + "\n\n### D\n"
    chunks = split(make_document, text)
    assert chunks[0][1].startswith("# A")
    assert not any(part.rstrip().splitlines()[-1].startswith("#") for _, part in chunks[:-1])


def test_code_fences_are_kept_whole_when_they_fit(make_document: Make) -> None:
    fence = "```python\n" + "call()\n\n" * 60 + "```"
    text = "# A\n\n" + " ".join(SENTENCES[:12]) + "\n\n" + fence + "\n\n" + " ".join(SENTENCES[:12]) + "\n"
    assert any(fence in part for _, part in split(make_document, text))


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("", "# Kettle\n\na\n\n## Use\n\nb\n", ["Kettle", "Kettle > Use"]),
        ("Kettle", "# Kettle\n\na\n\n## Use\n\nb\n", ["Kettle", "Kettle > Use"]),
        ("Manual", "# Kettle\n\na\n", ["Manual > Kettle"]),
        ("2.0", "## 2.0\n\na\n\n## 1.0\n\nb\n", ["docs/a.md > 2.0", "docs/a.md > 1.0"]),
        ("", "plain\n", ["docs/a.md"]),
        ("", "# A\n\na\n\n### B\n\nb\n\n## C\n\nc\n", ["A", "A > B", "A > C"]),
    ],
)
def test_titles(make_document: Make, title: str, text: str, expected: list[str]) -> None:
    assert [found for found, _ in split(make_document, text, title=title)] == expected


def test_html_and_pdf_text_has_no_headings(make_document: Make) -> None:
    for language in ("html", "pdf"):
        assert [title for title, _ in split(make_document, "# no heading\n\nTitle\n=====\n\ntext\n", language)] == [
            "docs/a.md"
        ]


def test_rst_levels_follow_their_first_use(make_document: Make) -> None:
    text = "Top\n***\n\na\n\nSub\n+++\n\nb\n\nDeep\n...\n\nc\n\nSecond\n++++++\n\nd\n"
    assert [title for title, _ in split(make_document, text, "rst")] == [
        "Top",
        "Top > Sub",
        "Top > Sub > Deep",
        "Top > Second",
    ]
