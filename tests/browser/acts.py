"""The steps of a month that several stories take, each pressed on the pages as a person would."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.looks import Visitor
from tests.browser.site import Site

NEXT = "main .gg-actions a.gg-primary"


def month_of(served: Site) -> tuple[int, str, str]:
    """The newest live run: its number, its state, its month."""
    rows = served.ask(
        "select id, state, period_start from runs_run where state in ('draft', 'sealed', 'paid') order by period_start desc, id desc"
    )
    number, state, start = rows[0]
    return number, state, str(start)[:7]


def compute(clerk: Visitor, served: Site, month: str) -> int:
    """Look who is ready, compute, wait for the job; return the run's number."""
    clerk.go(f"/pay/month/?payer=440703&month={month}", axe=False)
    assert "人" in clerk.page.locator("h1").inner_text()
    clerk.page.locator("main .gg-actions .gg-primary").click()
    clerk.page.wait_for_url(lambda address: "/month/" not in address)
    # the job's own page leads on to the run by itself
    clerk.page.wait_for_url(lambda address: "/pay/" in address and "/month/" not in address, timeout=60_000)
    clerk.look(axe=False)
    return month_of(served)[0]


def hand_over(clerk: Visitor, number: int) -> None:
    """See every cause, answer every exception, and hand the draft to the approver, following the filled button."""
    page = clerk.page
    for _ in range(60):
        page.goto(f"/pay/{number}/")
        button = page.locator(NEXT)
        if not button.count():
            return
        # each step is waited for: what is asked on the page that comes must not be looked for on this one
        with page.expect_navigation():
            button.click()
        if "/submit/" in page.url:
            page.locator("main .gg-confirm .gg-primary").click()
            clerk.look(axe=False)
            return
        words = page.locator("textarea#words")
        if words.count():
            words.fill("已核对，按规定处理")
            page.locator("input[name=alike]").check()
        with page.expect_navigation():
            page.locator("#people .gg-primary").click()
    raise AssertionError("the draft was never ready to be handed over")


def approve(approver: Visitor, number: int, status: int = 200) -> Page:
    """Open the page of approval and seal."""
    approver.go(f"/pay/{number}/approve/", axe=False)
    with approver.page.expect_navigation():
        approver.page.locator("main .gg-confirm .gg-primary").click()
    approver.look(status)
    return approver.page


def void(one: Visitor, other: Visitor, number: int) -> None:
    """One asks with a reason, another confirms."""
    one.go(f"/pay/{number}/void/", axe=False)
    one.page.locator("main form .gg-danger").click()
    one.look(422)
    one.page.locator("textarea[name=reason]").fill("核对时发现有人的学历记错了")
    one.page.locator("main form .gg-danger").click()
    one.look(axe=False)
    other.go(f"/pay/{number}/void/", axe=False)
    other.page.locator("main form .gg-danger").click()
    other.look(axe=False)


def record_degree(clerk: Visitor, person: str, degree: str, since: str) -> None:
    """记一件事: a degree; its consequences first, then for good."""
    clerk.go(f"/people/{person}/record/?kind=学历", axe=False)
    page = clerk.page
    page.get_by_label("学历", exact=True).select_option(label=degree)
    page.locator("input[name=on]").fill(since)
    page.locator("input[name=basis]").fill("毕业证书扫描件")
    page.get_by_role("button", name="先看后果").click()
    clerk.look()
    assert page.get_by_role("status").first.is_visible()
    page.locator("main form .gg-primary").click()
    page.wait_for_url(f"**/people/{person}/")
    clerk.look(axe=False)
    assert "已记：学历" in page.locator("main [role=status]").first.inner_text()
