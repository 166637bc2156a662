"""What every page has: headers, helpful error pages, harmless numbers and searches, and the style book."""

import pytest
from django.test import Client
from django.urls import path

from gugan.web import lists, vendor
from gugan.web.access import open_page
from tests.web.addresses import addresses


@open_page()
def fails(request):
    raise ValueError("孔嘉俊 440799199001010017")


def unmarked(request):
    raise AssertionError("served without a word about who may open it")


urlpatterns = [
    path("fails/", fails, name="fails"),
    path("unmarked/", unmarked),
    *__import__("gugan.web.urls", fromlist=["x"]).urlpatterns,
]
handler500 = "gugan.web.errors.server_error"
handler404 = "gugan.web.errors.not_found"


@pytest.fixture
def signed_in(client, world):
    client.force_login(world.clerk)
    return client


def test_pages_carry_strict_headers(signed_in):
    for address in addresses():
        if address.kinds or address.name == "signout":
            continue
        response = signed_in.get(address.path(), follow=True)
        rules = response["Content-Security-Policy"]
        assert "default-src 'none'" in rules and "unsafe" not in rules and "http" not in rules
        assert response["X-Frame-Options"] == "DENY" and response["X-Content-Type-Options"] == "nosniff"
        if response["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            assert "<script>" not in page and " style=" not in page and " onclick" not in page and "<style" not in page
            assert (
                page.count("<h1") == 1 and 'lang="zh-CN"' in page and "http://" not in page and "https://" not in page
            )


def test_personal_pages_are_kept_by_no_cache_in_between(signed_in):
    assert (
        signed_in.get("/search/")["Cache-Control"] == "no-cache, private"
        or "private" in signed_in.get("/search/")["Cache-Control"]
    )


@pytest.mark.urls(__name__)
def test_an_error_of_ours_leaks_nothing(db, words, caplog):
    client = Client(raise_request_exception=False)
    response = client.get("/fails/")
    assert response.status_code == 500 and "什么都没改动" in words(response) and "E-" in words(response)
    assert "孔嘉俊" not in response.content.decode() and "ValueError" not in response.content.decode()


@pytest.mark.urls(__name__)
def test_an_unmarked_view_is_not_served(db):
    assert Client().get("/unmarked/").status_code == 404


def test_not_found_helps(signed_in, words):
    response = signed_in.get("/no/such/孔嘉俊/")
    assert response.status_code == 404 and "没有找到这一页" in words(response) and "找人" in words(response)
    assert "孔嘉俊" not in response.content.decode()


def test_not_found_without_sign_in(client, db, words):
    assert "没有找到这一页" in words(client.get("/no/such/"))


def test_wrong_method_changes_nothing_and_says_so(signed_in, words):
    response = signed_in.post("/search/")
    assert response.status_code == 405 and response["Allow"] == "GET, HEAD" and "什么都没改动" in words(response)


class Asked:
    def __init__(self, **query):
        from django.http import QueryDict

        self.GET = QueryDict(mutable=True)
        for name, value in query.items():
            self.GET[name] = value


@pytest.mark.parametrize(
    "asked, number, noted",
    [("1", 1, False), ("3", 3, False), ("4", 3, True), ("99999999999999999999", 3, True), ("0", 1, False), ("-1", 1, False),
     ("x", 1, False), ("", 1, False), ("２", 1, False), ("1.5", 1, False), ("²", 1, False)],
)  # fmt: skip
def test_page_numbers_are_harmless(asked, number, noted):
    page = lists.page_of(Asked(page=asked, sort="name"), list(range(120)))
    assert (page.number, page.pages, bool(page.note)) == (number, 3, noted)
    assert page.items == list(range(120))[(number - 1) * 50 : number * 50]
    assert "sort=name" in (page.next or page.previous)


def test_an_empty_list_has_one_page():
    page = lists.page_of(Asked(page="7"), [])
    assert (page.number, page.pages, page.count, page.first, page.last) == (1, 1, 0, 0, 0)


def test_order_comes_from_the_address_and_nothing_else():
    columns = (lists.Column("name", "姓名", ("pinyin", "id")), lists.Column("x", "提醒"))
    assert lists.order_of(Asked(sort="-name"), columns, "name").by == ("-pinyin", "-id")
    for forged in ("x", "password", "-", "--name", "name,id"):
        assert lists.order_of(Asked(sort=forged), columns, "name").by == ("pinyin", "id")
    first, second = lists.order_of(Asked(page="3"), columns, "name").heads
    assert (first.sorted, first.url, second.url) == ("ascending", "?sort=-name", "")


def test_filters_take_only_what_is_offered():
    found = lists.filters_of(Asked(post="副职", street="'; drop", q=" 林\x00惠 "), [
        lists.Filter("post", "岗位", [("副职", "副职")]), lists.Filter("street", "街道", [("1", "白沙")])])  # fmt: skip
    assert found.values == {"post": "副职", "street": ""} and found.text == "林惠" and found.narrows
    assert [one.word for one in found.chosen] == ["副职"]


def test_search_finds_by_name_spelling_and_last_four(signed_in, world, words):
    person = world.hire("单雄信")
    for text in ("单雄", "雄信", "sxx", "shanxiong", "shan xiong", "SHAN", person.id_last4, person.id_last4.lower()):
        assert "找到 1 人" in words(signed_in.get("/search/", {"q": text})), text
    for text in ("dan", "d", "%", "_", "' or 1=1"):
        assert "没有找到" in words(signed_in.get("/search/", {"q": text})), text


def test_search_of_ten_thousand_characters_is_answered(signed_in, world, words):
    world.hire("单雄信")
    response = signed_in.get("/search/", {"q": "林" * 10_000})
    assert response.status_code == 200 and "只用了前 60 个" in words(response)
    assert len(response.content) < 20_000


def test_search_stays_in_scope(client, world, words):
    from gugan.accounts.models import Grant

    world.hire("单雄信")
    client.force_login(world.officer("江海经办", Grant.Role.CLERK, "440704"))
    assert "没有找到“单雄信”" in words(client.get("/search/", {"q": "单雄信"}))


@pytest.mark.parametrize("depth", ["", "1", "2", "3", "x"])
@pytest.mark.parametrize("files", [{}, {"tabler": "vendor/t.css", "icons": "vendor/i.svg", "htmx": "vendor/h.js"}])
def test_style_book_shows_every_component(client, demo, db, words, monkeypatch, depth, files):
    monkeypatch.setattr(vendor, "found", lambda: files)
    response = client.get("/styles/", {"depth": depth, "page": "99"})
    page = words(response)
    assert response.status_code == 200 and "没有第 99 页，这是最后一页。" in page
    assert "阿依努尔·买买提·吐尔逊江·库尔班" in page and "算不出：缺取证日" in page
    assert "基本报酬 4,312.00 元，等于 月薪酬标准 6,160.00 乘以 70%，示例" in page
    assert ("vendor/" in response.content.decode()) == bool(files)


def test_style_book_is_closed_outside_a_demo(client, db):
    assert client.get("/styles/").status_code == 404
