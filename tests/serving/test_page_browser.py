"""The page in a real browser: asking, citations, keys, filters, documents, faults of the service, accessibility."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving.browser import Window, axe_script, browsing
from tests.serving.server import Server, serving

from whence.interface import Whence
from whence.store.keys import Keys

WEIGHT = "how much may a parcel weigh?"
NOTHING = "how do Kafka consumer groups rebalance partitions?"
PROBLEM = {"type": "urn:whence:problem:queue", "title": "Too many requests", "detail": "32 requests wait already."}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def window(browser: Any, server: Server) -> Iterator[Window]:
    opened = Window(browser, server.url, viewport={"width": 1280, "height": 860})
    yield opened
    faults, elsewhere = opened.faults, [url for url in opened.asked if not url.startswith(server.url)]
    opened.close()
    assert faults == []
    assert elsewhere == []


def test_an_answer_is_shown_with_its_citation_opened_at_the_lines(window: Window) -> None:
    page = window.begin()
    turn = window.ask(WEIGHT)
    assert "30 kilograms" in turn.locator(".prose").inner_text()
    assert "%" in turn.locator(".verdict").inner_text()
    turn.locator(".ref").first.click()
    page.wait_for_selector("#viewer .cited")
    assert "30 kilograms" in page.locator("#viewer .cited").first.inner_text()
    page.get_by_role("button", name="Source", exact=True).click()
    assert "30 kilograms" in page.locator("#viewer .line.cited").first.inner_text()


def test_a_fact_is_called_exact_and_its_commit_shows_its_patch(window: Window) -> None:
    page = window.begin()
    turn = window.ask("who last changed README.md?")
    assert "Exact" in turn.locator(".verdict").inner_text()
    turn.locator(".cite").first.click()
    page.wait_for_selector("#viewer .line.added")
    assert "change" in page.locator("#viewer h3").inner_text()
    assert "A parcel may weigh" in page.locator("#viewer .file", has_text="README.md").inner_text()


def test_what_is_not_found_looks_like_it(window: Window) -> None:
    window.begin()
    turn = window.ask(NOTHING)
    assert "Not found in ferry" in turn.locator(".verdict.none").inner_text()
    assert turn.locator(".prose").count() == 0
    assert turn.locator("meter").count() == 0
    assert "do not answer" in turn.locator("details[open] summary").inner_text()


def test_keys_move_open_and_close(window: Window) -> None:
    page = window.begin()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type(WEIGHT)
    page.keyboard.press("Enter")
    page.wait_for_selector(".foot")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.open") == "1"
    page.keyboard.press("Enter")
    page.wait_for_selector("#viewer .viewer-body")
    page.keyboard.press("Escape")
    assert page.locator("#viewer").is_hidden()
    assert page.evaluate("document.activeElement.dataset.open") == "1"
    page.keyboard.press("w")
    assert page.input_value("#question") == "w"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#drawer").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#drawer").is_hidden()


def test_a_follow_up_and_an_earlier_question_are_at_hand(window: Window) -> None:
    page = window.begin()
    window.ask("who last changed README.md?")
    turn = window.ask("and what about harbours.toml?")
    assert "Understood as: who last changed harbours.toml?" in " ".join(turn.inner_text().replace('"', "").split())
    turn.get_by_role("button", name="Ask as written").click()
    turn.get_by_text("Understood as").wait_for(state="detached")
    turn.locator(".foot").wait_for()
    page.focus("#question")
    page.keyboard.press("ArrowUp")
    assert page.input_value("#question") == "and what about harbours.toml?"
    page.fill("#question", "")
    page.click("#new-talk")
    assert page.locator(".turn").count() == 0
    page.click("#open-history")
    page.locator(".history button", has_text="who last changed README.md?").first.click()
    assert "Exact" in page.locator(".turn").first.inner_text()


def test_filters_and_an_earlier_state_are_sent_and_shown(window: Window) -> None:
    page = window.begin()
    page.click("#toggle-filters")
    page.locator("#kinds label", has_text="Code").click()
    page.fill("#path", "src/*")
    page.fill("#as-of", "HEAD")
    with page.expect_request("**/question") as sent:
        turn = window.ask("crane")
    body = json.loads(sent.value.post_data)
    assert body["filters"] == {"kinds": ["code"], "paths": ["src/*"]}
    assert body["as_of"] == "HEAD"
    assert "as of HEAD" in turn.locator(".conditions").inner_text()
    page.fill("#as-of", "v99")
    assert "no such earlier state" in window.ask("crane").locator(".verdict.wrong").inner_text()


def test_an_answer_can_be_corrected(window: Window, server: Server) -> None:
    page = window.begin()
    turn = window.ask(WEIGHT)
    turn.get_by_role("button", name="Wrong").click()
    turn.get_by_label("What is wrong with the answer").fill("It was raised.")
    turn.get_by_label("The right answer", exact=True).fill("40 kilograms")
    turn.get_by_role("button", name="Send").click()
    turn.get_by_text("Noted").wait_for()
    name = turn.get_attribute("id").removeprefix("answer-")
    with server.client() as client:
        feedback = client.get(f"/logs/{name}").json()["feedback"][0]
    assert (feedback["thumbs"], feedback["corrected_answer"]) == ("down", "40 kilograms")
    page.goto(f"{server.url}/#answer={name}")
    page.reload()
    page.wait_for_selector(f"#answer-{name} .prose")


def test_documents_are_dropped_asked_listed_and_deleted(window: Window) -> None:
    page = window.begin("manual")
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            const text = "# Rope\\n\\nTie the rope with a bowline, because it never slips.\\n";
            transfer.items.add(new File([text], "rope.md"));
            transfer.items.add(new File([new Uint8Array([0, 1, 2, 255])], "noise.bin"));
            const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
            for (const name of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(name, options));
        }"""
    )
    page.locator("#tray").get_by_text("can be asked").wait_for(timeout=60_000)
    page.locator("#tray b", has_text="1 of 2 added").wait_for()
    assert "noise.bin" in page.locator("#tray li", has_text="holds nothing").inner_text()
    page.locator("#tray").get_by_label("Dismiss").click()
    assert "bowline" in window.ask("why is the rope tied with a bowline?").locator(".prose").inner_text()
    page.click("#fresh")
    source = page.locator(".source", has_text="handed in")
    source.locator("summary", has_text="Documents").click()
    source.get_by_role("button", name="Delete rope.md").click()
    source.get_by_role("button", name="Delete rope.md").click()
    source.get_by_role("button", name="rope.md", exact=True).wait_for(state="detached")


