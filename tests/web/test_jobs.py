"""A long job has a page of its own: it says how far it is, leads on at the end, and shows nobody what is not theirs."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gugan.accounts.models import Grant
from gugan.jobs import doing, presence, services
from gugan.jobs.models import FAILED, STOPPED, WAITING, Job
from gugan.lifecycle.pay import services as pay
from gugan.runs import services as runs
from gugan.runs.models import Run
from tests.jobs import kinds as _kinds  # noqa: F401
from tests.lifecycle.world import OTHER_PAYER, PAYER, World, moment

NOW = moment("2026-11-30 18:00")
MONTH = {"payer": PAYER, "month": "2026-11"}


@pytest.fixture
def world(db, settings) -> World:
    settings.GUGAN_TODAY = date(2026, 11, 30)
    world = World()
    world.hire("孔嘉俊", years={"2025": "合格"})
    return world


@pytest.fixture
def later(settings):
    """Work waits for a worker, as it does where pages are served."""
    settings.GUGAN_JOBS_AT_ONCE = False


@pytest.fixture
def at_work(db):
    """A worker is there."""
    here = presence.presence()
    assert here.take()
    yield here
    here.leave()


@pytest.fixture
def job(client, world, later) -> Job:
    """November, asked for by 经办 on the page."""
    client.force_login(world.clerk)
    response = client.post("/pay/month/", MONTH)
    found = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/jobs/{found.pk}/")
    return found


def do_next(now=NOW) -> None:
    doing.do(services.take_next(now=now), note=doing.nowhere, clock=lambda: now)


def text(response) -> str:
    body = response.content.decode()
    body = body[body.find("<main") : body.find("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def test_short_work_needs_no_page(client, world):
    client.force_login(world.clerk)
    response = client.post("/pay/month/", MONTH, follow=True)
    run = Run.objects.get()
    assert response.redirect_chain == [(f"/pay/{run.pk}/", 302)]
    assert "2026年11月算出 1 人。" in text(response)


def test_long_work_says_that_nobody_works_then_leads_to_the_run(client, job):
    address = f"/jobs/{job.pk}/"
    page = client.get(address)
    assert "核算蓬江区2026年11月工资" in text(page) and "没有在运行，所以还没有开始" in text(page)
    assert 'http-equiv="refresh" content="2;url=?wait=1"' in page.content.decode()
    assert not Run.objects.exists()
    do_next()
    run = Run.objects.get()
    assert (run.computed_by_id, run.computed_at) == (job.asked_by_id, job.asked_at)
    done = client.get(address)
    assert "2026年11月算出 1 人。" in text(done) and f'href="/pay/{run.pk}/"' in done.content.decode()
    assert "http-equiv" not in done.content.decode()
    led = client.get(address, {"wait": "1"}, follow=True)
    assert led.redirect_chain == [(f"/pay/{run.pk}/", 302)] and "2026年11月算出 1 人。" in text(led)


def test_a_page_that_asks_again_gets_what_is_new_and_goes_on_at_the_end(client, job, at_work):
    ask = {"path": f"/jobs/{job.pk}/", "headers": {"HX-Request": "true"}}
    page = client.get(ask["path"])
    assert "马上开始" in text(page) and "关掉这一页也会继续" in text(page)
    seen = re.search(r'name="seen" value="([^"]+)"', page.content.decode())[1]
    assert client.get(data={"wait": "1", "seen": seen}, **ask).status_code == 204
    services.take_next(now=NOW)
    Job.objects.update(
        step="比对", step_number=2, done=400, total=1214, stepped_at=NOW, moved_at=NOW + timedelta(seconds=4)
    )
    changed = client.get(data={"wait": "1", "seen": seen}, **ask)
    assert "第 2 步：比对" in text(changed) and "400 / 1,214，还要约 8 秒" in text(changed)
    Job.objects.update(state=WAITING)
    do_next()
    ended = client.get(data={"wait": "1", "seen": seen}, **ask)
    assert (ended.status_code, ended["HX-Redirect"]) == (204, f"/pay/{Run.objects.get().pk}/")


def test_those_who_wait_are_told_how_many_are_before_them(client, world, job, at_work):
    client.post("/pay/month/", MONTH | {"month": "2026-10"})
    assert "等候，前面还有 1 件" in text(client.get(f"/jobs/{Job.objects.latest('pk').pk}/"))


def test_a_double_submission_leads_to_the_same_page(client, world, job):
    assert client.post("/pay/month/", MONTH)["Location"] == f"/jobs/{job.pk}/"
    other = world.officer("另一位经办", Grant.Role.CLERK)
    client.force_login(other)
    assert client.post("/pay/month/", MONTH)["Location"] == f"/jobs/{job.pk}/"
    assert Job.objects.count() == 1


def test_what_is_refused_on_the_way_is_told_on_the_page(client, world, job, settings):
    """The month is sealed while the job waits."""
    settings.GUGAN_JOBS_AT_ONCE = True
    run = pay.run(payer=PAYER, month="2026-11", by=world.clerk, now=moment("2026-11-30 10:00"))
    runs.approve(run=run, by=world.approver, now=moment("2026-11-30 11:00"))
    do_next()
    page = client.get(f"/jobs/{job.pk}/")
    assert "已封存，不能重算" in text(page) and "什么都没改动" in text(page) and "再试一次" not in text(page)
    assert f'href="/pay/month/?payer={PAYER}&amp;month=2026-11"' in page.content.decode()


def test_what_is_refused_at_once_is_told_at_the_form(client, world):
    client.force_login(world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER))
    response = client.post("/pay/month/", {"payer": OTHER_PAYER, "month": "2026-11"})
    assert (
        response.status_code == 422 and "没有一个在册的人" in text(response) and "2026-11" in response.content.decode()
    )


def test_a_fault_of_ours_gives_a_number_and_another_try(client, world, job):
    Job.objects.update(kind="test.breaks", args={})
    do_next()
    job.refresh_from_db()
    page = client.get(f"/jobs/{job.pk}/")
    assert job.state == FAILED and f"再试一次；还不行请报 {job.error_number}" in text(page)
    assert "什么都没改动" in text(page) and "孔嘉俊" not in text(page) and "KeyError" not in text(page)
    Job.objects.update(kind="pay.compute", args=MONTH)
    assert client.post(f"/jobs/{job.pk}/retry/")["Location"] == f"/jobs/{job.pk}/"
    do_next()
    assert "2026年11月算出 1 人。" in text(client.get(f"/jobs/{job.pk}/"))


def test_a_job_whose_worker_died_is_tried_again_by_a_colleague(client, world, job):
    services.take_next(now=NOW)
    Job.objects.update(step="核算 1 人", step_number=2)
    colleague = world.officer("另一位经办", Grant.Role.CLERK)
    client.force_login(colleague)
    assert "停在第 2 步：核算 1 人。什么都没改动。" in text(client.get(f"/jobs/{job.pk}/"))
    client.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, job.asked_by) == (WAITING, colleague)


def test_a_job_is_there_only_for_whom_it_concerns(client, world, job, worker):
    Job.objects.update(state=STOPPED)
    strangers = (world.officer("江海经办", Grant.Role.CLERK, OTHER_PAYER), world.approver, world.finance, worker)
    for user in strangers:
        client.force_login(user)
        assert client.get(f"/jobs/{job.pk}/").status_code == 404
        assert client.post(f"/jobs/{job.pk}/retry/").status_code == 404
    client.force_login(world.clerk)
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    assert client.get(f"/jobs/{job.pk}/retry/").status_code == 405
    assert client.get(f"/jobs/{2**63}/").status_code == 404
    job.refresh_from_db()
    assert job.state == STOPPED


def test_a_page_takes_few_statements(client, job, at_work):
    client.get(f"/jobs/{job.pk}/")
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/jobs/{job.pk}/")
    assert len(captured) <= 10
