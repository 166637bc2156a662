"""政策: the packs that hold here, each rule beside its basis, worked cases, files, and a trial of which nothing is stored."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from gugan import policy
from gugan.records.services import packs_root
from gugan.web.access import Request, page
from gugan.web.pages.policies.answers import answers
from gugan.web.pages.policies.cases import shown_cases
from gugan.web.pages.policies.lines import in_file, parts_of
from gugan.web.pages.policies.rules import compared, files_of
from gugan.web.pages.policies.summary import brief_of, open_pack
from gugan.web.pages.policies.trial import from_person, left_open, make_field, questions, seldom, wanted

# the views stand here: the shell tells the room by the name of a view's module


@page()
def packs_page(request: Request) -> HttpResponse:
    """Every pack, from the nation down; examples last."""
    codes = sorted(
        policy.folders(packs_root()), key=lambda code: (code != "00", code.startswith("99"), len(code), code)
    )
    packs = [brief_of(code) for code in codes]
    return render(request, "policies/policies.html", {"packs": packs, "wrong": [p for p in packs if p["problems"]]})


@page(own=True)
def rules_page(request: Request, code: str) -> HttpResponse:
    """Each rule beside its basis, as in force on a day."""
    pack, on, context = open_pack(request, code, "policy")
    if pack is None:
        return render(request, "policies/broken.html", context)
    days = [day for day in pack.life() if day != on]
    context |= {"files": files_of(pack, on), "days": days[-8:], "notes": pack.notes, **compared(request, pack, on)}
    return render(request, "policies/pack.html", context)


@page(own=True)
def cases_page(request: Request, code: str) -> HttpResponse:
    """Worked cases: sentence, given, expected, got, source."""
    pack, _on, context = open_pack(request, code, "policy-cases")
    if pack is None:
        return render(request, "policies/broken.html", context)
    context["rows"] = shown_cases(pack.digest, pack.code)
    context["upper"] = [case for case in pack.cases if case.folder != pack.folders[-1].label]
    context["folders"] = pack.folders[:-1]
    return render(request, "policies/cases.html", context)


@page(own=True)
def files_page(request: Request, code: str) -> HttpResponse:
    """The pack's text with line numbers, and what a check found at its line."""
    _pack, _on, context = open_pack(request, code, "policy-files")
    folder = policy.read_folder(policy.folders(packs_root())[code])
    names = list(folder.files)
    chosen = request.GET.get("file", "")
    chosen = chosen if chosen in folder.files else next(iter(names), "")
    found = [p for p in context["problems"] if in_file(p, folder.label, chosen)]
    notes: dict[int, list[policy.Problem]] = {}
    for problem in found:
        notes.setdefault(problem.line, []).append(problem)
    lines = folder.files.get(chosen, b"").decode("utf-8", "replace").splitlines()
    context["parts"] = parts_of(lines, notes)
    context["loose"] = [p for p in context["problems"] if not any(in_file(p, folder.label, name) for name in names)]
    context["names"] = [
        {
            "name": name,
            "now": name == chosen,
            "count": sum(in_file(p, folder.label, name) for p in context["problems"]),
        }
        for name in names
    ]
    context["chosen"] = chosen
    return render(request, "policies/files.html", context)


@page(own=True, methods="GET POST")
def trial_page(request: Request, code: str) -> HttpResponse:
    """代一个人试试: the facts that the chosen rules need, and the answers beside; nothing is stored."""
    pack, on, context = open_pack(request, code, "policy-try")
    if pack is None:
        return render(request, "policies/broken.html", context)
    period = policy.Period.around(on)
    data = request.POST if request.method == "POST" else request.GET
    choices, chosen = questions(pack, on), data.get("want", "")
    chosen = chosen if chosen in dict(choices) else choices[0][0] if choices else ""
    want = wanted(pack, chosen)
    context |= {"choices": choices, "want": chosen}
    try:
        needed = [*policy.columns_needed(pack, period, want), *left_open(pack, period, want)]
    except policy.PolicyErrors as errors:
        return render(request, "policies/try.html", context | {"cannot": [p.message for p in errors.problems]})
    bound = policy.bind(pack, period)
    if (request.method == "POST" and "fill" in data) or (request.method != "POST" and "person" in data):
        data, filled = from_person(request, pack, period, data, needed)
        context |= filled
    fields = [make_field(bound, name, data, on) for name in dict.fromkeys(needed)]
    usual = [one for one in fields if not seldom(pack, one.name)]
    rest = [one for one in fields if seldom(pack, one.name)]
    context |= {"fields": usual, "rest": rest, "rest_open": any(one.filled or one.error for one in rest)}
    if request.method != "POST" or "ask" not in data:
        return render(request, "policies/try.html", context)
    problems = [{"text": f"{one.name}：{one.error}", "field": one.id} for one in fields if one.error]
    if not problems:
        given = {one.name: one.given for one in fields if one.filled}
        try:
            context |= answers(pack, period, want, given)
        except policy.PolicyErrors as errors:
            problems = [{"text": problem.message} for problem in errors.problems]
    status = 422 if problems else 200
    return render(request, "policies/try.html", context | {"trouble": problems}, status=status)


urlpatterns = [
    path("policies/", packs_page, name="policies"),
    path("policies/<str:code>/", rules_page, name="policy"),
    path("policies/<str:code>/try/", trial_page, name="policy-try"),
    path("policies/<str:code>/cases/", cases_page, name="policy-cases"),
    path("policies/<str:code>/files/", files_page, name="policy-files"),
]
