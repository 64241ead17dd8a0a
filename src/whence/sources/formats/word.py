"""Text of Word files (docx): paragraphs and rows of tables in their order, each apart from the next by an empty line.

Headers, footers, notes, comments and deleted text are left out. Old Word files (doc) are not read.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

ENCRYPTED = "encrypted Word file"
DAMAGED = "damaged Word file"
WITHOUT_TEXT = "Word file without text"

_MAX_XML_BYTES = 100_000_000
_MAX_TITLE_CHARS = 200
_BODY = re.compile(r"word/document\d*\.xml")
_OLE_HEAD = bytes.fromhex("d0cf11e0a1b11ae1")
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TWICE = "Fallback"
"""Holds the same as its neighbour once more, for older programs."""


def read_word(data: bytes) -> tuple[str, str] | str:
    """Text and title (that of its properties, else a short first paragraph), or the reason in words why there is none.

    Never raises for what the bytes are.
    """
    if data.startswith(_OLE_HEAD):  # a file with a password is wrapped in the form of older programs
        return ENCRYPTED
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            name = next((name for name in archive.namelist() if _BODY.fullmatch(name)), "")
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if not name:
                return DAMAGED
            if sizes[name] > _MAX_XML_BYTES:
                return f"Word file with more than {_MAX_XML_BYTES // 1_000_000} MB of text"
            paragraphs = [text for text in _blocks(_tree(archive, name)) if text]
            title = _title(archive) if sizes.get("docProps/core.xml", _MAX_XML_BYTES) < 1_000_000 else ""
    except RuntimeError as error:
        return ENCRYPTED if "password" in str(error) or "encrypted" in str(error) else DAMAGED
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError, ValueError, LookupError):
        return DAMAGED
    if not paragraphs:
        return WITHOUT_TEXT
    first = " ".join(paragraphs[0].split())
    return "\n\n".join(paragraphs), title or (first if len(first) <= _MAX_TITLE_CHARS else "")


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    source = archive.read(name)
    if b"<!DOCTYPE" in source[:4096]:  # Word writes none, and entities are declared there
        raise ValueError(name)
    return ElementTree.fromstring(source)


def _blocks(parent: ElementTree.Element) -> Iterator[str]:
    """Paragraphs and rows below an element, without white space around them."""
    for child in parent:
        kind = _name(child)
        if kind == "p":
            yield "".join(_pieces(child)).strip()
        elif kind == "tr":
            yield " | ".join(" ".join(filter(None, _blocks(cell))) for cell in child if _name(cell) == "tc").strip(" |")
        elif kind not in {_TWICE, "del", "moveFrom"}:
            yield from _blocks(child)


def _pieces(parent: ElementTree.Element) -> Iterator[str]:
    for child in parent:
        kind = _name(child)
        if kind == "t":
            yield child.text or ""
        elif kind in _BREAKS:
            yield _BREAKS[kind]
        elif kind not in {_TWICE, "del", "moveFrom", "tabs"}:  # "tabs" says where they stop
            yield from _pieces(child)
            if kind == "p":  # in a text box
                yield "\n"


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _title(archive: zipfile.ZipFile) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    found = (element.text for element in _tree(archive, "docProps/core.xml") if _name(element) == "title")
    return " ".join((next(found, "") or "").split())[:_MAX_TITLE_CHARS]
