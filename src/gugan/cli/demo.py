"""`gugan demo`: the main job on real input. Division tree, roster and opening balances through the real import, grades,
October's pay, approval by a second user; then November's facts and its draft (november.py), and the pages. People are
invented; each day of the story is passed in.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.db import transaction

from gugan import policy
from gugan.accounts import services as accounts
from gugan.accounts.models import Grant, User
from gugan.accounts.scope import OPERATOR
from gugan.cli import november
from gugan.cli.pay import summary
from gugan.cli.serve import PORT, serve
from gugan.lifecycle.pay import services as pay
from gugan.records import divisions
from gugan.records import services as records
from gugan.records.queries import find_person
from gugan.runs import services as runs
from gugan.runs.models import STATES, Run
from gugan.sheets import services as sheets

DATA = Path(__file__).resolve().parents[3] / "data" / "demo"
TODAY = date(2026, 10, 31)
"""The day of October's part of the story; the pages are served on settings.DEMO_TODAY."""
PAYER, PACK, MONTH = "440703", "9901", "2026-10"
SINCE = date(2024, 7, 1)
OFFICERS = (
    ("经办", "何嘉怡", Grant.Role.CLERK),
    ("审批", "梁国雄", Grant.Role.APPROVER),
    ("复审", "陈立言", Grant.Role.APPROVER),
    ("财务", "赵敏", Grant.Role.FINANCE),
    ("管理", "周启明", Grant.Role.ADMINISTRATOR),
)
WORKER, WORKER_ID = "本人", "440799197707210495"
"""The account of one worker, 孙磊新, and that person's ID number (invented, of a county that never was)."""


def register(subparsers: Any) -> None:
    """Add `demo` to the `gugan` command."""
    parser = subparsers.add_parser("demo", help="蓬江区示范：收表、定级、核算、审批、查看 / the main job, whole")
    parser.add_argument("--check", action="store_true", help="做完就结束，最后一行是 JSON / end with one line of JSON")
    parser.add_argument("--port", type=int, default=PORT, metavar="N")
    parser.set_defaults(handler=run_demo)


def at(hour: int, minute: int = 0) -> datetime:
    """Return a moment of October's day in China."""
    return datetime(TODAY.year, TODAY.month, TODAY.day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


class Steps:
    """Tells each step and its seconds on standard error."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self.began

    def say(self, text: str) -> None:
        """Print one line with the seconds so far."""
        print(f"[{self.seconds:5.1f} 秒] {text}", file=sys.stderr, flush=True)


def run_demo(args: argparse.Namespace) -> int:
    """gugan demo: may be run again at any time; what is there already is left as it is."""
    steps = Steps()
    call_command("migrate", verbosity=0, interactive=False)
    steps.say("数据库就绪")
    users = set_up_users()
    load_division_tree(users["经办"])
    steps.say("区划：6 个街道和镇，83 个社区，56 个村")
    remember_forms(users["经办"])
    refused = take_sheets(users["经办"], steps)
    set_up_worker(users)
    run = month_run(users, steps)
    go_on(users["经办"], steps)
    found = summary(run)
    line = {name: found[name] for name in ("people", "communities", "refused", "gross", "net", "employer_cost")}
    line |= {"refused": refused + line["refused"], "seconds": round(steps.seconds, 1)}
    if args.check:
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return 0
    steps.say(f"{MONTH} 工资：{line['people']} 人，应发 {line['gross']}，实发 {line['net']}，已由另一人审批封存")
    return serve(args.port)


@transaction.atomic
def set_up_users() -> dict[str, User]:
    """Create the demo accounts that are not there yet, each with one role in 蓬江区."""
    users = {user.username: user for user in User.objects.all()}
    for name, display, role in OFFICERS:
        if name not in users:
            users[name] = accounts.create_user(name, display_name=display, by=None, now=at(8))
            accounts.grant(users[name], role, prefix=PAYER, since=SINCE, by=None, now=at(8))
    return users


@transaction.atomic
def set_up_worker(users: dict[str, User]) -> None:
    """Create the worker's account, once the roster knows the person."""
    person = find_person(OPERATOR, WORKER_ID)
    if WORKER in users or person is None:
        return
    user = accounts.create_user(WORKER, display_name=person.name, by=None, now=at(11))
    accounts.grant(user, Grant.Role.WORKER, person_ref=str(person.public_id), since=SINCE, by=None, now=at(11))


def load_division_tree(by: User) -> None:
    """Load 蓬江区 and name the example pack for its payer."""
    catalogue = policy.load("00", records.packs_root()).catalogue
    rows = divisions.read_csv(DATA / "pengjiang_440703.csv")
    records.load_divisions(rows, by=by, now=at(8, 10), catalogue=catalogue)
    records.name_pack(PAYER, PACK, SINCE, by=by, now=at(8, 20), catalogue=catalogue)


def remember_forms(by: User) -> None:
    """Remember how the demo's own forms are read, so that nothing about their columns is asked."""
    known = sheets.remembered_mappings()
    for form, columns in sheets.shipped_mapping(DATA).items():
        if known.get(form) != columns:
            sheets.remember(form, columns, by=by, now=at(8, 30))


def take_sheets(by: User, steps: Steps) -> int:
    """Import roster and opening balances; return the number of refused rows.

    Not again once October was computed: they had then been taken whole, and what November and visitors changed since
    would only be refused.
    """
    if Run.objects.filter(payer_code=PAYER, period_start=date(2026, 10, 1)).exists():
        steps.say("花名册和期初已经收过，没有再收")
        return 0
    refused = 0
    for name, hour in (("roster-pengjiang-2026-10.xlsx", 9), ("opening-pengjiang-2026-09.xlsx", 10)):
        result = sheets.import_file(DATA / name, by=by, now=at(hour), today=TODAY, payer=PAYER)
        refused += result.refused
        steps.say(f"{name}：{result.people} 人，记入 {result.posted} 条，没收 {result.refused} 行")
    return refused


def month_run(users: dict[str, User], steps: Steps) -> Run:
    """Compute and approve October once; a run that is there already is returned as it is."""
    done = Run.objects.filter(payer_code=PAYER, state__in=("sealed", "paid"), period_start=date(2026, 10, 1)).first()
    if done is not None:
        steps.say(f"{MONTH} 已经封存，没有再算")
        return done
    run = pay.run(payer=PAYER, month=MONTH, by=users["经办"], now=at(15), today=TODAY, progress=steps.say)
    steps.say(f"{MONTH} 算出 {run.totals['computed']} 人，算不出 {run.totals['unknown']} 人")
    return runs.approve(run=run, by=users["审批"], now=at(16))


def go_on(by: User, steps: Steps) -> None:
    """November: its facts, and its draft."""
    posted = november.post_story(payer=PAYER, pack=PACK, by=by, say=steps.say)
    run = november.draft(payer=PAYER, by=by, say=steps.say)
    state = STATES[run.state]
    steps.say(f"{november.MONTH}：新记 {posted} 件事；{run.totals['computed']} 人，{state}")
