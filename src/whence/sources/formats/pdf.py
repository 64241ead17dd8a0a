"""Text of PDF files, page by page, through pdfium. Scanned pages have no text and stay empty."""

from dataclasses import dataclass
from typing import Any

PAGE_BREAK = "\n\f\n"
_MAX_PAGES = 5_000
_MAX_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class PdfText:
    """Text of all pages joined by a form feed on its own line; ``page_starts[i]`` is where page i + 1 begins."""

    text: str
    title: str
    page_starts: tuple[int, ...]


def read_pdf(data: bytes) -> PdfText | str:
    """Text and title of a PDF, or the reason in words why there is none; never raises for what the bytes are."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error) and b"/Encrypt" in data  # pdfium may still report an earlier file's error
        return "encrypted PDF" if locked else "damaged PDF"
    try:
        count = len(document)
        if count > _MAX_PAGES:
            return f"PDF of more than {_MAX_PAGES} pages"
        pages, broken, total = [], 0, 0
        for number in range(count):
            text = _page_text(document, number)
            broken += text is None
            pages.append(text or "")
            total += len(pages[-1])
            if total > _MAX_CHARS:
                return f"PDF with more than {_MAX_CHARS // 1_000_000} million characters"
        title = _title(document, pages)
    except (pypdfium2.PdfiumError, ValueError, OverflowError, MemoryError):
        return "damaged PDF"
    finally:
        document.close()
    if not any(page.strip() for page in pages):
        return "damaged PDF" if broken or not pages else "PDF without text (scanned?)"
    starts, position = [], 0
    for page in pages:
        starts.append(position)
        position += len(page) + len(PAGE_BREAK)
    return PdfText(PAGE_BREAK.join(pages), title, tuple(starts))


def _page_text(document: Any, number: int) -> str | None:
    """Text of one page (None: the page is damaged), without the marks that pdfium leaves at broken hyphens."""
    import pypdfium2

    try:
        page = document[number]
    except (pypdfium2.PdfiumError, ValueError):
        return None
    try:
        textpage = page.get_textpage()
        try:
            raw: str = textpage.get_text_bounded() if textpage.count_chars() else ""
        finally:
            textpage.close()
    except (pypdfium2.PdfiumError, ValueError):
        return None
    finally:
        page.close()
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\0", "")
    return text.replace("\ufffe", "-").replace("\u00ad\n", "\n").rstrip()


def _title(document: Any, pages: list[str]) -> str:
    stated = " ".join(str(document.get_metadata_dict().get("Title", "")).replace("\0", "").split())
    if stated and not stated.lower().startswith(("untitled", "microsoft word - ")):
        return stated[:300]
    for page in pages[:3]:
        for line in page.split("\n"):
            if sum(character.isalpha() for character in line) >= 3:
                return " ".join(line.split())[:300]
    return ""
