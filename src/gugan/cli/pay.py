"""工资 commands: run, approve, void, paid, export, list, explain, verify."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date, datetime
from pathlib import Path

from django.utils import timezone

from gugan import cli
from gugan.accounts import queries as accounts
from gugan.lifecycle.pay import compute, export, services
from gugan.lifecycle.pay.money import yuan
from gugan.records import queries as records
from gugan.records.clock import end_of_day
from gugan.runs import queries, verify
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import STATES, Run


def register(subparsers) -> None:
    """Add `pay`, `explain` and `runs` to the `gugan` command; each sets `handler`, which returns the exit code."""
    _register_pay(subparsers)
    explain = subparsers.add_parser("explain", help="说明一笔数怎么来 / explain one figure")
    explain.add_argument("person", metavar="ID", help="证件号码、人员编号 / ID number or person id")
    explain.add_argument("line", nargs="?", default="应发工资", help="工资条上的一项 / a line of the slip")
    explain.add_argument("--month", required=True, help="2026-10")
    explain.add_argument("--payer", help="用人单位代码 / payer code")
    explain.add_argument("--depth", type=int, help="展开几层 / how many levels")
    explain.add_argument("--json", action="store_true")
    explain.add_argument("--as", dest="user", metavar="USER", help="用谁的权限看 / with whose rights")
    explain.set_defaults(handler=explain_line)
    parser = subparsers.add_parser("runs", help="核算批次 / runs")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="验证批次：指纹、留痕、重算 / prove runs from their pins")
    check.add_argument("run", nargs="?", type=int, metavar="N")
    check.add_argument("--json", action="store_true")
    check.set_defaults(handler=verify_runs)
    listing = commands.add_parser("list", help="列出批次 / list runs")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(handler=list_runs)


def _register_pay(subparsers) -> None:
    parser = subparsers.add_parser("pay", help="工资：核算、审批、作废、发放、导出 / the month's pay")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str, handler):
        one = commands.add_parser(name, help=text)
        one.add_argument("--payer", metavar="CODE", help="用人单位代码 / payer code")
        one.add_argument("--month", metavar="YYYY-MM", help="月份 / month")
        one.add_argument("--as", dest="user", metavar="USER", help="谁来办 / acting user")
        one.add_argument("--json", action="store_true", help="最后一行输出 JSON / end with one line of JSON")
        one.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="当作今天 / taken as today")
        one.set_defaults(handler=handler)
        return one

    run = command("run", "核算一个月（草稿，可重算）/ compute a month", run_month)
    run.add_argument(
        "--known-at", type=date.fromisoformat, metavar="DATE", help="只用这天以前记下的事实 / facts known by"
    )
    ready = command("ready", "核算前看谁缺什么、用哪些缺省 / who lacks what", show_readiness)
    ready.add_argument("--known-at", type=date.fromisoformat, metavar="DATE", help=argparse.SUPPRESS)
    for name, text, handler in (
        ("approve", "另一人审批并封存 / another person approves and seals", approve),
        ("void", "作废：一人提出（--reason），另一人确认 / void, by two", void),
        ("discard", "撤销草稿 / give up a draft", discard),
        ("paid", "财务标为已发放 / finance marks as paid", mark_paid),
    ):
        one = command(name, text, handler)
        one.add_argument("--run", type=int, metavar="N", help="批次号 / run number")
        if name == "void":
            one.add_argument("--reason", default="", help="原因 / reason")
    out = command("export", "导出工资表 / the workbook an office would print", export_workbook)
    out.add_argument("--run", type=int, metavar="N", help="批次号 / run number")
    out.add_argument("--out", type=Path, metavar="FILE", help="文件名 / file to write")


class Clock:
    """Tells each step on standard error once the command has taken over a second."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.step = ""

    def __call__(self, step: str) -> None:
        seconds = time.monotonic() - self.began
        print(f"[{seconds:5.1f} 秒] {step}", file=sys.stderr, flush=True)


