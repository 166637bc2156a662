"""A long job on its own page: safe to close, says how far it is, leads on when done, and is tried again when not."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gugan.jobs import queries, services
from gugan.jobs.models import DONE, FAILED, LIVE, RUNNING, STOPPED, WAITING, Job
from gugan.web import clock
from gugan.web.access import Request, page

BRIEFLY = 0.8
"""Seconds that a form waits for its job, so that short work needs no page."""


def ended_soon(job: Job) -> Job:
    """The job a form has just started, as it is when it has ended or after a short wait."""
    return queries.wait(job, seconds=BRIEFLY)


def follow(request: Request, job: Job) -> HttpResponse:
    """To what came of a job, with that said above it; to the job's own page where nothing has come of it yet."""
    if job.state == DONE and job.result:
        messages.success(request, job.said, extra_tags="pine")
        return HttpResponseRedirect(job.result)
    return HttpResponseRedirect(reverse("job", kwargs={"number": job.pk}))


@page()
def job(request: Request, number: int) -> HttpResponse:
    """How far a job is. ?wait=1: whoever waits on the page is led on at its end; ?seen=: nothing, where nothing changed."""
    found = _found(request, number)
    waits = "wait" in request.GET
    if found.state not in LIVE and waits:
        return _lead_on(request, found)
    shown = _shown(found)
    if waits and request.GET.get("seen") == shown["mark"]:
        return HttpResponse(status=204)
    return render(request, "jobs/job.html", {"job": shown, "found": found, "may": _may(request, found)})


@page(methods="POST")
def retry(request: Request, number: int) -> HttpResponse:
    """Once more, from the beginning."""
    found = _found(request, number)
    if not _may(request, found):
        raise Http404
    again = services.retry(job=found, by=request.user, now=clock.now(request))
    return follow(request, ended_soon(again))


def _found(request: Request, number: int) -> Job:
    found = queries.find(number, user=request.user, scope=request.scope)
    if found is None:
        raise Http404
    return found


def _may(request: Request, found: Job) -> bool:
    return request.scope.allows(found.right, found.code)


def _lead_on(request: Request, found: Job) -> HttpResponse:
    response = follow(request, found)
    if request.headers.get("HX-Request"):
        # a part of a page cannot go elsewhere by itself
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
    return response


def _shown(found: Job) -> dict[str, Any]:
    """A job in the words of component job.html."""
    shown: dict[str, Any] = {"state": found.state, "live": found.state in LIVE, "words": "", "note": ""}
    shown["mark"] = f"{found.state}-{found.step_number}-{found.done}"
    if found.state == WAITING:
        shown |= _waiting(found)
        shown["mark"] += f"-{shown['words']}"
    elif found.state == RUNNING:
        counted = {"done": found.done, "total": found.total, "count": f"{found.done:,} / {found.total:,}"}
        shown |= {"words": _step(found), "left": queries.seconds_left(found)} | (counted if found.total else {})
    elif found.state == STOPPED:
        shown["words"] = _("停在{step}。什么都没改动。").format(step=_step(found))
        shown["note"] = _("办这件事的程序中途断了。再试一次，从头办起。")
    elif found.state == FAILED and found.said:
        shown |= {"words": found.said, "note": _("什么都没改动。")}
    elif found.state == FAILED:
        shown["words"] = _("没做完，什么都没改动。")
        shown["note"] = _("停在{step}。再试一次；还不行请报").format(step=_step(found))
        shown["number"] = found.error_number
    else:
        shown["words"] = found.said or _("办完了。")
    shown["again"] = found.state == STOPPED or bool(found.error_number)
    return shown


def _waiting(found: Job) -> dict[str, Any]:
    if queries.is_stuck(found):
        return {
            "stuck": True,
            "words": _("办这类事的程序没有在运行，所以还没有开始。"),
            "note": _("刚启动的话，等几秒就好；一直这样，请管理员用 gugan serve 启动。启动后接着办，不用再交一次。"),
        }
    first = queries.before(found)
    return {"words": _("等候，前面还有 {n} 件").format(n=first) if first else _("马上开始")}


def _step(found: Job) -> str:
    if not found.step:
        return _("第 1 步")
    return _("第 {n} 步：{step}").format(n=found.step_number, step=found.step)


urlpatterns = [
    path("jobs/<int:number>/", job, name="job"),
    path("jobs/<int:number>/retry/", retry, name="job-retry"),
]
