"""The demo goes on: November's facts after October was sealed, why the month differs, and a draft that waits for another person."""

import json
from collections import Counter
from datetime import date

import pytest

from gugan.accounts.models import TrailEntry
from gugan.cli import main, november
from gugan.lifecycle.pay import changes
from gugan.records.models import Action, Person
from gugan.runs import queries
from gugan.runs.models import DRAFT, SEALED, Outcome, Run, Settlement

OCTOBER = {
    "people": 1214,
    "communities": 83,
    "refused": 0,
    "gross": "6276452.80",
    "net": "5323327.06",
    "employer_cost": "1700543.77",
}

CAUSES = {
    "月中离职": ["张𬭎"],
    "职业资格": ["孙磊新", "朱豪国"],
    "学历": ["龙霞涵"],
    "更正（学历）": ["林文"],
    "事假": ["毛雪仪"],
    "撤销（职业资格）": ["张诗锦"],
    "岗位": ["阿依努尔·买买提"],
    "值班": ["孔嘉俊", "宋英兰"],
    "新进": ["谭卓文", "叶可盈"],
    "离岗或不在这里发": ["严娜嘉"],
}
"""Everybody of the story whose gross differs, by cause, the largest sum first and 新进 and 离岗 after."""


@pytest.fixture
def demo(db, capsys):
    """Run the demo to its end; return what it says of October."""

    def run() -> dict:
        assert main(["demo", "--check"]) == 0
        line = json.loads(capsys.readouterr().out.splitlines()[-1])
        del line["seconds"]
        return line

    return run


def month(number: int) -> Run:
    return Run.objects.get(period_start=date(2026, number, 1))


def paid(run: Run, name: str, rule: str = "应发工资") -> int:
    return Outcome.objects.get(run=run, person__name=name).values[rule]


def test_november_is_told_once_and_stands_on_its_facts(demo, monkeypatch):
    """One demo for the whole story, as it takes long: stopped within November, gone on with, run again."""
    told = november.story("440703")
    with monkeypatch.context() as stopped:  # as after a kill: four days posted, the draft not yet
        stopped.setattr(november, "story", lambda payer: told[:4])
        stopped.setattr(november, "draft", lambda **given: month(10))
        assert demo() == OCTOBER
    assert (Run.objects.count(), Person.objects.count()) == (1, 1215)
    assert demo() == OCTOBER
    recorded_on_their_own_days_by_the_clerk(told)
    bridged_to_the_fen()
    october_is_paid_back_in_november()
    before = (Action.objects.count(), Person.objects.count(), Outcome.objects.count(), TrailEntry.objects.count())
    assert demo() == OCTOBER
    after = (Action.objects.count(), Person.objects.count(), Outcome.objects.count(), TrailEntry.objects.count())
    assert after == before
    assert main(["records", "verify"]) == main(["runs", "verify"]) == 0


def bridged_to_the_fen():
    october, run = month(10), month(11)
    assert (october.state, run.state) == (SEALED, DRAFT), "October can still be voided by two; nobody approved November"
    assert queries.month_before(run) == october
    assert (run.totals["computed"], run.totals["unknown"]) == (1215, 0), "1,214 and two who came, less one who left"

    found = changes.bridge(run, october)
    assert (found.before, found.after) == (627645280, run.gross_fen)
    assert sum(cause.fen for cause in found.causes) == sum(fen for _, fen in found.lines) == found.difference
    assert all(sum(cause.each) == cause.fen for cause in found.causes)
    names = dict(Person.objects.values_list("pk", "name"))
    told = {cause.name: {names[person] for person in cause.people} for cause in found.causes}
    assert told == {name: set(people) for name, people in CAUSES.items()} and list(told) == list(CAUSES)
    assert found.changed == 13, "everybody of the story but 郑浩, whose gross stays"

    # 严娜嘉 left on October's last day; 张𬭎 has 15 of November's 30 days, 叶可盈 as well
    assert not Outcome.objects.filter(run=run, person__name="严娜嘉").exists()
    assert paid(run, "张𬭎") == 400000 // 2 + 20000, "grade 1: 4,000, half a month; certificate 200 whole"
    assert paid(run, "叶可盈") == 400000 // 2
    # 谭卓文: grade 1 + 1 for 本科: 4,000 × 1.06
    assert paid(run, "谭卓文") == 424000
    # 孔嘉俊: three times on duty at 50 yuan; 朱豪国: 助理社会工作师, registered in October
    assert paid(run, "孔嘉俊") - paid(october, "孔嘉俊") == 15000
    assert paid(run, "朱豪国") - paid(october, "朱豪国") == 10000
    # 郑浩: gross stays; old-age insurance is 8% of a base of 6,400
    assert paid(run, "郑浩") == paid(october, "郑浩")
    assert paid(run, "郑浩", "养老保险个人") == 51200
    # 本人's late certificate: 300 instead of 200, and one grade more
    assert paid(run, "孙磊新", "职业资格津贴") == 30000
    assert paid(run, "孙磊新", "岗位等级") == paid(october, "孙磊新", "岗位等级") + 1


def october_is_paid_back_in_november():
    """By hand: a grade is 240.00; 孙磊新 has it for 24 of October's 31 days, 185.81, and 优秀 makes 30% of it 36%."""
    october, run = month(10), month(11)
    settled = Settlement.objects.filter(run=run, origin=october, month=date(2026, 10, 1))
    found = {(one.person.name, one.line): one.amount_fen for one in settled.select_related("person")}
    assert found == {
        ("龙霞涵", "基本报酬"): 16800,
        ("龙霞涵", "绩效报酬"): 7200,
        ("林文", "基本报酬"): 16800,
        ("林文", "绩效报酬"): 7200,
        ("孙磊新", "基本报酬"): 13006,
        ("孙磊新", "绩效报酬"): 6689,
        ("张诗锦", "职业资格津贴"): -20000,
    }
    assert Settlement.objects.count() == len(found) and run.totals["lines"]["补发扣回"] == sum(found.values())
    assert settled.get(person__name="龙霞涵", line="基本报酬").cause == "本科学历 2026-07-01 起，2026-11-09 登记"
    assert october.totals["lines"]["补发扣回"] == 0, "nothing was sealed before October"


def recorded_on_their_own_days_by_the_clerk(told):
    moments = [november.moment(day, 10) for day, _ in told]
    assert len(set(moments)) == len(moments), "a day of the story is known by its moment"
    posted = Action.objects.filter(recorded_at__in=moments)
    assert Counter(posted.values_list("recorded_at", flat=True)) == {
        november.moment(day, 10): len(events) for day, events in told
    }
    assert set(posted.values_list("recorded_by__username", flat=True)) == {"经办"}
    assert not posted.filter(basis="").exists()
    degree = posted.get(person__name="龙霞涵")
    assert (degree.effective_on, degree.facts) == (date(2026, 7, 1), {"学历": "本科"})
    assert posted.get(person__name="林文").replaces is not None
    assert posted.get(person__name="张诗锦").facts == {}