def moment_of(day: date | None) -> datetime:
    """Now, or the evening of `day` where the caller says which day it is."""
    return timezone.now() if day is None else end_of_day(day)


def run_month(args) -> int:
    """gugan pay run"""
    user, now = cli.user_from(args), moment_of(args.today)
    known_at = end_of_day(args.known_at) if args.known_at else None
    _need_month(args)
    found = services.run(
        payer=args.payer,
        month=args.month,
        by=user,
        now=now,
        known_at=known_at,
        today=args.today,
        progress=Clock(),
    )
    _tell(found, args, f"第 {found.pk} 批：{_sentence(found)}")
    for finding in found.findings:
        print(f"  {finding['kind']} {len(finding['people'])} 人：{finding['text']}", file=sys.stderr)
    return 0


def show_readiness(args) -> int:
    """gugan pay ready"""
    user, now = cli.user_from(args), moment_of(args.today)
    known_at = end_of_day(args.known_at) if args.known_at else None
    _need_month(args)
    found = services.readiness(
        payer=args.payer, month=args.month, by=user, now=now, known_at=known_at, progress=Clock()
    ).as_dict()
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"{args.payer} {args.month}：{found['people']} 人，可以算出 {found['ready']} 人")
    for name, title in (("missing", "算不出"), ("excluded", "不核算"), ("defaults", "用缺省")):
        for text, people in sorted(found[name].items(), key=lambda item: -item[1]):
            print(f"  {title} {people} 人：{text}")
    return 0


def approve(args) -> int:
    """gugan pay approve"""
    found = runs.approve(run=_run_of(args), by=cli.user_from(args), now=moment_of(args.today))
    _tell(found, args, f"第 {found.pk} 批已审批封存：{_sentence(found)}")
    return 0


def void(args) -> int:
    """gugan pay void"""
    run, user, now = _run_of(args), cli.user_from(args), moment_of(args.today)
    if run.void_asked_by_id is None or args.reason:
        found = runs.ask_void(run=run, by=user, now=now, reason=args.reason)
        _tell(found, args, f"第 {found.pk} 批已提出作废：{found.void_reason}。请另一位有审批权的人确认。")
    else:
        found = runs.confirm_void(run=run, by=user, now=now)
        _tell(found, args, f"第 {found.pk} 批已作废，仍可查看；可以重新核算。")
    return 0


def discard(args) -> int:
    """gugan pay discard"""
    found = runs.discard(run=_run_of(args), by=cli.user_from(args), now=moment_of(args.today))
    _tell(found, args, f"第 {found.pk} 批草稿已撤销。")
    return 0


def mark_paid(args) -> int:
    """gugan pay paid"""
    found = runs.mark_paid(run=_run_of(args), by=cli.user_from(args), now=moment_of(args.today))
    _tell(found, args, f"第 {found.pk} 批已标为发放，此后只能补发或扣回。")
    return 0


def export_workbook(args) -> int:
    """gugan pay export"""
    run = _run_of(args)
    out = args.out or Path(f"{run.payer_code}-{run.month}-工资表.xlsx")
    scope, now = _scope_of(args, run), moment_of(args.today)
    Clock()(f"写 {run.people} 人的工资表")
    out.write_bytes(export.workbook(run=run, scope=scope, now=now))
    _tell(run, args, f"已写入 {out}", file=str(out))
    return 0


def explain_line(args) -> int:
    """gugan explain"""
    now = timezone.now()
    scope = (
        accounts.OPERATOR if args.user is None else accounts.scope_of(cli.user_from(args), on=timezone.localdate(now))
    )
    try:
        person = records.find_person(scope, args.person)
    except records.Ambiguous as several:
        raise RunError(str(several)) from several
    if person is None:
        raise RunError("没有找到这个人。用证件号码或人员编号。")
    found = services.explain(
        user=None, scope=scope, person=person, month=args.month, line=args.line, payer=args.payer, now=now
    )
    print(json.dumps(found.as_dict(), ensure_ascii=False) if args.json else found.as_text(args.depth, width=100))
    return 0


