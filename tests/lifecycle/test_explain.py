"""Every figure opens to its formula, clause and facts with two dates, from what the run pinned."""

import pytest
from django.db import connection

from gugan.accounts import guards as append_only
from gugan.lifecycle.pay import services
from gugan.runs import guards
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import Outcome, PackBytes, Run
from tests.lifecycle.world import PAYER, moment

NOW, LATER = moment("2026-10-31 18:00"), moment("2026-10-31 19:00")


@pytest.fixture
def person(world):
    person = world.hire("林惠珊", years={"2025": "合格"})
    world.note("学历", person, "2026-07-01", {"学历": "硕士研究生"}, at="2026-10-12 09:00")
    return person


@pytest.fixture
def sealed(world, person) -> Run:
    run = services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    return runs.approve(run=run, by=world.approver, now=LATER)


def explain(world, person, line="应发工资"):
    return services.explain(user=world.clerk, person=person, month="2026-10", line=line, now=LATER)


def find(tree, name):
    """The first node of that name."""
    if tree["name"] == name:
        return tree
    return next((found for child in tree["children"] if (found := find(child, name))), None)


def test_gross_opens_to_the_fact_with_its_two_dates(world, sealed, person):
    found = explain(world, person).as_dict()
    assert found["tree"]["value"] == "4480.00" == found["sealed"] and found["same"] is True
    assert find(found["tree"], "薪酬基准")["since"] == "2026-01-01"
    fact = find(found["tree"], "学历")
    assert fact["value"] == "硕士研究生"
    source = fact["source"][0]
    assert (source["kind"], source["effective_on"]) == ("学历", "2026-07-01")
    assert source["recorded_at"] == "2026-10-12T09:00+08:00"
    assert source["facts"] == {"学历": "硕士研究生"}


def test_text_shows_formula_basis_dates_and_pins(world, sealed, person):
    text = explain(world, person).as_text()
    assert "应发工资 = 4480.00 元" in text
    assert "▣ 学历 硕士研究生  生效 2026-07-01，记录 2026-10-12" in text
    assert "〔示例〕" in text and "自 2026-01-01" in text
    assert f"政策包 {sealed.packs[0]['code']}-{sealed.packs[0]['name']} {sealed.packs[0]['digest'][:8]}" in text
    assert "事实按 2026-10-31 18:00 所知" in text


def test_depth_folds_the_text(world, sealed, person):
    assert "薪酬基准 =" not in explain(world, person).as_text(1)


def test_explanation_stays_when_facts_and_packs_move_on(world, sealed, person, settings, tmp_path):
    before = explain(world, person).as_dict()
    world.note("学历", person, "2026-07-01", {"学历": "博士研究生"}, at="2026-11-05 09:00")
    settings.GUGAN_POLICIES = tmp_path  # the packs on disk are gone
    after = services.explain(
        user=world.clerk, person=person, month="2026-10", line="应发工资", now=moment("2026-11-05 10:00")
    )
    assert after.as_dict() == before


def test_default_is_named(world):
    person = world.hire()
    services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    found = explain(world, person)
    assert found.defaults
    assert all(f"缺省：{sentence}" in found.as_text() for sentence in found.defaults)


def test_missing_fact_is_explained_too(world):
    person = world.hire(education=None)
    services.run(payer=PAYER, month="2026-10", by=world.clerk, now=NOW)
    found = explain(world, person)
    assert found.sealed is None and found.same
    assert find(found.as_dict()["tree"], "学历")["known"] is False


def test_unknown_line_lists_the_slip(world, sealed, person):
    with pytest.raises(RunError, match="没有“应发工次”。工资条上有：基本报酬、绩效报酬"):
        explain(world, person, "应发工次")


def test_altered_pack_bytes_are_not_used(world, sealed, person):
    append_only.remove(connection, "runs_packbytes")
    pack = PackBytes.objects.get(code="9901")
    pack.content = bytes(PackBytes.objects.get(code="00").content)
    pack.save()
    with pytest.raises(RunError, match=r"存下的原文与指纹 \w+ 不符"):
        explain(world, person)
    assert any("与指纹" in text for text in runs.verify(sealed))


def test_another_engine_says_so_and_the_sealed_value_stands(world, sealed, person):
    guards.remove(connection)
    outcome = Outcome.objects.get(run=sealed, person=person)
    outcome.values = outcome.values | {"应发工资": 448001}
    outcome.save()
    found = explain(world, person)
    assert (found.same, found.sealed, found.tree.value) == (False, "4480.01", "4480.00")
    assert "今天的引擎算得 4480.00，与批次存下的 4480.01 不同；以批次存下的为准。" in found.as_text()
