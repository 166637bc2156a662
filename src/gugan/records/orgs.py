"""What can be done to communities, each from a day: set up, rename, close, merge, settle the establishment, take back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from gugan.accounts import services as accounts
from gugan.accounts.bulk import among
from gugan.accounts.models import User
from gugan.policy import Catalogue
from gugan.records import ledger, places, services
from gugan.records.clock import china_day
from gugan.records.employment import Row
from gugan.records.entries import (
    CHANGE,
    CLOSE,
    ESTABLISH,
    HIRE,
    SET_UP,
    WORKPLACE,
    Entry,
    LedgerError,
    NewOrg,
    Problem,
)  # fmt: skip
from gugan.records.models import Action, Batch, Org, Person
from gugan.records.places import COMMUNITY, STREET, Life, Move

KIND = "机构"
"""Kind of the batches written here."""
KINDS_OF_COMMUNITY = ("社区", "村", "其他")
LONGEST_NAME = 50
LOCAL = "J"
"""The letter in a local code: the state's have digits only, so that the two never meet."""
STATE_CODE, LOCAL_CODE = re.compile(r"[0-9]{12}"), re.compile(r"[0-9]{9}J(?!00)[0-9]{2}")
_SHOWN = 5


@dataclass(frozen=True)
class Recorded:
    """What was recorded. again: it had been recorded before by the same form, and nothing was done now."""

    batch: Batch
    actions: list[Action]
    again: bool = False


@dataclass(frozen=True)
class Plan:
    """What an act would post, found by reading only. name: the organisation's on that day; before: establishment till then.

    moved: whom a merger concerns; people: they by id; code: of the new community.
    """

    label: str
    entries: list[Entry]
    name: str
    before: int | None = None
    moved: list[Move] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)
    code: str = ""


@transaction.atomic
def add_community(
    *, parent: Org, name: str, kind: str, code: str = "", number: int | None = None, effective_on: date, basis: str,
    by: User, now: datetime, catalogue: Catalogue, once: str = "",
) -> Recorded:  # fmt: skip
    """Set up a community under a street from a day; without a code it gets a local one. number: its establishment.

    This and all services here: NotAllowed without the right to record there; LedgerError names everything wrong, and then
    nothing was written. once: digest of the form; the second time nothing is done.
    """
    if done := _begin(once, by, now, parent.code):
        return done
    plan = plan_adding(
        parent=parent, name=name, kind=kind, code=code, number=number, effective_on=effective_on, basis=basis
    )
    return _post(plan, once, by=by, now=now, catalogue=catalogue)


@transaction.atomic
def rename(
    *,
    org: Org,
    name: str,
    effective_on: date,
    basis: str,
    by: User,
    now: datetime,
    catalogue: Catalogue,
    once: str = "",
) -> Recorded:
    """Give an organisation a new name from a day; before it, it keeps the old one."""
    if done := _begin(once, by, now, org.code):
        return done
    plan = plan_renaming(org=org, name=name, effective_on=effective_on, basis=basis)
    return _post(plan, once, by=by, now=now, catalogue=catalogue)


@transaction.atomic
def close(
    *, org: Org, reason: str, effective_on: date, basis: str, by: User, now: datetime, catalogue: Catalogue,
    once: str = "",
) -> Recorded:  # fmt: skip
    """Close an organisation: `effective_on` is the first day it is no longer there. Refused while people work in it."""
    if done := _begin(once, by, now, org.code):
        return done
    plan = plan_closing(org=org, reason=reason, effective_on=effective_on, basis=basis)
    return _post(plan, once, by=by, now=now, catalogue=catalogue)


@transaction.atomic
def merge(
    *, org: Org, into: Org, effective_on: date, basis: str, reason: str = "", by: User, now: datetime,
    catalogue: Catalogue, once: str = "",
) -> Recorded:  # fmt: skip
    """Merge `org` into `into` from a day: closes it and moves everybody at work there, payers unchanged, in one batch.

    Who is to come there later comes to `into` instead; who was to leave it later still leaves. Both codes need the right.
    """
    if done := _begin(once, by, now, org.code, into.code):
        return done
    plan = plan_merging(org=org, into=into, effective_on=effective_on, basis=basis, reason=reason)
    return _post(plan, once, by=by, now=now, catalogue=catalogue)


