"""HTML to text whose line N is line N of the file: what is not content becomes nothing, line ends stay."""

import re
from html.parser import HTMLParser


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
_TAG = re.compile(r"<[^<>]{0,2000}>")
_IMPLIED_END = frozenset({"li", "p", "td", "th", "tr", "dt", "dd", "option"})


def read_html(source: str) -> tuple[str, str]:
    """Text and title (``<title>``, else the first ``<h1>``); the text has as many lines as ``source``."""
    reader = _Reader(source.count("\n") + 1)
    try:
        reader.feed(source)
        reader.close()
    except AssertionError:  # how the parser reports declarations that it does not know
        return _TAG.sub(lambda tag: "\n" * tag[0].count("\n"), source), ""
    lines = [re.sub(r"[ \t\xa0\f\v]+", " ", "".join(parts)).strip() for parts in reader.lines]
    title = " ".join((reader.title or reader.heading).split())
    return "\n".join(lines), title


class _Reader(HTMLParser):
    """Collects text by source line. ``lines[n]`` are the pieces of line n + 1."""

    def __init__(self, count: int) -> None:
        super().__init__(convert_charrefs=False)
        self.lines: list[list[str]] = [[] for _ in range(count)]
        self.title = ""
        self.heading = ""
        self._open: list[tuple[str, bool]] = []  # tag, whether it hides what is inside
        self._hidden = 0
        self._capture = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCK:
            self._put(" ")
        if tag in _VOID:
            return
        if tag in _IMPLIED_END and self._open and self._open[-1][0] == tag:
            self._close()
        hides = _hides(tag, dict(attrs))
        self._open.append((tag, hides))
        self._hidden += hides
        if tag == "title" and not self.title and "svg" not in (name for name, _ in self._open):
            self._capture = "title"
        elif tag == "h1" and not self.heading:
            self._capture = "heading"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCK:
            self._put(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCK:
            self._put(" ")
        if tag in {"title", "h1"}:
            self._capture = ""
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth][0] == tag:
                while len(self._open) > depth:
                    self._close()
                return

    def handle_data(self, data: str) -> None:
        self._put(data)

    def handle_entityref(self, name: str) -> None:
        self._put_reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._put_reference(f"&#{name};")

    def _put_reference(self, reference: str) -> None:
        from html import unescape

        self._put(re.sub(r"[\r\n]", " ", unescape(reference)))

    def _close(self) -> None:
        _, hides = self._open.pop()
        self._hidden -= hides

    def _put(self, data: str) -> None:
        if self._capture == "title":
            self.title += data
            return
        if self._hidden:
            return
        if self._capture == "heading":
            self.heading += data
        first = self.getpos()[0] - 1
        for offset, piece in enumerate(data.split("\n")):
            if piece and first + offset < len(self.lines):
                self.lines[first + offset].append(piece)


def _hides(tag: str, attributes: dict[str, str | None]) -> bool:
    if tag in _SILENT or tag in _BOILERPLATE or "hidden" in attributes:
        return True
    if tag in {"html", "body", "main", "article"}:
        return False
    if (attributes.get("role") or "") in _BOILERPLATE_ROLES or attributes.get("aria-hidden") == "true":
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return bool(_BOILERPLATE_NAMES.search(names))
