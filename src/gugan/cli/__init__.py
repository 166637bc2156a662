"""The `gugan` command. Each module beside this one adds its own commands with `register(subparsers)`.

Results go to standard output, progress and problems to standard error. Exit codes: 0 done, 1 refused with reasons,
2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Any

from gugan import __version__

WITHOUT_DJANGO = {"policy": "gugan.cli.policy"}
WITH_DJANGO = tuple(f"gugan.cli.{name}" for name in ("demo", "serve", "jobs", "roster", "pay", "records"))
DEMO_CLERK = "经办"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; known refusals are printed whole, never as a traceback."""
    argv = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gugan.web.settings")
    if argv[:1] == ["manage"]:
        return _manage(argv)
    parser = _parser(argv)
    args = parser.parse_args(argv)
    try:
        return args.handler(args) or 0
    except KeyboardInterrupt:
        print("停下了。没做完的一步没有留下半截。", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        message = str(error) if _is_refusal(error) else _about_database(error)
        if message is None:
            raise
        print(message, file=sys.stderr)
        return 1


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """Return the parser with the commands that are needed: policy commands start without Django."""
    parser = argparse.ArgumentParser(
        prog="gugan", description="骨干：社区工作者的选育管用 / personnel and pay of community workers"
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="room", required=True, metavar="命令", parser_class=MixedParser)
    modules = [*WITHOUT_DJANGO.values(), *WITH_DJANGO]
    if argv[:1] and argv[0] in WITHOUT_DJANGO:
        modules = [WITHOUT_DJANGO[argv[0]]]
    else:
        import django

        django.setup()
        subparsers.add_parser("manage", help="Django 的管理命令 / Django's management commands", add_help=False)
    for name in modules:
        importlib.import_module(name).register(subparsers)
    return parser


class MixedParser(argparse.ArgumentParser):
    """Takes options before, between and after the words: `gugan explain ID --month 2026-10 应发工资`."""

    _mixing = False

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[override]
        """Parse as usual where there are commands below, else with words and options in any order."""
        below = any(isinstance(action, argparse._SubParsersAction) for action in self._actions)
        if self._mixing or below:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def _manage(argv: list[str]) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["gugan manage", *argv[1:]])
    return 0


def _is_refusal(error: Exception) -> bool:
    """Return whether an exception is a refusal with a message for people, of whichever room is loaded."""
    from gugan.policy import PolicyErrors

    names = {
        "gugan.accounts.services": "NotAllowed",
        "gugan.records.ledger": "LedgerError",
        "gugan.records.queries": "Ambiguous",
        "gugan.runs.errors": "RunError",
        "gugan.office.errors": "WorkbookError",
        "gugan.sheets.services": "ImportRefused",
    }
    kinds: list[type] = [PolicyErrors, Refusal]
    for module, name in names.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            kinds.append(kind)
    return isinstance(error, tuple(kinds))


def _about_database(error: Exception) -> str | None:
    """Say what to do where the database is not there or not set up; None for any other error."""
    if "django.db" not in sys.modules:
        return None
    from django.db import OperationalError, ProgrammingError, connection
    from django.db.migrations.executor import MigrationExecutor

    if not isinstance(error, OperationalError | ProgrammingError):
        return None
    try:
        connection.rollback()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as unreachable:
        return f"连不上数据库：{str(unreachable).splitlines()[0]}。检查 GUGAN_DATABASE 和数据库服务"
    return "数据库还没有建好或不是这一版的：先运行 make demo，或 gugan manage migrate" if waiting else None


class Refusal(Exception):
    """Something a command will not do; the message says what and what to do."""


def user_from(args: Any) -> Any:
    """Return the user named by --as (or GUGAN_USER; in a demo installation the demo clerk); Refusal says who there is."""
    from django.conf import settings

    from gugan.accounts.models import User

    name = getattr(args, "user", None) or os.environ.get("GUGAN_USER") or (DEMO_CLERK if settings.GUGAN_DEMO else None)
    if not name:
        raise Refusal("要说明由谁来办：加上 --as 用户名")
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        known = "、".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:10])
        raise Refusal(
            f"没有用户“{name}”。现有：{known or '一个也没有，先运行 make demo 或 gugan manage createsuperuser'}"
        )
    return user
