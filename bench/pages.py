"""Measures how long the pages take at a number of people on the database of the environment; prints one line of JSON.

python -m bench.pages 12140
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import django

TIMES = 15
DAY = date(2026, 11, 27)
ZONE = ZoneInfo("Asia/Shanghai")
LATE = 300
"""People of whom something is recorded after October was sealed that counts from before its end."""
PLAIN = "/signin/"
"""The plainest page: what a request costs by itself."""


def measure(count: int) -> dict:
    """Make the database of `prepare` and ask for each page; milliseconds and statements."""
    clerk, run = prepare(count)
    return timed(clerk, run)


def prepare(count: int) -> tuple:
    """Found `count` people, seal their October, record late facts and compute November; return a clerk and that draft."""
    from django.core.management import call_command

    from bench import people
    from gugan import policy
    from gugan.lifecycle.pay import services
    from gugan.records import ledger
    from gugan.records.ledger import Entry
    from gugan.records.models import Person
    from gugan.runs import services as runs

    call_command("migrate", verbosity=0)
    catalogue = policy.load("9901", root=Path("policies")).catalogue
    clerk, approver = people.officers(moment(10, 1, 9))
    people.found(count, by=clerk, now=moment(10, 1, 9), catalogue=catalogue)
    october = services.run(payer=people.PAYER, month="2026-10", by=clerk, now=moment(10, 31, 15))
    runs.approve(run=october, by=approver, now=moment(10, 31, 16))
    late = [
        Entry("学历", one, date(2026, 7, 1), {"学历": "博士研究生"}, "测速")
        for one in Person.objects.order_by("pk")[:LATE]
    ]
    ledger.post(late, by=clerk, now=moment(11, 9, 10), catalogue=catalogue)
    return clerk, services.run(payer=people.PAYER, month="2026-11", by=clerk, now=moment(11, 27, 15))


def moment(month: int, day: int, hour: int) -> datetime:
    """An hour of 2026 in China."""
    return datetime(2026, month, day, hour, tzinfo=ZONE)


def timed(clerk, run) -> dict:
    """Ask for every page TIMES times, as that clerk."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.GUGAN_TODAY, settings.ALLOWED_HOSTS = DAY, ["testserver"]
    client = Client()
    client.force_login(clerk)

    def once(address: str) -> float:
        visitor = Client() if address == PLAIN else client
        began = time.perf_counter()
        answer = visitor.get(address)
        seconds = time.perf_counter() - began
        if answer.status_code != 200:
            sys.exit(f"{address}: {answer.status_code}")
        return seconds * 1000

    found = {}
    for name, address in {"（最轻的一页）": PLAIN, **addresses(run)}.items():
        first = once(address)
        taken = sorted(once(address) for _ in range(TIMES))
        with CaptureQueriesContext(connection) as captured:
            once(address)
        found[name] = {
            "first": first,
            "median": statistics.median(taken),
            "p90": taken[int(TIMES * 0.9)],
            "statements": len(captured),
        }
    return found


def addresses(run) -> dict[str, str]:
    """Return name → address of what is measured."""
    from gugan.records.models import Person

    person = Person.objects.order_by("pk").first()
    last = -(-run.people // 50)
    return {
        "首页": "/",
        "合同到期": "/home/contracts/",
        "待办": "/todo/",
        "封存以后才记下的": "/todo/late/",
        "找 姓名": f"/search/?q={quote(person.name)}",
        "找 社区": f"/search/?q={quote('3号社区')}",
        "花名册": "/people/",
        "花名册 找拼音首字母": "/people/?q=zjh",
        "花名册 筛选并按等级排": "/people/?post=副职&sort=-grade",
        "花名册 最后一页": f"/people/?page={last}",
        "人": f"/people/{person.public_id}/",
        "机构": "/orgs/",
        "机构 另一天": "/orgs/?on=2026-06-30",
        "工资": "/pay/",
        "工资批次": f"/pay/{run.pk}/",
        "工资批次 最后一页": f"/pay/{run.pk}/?page={last}",
        "工资条": f"/pay/{run.pk}/{person.public_id}/",
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gugan.web.settings")
    django.setup()
    print(json.dumps(measure(int(sys.argv[1])), ensure_ascii=False))
