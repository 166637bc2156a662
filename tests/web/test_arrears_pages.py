"""补发扣回 on screen: the run's list with the limit, the lines of the slip, and both trees side by side."""

import pytest
from django.urls import reverse

from gugan.accounts.models import Grant
from gugan.lifecycle.pay import review
from tests.lifecycle.months import draft, seal
from tests.lifecycle.test_arrears import correct, person_action
from tests.lifecycle.world import OTHER_PAYER, World, moment


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def story(world):
    """October sealed; in November one degree came late and another was found to be lower."""
    world.late = world.hire("孔嘉俊", education="大专", years={"2025": "合格"})
    world.false = world.hire("林惠珊", education="博士研究生", years={"2025": "合格"})
    seal(world, "2026-08")
    seal(world, "2026-09")
    seal(world, "2026-10")
    world.note("学历", world.late, "2026-10-01", {"学历": "本科"}, at="2026-11-05 10:00")
    correct(world, person_action(world.false, "学历"), {"学历": "大专"}, "2026-11-06 10:00")
    world.run = draft(world, "2026-11")
    return world


def text(client, name, *arguments, status=200):
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == status
    return response.content.decode()


def test_run_lists_both_ways_with_the_limit(client, story):
    client.force_login(story.clerk)
    page = text(client, "run-arrears", story.run.pk)
    assert "本科学历 2026-10-01 起，2026-11-05 登记" in page
    assert "补发 240.00 元，扣回 800.00 元，余下 1,360.00 元没有结清" in page
    assert "本月最多扣 800.00，余下 1,360.00 转下月" in page
    assert "补发扣回" in text(client, "run", story.run.pk)


def test_slip_has_a_line_per_month_and_item(client, story):
    client.force_login(story.clerk)
    page = text(client, "slip", story.run.pk, story.late.public_id)
    assert "2026-10 基本报酬" in page and "2026-10 绩效报酬" in page
    assert "+168.00" in page and "2,800.00" in page and "2,968.00" in page


def test_both_trees_stand_side_by_side(client, story):
    client.force_login(story.clerk)
    page = text(client, "slip-arrears", story.run.pk, story.late.public_id, "2026-10", "基本报酬")
    assert "孔嘉俊 2026年10月基本报酬少发 168.00 元" in page
    assert page.count('class="gg-tree"') == 2
    assert "当时（2026-10-31 所知）" in page and "现在（2026-11-30 所知）" in page


def test_what_is_not_settled_or_not_to_be_seen_is_not_there(client, story):
    client.force_login(story.clerk)
    text(client, "slip-arrears", story.run.pk, story.late.public_id, "2026-10", "值班补贴", status=404)
    text(client, "slip-arrears", story.run.pk, story.late.public_id, "x", "基本报酬", status=404)
    client.force_login(story.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER))
    text(client, "run-arrears", story.run.pk, status=404)
    text(client, "slip-arrears", story.run.pk, story.late.public_id, "2026-10", "基本报酬", status=404)


def test_month_without_arrears_says_so(client, world):
    world.hire()
    seal(world, "2026-10")
    client.force_login(world.clerk)
    assert "2026年11月没有要补发或扣回的" in text(client, "run-arrears", draft(world, "2026-11").pk)


@pytest.mark.parametrize("people", [1, 30])
def test_list_takes_the_same_statements(client, world, people, django_assert_max_num_queries):
    late = [world.hire(education="大专") for _ in range(people)]
    seal(world, "2026-10")
    for person in late:
        world.note("学历", person, "2026-10-01", {"学历": "本科"}, at="2026-11-05 10:00")
    run = draft(world, "2026-11")
    client.force_login(world.clerk)
    with django_assert_max_num_queries(15):
        text(client, "run-arrears", run.pk)


def test_what_carries_on_is_an_exception_to_answer(client, story):
    client.force_login(story.clerk)
    assert "以前月份多发或少发的，本月没有结清，余下的转下月" in text(client, "run", story.run.pk)
    found = review.reviewed(story.run, story.clerk, moment("2026-11-30 18:10"))
    assert [one.look.kind for one in found.exceptions].count("转下月") == 1
