"""From the bytes of one file to what a document says of it: text, title, kind, language; or a reason to skip it.

Every source goes through here, in ``fetch`` and in ``read`` alike, so that both give the same text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from whence.sources import ignore
from whence.sources.decode import decode
from whence.sources.languages import classify, language_of_shebang
from whence.sources.options import SourceOptions
from whence.sources.redaction import redact
from whence.types import Kind

_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() -]+?)[ \t]*(?:\*/|-->|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file says, decoded and redacted."""

    text: str
    kind: Kind
    language: str
    title: str = ""
    licence: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)


def size_limit(path: str, options: SourceOptions) -> int:
    """Largest number of bytes that is read of a file of this name."""
    return options.max_pdf_bytes if classify(path)[1] in {"pdf", "docx"} else options.max_text_bytes


def extract(path: str, data: bytes) -> Content | str:
    """The content of a file, or a reason why there is none. Never raises for what the bytes are."""
    kind, language = classify(path)
    if language == "pdf" or data.startswith(b"%PDF-"):
        return _extract_pdf(path, data)
    reason = ignore.skip_by_content(path, data, prose=kind == "doc")
    if reason:
        return reason
    if language == "docx":
        return _extract_word(path, data)
    text = decode(data)
    if text is None:
        return ignore.BINARY
    if language == "text" and kind == "data" and (shebang := language_of_shebang(text)):
        kind, language = "code", shebang
    title = ""
    if language == "html":
        from whence.sources.formats.html import read_html

        text, title = read_html(text)
        if not text.strip():
            return ignore.EMPTY
    elif kind == "doc":
        from whence.sources.formats.prose import prose_title

        title = prose_title(text, language)
    text, redactions = redact(text, path)
    licence = _SPDX.search(text[:2000])
    return Content(
        text=text,
        kind=kind,
        language=language,
        title=title if not redactions else redact(title, path)[0],
        licence=licence[1] if licence else "",
        metadata={"redactions": redactions} if redactions else {},
    )


def _extract_pdf(path: str, data: bytes) -> Content | str:
    from whence.sources.formats.pdf import read_pdf

    pdf = read_pdf(data)
    if isinstance(pdf, str):
        return pdf
    text, redactions = redact(pdf.text, path)
    metadata: dict[str, object] = {"page_starts": list(pdf.page_starts)}
    if redactions:
        metadata["redactions"] = redactions
    return Content(text=text, kind="doc", language="pdf", title=redact(pdf.title, path)[0], metadata=metadata)


def _extract_word(path: str, data: bytes) -> Content | str:
    from whence.sources.formats.word import read_word

    found = read_word(data)
    if isinstance(found, str):
        return found
    text, redactions = redact(found[0], path)
    metadata = {"redactions": redactions} if redactions else {}
    return Content(text=text, kind="doc", language="docx", title=redact(found[1], path)[0], metadata=metadata)
