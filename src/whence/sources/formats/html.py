"""HTML to text whose line N is line N of the file: what is not content becomes nothing, line ends stay."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "canvas"})
_BOILERPLATE = frozenset({"nav", "footer", "aside", "button", "dialog"})
_BOILERPLATE_ROLES = frozenset({"navigation", "search", "contentinfo", "complementary", "banner"})
_BOILERPLATE_NAMES = re.compile(
    r"(?i)(?:^|[\s_-])(?:nav|navbar|sidebar|sphinxsidebar|breadcrumbs?|headerlink|toctree-wrapper|cookie\w*)(?:$|[\s_-])"
)
_VOID = _words("area base br col embed hr img input link meta param source track wbr")
_BLOCK = _words(
    "address article blockquote br dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header hr li main ol p "
    "pre section table td th tr ul"
)
_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[a-zA-Z][^\s/<>]*+|[!?])(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+>")
_LOOSE_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[a-zA-Z][^\s/<>]*+)[^<>]*+>")
_ATTRIBUTE = re.compile(r"(?P<name>[^\s=<>\"'/]++)(?:\s*+=\s*+(?P<value>\"[^\"]*+\"|'[^']*+'|[^\s>\"']++))?+")
_REFERENCE = re.compile(r"&(?:#\w{1,8}|\w{1,32});?")
_RAW = frozenset({"script", "style"})
_RAW_END = {name: re.compile(f"</{name}", re.IGNORECASE) for name in _RAW}
_IMPLIED_END = frozenset({"li", "p", "td", "th", "tr", "dt", "dd", "option"})


def read_html(source: str) -> tuple[str, str]:
    """Text and title (``<title>``, else the first ``<h1>``); the text has as many lines as ``source``."""
    reader = _Reader(source.count("\n") + 1)
    line = 0
    for kind, name, content in _tokens(source):
        if kind == "text":
            reader.text(content, line)
        elif kind == "open":
            reader.open(name, content, line)
        elif kind == "close":
            reader.close(name, line)
        line += content.count("\n")
    lines = [re.sub(r"[ \t\xa0\f\v]+", " ", "".join(parts)).strip() for parts in reader.lines]
    title = " ".join((reader.title or reader.heading).split())
    return "\n".join(lines), title


def _tokens(source: str) -> Iterator[tuple[str, str, str]]:
    """Kind ("open", "close", "text" or "gone"), tag and source of each piece; all sources joined give the whole.

    Takes linear time on any input, which the standard library's parser does not: a search that found no end is not
    repeated.
    """
    position, endless = 0, set[str]()
    while position < len(source):
        kind, name, end = "text", "", source.find("<", position)
        if end != position:
            end = len(source) if end < 0 else end
        elif source.startswith("<!--", position) and (end := _after("-->", source, position + 4, endless)):
            kind = "gone"
        elif tag := _TAG.match(source, position) or _LOOSE_TAG.match(source, position):
            end, name = tag.end(), tag["name"].lower()
            kind = "gone" if name in {"!", "?"} else "close" if tag["slash"] else "open"
        else:
            end = position + 1
        yield kind, name, source[position:end]
        position = end
        if kind == "open" and name in _RAW:
            found = _RAW_END[name].search(source, position) if name not in endless else None
            end = found.start() if found else len(source)
            yield "gone", "", source[position:end]
            position = end


def _after(mark: str, source: str, position: int, endless: set[str]) -> int:
    """Offset behind the next mark, or 0 where none follows."""
    found = -1 if mark in endless else source.find(mark, position)
    if found < 0:
        endless.add(mark)
    return found + len(mark) if found >= 0 else 0


class _Reader:
    """Collects text by source line. ``lines[n]`` are the pieces of line n + 1; lines here count from 0."""

    def __init__(self, count: int) -> None:
        self.lines: list[list[str]] = [[] for _ in range(count)]
        self.title = ""
        self.heading = ""
        self._open: list[tuple[str, bool]] = []  # tag, whether it hides what is inside
        self._depths: Counter[str] = Counter()
        self._hidden = 0
        self._capture = ""

    def open(self, tag: str, source: str, line: int) -> None:
        """A tag begins, with its source for the attributes."""
        if tag in _BLOCK:
            self._put(" ", line)
        if tag in _VOID or source.endswith("/>"):
            return
        if tag in _IMPLIED_END and self._open and self._open[-1][0] == tag:
            self._pop()
        hides = _hides(tag, source)
        self._open.append((tag, hides))
        self._depths[tag] += 1
        self._hidden += hides
        if tag == "title" and not self.title and not self._depths["svg"]:
            self._capture = "title"
        elif tag == "h1" and not self.heading:
            self._capture = "heading"

    def close(self, tag: str, line: int) -> None:
        """A tag ends, and with it all that was left open inside."""
        if tag in _BLOCK:
            self._put(" ", line)
        if tag in {"title", "h1"}:
            self._capture = ""
        if self._depths[tag]:
            while self._pop() != tag:
                continue

    def text(self, source: str, line: int) -> None:
        """Characters between tags; a reference never brings in a line end."""
        if "&" in source:
            source = _REFERENCE.sub(lambda found: re.sub(r"[\r\n]", " ", unescape(found[0])), source)
        self._put(source, line)

    def _pop(self) -> str:
        tag, hides = self._open.pop()
        self._depths[tag] -= 1
        self._hidden -= hides
        return tag

    def _put(self, data: str, line: int) -> None:
        if self._capture == "title":
            self.title += data
            return
        if self._hidden:
            return
        if self._capture == "heading":
            self.heading += data
        for offset, piece in enumerate(data.split("\n")):
            if piece:
                self.lines[line + offset].append(piece)


def _hides(tag: str, source: str) -> bool:
    if tag in _SILENT or tag in _BOILERPLATE:
        return True
    if tag in {"html", "body", "main", "article"} or " " not in source.replace("\n", " "):
        return False
    attributes = {
        found["name"].lower(): (found["value"] or "").strip("\"'")
        for found in _ATTRIBUTE.finditer(source, len(tag) + 1)
    }
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if attributes.get("role") in _BOILERPLATE_ROLES:
        return True
    return bool(_BOILERPLATE_NAMES.search(f"{attributes.get('class', '')} {attributes.get('id', '')}"))
