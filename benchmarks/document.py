"""Puts the tables of ``results/`` into the pages of ``docs/``, so that no page can differ from what was measured.

    python -m benchmarks.document

A pair of comments ``<!-- NAME: TITLE -->`` and ``<!-- end -->`` encloses what is replaced by the table TITLE of
``results/NAME.json`` and a line that says when, with which whence, where and by which command it was made.
``docs/evaluation.md`` has places of another form, which ``benchmarks.evaluation`` fills.
"""

import json
import re
import sys
from pathlib import Path

from benchmarks.report import RESULTS

PAGES = Path(__file__).resolve().parent.parent / "docs"

_PLACE = re.compile(r"(<!-- (?P<name>\w+): (?P<title>[^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            page.write_text(filled(text), encoding="utf-8")
            print(f"{page.name}: brought up to date")


def filled(text: str) -> str:
    """A page with all its places filled."""
    return _PLACE.sub(_filled, text)


def places(text: str) -> list[tuple[str, str]]:
    """(result, title of its table) of each place in a page, in order."""
    return [(place["name"], place["title"]) for place in _PLACE.finditer(text)]


def _filled(place: re.Match[str]) -> str:
    path = RESULTS / f"{place['name']}.json"
    if not path.is_file():
        print(f"{path.name} is not there: {place['title']} is left empty", file=sys.stderr)
        return f"{place[1]}\nNot measured yet.\n\n{place[4]}"
    content = json.loads(path.read_text(encoding="utf-8"))
    made = content["machine"]
    origin = f"{made['date']}, whence {made['commit']}, {made['cores']} cores, {made['cpu']}"
    lines = "\n".join(content["tables"][place["title"]])
    return f"{place[1]}\n{lines}\n\n({origin}; `{' '.join(content['command'])}`)\n\n{place[4]}"


if __name__ == "__main__":
    main()
