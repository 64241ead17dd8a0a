import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.evaluation.fakes import FakeSuite, FakeSystem, a_run, abstained, answer, bad, good, question

from whence.evaluation.derived import Value, summarized
from whence.evaluation.page.page import page
from whence.evaluation.page.plots import (
    bars,
    histogram,
    reliability_curve,
    risk_coverage_curve,
    standalone,
)
from whence.evaluation.page.worst import ranked_worst
from whence.evaluation.records import EvalQuestion, Reply
from whence.evaluation.report import Report, scores_only
from whence.evaluation.runner import carry_out

EVIL = '<script>alert("x")</script>&'


class Checker(HTMLParser):
    """Notes what is opened and not closed, and every address that a browser would load."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "srcset") or (tag == "link")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


@pytest.fixture
def reports(tmp_path: Path) -> list[Report]:
    asked = [question(f"ship{n}", quay="north" if n % 2 else "south") for n in range(12)]
    asked.append(EvalQuestion(id=EVIL, suite="h", question=EVIL, answers=(EVIL,), slices={"a": EVIL}, must_pass=True))
    replies = {one.id: good(one.id) if n % 3 else bad(one.id) for n, one in enumerate(asked)}
    replies["ship3"] = abstained("ship3")
    replies[EVIL] = Reply(hits=good(EVIL).hits, answer=answer(f"wrong {EVIL[:-1]}", 0.99, EVIL), ask_ms=3.0)
    whence = carry_out(a_run(FakeSuite(asked), FakeSystem(replies, name="whence")), tmp_path / "j")
    floor = carry_out(a_run(FakeSuite(asked), FakeSystem(replies, name="fts5")), tmp_path / "k")
    other = carry_out(a_run(FakeSuite(asked[:1]), FakeSystem(replies, name="whence"), label="pier"), tmp_path / "l")
    return [whence, floor, other]


def test_the_page_is_whole_and_loads_nothing(reports: list[Report]) -> None:
    html = page(reports)
    checker = Checker()
    checker.feed(html)
    assert not checker.open
    assert not checker.loaded
    assert "script" not in checker.tags
    assert not re.search(r"url\(|@import|https?://", html)
    assert 'name="viewport"' in html
    assert "prefers-color-scheme" in html


def test_what_comes_from_elsewhere_is_escaped(reports: list[Report]) -> None:
    html = page(reports)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;" in html


def test_it_says_what_matters(reports: list[Report]) -> None:
    html = page(reports)
    for text in ("All suites", "harbour", "pier", "fts5", "must pass, but failed", "Slices", "Not right", "lexical 1"):
        assert text in html


def test_a_page_without_text_and_of_nothing(reports: list[Report]) -> None:
    html = page([scores_only(report) for report in reports])
    assert "where is ship" not in html
    assert "ship0" in html
    assert "There is no report" in page([])


def test_the_worst_come_first(reports: list[Report]) -> None:
    names = [outcome.id for outcome in ranked_worst(reports[0])]
    assert names[0] == EVIL, "what must pass"
    assert names[-1] == "ship3", "an abstention is the mildest"
    assert "ship1" not in names


def test_every_plot_is_a_drawing_of_its_own(reports: list[Report]) -> None:
    found = summarized(reports[0]).calibration
    assert found is not None
    value = Value(n=3, mean=0.5, low=0.4, high=0.6)
    drawings = [
        bars([(EVIL, [value, None])], ["whence", EVIL], EVIL),
        reliability_curve(found.bins, EVIL),
        risk_coverage_curve([("whence", found.curve), ("nothing", ())], "curve"),
        histogram([1.0, 2.0, 2000.0], "times"),
        histogram([5.0], "one"),
        histogram([0.0, 0.0], "none"),
    ]
    for svg in map(standalone, drawings):
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme" in svg
        for shape in root.iter():
            for name in ("x", "y", "width", "height", "cx", "cy", "r"):
                assert float(shape.get(name, "0")) >= 0, (shape.tag, name)


def test_the_histogram_counts_every_time() -> None:
    times = [0.5, 1, 3, 10, 10, 31.6, 100, 999, 1000, 5000]
    assert sum(int(n) for n in re.findall(r": (\d+)</title>", histogram(times, "t"))) == len(times)
