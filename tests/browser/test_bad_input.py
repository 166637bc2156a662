"""What hurried, forgetful and curious people do to the pages."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.browser.acts import compute, hand_over, month_of, void


@pytest.fixture(scope="module")
def sun(served) -> str:
    return str(UUID(str(served.ask("select public_id from records_person where name = '孙磊新'")[0][0])))


def test_person_who_is_not_there_is_a_page_that_leads_on(signed_in):
    clerk = signed_in("经办")
    page = clerk.go(f"/people/{uuid4()}/", 404)
    assert page.locator("main a, nav a").count() > 0


def test_page_number_past_the_end_shows_the_last_page(signed_in):
    page = signed_in("经办").go("/people/?page=9999", axe=False)
    assert page.locator("tbody tr").count() > 0
    assert page.locator(".gg-pager").get_by_role("link", name="下一页").count() == 0


def test_ten_thousand_characters_are_cut_and_said(signed_in):
    page = signed_in("经办").go("/people/?q=" + "x" * 10_000)
    assert "只用了前 60 个" in page.locator("main").inner_text()


def test_another_person_s_slip_is_not_there_for_a_worker(signed_in, served):
    number, _, _ = month_of(served)
    other = str(UUID(str(served.ask("select public_id from records_person where name <> '孙磊新' limit 1")[0][0])))
    signed_in("本人", 360).go(f"/pay/{number}/{other}/", 404, axe=False)


def test_session_that_ends_in_a_form_keeps_what_was_typed(signed_in, sun):
    clerk = signed_in("经办", 1280)
    page = clerk.go(f"/people/{sun}/record/?kind=学历", axe=False)
    page.locator("input[name=basis]").fill("打了很久的字")
    page.locator("input[name=on]").fill("2026-10-02")
    page.context.clear_cookies(name="sessionid")
    page.locator("main form .gg-primary").click()
    page.wait_for_selector("button[name=demo]")
    assert "还在" in page.locator("main").inner_text()
    page.locator("button[name=demo][value=经办]").click()
    page.wait_for_selector("main .gg-pairs")
    clerk.unexpected(401)
    assert "打了很久的字" in page.locator("main").inner_text()
    page.get_by_role("button", name="接着交").click()
    # the degree was never chosen: the form comes again, with all that was typed
    page.wait_for_selector("input[name=basis]")
    clerk.look(422)
    assert page.locator("input[name=basis]").input_value() == "打了很久的字"


def test_month_is_approved_without_script(signed_in, served, sun):
    number, state, month = month_of(served)
    clerk, one = signed_in("经办"), signed_in("审批", java_script_enabled=False)
    if state == "sealed":
        void(signed_in("审批"), signed_in("复审"), number)
    if state != "draft":
        number = compute(clerk, served, month)
    hand_over(clerk, number)
    page = one.page
    page.goto("/people/?q=slx")
    page.locator("tbody").get_by_role("link", name="孙磊新").click()
    page.wait_for_url(f"**/people/{sun}/")
    page.goto(f"/pay/{number}/{sun}/")
    page.locator(".gg-tree summary").first.click()
    page.goto(f"/pay/{number}/approve/")
    page.locator("main .gg-confirm .gg-primary").click()
    page.wait_for_url(f"**/pay/{number}/")
    assert page.locator(".gg-seal").first.is_visible()
    assert month_of(served)[:2] == (number, "sealed")
    assert one.unexpected() == []
