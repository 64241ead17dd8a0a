"""A real browser for the tests of the page, and what is found wrong in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = "WHENCE_TEST_AXE"
"""Names axe.min.js of axe-core, which is not kept here."""


def chromium() -> str:
    """Where the browser is; skips the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


@contextmanager
def browsing() -> Iterator[Any]:
    """A headless browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """One page in a context of its own. ``faults`` are errors of scripts and refusals of the content policy."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", self._note_dialog)
        self.url = url

    def _note(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def _note_dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def begin(self, index: str = "ferry") -> Any:
        """Opens the page and chooses an index."""
        self.page.goto(self.url + "/")
        self.page.wait_for_selector("#welcome h2")
        if self.page.locator("#index option").count() > 1:
            self.page.select_option("#index", index)
        return self.page

    def ask(self, question: str) -> Any:
        """Asks, and gives the card of the answer when it is whole."""
        before = self.page.locator(".turn").count()
        self.page.fill("#question", question)
        self.page.press("#question", "Enter")
        self.page.wait_for_function("n => document.querySelectorAll('.turn').length > n", arg=before)
        turn = self.page.locator(".turn").first
        turn.locator(".foot, .verdict.wrong, .verdict.busy").first.wait_for()
        return turn

    def close(self) -> None:
        self.context.close()


def axe_script() -> str:
    """The script of axe-core; skips the test where it is not to be had."""
    named = os.environ.get(AXE, "")
    if not named or not Path(named).is_file():
        pytest.skip(f"{AXE} does not name axe.min.js of axe-core")
    return Path(named).read_text(encoding="utf-8")
