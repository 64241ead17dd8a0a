"""Puts the tables of ``results/`` into ``docs/benchmarks.md``, so that the page cannot differ from what was measured.

    python -m benchmarks.document

A pair of comments ``<!-- NAME: TITLE -->`` and ``<!-- end -->`` encloses what is replaced.
"""

import json
import re
import sys
from pathlib import Path

from benchmarks.report import RESULTS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

_PLACE = re.compile(r"(<!-- (?P<name>\w+): (?P<title>[^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    PAGE.write_text(_PLACE.sub(_filled, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _filled(place: re.Match[str]) -> str:
    path = RESULTS / f"{place['name']}.json"
    if not path.is_file():
        print(f"{path.name} is not there: {place['title']} is left empty", file=sys.stderr)
        return f"{place[1]}\nNot measured yet.\n\n{place[4]}"
    content = json.loads(path.read_text(encoding="utf-8"))
    made = content["machine"]
    origin = f"{made['date']}, whence {made['commit']}, {made['cores']} cores, {made['cpu']}"
    return f"{place[1]}\n{chr(10).join(content['tables'][place['title']])}\n\n({origin})\n\n{place[4]}"


if __name__ == "__main__":
    main()
