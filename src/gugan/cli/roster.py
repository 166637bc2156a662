"""花名册 commands: import."""

from __future__ import annotations

import argparse
import json
import sys
import time
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from gugan import cli, office
from gugan.office import WorkbookError
from gugan.sheets import services
from gugan.sheets.problems import ERROR, Problem
from gugan.sheets.services import ImportResult

CHINA = ZoneInfo("Asia/Shanghai")
DONE, REFUSED, UNREADABLE = 0, 1, 2
SHOWN = 60


def register(subparsers: Any) -> None:
    """Add `roster` to the `gugan` command."""
    roster = subparsers.add_parser("roster", help="花名册和期初数据：导入 / rosters and opening balances")
    commands = roster.add_subparsers(dest="command", required=True, metavar="命令")
    one = commands.add_parser(
        "import", help="读一份花名册或期初数据，与台账比对，记入不同之处 / read, compare, post what differs"
    )
    one.add_argument("file", metavar="FILE", type=Path, help="xlsx、xls、xlsb、ods 或 csv")
    one.add_argument("--dry-run", action="store_true", help="只看，不写 / look, write nothing")
    one.add_argument("--json", action="store_true", help="最后一行输出 JSON / end with one line of JSON")
    one.add_argument("--as", dest="user", metavar="USER", help="谁来办 / acting user")
    one.add_argument("--payer", metavar="CODE", help="新人的用人单位，如 440703 / payer of new people")
    one.add_argument(
        "--effective",
        type=date.fromisoformat,
        metavar="DATE",
        help="没有日期的变化从哪天起，如 2026-11-01 / from when undated changes hold",
    )
    one.add_argument("--take-good-rows", action="store_true", help="有错的行整行不收，其余照收 / leave bad rows out")
    one.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="当作今天 / taken as today")
    one.set_defaults(handler=import_roster)


def import_roster(args: argparse.Namespace) -> int:
    """gugan roster import"""
    now = moment_of(args.today)
    try:
        # a file that is no workbook is said before anything else is asked for
        office.read(args.file)
        user = None if args.dry_run and not args.user else cli.user_from(args)
        result = services.import_file(
            args.file,
            by=user,
            now=now,
            today=now.astimezone(CHINA).date(),
            payer=args.payer,
            effective_on=args.effective,
            skip_bad_rows=args.take_good_rows,
            dry_run=args.dry_run,
            progress=Clock(),
        )
    except WorkbookError as error:
        return tell_unreadable(args, error)
    if args.json:
        print(json.dumps(as_json(result), ensure_ascii=False), flush=True)
    else:
        print_result(result, args)
    stopped = bool(result.errors) and not (args.take_good_rows and (result.taken or args.dry_run))
    return REFUSED if stopped else DONE


class Clock:
    """Tells each step on standard error."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, step: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} 秒] {step}", file=sys.stderr, flush=True)


def moment_of(today: date | None) -> datetime:
    """Now, or the evening of the day that the caller calls today."""
    if today is None:
        return timezone.now()
    return datetime(today.year, today.month, today.day, 23, 59, 59, 999999, tzinfo=CHINA)


def tell_unreadable(args: argparse.Namespace, error: WorkbookError) -> int:
    """A file that is no workbook: one problem, exit code 2."""
    found = Problem("", 0, "", args.file.name, error.code, ERROR, error.message)
    if args.json:
        print(
            json.dumps({"people": 0, "mapped": {}, "unmapped": [], "problems": [found.as_dict()]}, ensure_ascii=False)
        )
    else:
        print(error.message, file=sys.stderr)
    return UNREADABLE


def as_json(result: ImportResult) -> dict[str, Any]:
    """The result for programs; values of personal numbers are masked in the problems."""
    return {
        "people": result.people,
        "mapped": result.reading.mapped,
        "unmapped": result.reading.unmapped,
        "problems": [each.as_dict() for each in result.problems],
        "confidence": result.reading.confidence,
        "counts": result.counts,
        "absent": result.absent,
        "payer": result.payer,
        "taken": result.taken,
        "posted": result.posted,
        "refused": result.refused,
        "skipped_rows": dict(result.reading.skip_counts()),
    }


def print_result(result: ImportResult, args: argparse.Namespace) -> None:
    """The result for people: what was read, what is in doubt, what is wrong, what was done."""
    reading = result.reading
    skipped = "，".join(f"{reason} {count} 行" for reason, count in reading.skip_counts().items())
    print(f"{reading.workbook}：{result.people} 人" + (f"；跳过{skipped}" if skipped else ""))
    if reading.doubtful:
        print("请看一眼这些栏：")
        for column, match in reading.doubtful:
            print(f"  {column} 栏“{match.column.key}” → {match.meaning.label}，把握 {match.confidence}%")
    if reading.unmapped:
        print("没有收的栏：" + "、".join(reading.unmapped))
    print_problems(result.problems)
    print_counts(result, args)


def print_problems(problems: list[Problem]) -> None:
    """Errors first, then notices, as a table."""
    for level, shown in (("错误", problems), ("提醒", problems)):
        chosen = [each for each in shown if each.level == level]
        if not chosen:
            continue
        print(f"{level} {len(chosen)} 处：")
        for each in chosen[:SHOWN]:
            where = f"{each.sheet} {each.column}{each.row or ''}".strip()
            print(f"  {pad(where, 16)} {pad(each.value, 22)} {each.code} {each.message}")
        if len(chosen) > SHOWN:
            print(f"  其余 {len(chosen) - SHOWN} 处，请用 --json 看全部")


def print_counts(result: ImportResult, args: argparse.Namespace) -> None:
    """What was compared and what was done."""
    counts = "，".join(f"{state} {count} 人" for state, count in result.counts.items())
    if result.plans:
        print(f"比对：{counts}，表里没有 {result.absent} 人")
    if args.dry_run and not result.plans:
        print("只看，没有改动任何资料；没有和台账比对。")
    elif args.dry_run:
        print(f"只看，没有改动任何资料；照这样导入会记入 {result.would_post} 条。")
    elif result.taken:
        refused = f"；{result.refused} 行有错，整行没收" if result.refused else ""
        print(f"记入 {result.posted} 条{refused}。" if result.posted else f"和台账一致，没有要记的{refused}。")
    else:
        print("有错误，一行也没有收。改好再导入；或加 --take-good-rows，只收没有错的行。")


def pad(text: str, width: int) -> str:
    """Pad a text to a width at which a Chinese character counts two."""
    wide = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(0, width - wide)
