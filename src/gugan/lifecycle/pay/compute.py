"""One read, one computation: the facts of a payer's people and what was paid so far become one outcome each."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import compress
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from gugan import policy
from gugan.lifecycle.pay import settling
from gugan.lifecycle.pay.money import yuan
from gugan.records import queries as records
from gugan.records.models import Org
from gugan.runs import arrears, queries, replay
from gugan.runs.arrears import INCLUDED, Arrears, Owed
from gugan.runs.errors import RunError
from gugan.runs.models import COMPUTED, EXCLUDED, ONLY_ARREARS, UNKNOWN
from gugan.runs.services import Draft, Row

ROOM = SECTION = "工资"
STEPS_DUE, STEPS_POSTED = "推算晋级", "历年晋级"
PLACE, OPENED = "工作社区", "期初截至"
ALSO_WANTED = ("岗位等级", "月薪酬标准", "本期专项附加扣除", STEPS_DUE, INCLUDED, settling.MOST_BACK)
TOTALS = {
    "应发": "应发工资",
    "五险一金": "个人五险一金",
    "个税": "个人所得税",
    "实发": "实发工资",
    "单位": "单位承担",
}
"""Role of a total on the slip → the rule that gives it, where a pack does not say otherwise."""
ADDITIONAL = "本期专项附加扣除"
SUPPLIED = {
    "已发累计应发": "应发工资",
    "已发累计专项扣除": "个人五险一金",
    "已发累计专项附加扣除": ADDITIONAL,
    "已发累计预扣税额": "个人所得税",
}
"""Columns that this room supplies, and what of the year's sealed runs they sum; 已发月数 counts the months."""
MONTHS = "已发月数"
OWED, OVERPAID = arrears.GIVEN
REVIEW = "待复核"
Progress = Callable[[str], None]


@contextmanager
def no_collection() -> Generator[None]:
    """Keep the garbage collector from walking a month's new rows again and again; they are all still needed."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def silent(message: str) -> None:
    """Say nothing on the way."""


@dataclass
class Computation:
    """A payer's month, computed and not yet kept. `people`: {person: stretches}, in the order of `rows`."""

    pack: policy.Pack
    payer: str
    period: policy.Period
    known_at: datetime
    columns: list[str]
    wanted: list[str]
    prior: list[int]
    people: dict[Any, list[policy.Stretch]]
    overlapping: set[int] = field(default_factory=set)
    """People whose opening balance covers months that sealed runs hold too."""
    arrears: Arrears = field(default_factory=Arrears)
    """What is owed for earlier months, by what is known."""
    left: dict[int, str] = field(default_factory=dict)
    """People who are not employed in the month and are owed something, with the place of their last month."""
    settlements: list[tuple[Owed, int]] = field(default_factory=list)
    """What is owed, each with the fen of it that this month pays."""
    rows: list[Row] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    findings: list[dict] = field(default_factory=list)

    def draft(self) -> Draft:
        """What runs.services.save keeps."""
        slip = self.pack.slip
        return Draft(
            room=ROOM,
            section=SECTION,
            payer=self.payer,
            period=self.period,
            known_at=self.known_at,
            pack=self.pack,
            columns=self.columns,
            wanted=self.wanted,
            rows=self.rows,
            slip={
                "earnings": list(slip.earnings),
                "deductions": list(slip.deductions),
                "employer": list(slip.employer),
                "totals": {role: total_of(self.pack, role) for role in TOTALS},
            },
            lines=self.lines,
            prior=self.prior,
            findings=self.findings,
            settlements=self.settlements,
        )


def compute(
    *, payer: str, month: str, known_at: datetime, progress: Progress = silent, owing: bool = True
) -> Computation:
    """Compute everybody whose payer is `payer` in `month` ("2026-10"), from the facts as known at `known_at`.

    owing: with what is owed or was overpaid for earlier months. A fixed number of statements whatever the number of
    people. Raises RunError: no such month or payer, no pack, a pack that does not pass its check, nobody to pay, or
    slips whose lines do not add up.
    """
    period = read_month(month)
    pack = pack_for(payer, period, known_at)
    wanted = wanted_of(pack)
    progress("读取事实")
    computation = gather(pack, payer, period, known_at, wanted, owing=owing)
    progress(f"核算 {len(computation.people)} 人")
    table = [part for parts in computation.people.values() for part in parts]
    try:
        result = policy.evaluate(pack, table, period, want=wanted)
        computation.rows = list(_rows(computation, result))
        computation.settlements = list(settling.settle(computation))
    except policy.PolicyErrors as error:
        raise RunError(f"政策包 {pack.code}-{pack.name} 算不下去，先改政策包或事实：\n{error}") from error
    _sum_lines(computation, result)
    _find(computation)
    return computation


def read_month(month: str) -> policy.Period:
    """The period of "2026-10". Raises RunError."""
    try:
        return policy.Period.month(month)
    except ValueError:
        raise RunError(f"月份“{month}”读不懂。写成 2026-10 这样。") from None


_SOUND: set[tuple[str, date]] = set()
"""Packs, by digest, and days that policy.check found nothing wrong with in this process."""


