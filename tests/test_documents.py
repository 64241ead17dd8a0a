"""The pages show what was measured: their tables are those of ``benchmarks/results``."""

import json
from pathlib import Path

import pytest
from benchmarks.document import PAGES, filled, places
from benchmarks.report import RESULTS

WITH_TABLES = [page for page in sorted(PAGES.glob("*.md")) if places(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_TABLES, ids=lambda page: page.stem)
def test_tables_are_those_of_the_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "run: python -m benchmarks.document"


@pytest.mark.parametrize("page", WITH_TABLES, ids=lambda page: page.stem)
def test_every_table_was_measured(page: Path) -> None:
    for name, title in places(page.read_text(encoding="utf-8")):
        assert title in json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["tables"]


def test_a_table_that_differs_is_replaced() -> None:
    place = "<!-- reader_scores: Reader, given the passage -->\n{}<!-- end -->"
    assert filled(place.format("| old |\n")) == filled(place.format(""))
    assert "| exact match |" in filled(place.format(""))
