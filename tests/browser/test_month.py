"""The month's work in four roles, told at 1440 and at 360 px, each on a demonstration of its own."""

from __future__ import annotations

import re
from uuid import UUID

import openpyxl
import pytest

from tests.browser import site
from tests.browser.acts import approve, compute, hand_over, month_of, record_degree, void

WORKER = "孙磊新"


@pytest.fixture(scope="module", params=[1440, 360])
def width(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def served(prepared, tmp_path_factory, width):
    with site.served(prepared, tmp_path_factory.mktemp(f"month-{width}") / "home") as running:
        yield running


@pytest.fixture
def sun(served) -> str:
    """The address of 孙磊新, who is 本人."""
    return str(UUID(str(served.ask("select public_id from records_person where name = ?", WORKER)[0][0])))


@pytest.fixture
def see(signed_in, width):
    return lambda role: signed_in(role, width)


def test_clerk_finds_sorts_filters_and_exports(see, tmp_path):
    clerk = see("经办")
    page = clerk.go("/people/", axe=False)
    everybody = page.locator("h1").inner_text()
    page.locator("#filter-q").fill("slx")
    page.locator("#filter-q").press("Enter")
    page.wait_for_url("**q=slx**")
    clerk.look(axe=False)
    assert page.locator("tbody").get_by_role("link", name=WORKER).count() == 1
    clerk.go("/people/", axe=False)
    # a choice in the filter bar acts at once
    page.locator(".gg-filters select").first.select_option(index=1)
    page.wait_for_url("**?**")
    clerk.look(axe=False)
    assert page.locator("h1").inner_text() != everybody
    page.locator("thead a").first.click()
    page.wait_for_url("**sort=**")
    clerk.look(axe=False)
    assert page.locator("th[aria-sort]").count() == 1
    with page.expect_download() as waiting:
        page.get_by_role("link", name="导出这").click()
    waiting.value.save_as(tmp_path / "roster.xlsx")
    assert openpyxl.load_workbook(tmp_path / "roster.xlsx").active.max_row > 2


def test_clerk_records_a_fact_and_sees_its_consequences(see, served, sun):
    clerk = see("经办")
    clerk.go(f"/people/{sun}/", axe=False)
    clerk.press("记一件事", role="link", exact=False, axe=False)
    record_degree(clerk, sun, "硕士研究生", "2026-10-15")


def test_month_is_computed_seen_and_explained(see, served, sun):
    clerk, one, other = see("经办"), see("审批"), see("复审")
    number, state, month = month_of(served)
    if state == "sealed":
        # the demonstration ends with a sealed month: two people void it, before it is paid
        void(one, other, number)
    number = compute(clerk, served, month)
    page = clerk.page
    assert page.locator(".gg-steps li").count() >= 6
    page = clerk.go(f"/pay/{number}/{sun}/?depth=3", axe=False)
    assert page.locator(".gg-tree details[open]").count() > 3
    assert (
        page.locator(".gg-tree").get_by_text("依据").count() + page.locator(".gg-tree blockquote, .gg-clause").count()
        > 0
    )
    assert page.locator(".gg-tree .gg-facts").count() > 0
    page.emulate_media(media="print")
    assert not page.locator(".gg-side").is_visible() and not page.locator(".gg-bar").is_visible()
    assert page.locator(".gg-sums").first.is_visible()
    page.emulate_media(media="screen")


def test_approver_returns_the_month_and_the_maker_submits_again(see, served):
    clerk, one = see("经办"), see("审批")
    number, _, _ = month_of(served)
    why = "值班表少了一个社区，补上再交"
    hand_over(clerk, number)
    page = one.go(f"/pay/{number}/return/", axe=False)
    one.press("退回", exact=False, status=422)
    page.locator("input[name=step]").first.check()
    page.locator("#words").fill(why)
    one.press("退回", exact=False)
    clerk.go("/todo/")
    assert clerk.page.get_by_text(why).first.is_visible()
    clerk.press("去改", role="link", exact=False, axe=False)
    assert clerk.page.get_by_text(why).first.is_visible()
    one.go("/todo/", axe=False)
    assert not one.page.get_by_role("link", name="先看变化").count()
    hand_over(clerk, number)
    one.go("/todo/", axe=False)
    assert one.page.get_by_role("link", name="先看变化").first.is_visible()


def test_approval_waits_for_facts_that_changed(see, served, sun):
    clerk, one = see("经办"), see("审批")
    number, _, month = month_of(served)
    hand_over(clerk, number)
    record_degree(clerk, sun, "本科", "2026-10-20")
    page = approve(one, number, 409)
    assert page.locator(".gg-seal").count() == 0
    assert month_of(served)[1] == "draft"
    again = compute(clerk, served, month)
    hand_over(clerk, again)
    page = approve(one, again)
    assert page.locator(".gg-seal").first.is_visible()
    assert month_of(served)[:2] == (again, "sealed")
    # back to the form that was sent, and once more: nothing happens twice
    page.go_back()
    if page.locator("main .gg-confirm .gg-primary").count():
        page.locator("main .gg-confirm .gg-primary").click()
        page.wait_for_load_state()
        assert page.locator("main .gg-confirm").count() == 0
    one.unexpected()
    assert served.ask("select count(*) from runs_run where state = 'sealed' and period_start like ?", f"{month}%") == [
        (1,)
    ]


def test_two_people_void_and_the_month_is_done_again(see, served):
    number, _, month = month_of(served)
    void(see("审批"), see("复审"), number)
    again = compute(see("经办"), served, month)
    hand_over(see("经办"), again)
    approve(see("复审"), again)
    assert month_of(served)[:2] == (again, "sealed")


def test_finance_downloads_the_workbook_and_marks_the_month_paid(see, served, tmp_path):
    number, _, _ = month_of(served)
    finance = see("财务")
    page = finance.go(f"/pay/{number}/", axe=False)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载工资表").click()
    waiting.value.save_as(tmp_path / "pay.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "pay.xlsx").sheetnames) > 0
    finance.press("标为已发放", role="link", axe=False)
    # a hurried hand
    page.locator("main .gg-confirm .gg-primary").dblclick()
    page.wait_for_url(f"**/pay/{number}/")
    finance.look()
    assert month_of(served)[:2] == (number, "paid")


def test_worker_sees_the_own_pay_and_asks(see, served, sun):
    number, _, _ = month_of(served)
    worker = see("本人")
    for address in ("/me/", "/me/pay/", "/me/grade/", "/me/facts/"):
        worker.go(address, axe=False)
    page = worker.go(f"/pay/{number}/{sun}/", axe=False)
    page.get_by_text("对这笔有疑问").first.click()
    page.locator("#doubt-line").select_option(index=1)
    page.locator("#doubt-words").fill("和上个月不一样，为什么？")
    page.get_by_role("button", name="送给经办").click()
    worker.look()
    assert page.get_by_text("等答复").first.is_visible()
    assert worker.page.request.get(f"{served.address}/people/").status == 403


def test_clerk_answers_and_the_worker_reads_it(see, served, sun):
    number, _, _ = month_of(served)
    clerk, worker = see("经办"), see("本人")
    clerk.go("/todo/", axe=False)
    clerk.press("答复", role="link", exact=False)
    clerk.press("答复本人", status=422)
    clerk.page.locator("#answer").fill("学历十月中升了一级，从十月起算，上个月没有")
    clerk.press("答复本人")
    worker.go("/todo/")
    worker.press("看答复", role="link", exact=False, axe=False)
    assert worker.page.url.endswith(f"/pay/{number}/{sun}/#doubts")
    assert worker.page.get_by_text("学历十月中升了一级").first.is_visible()


def test_worker_says_a_fact_is_wrong(see, served, sun):
    clerk, worker = see("经办"), see("本人")
    worker.go("/me/facts/")
    worker.press(re.compile("^不对.*学历"), role="link")
    worker.press("送给经办", status=422)
    worker.page.locator("#doubt-words").fill("毕业是七月，不是十月")
    worker.press("送给经办")
    assert worker.page.get_by_text("毕业是七月，不是十月").first.is_visible()
    clerk.go(f"/people/{sun}/", axe=False)
    assert clerk.page.get_by_role("heading", name="本人说不对的").is_visible()
    clerk.press(re.compile("^答复.*学历"), role="link")
    assert clerk.page.get_by_role("link", name="更正这一条").is_visible()


def test_a_slip_prints_on_one_page_and_its_appendix(see, served, sun):
    number, _, _ = month_of(served)
    worker = see("本人")
    worker.go(f"/pay/{number}/{sun}/", axe=False)
    worker.press("打印", role="link")
    page = worker.page
    assert page.get_by_role("button", name="打印").is_visible()
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="打印").is_visible()
    assert pages_of(page.pdf(prefer_css_page_size=True)) > 1
    page.evaluate("document.getElementById('appendix').remove()")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1
    page.emulate_media(media="screen")


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF of Chromium has: each is an object of its own, in clear."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
