"""One prepared demonstration and one Chromium for all browser tests; a served copy of it for each file of tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium, site
from tests.browser.looks import Visitor


def pytest_collection_finish(session):
    if any(item.path.parent == Path(__file__).parent for item in session.items):
        try:
            chromium.find()
        except chromium.NoChromium as error:
            raise pytest.UsageError(str(error)) from error


# package, not session: Playwright's loop must be gone before a test with a database runs
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium.browser() as started:
        yield started


@pytest.fixture(scope="package")
def prepared(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    site.prepare(home)
    return home


@pytest.fixture(scope="module")
def served(prepared, tmp_path_factory) -> Iterator[site.Site]:
    with site.served(prepared, tmp_path_factory.mktemp("served") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(browser, served) -> Iterator[Callable[..., Visitor]]:
    """signed_in("经办", 360): that person at a screen of that width, one visit each; None: nobody signed in."""
    visitors: dict[tuple, Visitor] = {}
    with contextlib.ExitStack() as stack:

        def visit(role: str | None, width: int = 1440, **more) -> Visitor:
            key = (role, width, *sorted(more.items()))
            if key not in visitors:
                context = browser.new_context(base_url=served.address, **chromium.settings(width, **more))
                stack.callback(context.close)
                context.set_default_timeout(20_000)
                visitors[key] = Visitor(context.new_page(), role)
                if role:
                    visitors[key].sign_in()
            return visitors[key]

        yield visit
