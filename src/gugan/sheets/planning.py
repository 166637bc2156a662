"""Turns one person's row into entries for the ledger: only what differs from what it knows, each with its own date.

A fact with a date of its own takes effect on it, and a changed one corrects the action it came from. A fact without one
takes effect on the person's first known day where the ledger knew nothing (日期不详); where it knew something else, the
caller must say from which day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gugan.policy import Catalogue
from gugan.records.employment import Row
from gugan.records.entries import Entry, NewPerson
from gugan.records.models import Person
from gugan.sheets.known import Known, same, shown
from gugan.sheets.problems import Problem, mask, problem
from gugan.sheets.reading import PersonRow

NAME, ID_NUMBER, BIRTH = "姓名", "证件号码", "出生日期"
HIRE, WORKPLACE, PAYER, JOINED = "入职", "工作社区", "用人单位", "从事社区工作日期"
CERTIFICATE, LEVEL, GOT, REGISTERED, APPOINTED = "职业资格", "级别", "取得日期", "登记日期", "聘任"
CONTRACT, APPRAISAL, OPENING = "劳动合同", "年度考核", "期初余额"
OWN_DATES = {
    "参加工作": "参加工作日期",
    CONTRACT: "起",
    "处分": "起",
    "借调": "起",
    "请假": "起",
    "离职": "末日",
    OPENING: "截至",
}
"""Kinds whose action takes effect on the day that one of its facts names."""
STATES = ("缴费基数", "专项附加扣除")
"""Keyed kinds without a date, where a further key is a change of what is paid."""
PERSONAL = (ID_NUMBER, "联系电话", "账号")

Facts = dict[str, Any]


@dataclass
class Plan:
    """What one row would post. changed, filled: paths whose value changes, or becomes known."""

    row: PersonRow
    known: Known | None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def person(self) -> Person | None:
        """The person of the ledger, None for a new one."""
        return self.known.person if self.known else None

    @property
    def state(self) -> str:
        """新增, 变化 or 相同."""
        return "新增" if self.known is None else "变化" if self.entries or self.changed else "相同"


@dataclass(frozen=True)
class Terms:
    """What holds for a whole import: dates, the payer of new people, and the sentence that names the source."""

    catalogue: Catalogue
    basis: str
    payer: str = ""
    until: date | None = None
    effective_on: date | None = None
    has_communities: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    """Division code → name, for messages."""


def plan_row(row: PersonRow, known: Known | None, terms: Terms) -> Plan:
    """Plan one good row."""
    return Planner(row, known, terms).plan


class Planner:
    """Plans one row, kind by kind."""

    def __init__(self, row: PersonRow, known: Known | None, terms: Terms) -> None:
        self.row, self.terms, self.is_new = row, terms, known is None
        self.record = known or Known(None)
        self.plan = Plan(row, known)
        self.subject = self.record.person or NewPerson(row.id_number)
        self.first_day = self.record.hired_on or self.first_day_of_row()
        if self.is_new and not terms.has_communities:
            self.say("S501", f"个人信息.{ID_NUMBER}", mask(row.id_number))
        elif not self.first_day:
            self.say("S505", f"{HIRE}.{JOINED}")
        else:
            self.plan_kinds()

    def first_day_of_row(self) -> str:
        """The first day on which a new person is known to be there; "" where no date tells."""
        days = (
            self.row.get("入职.从事社区工作日期"),
            self.row.get("劳动合同.起"),
            self.row.get("参加工作.参加工作日期"),
        )
        return next((str(day) for day in days if day), "")

    def say(self, code: str, path: str, value: str = "", key: str = "", **words: Any) -> None:
        """Note a problem at the cell a value came from."""
        column = self.row.letters.get((path, key), "")
        self.plan.problems.append(problem(code, self.row.sheet, self.row.row, column, value, **words))

    def plan_kinds(self) -> None:
        """Group the row's values by kind and key, and plan each group."""
        groups: dict[tuple[str, str], Facts] = defaultdict(dict)
        for (path, key), value in self.row.values.items():
            kind, _, fact = path.partition(".")
            groups[kind, key][fact] = value
        for kind in [kind for kind, key in groups if not key and kind not in (CERTIFICATE, CONTRACT)]:
            name = self.terms.catalogue.kinds[kind].key
            if name in groups[kind, ""]:
                groups[kind, str(groups[kind, ""][name])] = groups.pop((kind, ""))
        groups["个人信息", ""] = self.identity(groups.pop(("个人信息", ""), {}))
        if hire := self.hire(groups.pop((HIRE, ""), {})):
            groups[HIRE, ""] = hire
        special: dict[str, Callable[[Facts], None]] = {CERTIFICATE: self.certificate, CONTRACT: self.contract}
        order = list(self.terms.catalogue.kinds)
        # 入职 first: what belongs to employment may not lie before it
        for (kind, key), facts in sorted(
            groups.items(), key=lambda each: (each[0][0] != HIRE, order.index(each[0][0]))
        ):
            if kind in special:
                special[kind](facts)
            else:
                self.plan_group(kind, key, facts)

    def identity(self, facts: Facts) -> Facts:
        """Name, number and, where no column says it, the birth date that the number holds."""
        number = self.row.id_number
        birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
        return {NAME: self.row.name or None, ID_NUMBER: number, BIRTH: birth} | facts

    def hire(self, facts: Facts) -> Facts:
        """Payer and workplace; the payer of somebody known stays unless a column names it."""
        if self.row.community:
            facts[WORKPLACE] = self.row.community
        if self.is_new:
            facts.setdefault(PAYER, self.terms.payer)
        return facts

    def plan_group(self, kind: str, key: str, facts: Facts) -> None:
        """Plan the facts of one kind and key: those the ledger lacks, and those it has otherwise."""
        facts = {name: value for name, value in facts.items() if value is not None}
        if kind == OPENING and self.terms.until:
            facts["截至"] = self.terms.until.isoformat()
        fresh, changed = self.differences(kind, key, facts)
        if not fresh and not changed:
            return
        own_day = self.own_day(kind, key, facts)
        if own_day:
            self.post_dated(kind, key, facts, changed, own_day)
            return
        if kind in STATES and fresh and self.record.keys_of(kind):
            fresh, changed = {}, fresh | changed
        if fresh:
            self.add(
                kind,
                self.first_day,
                self.with_key(kind, key, fresh),
                unknown=not self.dated_hire(kind, fresh),
            )
        self.post_changed(kind, key, changed)

    def differences(self, kind: str, key: str, facts: Facts) -> tuple[Facts, Facts]:
        """Split facts into those the ledger does not know and those it knows otherwise."""
        fresh, changed = {}, {}
        for name, value in facts.items():
            path = f"{kind}.{name}"
            stored = self.record.latest.get((path, key))
            if stored is None:
                fresh[name] = value
            elif not same(stored[0], value, path):
                changed[name] = value
                self.plan.changed.append(path)
        return fresh, changed

    def own_day(self, kind: str, key: str, facts: Facts) -> str | None:
        """The day of its own that an action of this kind takes effect on."""
        if kind == APPRAISAL:
            return f"{key}-12-31"
        day = facts.get(OWN_DATES.get(kind, ""))
        return str(day) if day else None

    def post_dated(self, kind: str, key: str, facts: Facts, changed: Facts, day: str) -> None:
        """Post what has its own date; a changed value corrects the action it stands in, together with what is new."""
        moved = kind in (APPRAISAL, OPENING) and day < self.first_day
        source = None
        if kind == OPENING:
            # further balances as of the same day complete the action; those of another day are a new one
            source = self.record.source("期初余额.截至")
            source = source if source and source.facts["截至"] == facts["截至"] else None
        elif changed:
            source = next(self.record.source(f"{kind}.{name}", key) for name in changed)
        said = self.with_key(kind, key, facts)
        self.add(kind, self.first_day if moved else day, said, unknown=moved, corrects=source)

    def post_changed(self, kind: str, key: str, changed: Facts) -> None:
        """Post changed facts from the day the caller named; without one, each is a problem."""
        if kind == HIRE and JOINED in changed:
            day = changed.pop(JOINED)
            self.add(HIRE, str(day), {JOINED: day}, corrects=self.record.source(f"{HIRE}.{JOINED}"))
        if not changed:
            return
        if self.terms.effective_on is None:
            for name, value in changed.items():
                self.ask_for_day(kind, key, name, value)
            return
        if kind == HIRE:
            changed = {
                PAYER: self.record.value(f"{HIRE}.{PAYER}"),
                WORKPLACE: self.record.value(f"{HIRE}.{WORKPLACE}"),
            } | changed
        self.add(kind, self.terms.effective_on.isoformat(), self.with_key(kind, key, changed))

    def ask_for_day(self, kind: str, key: str, name: str, value: Any) -> None:
        """Say that a change needs the day from which it holds."""
        path = f"{kind}.{name}"
        old, new = shown(self.record.value(path, key)), mask(str(value)) if name in PERSONAL else shown(value)
        old, new = self.terms.names.get(old, old), self.terms.names.get(new, new)
        place = "入职.工作社区" if name == WORKPLACE else path
        code = "S507" if name == NAME else "S502"
        self.say(code, place, new, key, name=f"{name}（{key}）" if key else name, old=old or "没有", new=new)

    def certificate(self, facts: Facts) -> None:
        """取得, 登记 and 聘任 are actions apart; without a level they belong to the highest certificate known."""
        table = self.terms.catalogue.kinds[CERTIFICATE].facts[LEVEL].table
        known = [level for level in (table.labels if table else ()) if level in self.record.keys_of(CERTIFICATE)]
        level = facts.get(LEVEL) or (known[-1] if known else None)
        if level is None:
            return
        said = {name: facts[name] for name in (GOT, REGISTERED, APPOINTED) if facts.get(name) is not None}
        # a level without any of the three stands alone
        for name, value in (said or {LEVEL: level}).items():
            self.plan_certificate(level, name, value)

    def plan_certificate(self, level: str, name: str, value: Any) -> None:
        """One of the three: dated ones on their day, a bare level and 聘任 on the first known day."""
        said = {LEVEL: level, name: value}
        fresh, changed = self.differences(CERTIFICATE, level, said)
        if not fresh and not changed:
            return
        if name in (GOT, REGISTERED):
            source = self.record.source(f"{CERTIFICATE}.{name}", level) if name in changed else None
            self.add(CERTIFICATE, str(value), said, corrects=source)
        elif changed or (LEVEL in fresh and self.record.keys_of(CERTIFICATE)):
            self.post_changed(CERTIFICATE, level, changed or fresh)
        else:
            self.add(CERTIFICATE, self.first_day, said, unknown=True)

    def contract(self, facts: Facts) -> None:
        """A contract is known by its number; without one by the day it begins; without that it is the last one known."""
        start = facts.get("起")
        number = facts.get("合同号") or self.contract_number(start)
        fresh, changed = self.differences(CONTRACT, number, facts)
        said = {**facts, "合同号": number}
        if start and (fresh or changed):
            self.add(CONTRACT, str(start), said, corrects=self.record.source(f"{CONTRACT}.起", number))
        elif changed:
            self.post_changed(CONTRACT, number, changed)
        elif fresh:
            self.add(CONTRACT, self.first_day, said, unknown=True)

    def contract_number(self, start: Any) -> str:
        """The number of the known contract that begins on this day, else 无号 and the day."""
        known = [row.facts for row in self.record.rows if row.kind == CONTRACT and row.facts.get("合同号")]
        same_start = [facts["合同号"] for facts in known if start in (None, facts.get("起"))]
        return same_start[-1] if same_start else f"无号-{start or '不详'}"

    def dated_hire(self, kind: str, facts: Facts) -> bool:
        """Whether a 入职 says since when: its day is then the person's own, not merely the first known."""
        return kind == HIRE and bool(facts.get(JOINED))

    def with_key(self, kind: str, key: str, facts: Facts) -> Facts:
        """The facts with the fact that is the kind's key."""
        name = self.terms.catalogue.kinds[kind].key
        return {name: key, **facts} if name and key else facts

    def add(self, kind: str, day: str, facts: Facts, unknown: bool = False, corrects: Row | None = None) -> None:
        """Add one entry; what corrects an action keeps the facts that it does not change."""
        if corrects:
            facts = {**corrects.facts, **facts}
        basis = self.terms.basis.format(sheet=self.row.sheet, row=self.row.row)
        replaces = corrects.id if corrects else None
        self.plan.entries.append(Entry(kind, self.subject, date.fromisoformat(day), facts, basis, unknown, replaces))
