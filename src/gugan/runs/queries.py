"""What can be asked of runs; every reading takes the asker's scope, except what other rooms compute with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from gugan.accounts.queries import within
from gugan.records import merging
from gugan.runs import merged, replay
from gugan.runs.models import COMPUTED, DRAFT, PAID, SEALED, SUBMITTED, Handover, Outcome, Run, Settlement

LIVE = (DRAFT, SEALED, PAID)
FINAL = (SEALED, PAID)
SUMS = ("gross_fen", "personal_fen", "tax_fen", "net_fen", "employer_fen")
FEN_OF = {
    "应发工资": "gross_fen",
    "个人五险一金": "personal_fen",
    "个人所得税": "tax_fen",
    "实发工资": "net_fen",
    "单位承担": "employer_fen",
    "本期专项附加扣除": "additional_fen",
}
"""Rules whose amounts stand in a column of their own, so that a year is summed by the database."""


def visible(scope) -> Q:
    """Outcomes that `scope` may see: of its payers, of its workplaces, and a worker's own once sealed."""
    seen = within(scope, "see", "payer_code", "place_code")
    if scope.person is not None:
        own = Q(person__public_id=scope.person) | Q(person__merged_into__public_id=scope.person)
        seen |= own & Q(run__state__in=FINAL)
    return seen


def runs(scope) -> QuerySet[Run]:
    """Runs that hold at least one person whom `scope` may see as an officer, newest first; and those of its payers."""
    places = Outcome.objects.filter(within(scope, "see", "place_code")).values("run_id")
    seen = within(scope, "see", "payer_code") | Q(pk__in=places)
    return (
        Run.objects.filter(seen)
        .select_related("created_by", "computed_by", "sealed_by")
        .order_by("-period_start", "-pk")
    )


def outcomes(scope, run: Run) -> QuerySet[Outcome]:
    """Outcomes of `run` that `scope` may see, by workplace and person."""
    return Outcome.objects.filter(visible(scope), run=run).order_by("place_code", "person_id")


def outcome(scope, person: int, payer: str | None, month: date) -> Outcome | None:
    """The live outcome of one person for the month that begins on `month`, or None: not there, or not to be seen."""
    found = Outcome.objects.filter(visible(scope), person_id=person, run__period_start=month, run__state__in=LIVE)
    if payer is not None:
        found = found.filter(payer_code=payer)
    return found.select_related("run").order_by("-run_id").first()


def live_run(section: str, payer: str, month: date) -> Run | None:
    """The draft, sealed or paid run of this payer and month, or None."""
    found = Run.objects.filter(section=section, payer_code=payer, period_start=month, state__in=LIVE)
    return found.order_by("-pk").first()


def prior(section: str, payer: str, month: date) -> list[int]:
    """Ids of this payer's sealed and paid runs of the same year before `month`: what the year's tax builds on."""
    return list(_of_year(section, payer, month).filter(period_start__lt=month).values_list("pk", flat=True))


def later(section: str, payer: str, month: date) -> Run | None:
    """The first sealed or paid run of the same year after `month`; its tax builds on what `month` holds."""
    return _of_year(section, payer, month).filter(period_start__gt=month).first()


def _of_year(section: str, payer: str, month: date) -> QuerySet[Run]:
    return Run.objects.filter(
        section=section,
        payer_code=payer,
        state__in=FINAL,
        period_start__gte=date(month.year, 1, 1),
        period_start__lt=date(month.year + 1, 1, 1),
    ).order_by("period_start", "pk")


def paid(
    run_ids: Collection[int],
    names: Iterable[str],
    person_ids: Collection[int] | None = None,
    *,
    known_at: datetime,
) -> dict[int, dict[str, Any]]:
    """What `run_ids` (see `prior`) hold for each person: {person: {"months", "first", name: sum in fen}}.

    A record that was merged by what is known at `known_at` is added to the one that stands in for it. Four statements at
    most, whatever the number of people. `names` are keys of FEN_OF. "first" is the earliest month.
    """
    names, into = list(names), merging.merged_at(known_at)
    found = Outcome.objects.filter(run_id__in=run_ids, state=COMPUTED)
    if person_ids is not None and len(person_ids) <= 500:
        wanted = set(person_ids)
        found = found.filter(person_id__in=wanted | {other for other, kept in into.items() if kept in wanted})
    rows = found.values("person_id").annotate(
        months=Count("pk"), first=Min("run__period_start"), **{name: Sum(FEN_OF[name]) for name in names}
    )
    return merged.gathered({row.pop("person_id"): row for row in rows.order_by()}, run_ids, names, into)


def settlements(scope, run: Run) -> QuerySet[Settlement]:
    """What `run` settles of earlier months that `scope` may see, by person and month: its payer's, and a worker's own."""
    rows = Settlement.objects.filter(run=run)
    if not scope.allows("see", run.payer_code):
        rows = rows.filter(person__in=Outcome.objects.filter(visible(scope), run=run).values("person"))
    return rows.select_related("person", "origin").order_by("person__pinyin", "person_id", "month", "pk")


def by_place(scope, run: Run) -> list[dict]:
    """Per workplace, in code order: {place_code, people, gross_fen, personal_fen, tax_fen, net_fen, employer_fen}."""
    found = Outcome.objects.filter(visible(scope), run=run, state=COMPUTED).values("place_code")
    sums = {name: Sum(name) for name in SUMS}
    return list(found.annotate(people=Count("pk"), **sums).order_by("place_code"))


def affected(person_ids: Iterable[int], since: date) -> list[dict]:
    """Sealed person-months that a fact effective `since` reaches: {person_id, payer_code, month, run_id}."""
    found = Outcome.objects.filter(
        person_id__in=list(person_ids), state=COMPUTED, run__state__in=FINAL, run__period_end__gt=since
    )
    return list(
        found.order_by("payer_code", "run__period_start", "person_id").values(
            "person_id", "payer_code", "run_id", month=F("run__period_start")
        )
    )


def month_before(run: Run) -> Run | None:
    """The sealed or paid run of this payer for the month before, whatever the year."""
    day = run.period_start
    before = date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
    found = Run.objects.filter(section=run.section, payer_code=run.payer_code, period_start=before, state__in=FINAL)
    return found.order_by("-pk").first()


def handovers(run: Run) -> list[Handover]:
    """Every 交审 and 退回 of a run, oldest first."""
    return list(Handover.objects.filter(run=run).select_related("by"))


def last_handover(run: Run) -> Handover | None:
    """The last 交审 or 退回 of a run: where a draft is."""
    return Handover.objects.filter(run=run).select_related("by").order_by("-pk").first()


def submitted(run: Run, last: Handover | None) -> bool:
    """Whether the draft stands before the approver: its last handover is a 交审 of these very figures."""
    return last is not None and last.kind == SUBMITTED and last.digest == run.digest


def makers(run: Run, last: Handover | None) -> set[int]:
    """Ids of the users who made what `last` handed over; none of them approves or returns it."""
    made = {run.created_by_id, run.computed_by_id}
    return made | {last.by_id} if last is not None and last.kind == SUBMITTED else made


def changed_since(run: Run, now: datetime) -> list[int]:
    """Ids of people whose inputs, as known at `now`, are not those the run was computed from; reads all facts again."""
    return replay.changed_people(run, now, replay.pack_of(run))