def pack_for(payer: str, period: policy.Period, known_at: datetime) -> policy.Pack:
    """The pack that governs a payer, checked for the month: the one named for it by then, else that of its code.

    Raises RunError.
    """
    org = Org.objects.filter(code=payer).first()
    if org is None:
        raise RunError(f"机构里没有 {payer}。先把它记进机构目录，或看看代码有没有写错。")
    named = records.pack_named(org, on=period.last, known_at=known_at)
    try:
        pack = policy.load(named or payer, root=Path(settings.GUGAN_POLICIES))
        # bytes that passed once pass again: checking costs more than a small office's month
        sound = (pack.digest, period.last)
        problems = [] if sound in _SOUND else policy.check(pack, on=period.last)
    except policy.PolicyErrors as error:
        raise RunError(f"{org} 的政策包读不进来，先改政策包：\n{error}") from error
    if problems:
        listed = "\n".join(str(problem) for problem in problems[:10])
        raise RunError(f"政策包 {pack.code}-{pack.name} 有 {len(problems)} 处要改，改好再核算：\n{listed}")
    _SOUND.add(sound)
    return pack


def wanted_of(pack: policy.Pack) -> list[str]:
    """The rules a month's run keeps: every line and total of the slip, and what explains them at a glance.

    Raises RunError where the pack lays out no slip.
    """
    slip = pack.slip
    if not slip.earnings:
        raise RunError(f"政策包 {pack.code}-{pack.name} 没有写“工资条”，不知道该印哪些项。")
    totals = [total_of(pack, role) for role in TOTALS]
    also = [name for name in ALSO_WANTED if name in pack.rules]
    return list(dict.fromkeys([*slip.earnings, *slip.deductions, *slip.employer, *totals, *also]))


def total_of(pack: policy.Pack, role: str) -> str:
    """The rule that gives a total of the slip: role is a key of TOTALS."""
    return pack.slip.totals.get(role, TOTALS[role])


def gather(
    pack: policy.Pack, payer: str, period: policy.Period, known_at: datetime, wanted: list[str], *, owing: bool = True
) -> Computation:
    """Read the roster and what was paid this year, and put both into one table."""
    known = pack.catalogue.columns
    own = [name for name in (PLACE, OPENED, STEPS_POSTED) if name in known]
    columns = list(dict.fromkeys([*policy.columns_needed(pack, period, wanted), *own]))
    people = replay.read_table(payer, period, known_at, columns, pack)
    if not people:
        raise RunError(f"{payer} 在 {period.label} 没有一个在册的人。先导入花名册，或看看月份和单位代码。")
    prior = queries.prior(SECTION, payer, period.start)
    paid = queries.paid(prior, [*SUPPLIED.values()], known_at=known_at) if prior else {}
    supplied = [name for name in columns if known[name].room == ROOM]
    owed, left = Arrears(), {}
    if owing and OWED in columns:
        owed = arrears.owed(section=SECTION, payer=payer, before=period.start, known_at=known_at)
        read = [name for name in columns if known[name].room is None]
        left = settling.leavers(pack, payer, period, known_at, read, owed, people)
        people |= left
        columns += [name for name in settling.given_to_leavers(pack) if left and name not in columns]
    debts = owed.by_person()
    people = {
        person: _supply(parts, supplied, paid.get(person), debts.get(person, ())) for person, parts in people.items()
    }
    overlapping = {
        person
        for person, sums in paid.items()
        if person in people and (people[person][-1].values.get(OPENED) or "") >= sums["first"].isoformat()
    }
    places = {person: owed.places.get(person, "") for person in left}
    return Computation(pack, payer, period, known_at, columns, wanted, prior, people, overlapping, owed, places)


def _supply(
    parts: list[policy.Stretch], names: list[str], paid: dict | None, debts: Sequence[Owed]
) -> list[policy.Stretch]:
    """The stretches of one person with what was paid to this person so far, and what is owed for earlier months."""
    own: dict[str, Any] = {}
    behind: dict[str, tuple[int, ...]] = {}
    for name in names:
        if name in arrears.GIVEN:
            mine = [one for one in debts if (one.fen > 0) == (name == OWED)]
            own[name] = yuan(sum(abs(one.fen) for one in mine))
            if mine:
                behind[name] = tuple(sorted({number for one in mine for number in one.sources}))
        elif name == MONTHS:
            own[name] = paid["months"] if paid else 0
        else:
            own[name] = yuan(paid[SUPPLIED[name]]) if paid else "0.00"
    return [
        policy.Stretch(part.person, part.start, part.end, {**part.values, **own}, {**part.sources, **behind})
        for part in parts
    ]


