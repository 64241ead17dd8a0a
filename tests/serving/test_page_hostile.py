"""Texts, names and messages that try to become part of the page."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.command import commit, git, write_files
from tests.serving.browser import Window, browsing
from tests.serving.server import Server, serving

from whence.interface import Whence

RUN = "window.hurt = 1"
IMAGE = f'<img src=x onerror="{RUN}">'
SCRIPT = f"</pre></script><script>{RUN}</script>"
NAME = "docs/<img src=x onerror=window.hurt=1>.md"
TEXT = f"""# Pump {IMAGE}

The pump {IMAGE} is primed with sea water, because it must never run dry. {SCRIPT}

[the pump](javascript:window.hurt=1) and ![the pump](javascript:window.hurt=1) and
<a href="javascript:window.hurt=1">x</a>

| pump {IMAGE} | <b>bold</b> |
|---|---|
| `{IMAGE}` | **{IMAGE}** |

[good](https://example.org/pump) [bad](data:text/html,{SCRIPT}) [worse]( java\tscript:window.hurt=1 )

> {IMAGE}

```html
{SCRIPT}
```
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("hostile")
    folder = place / "pump"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, {NAME: TEXT, "pump.py": f'"""Prime the pump {IMAGE}."""\n\n\ndef prime():\n    return "{IMAGE}"\n'})
    write_files(folder, {"pump.py": f"# {SCRIPT}\n"})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", f"Prime {IMAGE} the pump {SCRIPT}\n\n{IMAGE}\n[x](javascript:{RUN})")
    with Whence(place / "data") as whence:
        whence.index(str(folder), name="pump")
    with serving(place / "data") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as opened:
        yield opened


def is_whole(window: Window) -> None:
    """Nothing ran, nothing was refused by the policy, nothing was made of the texts."""
    page = window.page
    assert page.evaluate("window.hurt") is None
    assert page.locator("img, iframe, object, embed, script:not([src])").count() == 0
    bad = "[...document.querySelectorAll('a')].map(a => a.href).filter(a => !/^https?:/.test(a))"
    assert page.evaluate(bad) == []
    assert (
        page.evaluate("[...document.querySelectorAll('*')].some(e => e.getAttributeNames().some(n => /^on/.test(n)))")
        is False
    )
    assert window.faults == []


def test_nothing_of_a_repository_becomes_part_of_the_page(browser: Any, hostile: Server) -> None:
    window = Window(browser, hostile.url)
    page = window.begin("pump")
    questions = (
        "why is the pump primed with sea water?",
        "who last changed pump.py?",
        f"who last changed {NAME}?",
        "which files change most often?",
        f"is it {IMAGE} true? {SCRIPT}",
    )
    opened = 0
    for question in questions:
        turn = window.ask(question)
        for card in turn.locator(".cites .cite:visible").all()[:2]:
            card.click()
            if "git command" not in card.inner_text() and "Copied" not in card.inner_text():
                page.wait_for_selector("#viewer .viewer-body")
                opened += 1
        is_whole(window)
    assert opened
    page.click("#fresh")
    page.wait_for_selector(".source")
    page.keyboard.press("Escape")
    page.click("#open-history")
    page.wait_for_selector(".history button")
    is_whole(window)
    window.close()


def test_markdown_is_rendered_without_what_could_run(browser: Any, hostile: Server) -> None:
    window = Window(browser, hostile.url)
    page = window.begin("pump")
    window.ask("why is the pump primed with sea water?").locator(".cite").first.click()
    page.wait_for_selector("#viewer .prose table")
    is_whole(window)
    links = page.locator("#viewer .prose a")
    assert [links.nth(n).get_attribute("href") for n in range(links.count())] == ["https://example.org/pump"]
    assert "noopener" in links.first.get_attribute("rel")
    assert IMAGE in page.locator("#viewer .prose h3").inner_text()
    window.close()


def test_a_service_that_lies_cannot_run_anything_either(browser: Any, hostile: Server) -> None:
    """Every text of an answer may come from strangers: addresses, titles, symbols, warnings."""
    window = Window(browser, hostile.url)
    page = window.begin("pump")
    citation = {
        "document_id": IMAGE, "revision": "0" * 40, "path": NAME, "start": 0, "end": 1, "start_line": 1, "end_line": 1,
        "quote": SCRIPT, "symbol": IMAGE, "title": SCRIPT, "page": None, "commit": None, "url": f"javascript:{RUN}",
    }  # fmt: skip
    reply = {
        "id": "0" * 32, "question": IMAGE, "asked": SCRIPT, "answer": f"{IMAGE} [1] `{SCRIPT}`\n\n    {IMAGE} [1]",
        "kind": "extractive", "confidence": 0.5, "abstained": False, "citations": [citation], "claims": [],
        "contexts": [], "warning": IMAGE, "index": IMAGE, "as_of": IMAGE, "as_of_date": None, "asked_as_of": SCRIPT,
        "indexed": 1, "fresh_at": None, "skipped": [IMAGE], "elapsed_ms": 1,
    }  # fmt: skip
    told = f"event: text\ndata: {json.dumps({'text': SCRIPT})}\n\nevent: citations\ndata: {json.dumps(reply)}\n\n"
    stream = {"Content-Type": "text/event-stream"}
    page.route("**/question", lambda route: route.fulfill(status=200, headers=stream, body=told))
    cited = {**citation, "sort": "document", "language": "markdown", "is_present": True, "text": TEXT}
    page.route("**/cited*", lambda route: route.fulfill(status=200, body=json.dumps({**cited, "commit": None})))
    turn = window.ask("what?")
    is_whole(window)
    turn.locator(".cite").first.click()
    page.wait_for_selector("#viewer .prose")
    is_whole(window)
    assert "javascript:" not in page.locator("#viewer .viewer-head").inner_html()
    window.close()


def test_the_policy_refuses_what_is_put_into_the_page(browser: Any, hostile: Server) -> None:
    window = Window(browser, hostile.url)
    page = window.begin("pump")
    assert (
        page.evaluate("try { document.body.innerHTML = '<b>x</b>'; 'taken' } catch (error) { error.name }")
        == "TypeError"
    )
    page.evaluate("{ const s = document.createElement('style'); s.textContent = 'x{}'; document.head.append(s) }")
    page.wait_for_timeout(100)
    assert any("Content Security Policy" in fault or "TrustedHTML" in fault for fault in window.faults)
    window.close()