def test_sources_show_freshness_and_sync(window: Window) -> None:
    page = window.begin()
    page.click("#fresh")
    page.wait_for_selector(".source")
    told = page.locator(".source-index", has_text="ferry").first.inner_text()
    assert "4 files" in told
    assert "just now" in told or "min ago" in told
    page.get_by_role("button", name="Sync manual").click()
    page.get_by_role("button", name="Sync manual").get_by_text("Sync", exact=True).wait_for(timeout=60_000)
    assert page.locator(".problem:visible").count() == 0


def test_faults_of_the_service_are_told(browser: Any, server: Server) -> None:
    window = Window(browser, server.url)
    page = window.begin()
    headers = {"Retry-After": "2", "Content-Type": "application/problem+json"}
    page.route("**/question", lambda route: route.fulfill(status=429, headers=headers, body=json.dumps(PROBLEM)))
    turn = window.ask(WEIGHT)
    assert "32 requests wait already." in turn.inner_text()
    assert turn.get_by_role("button", name="Try again in").is_disabled()
    page.unroute("**/question")
    turn.get_by_role("button", name="Try again", exact=True).click(timeout=10_000)
    turn.locator(".foot").wait_for()
    page.route("**/question", lambda route: route.abort())
    assert "cannot be reached" in window.ask(WEIGHT).inner_text()
    assert page.locator("#offline").is_visible()
    page.unroute("**/question")
    broken = 'event: hits\ndata: []\n\nevent: text\ndata: {"text": "half"}\n\n'
    stream = {"Content-Type": "text/event-stream"}
    page.route("**/question", lambda route: route.fulfill(status=200, headers=stream, body=broken))
    assert "broke off" in window.ask(WEIGHT).inner_text()
    assert window.faults == []
    window.close()


