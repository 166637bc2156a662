"""The pages of the packs: list, rules beside their basis, worked cases, files, and the trial that stores nothing."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.queries import trail_of
from gugan.web.pages.policies.wording import underlaid
from tests.lifecycle.world import POLICIES, World

TODAY = date(2026, 10, 31)


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = TODAY
    settings.GUGAN_POLICIES = POLICIES
    return World("2025-01-02 09:00")


@pytest.fixture
def office(client, world):
    """A clerk who is signed in."""
    client.force_login(world.clerk)
    return client


@pytest.fixture
def packs(office, settings, tmp_path) -> Path:
    """The packs, copied so that a test may spoil them."""
    root = tmp_path / "policies"
    shutil.copytree(POLICIES, root)
    settings.GUGAN_POLICIES = root
    return root


def text(response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_list_names_packs_with_states_and_counts(office):
    words = text(office.get("/policies/"))
    assert "2 个政策包，都查过，没有问题" in words
    assert "全国 00" in words and "示例三岗十八级 9901" in words
    assert "10 / 10" in words and "55 条规则" not in words.split("9901")[0]


def test_rule_stands_beside_its_basis(office):
    page = office.get("/policies/9901/?on=2026-10-31")
    words = text(page)
    assert "这是示例，数字只作演示。 不能用来发工资。" in words
    assert "示例写法 参照： 薪酬基准每年公布" in words.replace("参照：薪", "参照： 薪")
    assert "月薪酬标准 = 薪酬基准 × 等级系数[岗位等级]" in words
    assert "1 至 18 连续，不重不漏，逐级上升" in words
    assert "<blockquote" in page.content.decode()  # the law's own words, inherited from the nation
    assert "style=" not in page.content.decode()


def test_values_by_start_date_with_the_one_in_force(office):
    words = text(office.get("/policies/9901/?on=2025-06-30"))
    assert "薪酬基准 = 3,800.00" in words
    assert "自 2026-01-01 4,000.00 自 2024-07-01 这一天适用 3,800.00" in words
    assert "薪酬基准 = 4,000.00" in text(office.get("/policies/9901/"))


def test_marginal_scale_shows_its_quick_deductions(office):
    words = text(office.get("/policies/00/"))
    assert "36,000 144,000 10% 2,520" in words and "660,000 85,920" not in words


def test_bad_day_is_explained_and_today_shown(office):
    words = text(office.get("/policies/9901/?on=2026-13-01"))
    assert "这个日子读不懂：2026-13-01" in words and "薪酬基准 = 4,000.00" in words


def test_cases_show_what_was_expected_and_what_came(office):
    words = text(office.get("/policies/00/cases/"))
    assert "算例 10 / 10" in words and "税务总局公开示例" in words
    assert "18,500.00 555.00 18,500.00 555.00" in words


def test_files_have_numbered_lines(office):
    page = office.get("/policies/9901/files/?file=薪酬.yaml")
    assert 'id="L1"' in page.content.decode() and "薪酬基准" in text(page)
    assert office.get("/policies/9901/files/?file=../../pyproject.toml").status_code == 200


def test_problem_is_shown_at_its_line(packs, office):
    file = packs / "9901-示例三岗十八级" / "薪酬.yaml"
    file.write_text(file.read_text("utf-8").replace("值班次数 × 每次值班补贴", "值班次数 × 每次值班补助金"), "utf-8")
    assert "1 个有问题要改" in text(office.get("/policies/"))
    words = text(office.get("/policies/9901/files/?file=薪酬.yaml"))
    assert "行第 26 字：没有“每次值班补助金”" in words and "G103" in words


def test_pack_that_cannot_be_read_says_where(packs, office):
    (packs / "9901-示例三岗十八级" / "薪酬.yaml").write_text("规则: [", "utf-8")
    words = text(office.get("/policies/9901/"))
    assert "这个政策包读不出来" in words and "G001" in words
    assert office.get("/policies/9901/files/").status_code == 200
    assert office.get("/policies/9901/try/").status_code == 200
    assert office.get("/policies/").status_code == 200


def test_unknown_pack_is_not_there(office):
    for code in ("1234", "..", "9901-示例三岗十八级"):
        assert office.get(f"/policies/{code}/").status_code == 404


FACTS = {
    "f-岗位类别": "副职", "f-学历": "本科", "f-社工师聘任": "是", "f-社工师取得日期": "2024-06-20", "f-历年晋级": "4",
    "f-历年考核-2025": "合格", "f-值班次数": "3", "f-从事社区工作日期": "2012-03-01",
}  # fmt: skip


def ask(client, **more):
    return client.post("/policies/9901/try/", {"ask": "1", "on": "2026-10-31", **FACTS, **more})


def test_trial_asks_only_what_is_needed(office):
    page = office.get("/policies/9901/try/?want=值班补贴").content.decode()
    assert 'name="f-值班次数"' in page and 'name="f-学历"' not in page


def test_trial_answers_with_reasons(office):
    words = text(ask(office))
    assert "基本报酬 4,312.00" in words and "应发工资 6,510.00" in words
    assert "若是 2025-12-31：6,202.00，少 308.00，因为当时 薪酬基准 3,800.00" in words
    assert "月薪酬标准" in words and "参照：" in words


def test_trial_says_what_is_missing(office):
    words = text(ask(office, **{"f-学历": ""}))
    assert "算不出：缺 学历" in words


def test_trial_keeps_what_was_typed_and_explains(office):
    answer = ask(office, **{"f-值班次数": "三次", "f-学历": "大本", "f-社工师取得日期": "2024.6"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="三次"' in page and 'value="2024.6"' in page and page.count('aria-invalid="true"') == 3
    assert "值班次数：“三次”读不懂，写成数" in text(answer) and "没有“大本”这一种" in text(answer)
    assert "应发工资 6,510.00" not in text(answer)


def test_trial_of_the_whole_slip_and_of_open_rules(office):
    assert "实发工资" in text(ask(office, want="实发"))
    nation = office.get("/policies/00/try/?want=实发工资").content.decode()
    assert 'name="f-应发工资"' in nation  # a nearer pack would write it
    answer = office.post("/policies/00/try/", {"ask": "1", "want": "失业保险个人", "f-应发工资": "7215"})
    assert answer.status_code == 200 and "算不出：缺" in text(answer)


def test_trial_survives_rubbish(office):
    for want in ("没有这条", "x" * 10_000, "'; DROP TABLE"):
        assert ask(office, want=want).status_code == 200
    assert ask(office, on="9999-99-99").status_code == 200
    assert ask(office, on="1990-01-01").status_code in (200, 422)
    assert ask(office, **{"f-历年考核-2025": "最好", "f-历年晋级": "9" * 60}).status_code == 422


@pytest.mark.parametrize("address", ["/policies/", "/policies/9901/", "/policies/9901/try/", "/policies/00/cases/"])
def test_few_statements(office, address):
    office.get(address)
    with CaptureQueriesContext(
        connection,
    ) as made:
        assert office.get(address).status_code == 200
    assert len(made) <= 15


def test_strangers_sign_in_first(client, db):
    assert client.get("/policies/9901/").status_code == 302


def test_trial_from_a_person_in_scope_leaves_a_trace(office, world):
    lin = world.hire("林惠珊", post="副职", education="本科", years={"2025": "优秀"}, steps=4)
    page = office.post("/policies/9901/try/", {"fill": "1", "who": "林惠珊", "on": "2026-10-31"})
    html = page.content.decode()
    assert "下面是 林惠珊 2026-10-31 的事实" in text(page) and "<option selected>副职</option>" in html
    assert "<option selected>优秀</option>" in html and 'id="f-历年晋级" name="f-历年晋级" value="4"' in html
    assert [entry.act for entry in trail_of(f"person:{lin.pk}")] == ["查看"]
    assert "下面是 林惠珊" in text(office.get(f"/policies/9901/try/?person={lin.public_id}"))


def test_trial_from_a_person_outside_is_not_found(office, world):
    world.hire("江海人", payer="440704", place="440704001001")
    for who in ("江海人", "无此人", "", "9" * 10_000):
        words = text(office.post("/policies/9901/try/", {"fill": "1", "who": who}))
        assert "没有找到这个人" in words


def test_two_days_are_compared(office):
    words = text(office.get("/policies/9901/?on=2026-10-31&with=2025-12-31"))
    assert "从 2025-12-31 到 2026-10-31，有 1 处不同" in words and "薪酬基准 3800 4000" in words
    assert "这两天的规则一样" in text(office.get("/policies/9901/?on=2026-10-31&with=2026-10-30"))
    assert "这个日子读不懂：昨天" in text(office.get("/policies/9901/?with=昨天"))


def test_words_that_a_rule_uses_are_underlaid():
    assert underlaid("薪酬基准乘以等级系数", "薪酬基准 × 等级系数[岗位等级]") == (
        "<mark>薪酬基准</mark>乘以<mark>等级系数</mark>"
    )
    assert underlaid("按照5000元/月，15000元", "5000") == "按照<mark>5000</mark>元/月，15000元"
    assert underlaid("月薪酬标准的百分之七十；百分之十六", "70%") == "月薪酬标准的<mark>百分之七十</mark>；百分之十六"
    assert underlaid("<b>8%</b>", "8%") == "&lt;b&gt;<mark>8%</mark>&lt;/b&gt;"
    assert underlaid("百分之十六", "16%") == "<mark>百分之十六</mark>"
    assert underlaid("<i>各项相加</i>", "甲") == "&lt;i&gt;各项相加&lt;/i&gt;"
