"""The workbook an office would print: every line of every slip, subtotals by community and street, signatures, pins."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from gugan.lifecycle.pay.money import yuan
from gugan.lifecycle.pay.queries import STREET, illustrative, names_of
from gugan.office.writer import PrintColumn, PrintedTable, write
from gugan.records.clock import CHINA
from gugan.runs import queries
from gugan.runs.models import COMPUTED, DRAFT, STATES, Outcome, Run

GRADE = "岗位等级"
SIGNATURES = ("制表", "复核", "审批", "领导签字")


def workbook(*, run: Run, scope, now: datetime) -> bytes:
    """The printed workbook of a run, with the people that `scope` may see. Three statements."""
    outcomes = list(queries.outcomes(scope, run).select_related("person").defer("inputs", "digest"))
    codes = {o.place_code for o in outcomes} | {o.place_code[:STREET] for o in outcomes}
    names = names_of(codes | {run.payer_code}, run)
    tables = [_pay_sheet(run, [o for o in outcomes if o.state == COMPUTED], names)]
    others = [o for o in outcomes if o.state != COMPUTED]
    if others:
        tables.append(_others_sheet(run, others, names))
    return write(tables, created=now.astimezone(CHINA))


def title_of(run: Run, names: dict[str, str]) -> str:
    """《蓬江区社区工作者2026年10月工资表》"""
    payer = names.get(run.payer_code, run.payer_code)
    return f"{payer}社区工作者{run.period_start.year}年{run.period_start.month}月工资表"


def _pay_sheet(run: Run, outcomes: list[Outcome], names: dict[str, str]) -> PrintedTable:
    return PrintedTable(
        title=title_of(run, names),
        sheet="工资表",
        notes=_notes(run, names),
        columns=_columns(run),
        rows=[_row(run, outcome, names) for outcome in outcomes],
        groups=("street", "community"),
        signatures=SIGNATURES,
        banner=_banner(run),
        tail=_tail(run),
        freeze=2,
    )


def _columns(run: Run) -> list[PrintColumn]:
    slip, totals = run.slip, run.slip["totals"]

    def money(name: str, group: str | None = None) -> PrintColumn:
        return PrintColumn(name, name, group=group, kind="money")

    return [
        PrintColumn("name", "姓名", width=9),
        PrintColumn("last4", "证件号码末四位", width=8),
        PrintColumn("grade", GRADE, kind="int", total=False),
        *(money(name, "应发") for name in slip["earnings"]),
        money(totals["应发"]),
        *(money(name, "代扣") for name in slip["deductions"]),
        money(totals["实发"]),
        *(money(name, "单位承担") for name in slip["employer"]),
        money(totals["单位"]),
        PrintColumn("note", "备注", width=24),
    ]


def _row(run: Run, outcome: Outcome, names: dict[str, str]) -> dict:
    values = outcome.values
    lines = dict.fromkeys(
        [*run.slip["earnings"], *run.slip["deductions"], *run.slip["employer"], *run.slip["totals"].values()]
    )
    return {
        **_who(outcome, names),
        "grade": values.get(GRADE),
        "note": "；".join(outcome.defaults),
        **{name: Decimal(yuan(values[name])) for name in lines},
    }


def _others_sheet(run: Run, outcomes: list[Outcome], names: dict[str, str]) -> PrintedTable:
    return PrintedTable(
        title=title_of(run, names) + "（不在表内的人）",
        sheet="不在表内",
        notes=_notes(run, names),
        columns=[
            PrintColumn("street", "街镇", width=14),
            PrintColumn("community", "社区", width=18),
            PrintColumn("name", "姓名", width=9),
            PrintColumn("last4", "证件号码末四位", width=8),
            PrintColumn("state", "情况", width=8),
            PrintColumn("reason", "原因", width=50),
        ],
        rows=[{**_who(o, names), "state": o.state, "reason": o.reason} for o in outcomes],
        signatures=(),
        banner=_banner(run),
    )


def _who(outcome: Outcome, names: dict[str, str]) -> dict:
    place = outcome.place_code
    return {
        "street": names.get(place[:STREET], place[:STREET]),
        "community": names.get(place, place),
        "name": outcome.person.name,
        "last4": outcome.person.id_last4,
    }


def _notes(run: Run, names: dict[str, str]) -> tuple[str, str, str]:
    payer = names.get(run.payer_code, run.payer_code)
    return f"用人单位：{payer}", f"{run.period_start.year}年{run.period_start.month}月", "单位：元"


def _banner(run: Run) -> str:
    parts = ["示例：按示例政策核算，不是任何地方的标准"] * illustrative(run)
    parts += [f"{STATES[run.state]}，不是最后的数"] * (run.state == DRAFT)
    return "；".join(parts)


def _tail(run: Run) -> list[str]:
    packs = "、".join(f"{pack['code']}-{pack['name']}（指纹 {pack['digest'][:8]}）" for pack in run.packs)
    seal = f"，{_moment(run.sealed_at)} 由 {run.sealed_by} 审批封存" if run.state != DRAFT and run.sealed_at else ""
    return [
        f"第 {run.pk} 批，{STATES[run.state]}{seal}；批次指纹 {run.digest[:16]}。",
        f"核算所用：政策包 {packs}；事实按 {_moment(run.known_at)} 所知；引擎 {run.engine}。",
    ]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
