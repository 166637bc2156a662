"""What is true of every page, whatever it shows: nothing on the console, nothing that failed, axe content, no sideways
scrolling, one heading, at most one primary button."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response

OWN_LINE = re.compile(r"^Failed to load resource: the server responded with a status of (\d+)")
"""Chromium's own line for an answer of 400 and more."""
AXE = """async only => {
  const options = {resultTypes: ["violations"], preload: false};
  if (only) options.runOnly = {type: "rule", values: only};
  const found = await axe.run(document, options);
  return found.violations.map(one => `${one.id}: ${one.help}: ` + one.nodes.map(node => node.html).slice(0, 3).join(" | "));
}"""
BY_WIDTH = ["target-size", "scrollable-region-focusable", "region"]
"""Rules whose answer may differ between two widths of one page."""
SHAPE = """() => ({
  heads: document.querySelectorAll("h1").length,
  primary: document.querySelectorAll(".gg-primary").length,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""


class Visitor:
    """A person at a screen. `page` is Playwright's; `go` opens an address and looks; `look` looks at what is there."""

    def __init__(self, page: Page, role: str | None) -> None:
        self.page, self.role = page, role
        self.said: list[str] = []
        self.answers: list[tuple[int, str]] = []
        self.quiet = False
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def sign_in(self) -> None:
        """Choose one's name on the sign-in page of the demonstration."""
        self.page.goto("/signin/")
        self.page.locator(f"button[name=demo][value={self.role}]").click()
        self.page.wait_for_url(lambda address: "/signin/" not in address)

    def go(self, address: str, status: int = 200, **how: Any) -> Page:
        """Open an address, look at it, return the page."""
        response = self.page.goto(address)
        assert response is not None
        assert (address, response.status) == (address, status)
        self.look(status, **how)
        return self.page

    def press(
        self, name: str | re.Pattern[str], *, exact: bool = True, role: Any = "button", status: int = 200, **how: Any
    ) -> Page:
        """Press the button (or follow the link) of that name in the page's body, and look at what comes."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role(role, name=name, exact=exact).first.click()
        self.look(status, **how)
        return self.page

    def look(self, status: int = 200, *, axe: bool = True, again: bool = False, showcase: bool = False) -> None:
        """Assert what is true of every page. again: the same page at another width; showcase: the page of all components."""
        self.page.wait_for_load_state("load")
        wrong = self.unexpected(status)
        shape = self.page.evaluate(SHAPE)
        if shape["wide"] > 0:
            wrong.append(f"scrolls sideways by {shape['wide']} px")
        if shape["heads"] != 1:
            wrong.append(f"{shape['heads']} h1")
        if shape["primary"] > 1 and not showcase:
            wrong.append(f"{shape['primary']} primary buttons")
        if axe:
            wrong += self.axe(BY_WIDTH if again else None)
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        assert not wrong, f"{self.role} {self.page.url} at {width}:\n" + "\n".join(wrong)

    def axe(self, only: list[str] | None = None) -> list[str]:
        """What axe finds against the page. It writes inline styles, which our policy blocks: measured, with the same findings
        as in a context without the policy; so what the console says meanwhile is axe's."""
        self.quiet = True
        try:
            if not self.page.evaluate("() => 'axe' in window"):
                self.page.evaluate(_axe_script())
            return self.page.evaluate(AXE, only)
        finally:
            # its messages come through the same channel, in order
            self.page.evaluate("() => 1")
            self.quiet = False

    def unexpected(self, status: int = 200) -> list[str]:
        """What was said and refused since the last look, but for an intended answer `status`; then forgets it."""
        said, answers = self.said[:], self.answers[:]
        self.said.clear()
        self.answers.clear()
        found = [one for one in said if not (match := OWN_LINE.search(one)) or int(match[1]) != status]
        return found + [f"{code} {address}" for code, address in answers if code >= 400 and code != status]

    def _hear(self, message: ConsoleMessage) -> None:
        if not self.quiet:
            self.said.append(message.text)

    def _failed(self, request: Any) -> None:
        # leaving a page, or a download in its place, aborts what still loads
        if not self.quiet and request.failure != "net::ERR_ABORTED":
            self.said.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if not self.quiet and response.status >= 400:
            self.answers.append((response.status, response.url))


def _axe_script() -> str:
    found = find_spec("axe_playwright_python")
    assert found is not None and found.origin is not None
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")
