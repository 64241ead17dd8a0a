import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.sources.content import Content, extract
from whence.sources.formats import word
from whence.sources.formats.html import read_html
from whence.sources.formats.pdf import read_pdf
from whence.sources.formats.prose import prose_title
from whence.sources.formats.word import read_word

PAGE = """<!DOCTYPE html>
<html><head><title>The
 Page &amp; more</title><style>p { color: red }
</style>
<script>if (a < b && "</p>") { x() }</script></head>
<body class="nav-free"><nav><a href="/">Home</a></nav>
<div class="sidebar">side</div>
<h1>Heading <a class="headerlink" href="#h">¶</a></h1>
<!-- a comment <p>not text</p>
over two lines -->
<p title="a > b">Caf&eacute; &#x2603;<br>next&nbsp;word</p><ul><li>one<li>two</ul>
<pre>x &lt; y
z</pre>
<p hidden>unseen</p>a < b
</body></html>"""


def test_html_keeps_its_lines() -> None:
    text, title = read_html(PAGE)
    lines = text.split("\n")
    assert title == "The Page & more"
    assert len(lines) == PAGE.count("\n") + 1
    assert lines[7] == "Heading"
    assert lines[10] == "Café ☃ next word one two"
    assert lines[11:14] == ["x < y", "z", "a < b"]
    assert [number for number, line in enumerate(lines) if line] == [7, 10, 11, 12, 13]


def test_html_without_a_title_takes_its_heading() -> None:
    assert read_html("<h1>Only <em>this</em></h1><p>text</p>")[1] == "Only this"


@pytest.mark.parametrize(
    "source",
    [
        "<",
        "<p",
        "<!--",
        "<a b='",
        "</",
        "<script>never closed",
        "<![CDATA[x",
        "&",
        "&#99999999999;",
        "<p></div></p>",
        "",
    ],
)
def test_broken_html_is_read_as_far_as_it_goes(source: str) -> None:
    text, _ = read_html(f"before\n{source}")
    assert text.startswith("before")


@given(st.text(st.sampled_from("<>/!-&;'\"=ab \nscript"), max_size=120))
def test_html_never_changes_the_number_of_lines(source: str) -> None:
    assert read_html(source)[0].count("\n") == source.count("\n")


@pytest.mark.parametrize(
    ("text", "language", "title"),
    [
        ("# One `code` [link](x) #\n", "markdown", "One code link"),
        ('---\ntitle: "From front"\n---\n# Other\n', "markdown", "From front"),
        ("---\nlayout: x\n---\n\n# Other\n", "markdown", "Other"),
        ("```\n# not this\n```\nReal\n====\n", "markdown", "Real"),
        ("<p align=center><img src=x></p>\n\n# Real\n", "markdown", "Real"),
        ("======\n Top \n======\n\ntext\n", "rst", "Top"),
        (".. _label:\n\nTop\n~~~\n", "rst", "Top"),
        ("= Title\n\ntext\n", "asciidoc", "Title"),
        ("#+TITLE: Org\n* Heading\n", "org", "Org"),
        ("\\title{Paper}\n", "latex", "Paper"),
        ("just words\nand more\n", "text", ""),
        ("", "markdown", ""),
        ("----\n----\n", "rst", ""),
    ],
)
def test_titles_of_prose(text: str, language: str, title: str) -> None:
    assert prose_title(text, language) == title


