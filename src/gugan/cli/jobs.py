"""长时间的工作 commands: list what waits, runs and ended, and whether a worker is there."""

from __future__ import annotations

import json
from typing import Any

from gugan.jobs import queries
from gugan.jobs.models import STATES
from gugan.records.clock import CHINA


def register(subparsers: Any) -> None:
    """Add `jobs` to the `gugan` command."""
    parser = subparsers.add_parser("jobs", help="长时间的工作 / long work")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="列出最近的二十件，新的在前 / the last twenty")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(handler=list_jobs)


def list_jobs(args: Any) -> int:
    """gugan jobs list"""
    found = queries.latest(20)
    if args.json:
        names = ("kind", "subject", "state", "step", "step_number", "done", "total", "error_number")
        print(json.dumps([{"job": one.pk} | {name: getattr(one, name) for name in names} for one in found]))
        return 0
    if not queries.is_worked():
        print("没有程序在办这些事：用 gugan serve 启动")
    for one in found:
        began = f"{one.started_at.astimezone(CHINA):%m-%d %H:%M}" if one.started_at else " " * 11
        step = f"第 {one.step_number} 步：{one.step}" if one.step else ""
        print(f"{one.pk:>4}  {STATES[one.state]}  {began}  {one.label}  {step} {one.error_number}".rstrip())
    return 0
