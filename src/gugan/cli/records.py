"""`gugan records verify|rebuild`: prove the ledger and the trail, or fold the cached columns again."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from gugan.accounts import queries as accounts
from gugan.records import services
from gugan.records.models import Action, Person


def register(subparsers: Any) -> None:
    """Add `records` to the `gugan` command."""
    parser = subparsers.add_parser("records", help="台账：验证、重建缓存 / verify the ledger, rebuild caches")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    verify = commands.add_parser("verify", help="验证台账、留痕和缓存，不改任何数据 / prove ledger, trail and caches")
    verify.set_defaults(handler=run_verify)
    rebuild = commands.add_parser("rebuild", help="由台账重建名册的缓存列 / fold cached columns again")
    rebuild.set_defaults(handler=run_rebuild)
    for command in (verify, rebuild):
        command.add_argument("--json", action="store_true", help="输出一行 JSON / one line of JSON")


def run_verify(args: argparse.Namespace) -> int:
    """gugan records verify: exit code 1 if anything is wrong."""
    print("正在验证留痕和台账……", file=sys.stderr)
    problems = [*accounts.verify_trail(), *services.verify()]
    counts = {"people": Person.objects.count(), "actions": Action.objects.count()}
    if args.json:
        print(json.dumps({**counts, "problems": problems}, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem)
        verdict = f"有 {len(problems)} 处不符" if problems else "全部相符"
        print(f"{counts['people']} 人，{counts['actions']} 条记录：{verdict}")
    return 1 if problems else 0


def run_rebuild(args: argparse.Namespace) -> int:
    """gugan records rebuild."""
    changed = services.rebuild_caches()
    if args.json:
        print(json.dumps({"people": Person.objects.count(), "changed": changed}, ensure_ascii=False))
    else:
        print(f"已重建，改正 {changed} 行")
    return 0