def make_pdf(pages: list[str], title: str = "") -> bytes:
    """A small PDF written by hand: one content stream a page, standard font, offsets computed."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, page in enumerate(pages):
        shown = " T* ".join(f"({line}) Tj" for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 72 700 Td {shown} ET".encode() if page else b""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(f"<< /Title ({title}) >>".encode())
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    start = len(data)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        trailer,
        start,
    )


def test_pdf_text_by_page_with_offsets_and_title() -> None:
    pdf = read_pdf(make_pdf(["First page\nsecond line", "", "Third page"], title="A Report"))
    assert not isinstance(pdf, str)
    assert pdf.title == "A Report"
    assert len(pdf.page_starts) == 3
    assert pdf.text[pdf.page_starts[0] :].startswith("First page\nsecond line")
    assert pdf.text[pdf.page_starts[2] :] == "Third page"
    assert pdf.text.count("\f") == 2


def test_pdf_without_a_title_takes_its_first_line() -> None:
    pdf = read_pdf(make_pdf(["On Something\nby Ada"]))
    assert not isinstance(pdf, str)
    assert pdf.title == "On Something"


WHOLE = make_pdf(["Some words on a page"], title="T")
ENCRYPTED = WHOLE.replace(
    b"trailer\n<<",
    b"trailer\n<< /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter "
    b"/Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>",
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.4\n", "damaged PDF"),
        (b"%PDF-1.7 garbage" * 100, "damaged PDF"),
        (WHOLE[:40], "damaged PDF"),
        (ENCRYPTED, "encrypted PDF"),
        (make_pdf([""]), "PDF without text (scanned?)"),
        (make_pdf([]), "damaged PDF"),
    ],
)
def test_pdfs_that_give_no_text_say_why(data: bytes, reason: str) -> None:
    assert read_pdf(data) == reason


@pytest.mark.parametrize("cut", range(60, len(WHOLE), 97))
def test_truncated_and_altered_pdfs_never_raise(cut: int) -> None:
    assert isinstance(read_pdf(WHOLE[:cut]), str) or read_pdf(WHOLE[:cut])
    altered = WHOLE[:cut] + b"\xff\xff" + WHOLE[cut + 2 :]
    assert read_pdf(altered) is not None


def make_word(body: str, title: str = "", name: str = "word/document.xml") -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, f'<?xml version="1.0"?><w:document xmlns:w="urn:w"><w:body>{body}</w:body></w:document>')
        archive.writestr("docProps/core.xml", f'<c xmlns:d="urn:d"><d:title>{title}</d:title></c>')
    return held.getvalue()


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def test_word_paragraphs_and_tables_in_their_order() -> None:
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("lamp", "19 &amp; up"))
    body = (
        paragraph("Supply ", "contract")
        + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
        + "<w:p/><w:sdt><w:sdtContent>"
        + "<w:p><w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r></w:p>"
        + "</w:sdtContent></w:sdt>"
        + "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>"
        + f"<Choice>{paragraph('box')}</Choice><Fallback>{paragraph('box')}</Fallback>"
    )
    told = "Supply contract\n\nlamp | 19 & up\n\none\ttwo\nthree\n\nnew\n\nbox"
    assert read_word(make_word(body)) == (told, "Supply contract")
    assert read_word(make_word(body, title=" The  contract ", name="word/document2.xml")) == (told, "The contract")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive", word.DAMAGED),
        (make_word("", name="xl/workbook.xml"), word.DAMAGED),
        (make_word("<w:p>"), word.DAMAGED),
        (make_word("<w:a>" * 100_000 + "</w:a>" * 100_000), word.DAMAGED),
        (make_word("<w:p/>"), word.WITHOUT_TEXT),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), word.ENCRYPTED),
    ],
)
def test_word_files_that_give_no_text_say_why(data: bytes, reason: str) -> None:
    assert read_word(data) == reason


def test_word_files_declare_no_entities() -> None:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE d [<!ENTITY a "b">]><d><p><t>&a;</t></p></d>')
    assert read_word(held.getvalue()) == word.DAMAGED


WORD = make_word(paragraph("Some words") + paragraph("in a file"), title="T")


@given(st.integers(0, len(WORD) - 1), st.integers(0, 255))
def test_truncated_and_altered_word_files_never_raise(at: int, value: int) -> None:
    read_word(WORD[:at])
    read_word(WORD[:at] + bytes([value]) + WORD[at + 1 :])


def test_word_files_are_documents_with_secrets_masked() -> None:
    found = extract("a/contract.docx", make_word(paragraph("see https://ada:hunter22@example.org/x"), title="T"))
    assert isinstance(found, Content)
    assert (found.kind, found.language, found.title) == ("doc", "docx", "T")
    assert "hunter22" not in found.text
