"""One job from its start to its end, good or bad; done at once, in this process."""

import logging
from datetime import timedelta

import pytest

from gugan.accounts.models import User
from gugan.accounts.queries import NOTHING, scope_of
from gugan.jobs import doing, queries, services
from gugan.jobs.kinds import kind_of, work
from gugan.jobs.models import DONE, FAILED, RUNNING, STOPPED, WAITING, Job
from tests.jobs.conftest import NOW, ask, officer


def test_a_job_goes_well_from_start_to_finish(clerk):
    job = ask(clerk, rows=3)
    assert (job.state, job.result, job.said) == (DONE, "/pay/", "比对了 3 行。")
    assert (job.step, job.step_number, job.asked_by, job.asked_at) == ("写入", 2, clerk, NOW)
    assert User.objects.filter(username="做成的").count() == 1


def test_a_refusal_is_told_as_it_is(clerk):
    job = ask(clerk, "test.refuses")
    assert (job.state, job.said, job.error_number) == (FAILED, "这个月已封存。先作废，再重算。", "")


def test_a_fault_of_ours_keeps_nothing_and_tells_a_number(clerk, caplog):
    with caplog.at_level(logging.ERROR, "gugan.jobs"):
        job = ask(clerk, "test.breaks")
    assert (job.state, job.said, job.result, job.step) == (FAILED, "", "", "写入")
    assert job.error_number.startswith("E-") and f"{job.error_number} job {job.pk} test.breaks" in caplog.messages
    assert not any("孔嘉俊" in message for message in caplog.messages)
    assert not User.objects.filter(username="半截的").exists()


def test_a_kind_that_is_gone_fails_and_says_so(clerk, settings, monkeypatch):
    settings.GUGAN_JOBS_AT_ONCE = False
    job = ask(clerk, rows=1)
    Job.objects.filter(pk=job.pk).update(kind="test.gone")
    doing.do(services.take_next(now=NOW), note=doing.nowhere, clock=lambda: NOW)
    job.refresh_from_db()
    assert job.state == FAILED and job.error_number


def test_asking_twice_is_one_job(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    first, second = ask(clerk, rows=1), ask(officer("另一位经办"), rows=1)
    other = ask(clerk, subject="440703 2026-11", rows=1)
    assert second == first and second.asked_by == clerk and other != first
    assert (queries.before(first), queries.before(other)) == (0, 1)


def test_ended_work_may_be_asked_for_again(clerk):
    assert ask(clerk, "test.refuses") != ask(clerk, "test.refuses")


def test_what_failed_is_tried_again_at_the_same_address(clerk):
    job = ask(clerk, "test.breaks")
    Job.objects.filter(pk=job.pk).update(kind="test.well", args={"rows": 2})
    other = officer("另一位经办")
    again = services.retry(job=job, by=other, now=NOW + timedelta(hours=1))
    assert (again.pk, again.state, again.error_number) == (job.pk, DONE, "")
    assert (again.asked_by, again.asked_at) == (other, NOW + timedelta(hours=1))
    assert services.retry(job=again, by=clerk, now=NOW).asked_by == other


def test_trying_again_leads_to_the_one_that_is_live(clerk, settings):
    failed = ask(clerk, "test.breaks")
    settings.GUGAN_JOBS_AT_ONCE = False
    live = ask(clerk, "test.breaks")
    assert services.retry(job=failed, by=clerk, now=NOW) == live
    failed.refresh_from_db()
    assert failed.state == FAILED


def test_only_its_maker_and_who_has_the_right_find_it(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    job = ask(clerk, rows=1)

    def found(user, scope):
        return queries.find(job.pk, user=user, scope=scope)

    near, far = officer("本区经办"), officer("外区经办", "440704")
    sees_only = officer("本区审批", role="approver")
    day = NOW.date()
    assert found(clerk, NOTHING) == job and found(near, scope_of(near, on=day)) == job
    assert found(far, scope_of(far, on=day)) is None and found(sees_only, scope_of(sees_only, on=day)) is None
    assert queries.find(job.pk + 1, user=clerk, scope=NOTHING) is None
    assert queries.find(2**63, user=clerk, scope=NOTHING) is None


def test_a_job_that_runs_while_nobody_works_is_stopped(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    ask(clerk, rows=1)
    job = services.take_next(now=NOW)
    assert job.state == RUNNING and services.take_next(now=NOW) is None
    assert queries.find(job.pk, user=clerk, scope=NOTHING).state == STOPPED
    again = ask(clerk, rows=1)
    job.refresh_from_db()
    assert job.state == STOPPED and again.state == WAITING and again != job and queries.is_stuck(again)


def test_a_job_is_not_stopped_after_its_end(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    ask(clerk, rows=1)
    job = services.take_next(now=NOW)
    doing.do(job, note=doing.nowhere, clock=lambda: NOW)
    assert services.settle_lost(now=NOW) == services.stop_running(now=NOW) == 0
    assert not doing.end(job, FAILED, NOW)
    assert queries.find(job.pk, user=clerk, scope=NOTHING).state == DONE


def test_counts_are_noted_at_most_twice_a_second_and_steps_at_once(clerk):
    moments = iter([NOW + timedelta(seconds=n / 4) for n in range(6)])
    noted = []
    job = Job(label="比对")
    told = doing.Doing(job, lambda job: noted.append((job.step_number, job.step, job.done)), lambda: next(moments))
    for done in (0, 100, 200, 300):
        told.tell("比对", done, 1000)
    told.tell("写入")
    assert noted == [(1, "比对", 0), (1, "比对", 200), (2, "写入", 0)]


@pytest.mark.parametrize(("done", "left"), [(0, None), (99, None), (100, 90), (500, 10), (999, 1)])
def test_time_left_is_told_after_a_tenth(done, left):
    job = Job(done=done, total=1000, stepped_at=NOW, moved_at=NOW + timedelta(seconds=10))
    assert queries.seconds_left(job) == left


def test_waiting_ends_with_the_job_or_the_time(clerk, settings):
    settings.GUGAN_JOBS_AT_ONCE = False
    job, looks = ask(clerk, rows=1), []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            doing.do(services.take_next(now=NOW), note=doing.nowhere, clock=lambda: NOW)

    assert queries.wait(job, seconds=0.06, sleep=sleep).state == WAITING and len(looks) == 2
    assert queries.wait(job, seconds=60, sleep=sleep).state == DONE and len(looks) == 3


def test_kinds_have_names_of_their_own():
    with pytest.raises(ValueError, match=r"test\.well"):
        work("test.well")(print)
    with pytest.raises(LookupError, match="no kind of work is named 'x'"):
        kind_of("x")
    assert kind_of("pay.compute").do.__module__ == "gugan.web.work"
