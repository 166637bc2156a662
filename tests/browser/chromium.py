"""Which Chromium the tests and the pictures use, and how it is started."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = """没有可用于测试的 Chromium / no Chromium to test the pages with. One of:
  apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk
  GUGAN_CHROMIUM=/path/to/chrome make test"""
SWITCHES = [
    # inside a container the sandbox of Chromium has no rights of its own; it only ever opens our own pages
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--font-render-hinting=none",
    "--lang=zh-CN",
]
SIZES = {1440: 900, 360: 780}
"""The widths every page is made for, with a height for each."""


class NoChromium(Exception):
    """No browser could be found."""


def find() -> str:
    """Return the path of the browser: GUGAN_CHROMIUM, else the first on PATH; NoChromium tells the remedy."""
    named = os.environ.get("GUGAN_CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise NoChromium(HELP)
    return found


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser, yield it, end it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find(), args=SWITCHES)
        try:
            yield started
        finally:
            started.close()


def settings(width: int = 1440, **more: Any) -> dict[str, Any]:
    """How a clerk's browser is set: size, language, time zone; and nothing that moves."""
    return {
        "viewport": {"width": width, "height": SIZES.get(width, 900)},
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
        "accept_downloads": True,
    } | more