def _rows(computation: Computation, result: policy.Result) -> Iterator[Row]:
    """One outcome per person, in the order of the table."""
    wanted, judge = computation.wanted, _Judge(computation, result)
    fen_of = [total_of(computation.pack, role) for role in ("应发", "实发", "个税", "五险一金", "单位")]
    answers = zip(*(result.values[name] for name in wanted), strict=True)
    for person, given in zip(cast("list[int]", result.people), answers, strict=True):
        parts = computation.people[person]
        values = dict(zip(wanted, given, strict=True))
        state, reason = judge.judge(person, parts, values)
        fen = [values[name] for name in fen_of] + [values.get(ADDITIONAL) or 0] if state == COMPUTED else ()
        place = parts[-1].values.get(PLACE) or ""
        if person in computation.left and state == COMPUTED:
            reason, place = ONLY_ARREARS, computation.left[person] or place
        yield Row(
            person,
            place,
            state,
            reason,
            replay.inputs_of(parts, computation.columns),
            values,
            result.defaults.get(person, ()),
            *fen,
        )


class _Judge:
    """Says of each person whether the pay came out, and if not, why."""

    def __init__(self, computation: Computation, result: policy.Result) -> None:
        self.computation, self.missing = computation, result.missing
        pack = computation.pack
        slip = (*pack.slip.earnings, *pack.slip.deductions, *pack.slip.employer)
        names = [*slip, *(total_of(pack, role) for role in TOTALS), INCLUDED]
        self.printed = [name for name in dict.fromkeys(names) if name in computation.wanted]
        self.reasons: dict[tuple, str] = {}

    def judge(self, person: int, parts: list[policy.Stretch], values: dict) -> tuple[str, str]:
        """(state, reason) of one person; the reason is "" where the pay came out."""
        if values.get(INCLUDED) is False:
            return EXCLUDED, self._why_not(parts)
        opened = parts[-1].values.get(OPENED) or ""
        if person in self.computation.overlapping or opened >= self.computation.period.start.isoformat():
            return (
                UNKNOWN,
                f"期初余额截至 {opened}，与本单位在这里核算的月份重叠，个税会累计两次；请更正期初余额的截至日期",
            )
        unsaid = [name for name in self.printed if values[name] is None]
        if not unsaid:
            return COMPUTED, ""
        lacking = dict.fromkeys(fact for name in unsaid for fact in self.missing.get(name, {}).get(person, ()))
        return UNKNOWN, "缺 " + "、".join(lacking) if lacking else "算不出 " + "、".join(unsaid)

    def _why_not(self, parts: list[policy.Stretch]) -> str:
        """The words of the rule that leaves a person out; asked once for people alike."""
        pack, period = self.computation.pack, self.computation.period
        read = policy.columns_needed(pack, period, [INCLUDED])
        alike = tuple(part.values.get(name) for part in parts for name in read)
        if alike not in self.reasons:
            tree = policy.explain(pack, parts, period, want=INCLUDED)
            self.reasons[alike] = tree.note or "按政策包，不在这里核算"
        return self.reasons[alike]


def _sum_lines(computation: Computation, result: policy.Result) -> None:
    """Sum every line of the slip; refuse where a slip's printed lines do not add up to what is printed below them."""
    pack, slip = computation.pack, computation.pack.slip
    gross, personal, tax, net, employer = (total_of(pack, role) for role in TOTALS)
    names = [*slip.earnings, *slip.deductions, *slip.employer, gross, personal, tax, net, employer]
    came_out = [row.state == COMPUTED for row in computation.rows]
    column = {name: list(compress(result.values[name], came_out)) for name in dict.fromkeys(names)}
    computation.lines = {name: sum(values) for name, values in column.items()}
    taken = slip.deductions if tax in slip.deductions else (*slip.deductions, tax)
    earned, withheld, borne = (_across(column, part) for part in (slip.earnings, taken, slip.employer))
    sums = zip(earned, withheld, borne, column[gross], column[net], column[employer], strict=True)
    wrong = sum(e != g or e - w != n or b != u for e, w, b, g, n, u in sums)
    if wrong:
        raise RunError(
            f"{wrong} 人的工资条各项相加与合计不等，没有保存。"
            f"请改政策包 {pack.code}-{pack.name} 的“工资条”：{gross} 应等于应发各项之和，"
            f"{net} 应等于 {gross} 减代扣各项，{employer} 应等于单位各项之和。"
        )


def _across(column: dict[str, list[int]], names: Sequence[str]) -> list[int]:
    """For each person, the sum over some lines of the slip."""
    return list(map(sum, zip(*(column[name] for name in names), strict=True)))


def _find(computation: Computation) -> None:
    """List what a person should look at before approving."""
    lists: dict[tuple[str, str], list[int]] = defaultdict(list)
    reviewing = STEPS_DUE in computation.wanted
    for row in computation.rows:
        if row.state != COMPUTED:
            lists[row.state, row.reason].append(row.person)
        elif reviewing:
            posted = computation.people[row.person][-1].values.get(STEPS_POSTED)
            due = row.values[STEPS_DUE]
            if posted is not None and due is not None and int(posted) != int(due):
                word = "多" if int(due) > int(posted) else "少"
                lists[REVIEW, f"按历年考核推算的晋级数比台账记着的{word}，按台账发"].append(row.person)
    settling.find(computation, lists)
    computation.findings = [
        {"kind": kind, "text": text, "people": people} for (kind, text), people in sorted(lists.items())
    ]