@transaction.atomic
def set_establishment(
    *, org: Org, number: int, effective_on: date, basis: str, standard: str = "", by: User, now: datetime,
    catalogue: Catalogue, once: str = "",
) -> Recorded:  # fmt: skip
    """Post how many people an organisation is approved to have from a day. standard: by which yardstick, in words."""
    if done := _begin(once, by, now, org.code):
        return done
    plan = plan_settling(org=org, number=number, effective_on=effective_on, basis=basis, standard=standard)
    return _post(plan, once, by=by, now=now, catalogue=catalogue)


@transaction.atomic
def withdraw(*, batch: Batch, basis: str, by: User, now: datetime, catalogue: Catalogue) -> Recorded:
    """Take back everything of one batch written here (整批撤回); what was taken back before is left as it is.

    Refused where an entry was corrected since, where the name or the street is gone, and for what set an organisation up.
    The caller has made sure that nothing sealed rests on it (runs stands above this room).
    """
    accounts.lock_trail()
    found = list(Action.objects.filter(batch=batch).select_related("person", "org"))
    replacements = {one.replaces_id: one for one in Action.objects.filter(replaces__batch=batch)}
    subjects = {action.org for action in found if action.org}
    for org in sorted(subjects, key=lambda one: one.code):
        accounts.require(by, "import", org.code, on=china_day(now))
    standing = [action for action in found if action.pk not in replacements]
    if found and not standing and not any(one.facts for one in replacements.values()):
        return Recorded(batch, [], again=True)
    if problem := _batch_problem(batch, found, standing):
        raise LedgerError([problem])
    entries = [
        Entry(a.kind, a.person or a.org, a.effective_on, {}, basis, a.date_unknown, a.pk)  # type: ignore[arg-type]
        for a in standing
    ]
    plan = Plan(f"撤回：{batch.label}", entries, "")
    done = _post(plan, "", by=by, now=now, catalogue=catalogue)
    since = min(action.effective_on for action in standing)
    _refuse([problem for org in subjects for problem in _restored_problems(_life(org), since)])
    return done


# --- what an act would do: the same checks, by reading only


def plan_adding(
    *, parent: Org, name: str, kind: str, code: str = "", number: int | None = None, effective_on: date, basis: str
) -> Plan:
    """Return what `add_community` posts; this and all plans raise LedgerError as the service does, but for the right."""
    above = _life(parent)
    code = code.strip().upper() or propose_code(parent.code)
    name = name.strip()
    problems = [
        *_parent_problems(above, effective_on), *_code_problems(code, above), *_name_problems(name, SET_UP),
        *_taken_problems(name, SET_UP, parent, effective_on, None),
    ]  # fmt: skip
    if kind not in KINDS_OF_COMMUNITY:
        problems.append(_problem(SET_UP, "类别", f"类别须是{'、'.join(KINDS_OF_COMMUNITY)}之一"))
    _refuse(problems)
    new = NewOrg(code)
    entries = [Entry(SET_UP, new, effective_on, {"代码": code, "名称": name, "类别": kind, "上级": parent.code}, basis)]
    if number is not None:
        entries.append(Entry(ESTABLISH, new, effective_on, {"人数": number}, basis))
    return Plan(f"设立：{name}", entries, name, code=code)


def plan_renaming(*, org: Org, name: str, effective_on: date, basis: str) -> Plan:
    """Return what `rename` posts."""
    life, name = _life(org), name.strip()
    problems = [*_day_problems(life, CHANGE, effective_on), *_name_problems(name, CHANGE)]
    old = life.on(effective_on)["name"]
    if name == old:
        problems.append(_problem(CHANGE, "名称", f"{effective_on} 时名称本来就是“{name}”"))
    problems += _taken_problems(name, CHANGE, life.org.parent, effective_on, org)
    _refuse(problems)
    return Plan(f"更名：{old} → {name}", [Entry(CHANGE, life.org, effective_on, {"名称": name}, basis)], old)


def plan_closing(*, org: Org, reason: str, effective_on: date, basis: str) -> Plan:
    """Return what `close` posts."""
    family, employment = _family(org), places.employment_at(org.code)
    life = family[org.pk]
    problems = _closing_problems(life, family.values(), employment, effective_on)
    if moved := places.moves(org.code, effective_on, employment):
        at_work = sum(one.now for one in moved)
        later = f"，另有 {len(moved) - at_work} 人以后要来" if len(moved) > at_work else ""
        words = f"{effective_on} 时还有 {at_work} 人在这里工作{later}；请改用合并，把人一起转走，或先逐人调走"
        problems.append(_problem(CLOSE, "", words))
    _refuse(problems)
    name = life.on(effective_on)["name"]
    entry = Entry(CLOSE, life.org, effective_on, {"原因": reason.strip() or "撤销"}, basis)
    return Plan(f"撤销：{name}", [entry], name)


