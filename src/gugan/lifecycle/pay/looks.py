"""What of a run a person should look at, grouped so that each line opens its people: 待复核, 算不出 by fact, defaults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum

from gugan.accounts.bulk import among
from gugan.lifecycle.pay import settling
from gugan.lifecycle.pay.changes import GONE, Bridge
from gugan.lifecycle.pay.compute import REVIEW
from gugan.runs import queries
from gugan.runs.models import COMPUTED, EXCLUDED, UNKNOWN, Outcome, Run

LACKS = "缺 "
Sums = tuple[int, ...]
"""Of some people: how many, the sum of their ids, and that of the squares."""


@dataclass(frozen=True)
class Look:
    """One line: `key` names it in an address, `which` is the condition on outcomes that finds its people."""

    key: str
    kind: str
    text: str
    count: int
    which: Q
    before: bool = False
    """Whether its people stand in the run of the month before, not in this one."""
    sums: Sums = ()
    """Of an exception: tells its people from others, without reading them."""

    @property
    def many(self) -> str:
        """The count as people read it."""
        return f"{self.count:,}"


def said(reason: str) -> str:
    """A stored reason as a page writes it: 缺学历."""
    return "缺" + reason.removeprefix(LACKS) if reason.startswith(LACKS) else reason


def exceptions(scope, run: Run) -> list[Look]:
    """What should be looked at, worst first; counts are of people that `scope` sees. At most two statements."""
    seen = queries.outcomes(scope, run).order_by()
    groups = [
        (state, reason, found, tuple(sums))
        for state, reason, found, *sums in seen.values_list("state", "reason", "defaults").annotate(
            n=Count("pk"), ids=Sum("person_id"), squares=Sum(F("person_id") * F("person_id"))
        )
    ]
    return [
        *_missing(dict(_summed(groups, UNKNOWN))),
        *_review(seen, run, whole=scope.allows("see", run.payer_code)),
        *_settling(seen, run, whole=scope.allows("see", run.payer_code)),
        *_defaults([(found, sums) for state, _, found, sums in groups if state == COMPUTED and found]),
        *_excluded(_summed(groups, EXCLUDED)),
    ]


def _summed(groups: list[tuple], state: str) -> list[tuple[str, Sums]]:
    found: dict[str, list[Sums]] = {}
    for own, reason, _, sums in groups:
        if own == state:
            found.setdefault(reason, []).append(sums)
    return [(reason, _added(parts)) for reason, parts in found.items()]


def _added(parts: Iterable[Sums]) -> Sums:
    return tuple(sum(column) for column in zip(*parts, strict=True))


def _missing(reasons: dict[str, Sums]) -> list[Look]:
    """算不出 by the fact that is missing: somebody who lacks two facts is counted under both."""
    facts: dict[str, list[str]] = {}
    for reason in reasons:
        for fact in reason.removeprefix(LACKS).split("、") if reason.startswith(LACKS) else [reason]:
            facts.setdefault(fact, []).append(reason)
    found = []
    for fact, own in facts.items():
        sums = _added(reasons[reason] for reason in own)
        text = f"缺{fact}" if own[0].startswith(LACKS) else fact
        found.append(Look(f"missing:{fact}", UNKNOWN, text, sums[0], Q(state=UNKNOWN, reason__in=own), sums=sums))
    return sorted(found, key=_worst)


def _review(seen: QuerySet[Outcome], run: Run, *, whole: bool) -> list[Look]:
    """All of 待复核 in one line."""
    people = sorted({person for one in run.findings if one["kind"] == REVIEW for person in one["people"]})
    if not people:
        return []
    which = Q(person_id__in=among(people))
    texts = list(dict.fromkeys(one["text"] for one in run.findings if one["kind"] == REVIEW))
    text = texts[0] if len(texts) == 1 else "按历年考核推算的晋级数与台账记着的不同，按台账发"
    count = len(people) if whole else seen.filter(which).count()
    sums = (len(people), sum(people), sum(person * person for person in people))
    return [Look("review", REVIEW, text, count, which, sums=sums)] if count else []


def _settling(seen: QuerySet[Outcome], run: Run, *, whole: bool) -> list[Look]:
    """What of earlier months is not settled: a line each. Who has left and is paid nothing stands in no outcome."""
    looks = []
    for one in run.findings:
        if one["kind"] in settling.KINDS:
            people = one["people"]
            which = Q(person_id__in=among(people))
            sums = (len(people), sum(people), sum(person * person for person in people))
            count = len(people) if whole else seen.filter(which).count()
            looks.append(Look(f"arrears:{one['kind']}", one["kind"], one["text"], count, which, sums=sums))
    return [look for look in looks if look.count]


def _defaults(groups: list[tuple[list[str], Sums]]) -> list[Look]:
    """Each default that was used, as its own sentence says it."""
    looks = []
    for at, sentence in enumerate(sorted({sentence for found, _ in groups for sentence in found}), start=1):
        fit = [(found, sums) for found, sums in groups if sentence in found]
        which = Q(state=COMPUTED, defaults__in=[found for found, _ in fit])
        sums = _added(sums for _, sums in fit)
        looks.append(Look(f"default:{at}", "用缺省", sentence, sums[0], which, sums=sums))
    return sorted(looks, key=_worst)


def _excluded(reasons: list[tuple[str, Sums]]) -> list[Look]:
    looks = [
        Look(f"excluded:{text}", EXCLUDED, text, sums[0], Q(state=EXCLUDED, reason=text), sums=sums)
        for text, sums in reasons
    ]
    return sorted(looks, key=_worst)


def _worst(look: Look) -> tuple[int, str]:
    return -look.count, look.text


def changes(bridge: Bridge | None) -> list[Look]:
    """The causes of a bridge as lines that open their people who are in the run."""
    if bridge is None:
        return []
    return [
        Look(
            f"cause:{at}",
            "变化",
            cause.name,
            len(cause.people),
            Q(person_id__in=among(cause.people)),
            before=cause.name == GONE,
        )
        for at, cause in enumerate(bridge.causes, start=1)
    ]
