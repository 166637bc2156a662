"""Kinds of work for tests: one that goes well, one that refuses, one that breaks, one that takes long in the middle."""

import time
from pathlib import Path

from django.db import transaction

from gugan.accounts.models import User
from gugan.jobs.kinds import work


class Refused(Exception):
    pass


@work("test.well")
def well(doing, *, rows):
    for number in range(1, rows + 1):
        doing.tell("比对", number, rows)
    with transaction.atomic():
        User.objects.create(username="做成的")
        doing.tell("写入")
        doing.finish("/pay/", f"比对了 {rows} 行。")


@work("test.refuses", refusals=(Refused,))
def refuses(doing):
    doing.tell("读取")
    raise Refused("这个月已封存。先作废，再重算。")


@work("test.breaks")
def breaks(doing):
    doing.tell("读取")
    with transaction.atomic():
        User.objects.create(username="半截的")
        doing.tell("写入")
        doing.finish("/pay/", "不该说的话")
        raise KeyError("孔嘉俊 440799199001010012")


@work("test.long")
def long(doing, *, flag):
    """Stands still in the middle of its writing, the first time."""
    doing.tell("读取")
    doing.tell("比对", 400, 1000)
    with transaction.atomic():
        User.objects.create(username="半截的")
        doing.tell("写入", 7, 9)
        if not Path(flag).exists():
            Path(flag).touch()
            time.sleep(600)
        doing.finish("/pay/", "写完了。")