def plan_merging(*, org: Org, into: Org, effective_on: date, basis: str, reason: str = "") -> Plan:
    """Return what `merge` posts, with whom it moves."""
    family, employment = _family(org, into), places.employment_at(org.code)
    life, target = family[org.pk], family[into.pk]
    problems = _closing_problems(life, family.values(), employment, effective_on)
    _refuse([*problems, *_target_problems(life, target, effective_on)])
    moved = places.moves(org.code, effective_on, employment)
    chosen = Person.objects.filter(pk__in=among([one.person for one in moved])).order_by("pinyin", "id")
    people = {one.pk: one for one in chosen} if moved else {}
    # no payer: whoever pays on that day goes on paying
    entries = [Entry(HIRE, people[one.person], day, {WORKPLACE: into.code}, basis) for one in moved for day in one.days]
    why = reason.strip() or "合并"
    entries.append(Entry(CLOSE, life.org, effective_on, {"原因": why, "并入": into.code}, basis))
    name = life.on(effective_on)["name"]
    label = f"合并：{name} → {target.on(effective_on)['name']}"
    return Plan(label, entries, name, moved=moved, people=people)


def plan_settling(*, org: Org, number: int, effective_on: date, basis: str, standard: str = "") -> Plan:
    """Return what `set_establishment` posts."""
    life = _life(org)
    held = life.on(effective_on)
    problems = _day_problems(life, ESTABLISH, effective_on)
    if held["establishment"] == number:
        problems.append(_problem(ESTABLISH, "人数", f"{effective_on} 时核定员额本来就是 {number} 人"))
    _refuse(problems)
    entry = Entry(ESTABLISH, life.org, effective_on, {"人数": number, "标准": standard.strip() or None}, basis)
    return Plan(f"核定员额：{held['name']} {number} 人", [entry], held["name"], before=held["establishment"])


def propose_code(street: str) -> str:
    """Return the next local code under a street: its nine digits, J and two digits; LedgerError when all 99 are used."""
    used = set(Org.objects.filter(code__startswith=street + LOCAL).order_by().values_list("code", flat=True))
    for number in range(1, 100):
        if (code := f"{street}{LOCAL}{number:02d}") not in used:
            return code
    raise LedgerError([_problem(SET_UP, "代码", "自编码 J01 至 J99 都用过了")])


# --- before


def _begin(once: str, by: User, now: datetime, *codes: str) -> Recorded | None:
    """Ask for the right, let one writer at a time go on, and return what the same form recorded before, if it did."""
    for code in codes:
        accounts.require(by, "import", code, on=china_day(now))
    accounts.lock_trail()
    before = Batch.objects.filter(source_digest=once).first() if once else None
    return Recorded(before, list(Action.objects.filter(batch=before)), again=True) if before else None


def _family(org: Org, *others: Org) -> dict[int, Life]:
    """Read organisations and what lies right below the first, by id: two statements."""
    return {one.org.pk: one for one in places.lives(Q(pk__in=[org.pk, *(one.pk for one in others)]) | Q(parent=org))}


def _life(org: Org) -> Life:
    """Read an organisation and its record again: what the caller holds may be older."""
    return places.lives(Q(pk=org.pk))[0]


def _post(plan: Plan, once: str, *, by: User, now: datetime, catalogue: Catalogue) -> Recorded:
    batch = services.open_batch(KIND, plan.label[:200], source_digest=once, by=by, now=now)
    return Recorded(batch, ledger.post(plan.entries, by=by, now=now, catalogue=catalogue, batch=batch))


# --- what is refused


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise LedgerError(problems)


def _problem(kind: str, fact: str, message: str) -> Problem:
    return Problem(0, kind, fact, message)


def _day_problems(life: Life, kind: str, on: date) -> list[Problem]:
    """The organisation is there on that day."""
    day, name = on.isoformat(), life.on(on)["name"]
    if life.begins and day < life.begins:
        return [_problem(kind, "", f"{name}自 {life.begins} 起才有，生效日不能更早")]
    if life.closes and life.closes <= day:
        return [_problem(kind, "", f"{name}自 {life.closes} 起已撤销，此后不能再记")]
    return []


def _parent_problems(above: Life, on: date) -> list[Problem]:
    name = above.on(on)["name"]
    if len(above.org.code) != STREET:
        return [_problem(SET_UP, "上级", f"{name}不是街道或镇；社区只能设在街道、镇、乡之下")]
    if above.closes:
        return [_problem(SET_UP, "上级", f"{name}自 {above.closes} 起撤销，不能再设社区")]
    return _day_problems(above, SET_UP, on)