def verify_runs(args) -> int:
    """gugan runs verify"""
    chosen = Run.objects.order_by("pk") if args.run is None else Run.objects.filter(pk=args.run)
    if args.run is not None and not chosen.exists():
        raise RunError(f"没有第 {args.run} 批。用 gugan runs list 看有哪些批次。")
    clock, problems = Clock(), {}
    guards = verify.missing_guards()
    for run in chosen:
        clock(f"验证第 {run.pk} 批（{run.people} 人）")
        problems[run.pk] = verify.verify(run)
    wrong = guards + [f"第 {number} 批：{text}" for number, texts in problems.items() for text in texts]
    for text in wrong:
        print(text, file=sys.stderr)
    if args.json:
        print(json.dumps({"runs": len(problems), "problems": wrong}, ensure_ascii=False))
    else:
        print(f"{len(problems)} 批，" + (f"{len(wrong)} 处不对" if wrong else "全部对得上"))
    return 1 if wrong else 0


def list_runs(args) -> int:
    """gugan runs list"""
    found = list(Run.objects.order_by("pk"))
    if args.json:
        print(json.dumps([summary(run) for run in found], ensure_ascii=False))
        return 0
    for run in found:
        print(f"{run.pk:>4}  {run.payer_code}  {run.month}  {run.section}  {STATES[run.state]}  {_sentence(run)}")
    return 0


def summary(run: Run) -> dict:
    """A run in a line of JSON: counts, and yuan as text with two decimals. employer_cost is what the payer bears besides gross."""
    return {
        "run": run.pk,
        "state": run.state,
        "payer": run.payer_code,
        "month": run.month,
        "people": run.totals["computed"],
        "communities": run.totals["communities"],
        "refused": run.totals["unknown"],
        "excluded": run.totals["excluded"],
        "gross": yuan(run.gross_fen),
        "net": yuan(run.net_fen),
        "employer_cost": yuan(run.employer_fen),
    }


def _sentence(run: Run) -> str:
    totals = run.totals
    parts = [
        f"{totals['computed']} 人，应发 {yuan(run.gross_fen)}，实发 {yuan(run.net_fen)}，单位承担 {yuan(run.employer_fen)}"
    ]
    parts += [f"算不出 {totals['unknown']} 人"] * bool(totals["unknown"])
    parts += [f"不核算 {totals['excluded']} 人"] * bool(totals["excluded"])
    return "；".join(parts)


def _tell(run: Run, args, sentence: str, **more) -> None:
    if args.json:
        print(json.dumps(summary(run) | more, ensure_ascii=False))
    else:
        print(sentence)


def _need_month(args) -> None:
    if not args.payer or not args.month:
        raise RunError("写明用人单位和月份，如 --payer 440703 --month 2026-10。")


def _run_of(args) -> Run:
    """The run that --run, or --payer and --month, name. Raises RunError."""
    if args.run is not None:
        run = Run.objects.filter(pk=args.run).first()
        if run is None:
            raise RunError(f"没有第 {args.run} 批。用 gugan runs list 看有哪些批次。")
        return run
    _need_month(args)
    run = queries.live_run(compute.SECTION, args.payer, compute.read_month(args.month).start)
    if run is None:
        raise RunError(
            f"{args.payer} {args.month} 还没有批次。先核算：gugan pay run --payer {args.payer} --month {args.month}"
        )
    return run


def _scope_of(args, run: Run):
    """The rights a reading is done with: those of --as, else those of whoever has a shell here."""
    if args.user is None:
        return accounts.OPERATOR
    scope = accounts.scope_of(cli.user_from(args), on=timezone.localdate(moment_of(args.today)))
    if not queries.runs(scope).filter(pk=run.pk).exists():
        raise RunError(f"没有第 {run.pk} 批。用 gugan runs list 看有哪些批次。")
    return scope
