"""What pages and workbooks show of a run: its sentence, its totals, its places and its people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gugan.lifecycle.pay.money import grouped
from gugan.records.models import Org
from gugan.runs import queries
from gugan.runs.models import COMPUTED, STATES, Outcome, Run

SUMS = queries.SUMS
HEADS = {
    "gross_fen": "应发工资",
    "personal_fen": "个人五险一金",
    "tax_fen": "个人所得税",
    "net_fen": "实发工资",
    "employer_fen": "单位承担",
}
MOST_FINDINGS = 12
STREET = 9
"""Digits of a street's code."""


@dataclass
class Place:
    """A street or a community with its sums in fen. `parts`: a street's communities."""

    code: str
    name: str
    people: int = 0
    fen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    parts: list[Place] = field(default_factory=list)

    def add(self, people: int, fen: dict[str, int]) -> None:
        """Count in a group of people."""
        self.people += people
        for name in SUMS:
            self.fen[name] += fen[name]

    @property
    def count(self) -> str:
        """The number of people as people read it."""
        return f"{self.people:,}"

    @property
    def money(self) -> list[str]:
        """The five sums as people read them."""
        return [grouped(self.fen[name]) for name in SUMS]


def streets(scope, run: Run) -> list[Place]:
    """The run's streets in code order, each with its communities and their sums. Two statements."""
    rows = queries.by_place(scope, run)
    names = names_of({row["place_code"] for row in rows} | {row["place_code"][:STREET] for row in rows})
    return streets_of(rows, names)


def streets_of(rows: list[dict], names: dict[str, str]) -> list[Place]:
    """The streets of runs.queries.by_place, with names that the caller has read."""
    found: dict[str, Place] = {}
    for row in rows:
        code = row["place_code"]
        street = found.setdefault(
            code[:STREET], Place(code[:STREET], names.get(code[:STREET], code[:STREET] or "未写明"))
        )
        place = Place(code, names.get(code, code or "未写明工作社区"))
        place.add(row["people"], row)
        street.add(row["people"], row)
        street.parts.append(place)
    return list(found.values())


def names_of(codes: set[str]) -> dict[str, str]:
    """{code: name} of the organisations that are known."""
    return dict(Org.objects.filter(code__in=codes).values_list("code", "name"))


def total_of(places: Iterable[Place]) -> Place:
    """All streets together."""
    total = Place("", "合计")
    for street in places:
        total.add(street.people, street.fen)
    return total


def overview(scope, run: Run) -> dict:
    """What the page of a run says above its people: a fixed number of statements."""
    places = streets(scope, run)
    total = total_of(places)
    payer = names_of({run.payer_code}).get(run.payer_code, run.payer_code)
    return {
        "run": run,
        "payer": payer,
        "sentence": sentence(scope, run, total),
        "month": f"{run.period_start.year}年{run.period_start.month}月",
        "state": STATES[run.state],
        "streets": places,
        "total": total,
        "tiles": list(zip(HEADS.values(), total.money, strict=True)),
        "heads": list(HEADS.values()),
        "findings": findings(run) if scope.allows("see", run.payer_code) else [],
        "illustrative": illustrative(run),
        "pins": run.packs[-1],
    }


def sentence(scope, run: Run, total: Place) -> str:
    """The finding of a run, as it could be said aloud: against last month where there is one."""
    before = queries.month_before(run)
    if before is not None and scope.allows("see", run.payer_code):
        change = total.fen["gross_fen"] - before.gross_fen
        word = f"多 {grouped(change)} 元" if change > 0 else f"少 {grouped(-change)} 元" if change < 0 else "相同"
        return f"{total.people:,} 人应发 {grouped(total.fen['gross_fen'])} 元，比 {before.period_start.month} 月{word}"
    return plain_sentence(total)


def plain_sentence(total: Place) -> str:
    """The finding of a run without a month before."""
    return f"{total.people:,} 人应发 {grouped(total.fen['gross_fen'])} 元，实发 {grouped(total.fen['net_fen'])} 元"


def findings(run: Run) -> list[dict]:
    """What should be looked at, most people first: {kind, text, count}; the tail of a long list in one line."""
    listed = [{"kind": f["kind"], "text": f["text"], "count": len(f["people"])} for f in run.findings]
    listed.sort(key=lambda f: -f["count"])
    if len(listed) > MOST_FINDINGS:
        rest = listed[MOST_FINDINGS - 1 :]
        tail = {"kind": "其余", "text": f"另有 {len(rest)} 种情况", "count": sum(f["count"] for f in rest)}
        listed[MOST_FINDINGS - 1 :] = [tail]
    return listed


def illustrative(run: Run) -> bool:
    """Whether the run was computed with a 示例 pack: its code begins with 99."""
    return any(pack["code"].startswith("99") for pack in run.packs)


def briefs(scope, runs: Iterable[Run]) -> list[dict]:
    """One line per run for a list; sums only where the whole payer is within sight."""
    runs = list(runs)
    names = names_of({run.payer_code for run in runs})
    return [
        {
            "run": run,
            "payer": names.get(run.payer_code, run.payer_code),
            "month": f"{run.period_start.year}年{run.period_start.month}月",
            "state": STATES[run.state],
            "people": f"{run.totals['computed']:,}" if scope.allows("see", run.payer_code) else None,
            "money": [grouped(getattr(run, name)) for name in SUMS] if scope.allows("see", run.payer_code) else None,
            "illustrative": illustrative(run),
        }
        for run in runs
    ]


def people(outcomes: Iterable[Outcome]) -> list[dict]:
    """One line per person for a list; `outcomes` come with their person."""
    outcomes = list(outcomes)
    names = names_of({outcome.place_code for outcome in outcomes})
    return [
        {
            "name": outcome.person.name,
            "last4": outcome.person.id_last4,
            "place": names.get(outcome.place_code, outcome.place_code),
            "grade": outcome.values.get("岗位等级"),
            "state": outcome.state,
            "reason": outcome.reason,
            "money": [grouped(getattr(outcome, name)) for name in SUMS] if outcome.state == COMPUTED else None,
            "defaults": outcome.defaults,
        }
        for outcome in outcomes
    ]