def _code_problems(code: str, above: Life) -> list[Problem]:
    street = above.org.code
    if not STATE_CODE.fullmatch(code) and not LOCAL_CODE.fullmatch(code):
        words = f"代码应是 {COMMUNITY} 位数字；国家没有给代码的空着不填，由系统编一个（如 {street}J01）"
        return [_problem(SET_UP, "代码", words)]
    if not code.startswith(street):
        return [_problem(SET_UP, "代码", f"代码须以街道的 {street} 开头")]
    if Org.objects.filter(code=code).exists():
        return [_problem(SET_UP, "代码", f"代码 {code} 已经用过，撤销了的也不能再用")]
    return []


def _name_problems(name: str, kind: str) -> list[Problem]:
    if not name:
        return [_problem(kind, "名称", "请写名称")]
    return [_problem(kind, "名称", f"名称至多 {LONGEST_NAME} 字")] if len(name) > LONGEST_NAME else []


def _taken_problems(name: str, kind: str, parent: Org | None, on: date, own: Org | None) -> list[Problem]:
    """Nobody else under the same parent has the name on that day or later."""
    if parent is None or not name:
        return []
    others = [life for life in places.lives(Q(parent=parent)) if own is None or life.org.pk != own.pk]
    taken = (life for life in others if not (life.closes and life.closes <= on.isoformat()))
    return [
        _problem(kind, "名称", f"{parent.name}下已有“{name}”（{life.org.code}）")
        for life in taken
        if name in life.names_from(on)
    ]


def _closing_problems(
    life: Life, family: Iterable[Life], employment: Mapping[int, list[Row]], on: date
) -> list[Problem]:
    """It is there, nothing below it is, and it employs nobody. family: with what lies right below it."""
    name = life.on(on)["name"]
    if life.closes:
        return [_problem(CLOSE, "", f"{name}已记过撤销，{life.closes} 起；要改日子，先撤回那一条")]
    problems = _day_problems(life, CLOSE, on)
    parts = (one for one in family if one.org.parent_id == life.org.pk)
    open_parts = [part for part in parts if not part.closes or part.closes > on.isoformat()]
    if open_parts:
        some = "、".join(part.on(on)["name"] for part in open_parts[:_SHOWN])
        words = f"{name}下还有 {len(open_parts)} 个没有撤销的机构：{some}{'等' if len(open_parts) > _SHOWN else ''}"
        problems.append(_problem(CLOSE, "", words))
    if count := places.paid_by(life.org.code, on, employment):
        problems.append(_problem(CLOSE, "", f"{on} 时还有 {count} 人由{name}签约发薪；先给他们记新的用人单位"))
    return problems


def _target_problems(life: Life, target: Life, on: date) -> list[Problem]:
    if target.org.pk == life.org.pk:
        return [_problem(CLOSE, "并入", "不能并入自己")]
    if len(target.org.code) != len(life.org.code):
        return [_problem(CLOSE, "并入", "只能并入同一级的机构")]
    name = target.on(on)["name"]
    if target.closes:
        return [_problem(CLOSE, "并入", f"{name}自 {target.closes} 起撤销，不能并入")]
    if target.begins and on.isoformat() < target.begins:
        return [_problem(CLOSE, "并入", f"{name}自 {target.begins} 起才有，这一天还不能并入")]
    return []


def _batch_problem(batch: Batch, found: Sequence[Action], standing: Sequence[Action]) -> Problem | None:
    if batch.kind != KIND or not found or any(action.kind == SET_UP for action in found):
        return _problem(SET_UP, "", "这一批不能整批撤回；设错了的机构，请按撤销办理")
    if len(standing) < len(found):
        gone = len(found) - len(standing)
        return _problem(found[0].kind, "", f"这一批里有 {gone} 条此后已更正或撤销，不能再整批撤回；请逐条处理")
    return None


def _restored_problems(life: Life, since: date) -> list[Problem]:
    """What is there again has its place and its name to itself."""
    if life.closes or life.org.parent is None:
        return []
    above = _life(life.org.parent)
    if above.closes:
        return [_problem(CLOSE, "上级", f"{above.org.name}自 {above.closes} 起撤销，下面的不能恢复")]
    return [
        problem
        for name in sorted(life.names_from(since))
        for problem in _taken_problems(name, CLOSE, life.org.parent, since, life.org)
    ]
