"""Every address that may be opened, by somebody who may, at 1440 and at 360 px."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import SIZES
from tests.browser.site import Site
from tests.web.addresses import SAMPLES, Address, addresses

ROLES = {
    "see": "经办",
    "import": "经办",
    "pay": "经办",
    "approve": "审批",
    "finance": "财务",
    "admin": "管理",
    "own": "本人",
    "open": None,
}
BY_NAME = {
    **dict.fromkeys(("home", "slip", "slip-arrears", "person", "doubts", "doubt"), "经办"),
    **dict.fromkeys(("run-approve", "run-void", "run-return"), "审批"),
    "run-paid": "财务",
}
"""Address → who it is looked at as, where several may open it, or the view asks for more than the frame does."""
PERSON = "select public_id from records_person where name = '孙磊新'"
OF_PERSON = "select max(id) from records_action where person_id = (select id from records_person where name = '孙磊新')"
NEWEST = "select max(id) from runs_run where state <> 'void'"
NUMBERS = {
    "doubt": "select max(id) from pay_doubt",
    "doubt-ask-fact": f"{OF_PERSON} and kind = '学历'",
    "job": "select max(id) from jobs_job",
    "job-retry": "select max(id) from jobs_job",
    "person-correct": f"{OF_PERSON} and kind = '学历'",
    "person-void": f"{OF_PERSON} and kind = '学历'",
    **dict.fromkeys(("run-approve", "run-submit", "run-return", "run-discard"), NEWEST),
    **dict.fromkeys(("run-arrears", "slip-arrears"), "select max(run_id) from runs_settlement"),
}
"""Address → its number, where that is not a run's."""
NOT_THERE = {"org-withdraw"}
"""Addresses that the demonstration has nothing for (no batch to withdraw): the page that says so is looked at."""
ALL = [one for one in addresses() if one.name != "signout"]


@pytest.fixture(scope="module")
def known(served, signed_in) -> dict[str, Any]:
    """Values that exist, by kind and by name of an argument; what the demonstration lacks is made through its pages."""
    person = str(UUID(str(served.ask(PERSON)[0][0])))
    run = served.ask("select max(id) from runs_run where state in ('sealed', 'paid')")[0][0]
    asking = signed_in("本人").page
    asking.goto(f"/doubts/ask/{run}/{person}/")
    asking.locator("#doubt-line").select_option(index=1)
    asking.get_by_role("button", name="送给经办").click()
    counting = signed_in("经办").page
    counting.goto("/pay/month/?payer=440703&month=2026-09")
    with counting.expect_navigation():
        # nobody can be computed for that month, so there is no button; the job is there all the same, and says so
        counting.evaluate("document.querySelector('main form[method=post]').requestSubmit()")
    other = str(UUID(str(served.ask("select public_id from records_person where name <> '孙磊新' limit 1")[0][0])))
    owed = {"origin": "2026-10", "line": "基本报酬"}  # November pays 孙磊新 back for October
    return {"public_id": person, "other": other, "person": person, "uuid": person, "int": run, **owed, **SAMPLES}


def path_of(address: Address, known: dict[str, Any], served: Site) -> str:
    """The address with arguments that lead somewhere."""
    more = {}
    if address.name in NUMBERS:
        found = served.ask(NUMBERS[address.name])
        if not found or found[0][0] is None:
            pytest.fail(f"nothing to open {address.name} for")
        more["number"] = found[0][0]
    return address.path(**known | more)


@pytest.mark.parametrize("address", ALL, ids=lambda one: one.name)
def test_every_page_is_sound_at_both_widths(signed_in, served, known, address: Address):
    visitor = signed_in(BY_NAME.get(address.name, ROLES[address.access]))
    page, path = visitor.page, path_of(address, known, served)
    visitor.unexpected()
    page.set_viewport_size({"width": 1440, "height": SIZES[1440]})
    try:
        response = page.goto(path)
    except PlaywrightError as error:
        assert "Download is starting" in error.message
        return
    # an address that only acts says so (405); an act whose time is over leads to what is (409)
    allowed = (404,) if address.name in NOT_THERE else (200, 405, 409)
    assert response is not None and response.status in allowed, f"{path} {response and response.status}"
    if response.status == 405:
        visitor.unexpected(405)
        return
    showcase = address.name == "styles"
    visitor.look(response.status, showcase=showcase)
    page.set_viewport_size({"width": 360, "height": SIZES[360]})
    visitor.look(again=True, showcase=showcase)
