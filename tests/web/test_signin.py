"""Signing in and out, demo accounts, and forms that meet the end of a session."""

import re

import pytest
from django.core.cache import cache

from gugan.accounts.models import TrailEntry
from gugan.accounts.queries import verify_trail
from gugan.web import keeping, signin

PASSWORD = "纸墨一蓝一红 2026"


@pytest.fixture
def clerk(world):
    cache.clear()
    world.clerk.set_password(PASSWORD)
    world.clerk.save()
    return world.clerk


def kept_of(response) -> str:
    return re.search(r'name="kept" value="([^"]*)"', response.content.decode()).group(1)


def test_password_signs_in_and_goes_where_one_wanted(client, clerk):
    response = client.post("/signin/", {"username": "经办", "password": PASSWORD, "next": "/pay/?page=2"})
    assert response["Location"] == "/pay/?page=2"
    assert client.get("/pay/").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil", ""])
def test_sign_in_leads_nowhere_else(client, clerk, target):
    response = client.post("/signin/", {"username": "经办", "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


@pytest.mark.parametrize(
    "name, password", [("经办", "错"), ("没有这个人", PASSWORD), ("经\x00办", PASSWORD), ("长" * 5000, "x")]
)
def test_wrong_password_keeps_the_name_and_says_no_more(client, clerk, words, name, password):
    response = client.post("/signin/", {"username": name, "password": password})
    assert response.status_code == 200 and "账号或密码不对" in words(response)
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_rest_the_name(client, clerk, words):
    for _ in range(5):
        client.post("/signin/", {"username": "经办", "password": "错"})
    assert "歇 15 分钟" in words(client.post("/signin/", {"username": "经办", "password": PASSWORD}))


def test_sign_out_ends_the_session_and_is_a_post(client, clerk):
    client.force_login(clerk)
    assert client.get("/signout/").status_code == 405
    response = client.post("/signout/")
    assert response["Location"] == "/signin/?out=1" and response["Clear-Site-Data"] == '"cache"'
    assert client.get("/pay/").status_code == 302


def test_demo_accounts_are_one_click_and_only_in_a_demo(client, world, worker, words, settings):
    settings.GUGAN_DEMO = True
    page = words(client.get("/signin/"))
    assert all(name in page for name in ("经办", "审批", "财务", "林惠珊")) and "不用密码" in page
    assert client.post("/signin/", {"demo": "审批"})["Location"] == "/"
    assert client.get("/pay/").status_code == 200
    client.logout()
    settings.GUGAN_DEMO = False
    assert "不用密码" not in words(client.get("/signin/"))
    assert client.post("/signin/", {"demo": "审批"}).status_code == 404
    assert client.get("/pay/").status_code == 302


def test_an_account_with_a_password_is_no_demo_account(client, clerk, demo):
    assert client.post("/signin/", {"demo": "经办"}).status_code == 404


def test_a_form_that_meets_the_end_of_the_session_is_offered_again(client, clerk, words):
    client.post("/signin/", {"username": "经办", "password": PASSWORD})
    client.session.flush()
    response = client.post("/people/?page=3", {"reason": "学历更正 <b>", "tag": ["一", "二"], "password": "不留"})
    assert response.status_code == 401 and "您刚才填的还在" in words(response)
    response = client.post("/signin/", {"username": "经办", "password": PASSWORD, "kept": kept_of(response)})
    page = response.content.decode()
    assert response.status_code == 200 and 'action="/people/?page=3"' in page
    assert 'name="reason" value="学历更正 &lt;b&gt;"' in page and page.count('name="tag"') == 2
    assert "不留" not in page and "接着交" in words(response)


def test_another_user_is_not_shown_the_kept_form(client, clerk, world, words):
    client.post("/signin/", {"username": "经办", "password": PASSWORD})
    client.session.flush()
    kept = kept_of(client.post("/people/", {"reason": "经办写的话"}))
    world.approver.set_password(PASSWORD)
    world.approver.save()
    response = client.post("/signin/", {"username": "审批", "password": PASSWORD, "kept": kept})
    assert "刚才那张表是另一个人填的" in words(response) and "经办写的话" not in response.content.decode()


def test_a_forged_kept_form_is_dropped(client, clerk):
    response = client.post("/signin/", {"username": "经办", "password": PASSWORD, "kept": "eyJ0byI6Ii8ifQ:x:y"})
    assert response.status_code == 302


def test_a_form_too_large_to_travel_says_how_to_keep_it(client, clerk, words):
    response = client.post("/people/", {"reason": "长" * (keeping.MOST + 1)})
    assert response.status_code == 401 and "后退" in words(response) and kept_of(response) == ""


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client, db):
    response = client.get("/pay/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/pay/?sort=x"})
    assert response.status_code == 204 and response["HX-Redirect"] == "/signin/?next=%2Fpay%2F%3Fsort%3Dx"


def test_a_stale_token_from_our_own_page_is_offered_again(clerk, words):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    form = {"reason": "学历更正", "csrfmiddlewaretoken": "x" * 64}
    response = strict.post("/people/", form, headers={"Origin": "http://testserver"})
    assert response.status_code == 403 and 'value="学历更正"' in response.content.decode()
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        response = strict.post("/people/", form, headers=origin)
        assert response.status_code == 403 and "学历更正" not in response.content.decode()
        assert "什么都没改动" in words(response)


def test_signing_in_and_out_is_in_the_trail(client, clerk):
    client.post("/signin/", {"username": "经办", "password": PASSWORD})
    client.post("/signout/")
    client.post("/signout/")
    found = TrailEntry.objects.filter(subject=f"user:{clerk.pk}", act__in=["进入", "退出"])
    assert list(found.values_list("act", "by")) == [("进入", clerk.pk), ("退出", clerk.pk)]
    assert verify_trail() == []


def test_wrong_passwords_are_in_the_trail_without_what_was_typed(client, clerk):
    for name in ("经办", "经办", "没有这个人"):
        client.post("/signin/", {"username": name, "password": "错的密码"})
    found = list(TrailEntry.objects.filter(act="进入不成"))
    assert [(one.subject, one.by) for one in found] == [(f"user:{clerk.pk}", None)] * 2 + [("user:?", None)]
    assert all("错" not in str(vars(one)) and "没有这个人" not in str(vars(one)) for one in found)


def test_names_that_nobody_has_do_not_fill_the_trail(client, clerk, monkeypatch):
    monkeypatch.setattr(signin, "MOST_UNKNOWN", 3)
    for number in range(5):
        client.post("/signin/", {"username": f"谁{number}", "password": "错"})
    assert TrailEntry.objects.filter(act="进入不成", subject="user:?").count() == 3
    for _ in range(7):
        client.post("/signin/", {"username": "经办", "password": "错"})
    assert TrailEntry.objects.filter(act="进入不成", subject=f"user:{clerk.pk}").count() == 5