def test_a_key_is_asked_for_and_kept_in_the_tab_only(browser: Any, data: Path) -> None:
    with Whence(data) as whence:
        text = Keys(whence.ledger.database).add("page", role="reader", grants=("manual",))[1]
    with serving(data, "--require-keys") as server:
        window = Window(browser, server.url)
        page = window.page
        page.goto(server.url + "/")
        page.wait_for_selector("#key-dialog[open]")
        page.fill("#key", "wrong")
        page.press("#key", "Enter")
        page.wait_for_selector("#key-problem:visible")
        page.fill("#key", text)
        page.press("#key", "Enter")
        page.wait_for_selector("#welcome h2")
        window.ask("why must the crane be oiled?").locator(".cite").first.click()
        page.wait_for_selector("#viewer .cited")
        page.click("#fresh")
        page.wait_for_selector(".source")
        assert page.locator("text=Sync").count() == 0
        assert page.locator("text=Add documents").count() == 0
        assert page.evaluate("Object.values(localStorage).join()").find(text) < 0
        assert text not in page.url
        assert page.context.cookies() == []
        page.reload()
        page.wait_for_selector("#welcome h2")
        fresh = Window(browser, server.url)
        fresh.page.goto(server.url + "/")
        fresh.page.wait_for_selector("#key-dialog[open]")
        assert window.faults + fresh.faults == []
        fresh.close()
        window.close()


def test_an_empty_data_folder_says_what_to_do(browser: Any, tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as server:
        window = Window(browser, server.url)
        page = window.page
        page.goto(server.url + "/")
        page.get_by_text("Nothing to ask yet").wait_for()
        assert "whence index PATH" in page.locator("#welcome").inner_text()
        page.fill("#question", "anything?")
        page.press("#question", "Enter")
        page.get_by_role("button", name="Add documents").wait_for()
        content = b"# Rope\n\nTie the rope with a bowline, because it never slips.\n"
        page.set_input_files("#files", [{"name": "rope.md", "mimeType": "text/markdown", "buffer": content}])
        page.locator("#tray").get_by_text("can be asked").wait_for(timeout=60_000)
        page.locator("#welcome h2", has_text="Ask documents").wait_for()
        assert "bowline" in window.ask("why is the rope tied with a bowline?").locator(".prose").inner_text()
        assert window.faults == []
        window.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (820, "light"), (1280, "light"), (1280, "dark")])
def test_nothing_serious_is_found_by_axe(browser: Any, server: Server, scheme: str, width: int) -> None:
    script = axe_script()
    size = {"width": width, "height": 800}
    window = Window(browser, server.url, viewport=size, color_scheme=scheme, bypass_csp=True)
    page = window.begin()
    page.evaluate(script)

    def check(what: str) -> None:
        page.evaluate("new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(done => done.violations)")
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], what
        assert page.evaluate("document.documentElement.scrollWidth") <= width, what

    check("the empty page")
    window.ask(NOTHING)
    window.ask("who last changed README.md?").locator(".cite").first.click()
    page.wait_for_selector("#viewer .line")
    check("a commit")
    page.keyboard.press("Escape")
    window.ask(WEIGHT).locator(".cite").first.click()
    page.wait_for_selector("#viewer .cited")
    check("a document")
    page.keyboard.press("Escape")
    page.locator(".turn").first.get_by_role("button", name="Wrong").click()
    check("a correction")
    page.click("#toggle-filters")
    page.fill("#as-of", "v99")
    window.ask("crane")
    check("filters, and an earlier state that is none")
    page.fill("#as-of", "")
    for opener, inside, what in (
        ("#fresh", ".source", "sources"),
        ("#open-history", ".history button", "earlier questions"),
        ("#open-help", ".keys", "help"),
    ):
        page.click(opener)
        page.wait_for_selector(inside)
        check(what)
        page.keyboard.press("Escape")
    page.evaluate("document.getElementById('drop').hidden = false")
    check("documents held over the page")
    assert window.faults == []
    window.close()
