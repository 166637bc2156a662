"""Where a run stands: its seven steps, and the buttons that a visitor has on it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from gugan.accounts import queries as accounts
from gugan.lifecycle.pay.models import CAUSE
from gugan.lifecycle.pay.review import Point, Review
from gugan.records.clock import CHINA
from gugan.runs import queries
from gugan.runs.models import DRAFT, PAID, RETURNED, SEALED, UNKNOWN, Handover, Run
from gugan.web.access import Request
from gugan.web.pages.pay.words import month_words

LONGEST_WORDS = 16
"""Characters of a cause or exception on a button."""


def steps_of(
    found: Run,
    changed: str,
    exceptions: int,
    here: str = "",
    handed: Handover | None = None,
    review: Review | None = None,
) -> list[dict]:
    """The seven steps of a run; of a draft, exactly one is the one to do now.

    changed: words under 看变化. here: address of the run's page, "" on that page itself. handed: the last 交审 or 退回.
    review: what is seen and answered, where it is known.
    """
    unknown, communities = found.totals["unknown"], found.totals["communities"]
    sealed_on = f"{found.sealed_at.astimezone(CHINA):%Y-%m-%d}" if found.sealed_at else _("不再改动")
    approver = str(found.sealed_by) if found.sealed_by else _("要另一个人")
    answered = _("{n} 处").format(n=exceptions)
    if review is not None and found.state == DRAFT:
        if review.causes:
            changed = _("已看 {n} / {all} 类").format(n=_done(review.causes), all=len(review.causes))
        if review.exceptions:
            answered = _("已说明 {n} / {all} 处").format(n=_done(review.exceptions), all=len(review.exceptions))
    rows = (
        ("facts", _("收齐事实"), _("{n} 人缺").format(n=unknown) if unknown else _("{n:,} 人齐").format(n=found.people), "#exceptions"),
        ("compute", _("核算"), f"{found.computed_at.astimezone(CHINA):%m-%d %H:%M}", "#pins"),
        ("changes", _("看变化"), changed, "#changes"),
        ("exceptions", _("看例外"), answered, "#exceptions"),
        ("totals", _("看合计"), _("{n} 个社区").format(n=communities), "#totals"),
        ("approve", _("另一人审批"), approver, ""),
        ("seal", _("封存"), sealed_on, ""),
    )  # fmt: skip
    done, now = _standing(found, handed, review)
    return [
        {
            "name": name,
            "note": _("退回到这一步") if key == now and _returned(found, handed) else note,
            "state": "now" if key == now else "done" if key in done else "",
            "url": at and here + at,
        }
        for key, name, note, at in rows
    ]


def _standing(found: Run, handed: Handover | None, review: Review | None) -> tuple[set[str], str]:
    """The steps that are done, and the one that is next ("": none)."""
    if found.state in (SEALED, PAID):
        return {"facts", "compute", "changes", "exceptions", "totals", "approve", "seal"}, ""
    done = {"compute"} if found.totals["unknown"] else {"facts", "compute"}
    if found.state != DRAFT:
        return done, ""
    if queries.submitted(found, handed):
        return {"facts", "compute", "changes", "exceptions", "totals"}, "approve"
    if review is not None:
        # people who cannot be computed are put off with a reason by answering for the fact that is missing
        if all(one.done for one in review.exceptions if one.look.kind == UNKNOWN):
            done.add("facts")
        done |= {"changes"} if all(one.done for one in review.causes) else set()
        done |= {"exceptions"} if all(one.done for one in review.exceptions) else set()
    if _returned(found, handed) and handed is not None:
        return done, handed.step
    return done, next(key for key in ("changes", "exceptions", "totals") if key not in done)


def _returned(found: Run, handed: Handover | None) -> bool:
    return found.state == DRAFT and handed is not None and handed.kind == RETURNED


def _done(points: list[Point]) -> int:
    return sum(one.done for one in points)


def waits_for(request: Request, found: Run, handed: Handover | None = None) -> str:
    """Say who may approve a draft: whoever has the right there and did not compute or submit it."""
    made = queries.makers(found, handed)
    able = [one for one in accounts.who_may("approve", found.payer_code, on=request.today) if one.pk not in made]
    names = "、".join(map(str, able[:3])) or _("还没有人，请管理员授权")
    return _("等另一人审批：{names}").format(names=names)


def next_of(found: Run, handed: Handover | None, review: Review, look: str = "") -> dict[str, str]:
    """What the maker of a draft does next: the next cause, the next exception, or 交审.

    look: the point that is open; it is not its own next. The last one that is left has none, and says so.
    """
    here = reverse("run", kwargs={"number": found.pk})
    if [one.look.key for one in review.left] == [look]:
        return {"text": _("这是最后一处")}
    for one in review.left:
        if one.look.key == look:
            continue
        word = _("下一类：{text} {n} 人") if one.kind == CAUSE else _("说明例外：{text} {n} 人")
        address = f"{here}?{urlencode({'look': one.look.key})}#people"
        return {"text": word.format(text=_short(one.look.text), n=one.look.many), "url": address}
    word = _("改好了，再交审") if _returned(found, handed) else _("交给另一人审批")
    return {"text": word, "url": reverse("run-submit", kwargs={"number": found.pk})}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"


def buttons(request: Request, found: Run, handed: Handover | None, review: Review | None, look: str = "") -> list[dict]:
    """The buttons that this visitor has on this run; the first is the one filled. A line without url says who may.

    look: the cause or exception that is open.
    """
    may = {right for right in ("pay", "approve", "finance") if request.scope.allows(right, found.payer_code)}
    here = {"number": found.pk}
    if found.state == DRAFT:
        return _of_draft(request, found, handed, review, may, look)
    acts: list[dict] = []
    if found.state == SEALED:
        if "finance" in may:
            acts.append({"text": _("标为已发放"), "url": reverse("run-paid", kwargs=here)})
        if "approve" in may and found.void_asked_by_id != request.user.pk:
            text = _("确认作废") if found.void_asked_by_id else _("申请作废")
            acts.append({"text": text, "url": reverse("run-void", kwargs=here)})
    return acts


def _of_draft(
    request: Request, found: Run, handed: Handover | None, review: Review | None, may: set[str], look: str
) -> list[dict]:
    month, here = month_words(found.period_start), {"number": found.pk}
    recompute = f"{reverse('pay-month')}?payer={found.payer_code}&month={found.month}"
    approver = "approve" in may and request.user.pk not in queries.makers(found, handed)
    submitted = queries.submitted(found, handed)
    acts: list[dict] = []
    if submitted and approver:
        acts.append({"text": _("审批{month}工资").format(month=month), "url": reverse("run-approve", kwargs=here)})
    elif not submitted and "pay" in may and review is not None:
        acts.append(next_of(found, handed, review, look))
    elif submitted:
        acts.append({"text": waits_for(request, found, handed)})
    else:
        acts.append({"text": unsubmitted(found, handed)})
    if approver and not _returned(found, handed):
        acts.append({"text": _("退回"), "url": reverse("run-return", kwargs=here)})
    if "pay" in may:
        acts.append({"text": _("重新核算"), "url": recompute})
        acts.append({"text": _("撤销草稿"), "url": reverse("run-discard", kwargs=here)})
    return acts


def unsubmitted(found: Run, handed: Handover | None, *, yours: bool = False) -> str:
    """Why a draft cannot be approved yet. yours: said to somebody who may hand it over."""
    who = _("您") if yours else found.computed_by
    if _returned(found, handed):
        return _("已退回，等{who}改好再交审").format(who=who)
    if handed is not None:
        return _("交审之后重新核算过，等{who}再交审").format(who=who)
    return _("等{who}看完变化和例外，交审").format(who=who)
