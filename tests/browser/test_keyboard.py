"""The pages by keyboard alone."""

from __future__ import annotations

import pytest

FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {
    primary: one.classList.contains("gg-primary"),
    id: one.id,
    skip: one.classList.contains("gg-skip"),
    seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
    text: (one.innerText || one.getAttribute("aria-label") || one.id || one.tagName).trim().slice(0, 30),
  };
}"""


@pytest.mark.parametrize("address", ["/people/", "/pay/month/"])
def test_tab_reaches_the_primary_act_and_focus_is_always_seen(signed_in, address):
    page = signed_in("经办").go(address, axe=False)
    unseen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUS)
        if not now["seen"]:
            unseen.append(now["text"])
        if now["primary"]:
            break
    assert now["primary"], f"{address}: not reached in 80 steps"
    assert unseen == []


def test_skip_link_comes_first_and_leads_to_the_text(signed_in):
    page = signed_in("经办").go("/", axe=False)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["skip"] is True
    assert page.locator(".gg-skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS)["id"] == "main"


def test_ctrl_k_leads_to_the_search(signed_in):
    page = signed_in("经办").go("/", axe=False)
    page.keyboard.press("Control+k")
    assert page.evaluate(FOCUS)["id"] == "gg-q"
