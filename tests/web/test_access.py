"""Deny by default: every address, asked for by nobody, by a worker, by an officer of another district."""

import io
import re
import zipfile

import pytest

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import services as pay
from gugan.runs import services as runs
from tests.lifecycle.world import PAYER, moment
from tests.web.addresses import addresses, walk

ALL = addresses()
CLOSED = [address for address in ALL if address.access != "open"]
by_name = {"ids": lambda address: address.name}


@pytest.fixture
def secret(world):
    """Somebody whom only 蓬江区 may see, with a sealed month; the name must not leave it."""
    person = world.hire("孔嘉俊", years={"2025": "合格"})
    run = pay.run(payer=PAYER, month="2026-10", by=world.clerk, now=moment("2026-10-31 18:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-10-31 19:00"))
    person.run = run
    return person


def test_every_view_says_who_may_open_it():
    assert [pattern.name for pattern in walk() if not hasattr(pattern.callback, "gugan_access")] == []
    assert all(pattern.name for pattern in walk())


def test_only_these_are_open():
    assert {address.name for address in ALL if address.access == "open"} == {"signin", "signout", "styles"}


def shown(response) -> str:
    """All that an answer says; of a workbook, its parts."""
    data = response.content
    if not data.startswith(b"PK"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode(errors="ignore") for name in book.namelist())


@pytest.mark.parametrize("address", CLOSED, **by_name)
def test_nobody_is_asked_to_sign_in(client, secret, address):
    path = address.path(uuid=secret.public_id, int=secret.run.pk)
    response = client.get(path)
    assert response.status_code == 302 and response["Location"].startswith("/signin/?next=%2F")
    response = client.post(path, {"note": "记下的话"})
    assert response.status_code == 401 and "孔嘉俊" not in response.content.decode()


@pytest.mark.parametrize("address", CLOSED, **by_name)
def test_a_worker_sees_own_pages_only(client, secret, worker, address):
    client.force_login(worker)
    path = address.path(uuid=secret.public_id, int=secret.run.pk)
    for response in (client.get(path), client.post(path, {})):
        assert response.status_code in ({200, 302, 404, 405, 422} if address.access == "own" else {403, 404})
        assert "孔嘉俊" not in response.content.decode()


@pytest.mark.parametrize("address", CLOSED, **by_name)
def test_another_district_sees_nothing_of_it(client, world, secret, address):
    client.force_login(world.officer("江海经办", Grant.Role.CLERK, "440704"))
    path = address.path(uuid=secret.public_id, int=secret.run.pk)
    for response in (client.get(path), client.post(path, {})):
        assert response.status_code in {200, 302, 400, 403, 404, 405, 422}
        assert "孔嘉俊" not in shown(response) and "白沙街道" not in shown(response)
    secret.run.refresh_from_db()
    assert secret.run.state == "sealed"


@pytest.mark.parametrize("address", [a for a in CLOSED if not a.kinds], **by_name)
def test_nobody_without_a_role_gets_past_the_door(client, world, secret, address):
    user = world.officer("新来的", Grant.Role.CLERK)
    user.grants.all().delete()
    client.force_login(user)
    response = client.get(address.path())
    assert response.status_code == 403 and "还没有人给您授权" in response.content.decode()


def test_a_worker_lands_on_the_own_page(client, worker):
    client.force_login(worker)
    assert client.get("/")["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert "花名册" not in client.get("/me/").content.decode()


def test_a_closed_room_says_who_it_is_for(client, worker, words):
    client.force_login(worker)
    response = client.get("/people/")
    assert response.status_code == 403 and "这一页给管人事的同事看" in words(response)


def test_not_there_and_not_to_be_seen_answer_alike(client, world, secret):
    client.force_login(world.officer("江海经办", Grant.Role.CLERK, "440704"))
    seen, absent = client.get(f"/pay/{secret.run.pk}/"), client.get("/pay/999999/")
    assert seen.status_code == absent.status_code == 404
    token = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
    assert token.sub(b"", seen.content) == token.sub(b"", absent.content)


def test_the_menu_has_only_what_is_there_and_allowed(client, world, words):
    client.force_login(world.clerk)
    page = words(client.get("/search/"))
    assert "江门市" not in page and "蓬江区" in page
    assert all(room in page for room in ("首页", "待办", "花名册", "机构与员额", "工资", "政策"))
    assert "招聘" not in page
