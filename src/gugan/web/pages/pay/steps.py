"""Where a run stands: its seven steps, and the buttons that a visitor has on it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.accounts import queries as accounts
from gugan.records.clock import CHINA
from gugan.runs.models import DRAFT, PAID, SEALED, Run
from gugan.web.access import Request
from gugan.web.pages.pay.words import month_words


def steps_of(found: Run, changed: str, exceptions: int, here: str = "") -> list[dict]:
    """The seven steps of a run. changed: words under 看变化. here: address of the run's page, "" on that page itself."""
    unknown, communities = found.totals["unknown"], found.totals["communities"]
    past = "done" if found.state in (SEALED, PAID) else ""
    ready = _("{n} 人缺").format(n=unknown) if unknown else _("{n:,} 人齐").format(n=found.people)
    sealed_on = f"{found.sealed_at.astimezone(CHINA):%Y-%m-%d}" if found.sealed_at else _("不再改动")
    approver = str(found.sealed_by) if found.sealed_by else _("要另一个人")
    rows = (
        (_("收齐事实"), ready, past if unknown else "done", "#exceptions"),
        (_("核算"), f"{found.computed_at.astimezone(CHINA):%m-%d %H:%M}", "done", "#pins"),
        (_("看变化"), changed, past or "now", "#changes"),
        (_("看例外"), _("{n} 处").format(n=exceptions), past, "#exceptions"),
        (_("看合计"), _("{n} 个社区").format(n=communities), past, "#totals"),
        (_("另一人审批"), approver, past, ""),
        (_("封存"), sealed_on, past, ""),
    )
    return [{"name": n, "note": note, "state": state, "url": at and here + at} for n, note, state, at in rows]


def waits_for(request: Request, found: Run) -> str:
    """Say who may approve a draft: whoever has the right there and did not compute it."""
    able = [
        one
        for one in accounts.who_may("approve", found.payer_code, on=request.today)
        if one.pk not in (found.created_by_id, found.computed_by_id)
    ]
    names = "、".join(map(str, able[:3])) or _("还没有人，请管理员授权")
    return _("等另一人审批：{names}").format(names=names)


def buttons(request: Request, found: Run) -> list[dict]:
    """The buttons that this visitor has on this run; the first is the one filled. A line without url says who may."""
    may = {right for right in ("pay", "approve", "finance") if request.scope.allows(right, found.payer_code)}
    month, here = month_words(found.period_start), {"number": found.pk}
    recompute = f"{reverse('pay-month')}?payer={found.payer_code}&month={found.month}"
    maker = request.user.pk in (found.created_by_id, found.computed_by_id)
    acts: list[dict] = []
    if found.state == DRAFT:
        if "approve" in may and not maker:
            acts.append({"text": _("审批{month}工资").format(month=month), "url": reverse("run-approve", kwargs=here)})
        else:
            acts.append({"text": waits_for(request, found)})
        if "pay" in may:
            acts.append({"text": _("重新核算"), "url": recompute})
            acts.append({"text": _("撤销草稿"), "url": reverse("run-discard", kwargs=here)})
    elif found.state == SEALED:
        if "finance" in may:
            acts.append({"text": _("标为已发放"), "url": reverse("run-paid", kwargs=here)})
        if "approve" in may:
            text = (
                _("确认作废") if found.void_asked_by_id and found.void_asked_by_id != request.user.pk else _("申请作废")
            )
            if found.void_asked_by_id != request.user.pk:
                acts.append({"text": text, "url": reverse("run-void", kwargs=here)})
    return acts
