"""What waits for one user in pay: drafts to hand over or approve, voids to confirm, months to pay, doubts to answer.

`count` is one statement, since the menu of every page asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, Func, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from gugan.accounts.models import User
from gugan.accounts.queries import Scope, within
from gugan.lifecycle.pay import doubts
from gugan.records.clock import CHINA
from gugan.records.models import Action, Org
from gugan.runs.models import DRAFT, RETURNED, SEALED, SUBMITTED, Handover, Run
from gugan.runs.queries import FINAL

APPROVE, RETURN, HAND, VOID, PAY = "approve", "returned", "hand", "void", "pay"
RECENT = 60
"""Days for which a fact that came after a sealed month stays on the page."""


@dataclass(frozen=True)
class Waiting:
    """One run that waits for the user, and what for: a word of APPROVE, RETURN, HAND, VOID, PAY."""

    what: str
    run: Run
    last: Handover | None
    payer: str
    """The payer's name."""


def count(scope: Scope, user: User) -> int:
    """How many runs and doubts wait for the user; one statement, none for who may do nothing."""
    if not any(scope.prefixes(right) for right in ("pay", "approve", "finance", doubts.OF_FACTS)):
        return 0
    parts = [_number(_handed().filter(_waits(scope, user))), _number(doubts.waiting(scope).select_related(None))]
    found = User.objects.filter(pk=user.pk).values_list(*(Coalesce(Subquery(one), Value(0)) for one in parts))
    return sum(found.first() or ())


def _number(rows: QuerySet) -> QuerySet:
    return rows.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")


def waiting(scope: Scope, user: User) -> list[Waiting]:
    """The runs that wait for the user, newest month first. Two statements."""
    payer = Org.objects.filter(code=OuterRef("payer_code")).values("name")[:1]
    rows = _handed().filter(_waits(scope, user)).annotate(payer=Coalesce(Subquery(payer), F("payer_code")))
    found = list(rows.select_related("void_asked_by").order_by("-period_start", "-pk"))
    handed = {
        one.run_id: one
        for one in Handover.objects.filter(run__in=[run for run in found if run.state == DRAFT]).select_related("by")
    }
    waits = []
    for run in found:
        last = handed.get(run.pk)
        if run.state == DRAFT:
            submitted = last is not None and last.kind == SUBMITTED and last.digest == run.digest
            what = APPROVE if submitted else RETURN if last is not None and last.kind == RETURNED else HAND
        else:
            what = PAY if run.void_asked_by_id is None else VOID
        waits.append(Waiting(what, run, last, run.payer))  # ty: ignore[missing-attribute]
    return waits


def _handed() -> QuerySet[Run]:
    """Runs, each with its last handover."""
    last = Handover.objects.filter(run=OuterRef("pk")).order_by("-pk")
    return Run.objects.annotate(
        last_kind=Subquery(last.values("kind")[:1]),
        last_digest=Subquery(last.values("digest")[:1]),
        last_by=Subquery(last.values("by")[:1]),
    )


def _waits(scope: Scope, user: User) -> Q:
    """The condition that a run waits for the user."""
    before_approver = Q(last_kind=SUBMITTED, last_digest=F("digest"))
    with_maker = Q(last_kind__isnull=True) | Q(last_kind=RETURNED) | ~Q(last_digest=F("digest"))
    own = Q(created_by=user) | Q(computed_by=user)
    return (
        (within(scope, "approve", "payer_code") & Q(state=DRAFT) & before_approver & ~own & ~Q(last_by=user.pk))
        | (within(scope, "pay", "payer_code") & Q(state=DRAFT) & with_maker)
        | (
            within(scope, "approve", "payer_code")
            & Q(state=SEALED, void_asked_by__isnull=False)
            & ~Q(void_asked_by=user)
        )
        | (within(scope, "finance", "payer_code") & Q(state=SEALED, void_asked_by=None))
    )


def late_facts(scope: Scope, today: date) -> QuerySet[Action]:
    """What came after a payer's last sealed month was computed and counts from within it or before; it may mean arrears.

    New facts, corrections and withdrawals (no facts) of the last RECENT days, where the user computes pay, newest first.
    One statement here, for the moment from which on to read; then the query's own.
    """
    final = Run.objects.filter(state__in=FINAL)
    later = final.filter(payer_code=OuterRef("payer_code"), period_start__gt=OuterRef("period_start"))
    sealed = final.filter(within(scope, "pay", "payer_code")).exclude(Exists(later))
    first = sealed.aggregate(known=Min("known_at"))["known"]
    if first is None:
        return Action.objects.none()
    since = datetime.combine(today - timedelta(days=RECENT), time(), CHINA)
    last = final.filter(payer_code=OuterRef("person__payer_code")).order_by("-period_start", "-pk")
    return (
        Action.objects.filter(
            within(scope, "pay", "person__payer_code"), replaced_by=None, recorded_at__gt=max(first, since)
        )
        .annotate(known=Subquery(last.values("known_at")[:1]), until=Subquery(last.values("period_end")[:1]))
        .filter(recorded_at__gt=F("known"))
        .filter(Q(effective_on__lt=F("until")) | Q(replaces__effective_on__lt=F("until")))
        # what came and was taken back since was never part of a sealed month
        .exclude(facts={}, replaces__recorded_at__gt=F("known"), replaces__replaces=None)
        .order_by("-recorded_at", "-pk")
    )
