"""A pack in short: its line in the list of packs, and what every tab of its pages shows above."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from gugan import policy
from gugan.policy.numbers import read_day
from gugan.records.services import packs_root
from gugan.web.access import Request
from gugan.web.pages.policies.reading import failed_cases, level_of, load, own_cases, parent_of, problems_of

NATURES = {"现行": "pine", "历史": "", "示例": "ochre"}


def brief_of(code: str) -> dict[str, Any]:
    """One pack as the list shows it, whether it can be read or not."""
    brief: dict[str, Any] = {"code": code, "level": level_of(code), "name": policy.folders(packs_root())[code].name}
    try:
        pack = load(code)
    except policy.PolicyErrors as errors:
        return brief | {"problems": len(errors.problems), "broken": True}
    cases = own_cases(pack)
    failed = failed_cases(pack)
    label = pack.folders[-1].label
    inherited = [{"label": f.label, "code": f.code, "level": level_of(f.code)} for f in pack.folders[:-1]]
    return brief | {
        "name": pack.name,
        "natures": natures_of(pack),
        "rules": sum(rule.folder == label for rule in pack.rules.values()),
        "tables": sum(table.folder == label for table in pack.tables.values()),
        "above": sum(rule.folder != label for rule in pack.rules.values()),
        "cases": len(cases),
        "passed": len(cases) - len(failed),
        "inherits": inherited,
        "problems": len(problems_of(pack)),
        "digest": pack.digest[:8],
    }


def natures_of(pack: policy.Pack) -> list[dict[str, Any]]:
    """The states of a pack's own documents, as tags with their number."""
    above = parent_of(pack)
    known = above.documents if above else {}
    own = [d for key, d in pack.documents.items() if known.get(key) != d]
    return [
        {"text": nature, "tone": tone, "count": sum(d.nature == nature for d in own), "dashed": nature == "示例"}
        for nature, tone in NATURES.items()
        if any(d.nature == nature for d in own)
    ]


def open_pack(request: Request, code: str, tab: str) -> tuple[policy.Pack | None, date, dict[str, Any]]:
    """Read the pack and day of an address; what every tab shows. A pack that cannot be read is None."""
    if code not in policy.folders(packs_root()):
        raise Http404
    asked = request.GET.get("on") or request.POST.get("on") or ""
    on, note = request.today, ""
    if asked:
        try:
            on = read_day(asked.strip())
        except ValueError:
            note = _("这个日子读不懂：{text}。写成 2026-10-31；下面按今天。").format(text=asked[:20])
    tabs = (
        ("policy", _("条文与算法")),
        ("policy-try", _("代一个人试试")),
        ("policy-cases", _("算例")),
        ("policy-files", _("文件")),
    )
    shared: dict[str, Any] = {
        "code": code,
        "level": level_of(code),
        "on": on,
        "today": request.today,
        "note": note,
        "asked": asked[:20],
        "tabs": [
            {"url": f"{reverse(name, args=[code])}?on={on}", "name": word, "now": name == tab} for name, word in tabs
        ],
    }
    try:
        pack = load(code)
    except policy.PolicyErrors as errors:
        name = policy.folders(packs_root())[code].name.partition("-")[2]
        return None, on, shared | {"name": name, "problems": errors.problems, "broken": True}
    cases = own_cases(pack)
    natures = natures_of(pack)
    examples = sum(nature["count"] for nature in natures if nature["text"] == "示例")
    label = pack.folders[-1].label
    return (
        pack,
        on,
        shared
        | {
            "name": pack.name,
            "pack": pack,
            "natures": natures,
            "example": bool(examples),
            "all_example": bool(examples) and len(natures) == 1,
            "examples": examples,
            "rules": sum(rule.folder == label for rule in pack.rules.values()),
            "tables": sum(table.folder == label for table in pack.tables.values()),
            "cases": len(cases),
            "passed": len(cases) - len(failed_cases(pack)),
            "problems": problems_of(pack),
            "digest": pack.digest[:8],
        },
    )
