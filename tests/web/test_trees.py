"""The explanation tree on a page: the rows a rule looked at in one sentence, limits, steps of a scale, what to record."""

from datetime import date

import pytest
from django.template.loader import render_to_string

from gugan import policy
from gugan.web import trees
from tests.lifecycle.world import World
from tests.policy.helpers import OCTOBER, POLICIES, person
from tests.policy.test_explain import FORMS, LIN, REAL


def shown(pack, want, **values):
    """The prepared tree of an answer, as JSON would bring it."""
    return trees.prepare(policy.explain(pack, person(**values), OCTOBER, want).as_dict(), record_url="/r/?kind={kind}")


def html_of(node):
    return render_to_string("web/components/tree.html", {"tree": node})


def test_exceptions_that_were_looked_at_are_one_folded_line():
    node = shown(FORMS, "标准", 学历="大专", 岗位="副职", 性别="男")
    assert (node.rows.said, node.rows.open) == ("还看了 3 条例外，都不适用", False)
    assert node.notes == []
    html = html_of(node)
    assert "<details><summary>还看了 3 条例外，都不适用" in html
    assert html.count("不适用</span>") == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"学历": "本科", "岗位": "副职", "性别": "男"}, "还看了 2 条例外，都不适用"),
        ({"学历": "本科", "岗位": "正职", "性别": "男"}, "看了 3 条例外，不止一条适用"),
        ({"学历": "大专", "岗位": "副职"}, "看了 3 条例外，1 条算不出"),
    ],
)
def test_sentence_says_what_became_of_the_exceptions(values, said):
    assert shown(FORMS, "标准", **values).rows.said == said


def test_conditions_that_are_not_met_are_open_and_each_says_why():
    node = shown(FORMS, "资格", 学历="大专", 岗位="正职")
    assert (node.rows.said, node.rows.open) == ("3 条条件里，2 条不符合，1 条算不出", True)
    assert [(row["state"], row["says"], row["why"]) for row in node.rows.lines] == [
        ("不符合", "本科以上", "学历 大专 ≥ 本科"),
        ("算不出", "已聘任", "缺聘任"),
        ("不符合", "不是正职", "岗位 正职 < 正职"),
    ]
    met = shown(FORMS, "资格", 学历="本科", 聘任=True, 岗位="副职")
    assert (met.rows.said, met.rows.open) == ("3 条条件都符合", False)


def test_sums_and_limits_and_choices_are_told():
    node = shown(FORMS, "津贴", 聘任=True, 学历="本科", 工资="1500.00", 岗位="副职")
    assert node.rows.said == "看了 3 项，2 项适用"
    assert node.sums == ["封顶起了作用：算得 3,100.00，按 300.00"]
    assert [(row["state"], row["value"]) for row in node.rows.lines] == [
        ("适用", "100.00"),
        ("适用", "3,000.00"),
        ("不适用", ""),
    ]
    assert shown(REAL, "职业资格津贴", **LIN).rows.said == "比较了 3 项，1 项适用"
    assert shown(REAL, "纳入核算", **LIN).rows.said == "3 行里用第 3 行"


def test_steps_of_the_tax_scale_are_written_out():
    node = shown(policy.load("00", POLICIES), "累计应预扣税额", 累计应纳税所得额="37000.00")
    (table,) = [child for child in node.children if child.kind == "表"]
    assert table.sums == [
        "超过 0.00 至 36,000.00 的部分 36,000.00 × 3% = 1,080.00",
        "超过 36,000.00 至 144,000.00 的部分 1,000.00 × 10% = 100.00",
        "合计 1,180.00；速算扣除数 2,520.00",
    ]


def test_what_is_missing_leads_to_where_it_is_recorded():
    node = shown(REAL, "应发工资", **{**LIN, "岗位类别": None, "学历": None})
    assert node.missing == [
        {"text": "岗位类别（事项 岗位）", "url": "/r/?kind=%E5%B2%97%E4%BD%8D"},
        {"text": "学历", "url": "/r/?kind=%E5%AD%A6%E5%8E%86"},
    ]
    assert '要先补上：<a href="/r/?kind=%E5%B2%97%E4%BD%8D">岗位类别（事项 岗位）</a>、' in html_of(node)


def test_who_may_not_record_gets_no_link():
    tree = policy.explain(REAL, person(**{**LIN, "学历": None}), OCTOBER, "应发工资").as_dict()
    assert trees.prepare(tree).missing == [{"text": "学历", "url": ""}]


def test_what_no_fact_can_mend_is_said_so():
    node = shown(FORMS, "标准", 学历="本科", 岗位="正职", 性别="男")
    assert "补事实也算不出：两条例外同时适用：本科的；正职的" in html_of(node)


def test_only_row_that_stands_needs_no_line():
    assert shown(REAL, "岗位等级", **{**LIN, "核定等级": 12}).rows is None


def test_trees_of_older_runs_are_shown_as_before():
    old = {"name": "应发工资", "kind": "规则", "value": "1.00", "unit": "元", "known": True, "children": []}
    node = trees.prepare(old)
    assert (node.rows, node.sums, node.missing, node.obstacles, node.opens) == (None, [], [], [], False)


def test_person_page_links_what_is_missing_for_who_may_record(client, settings, db):
    settings.GUGAN_TODAY = date(2026, 10, 31)
    world = World("2026-01-05 09:00")
    person = world.hire("林惠珊", education=None)
    client.force_login(world.clerk)
    html = client.get(f"/people/{person.public_id}/").content.decode()
    assert f'<a href="/people/{person.public_id}/record/?kind=%E5%AD%A6%E5%8E%86">学历</a>' in html
    client.force_login(world.approver)
    seen = client.get(f"/people/{person.public_id}/").content.decode()
    assert "要先补上：学历" in seen and "/record/?kind=" not in seen
