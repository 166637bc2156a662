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
from zoneinfo import ZoneInfo

import django

TIMES = 15
MONTH, DAY = "2026-10", date(2026, 10, 31)
PLAIN = "/signin/"
"""The plainest page: what a request costs by itself."""


def measure(count: int) -> dict:
    """Found `count` people, compute and submit their October, and ask for each page; milliseconds and statements."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from bench import people
    from gugan import policy
    from gugan.lifecycle.pay import services

    settings.GUGAN_TODAY, settings.ALLOWED_HOSTS = DAY, ["testserver"]
    call_command("migrate", verbosity=0)
    zone = ZoneInfo("Asia/Shanghai")
    founded, now = datetime(2026, 10, 1, 9, tzinfo=zone), datetime(2026, 10, 31, 15, tzinfo=zone)
    catalogue = policy.load("9901", root=Path("policies")).catalogue
    clerk, _ = people.officers(founded)
    people.found(count, by=clerk, now=founded, catalogue=catalogue)
    run = services.run(payer=people.PAYER, month=MONTH, by=clerk, now=now)
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
        "待办": "/todo/",
        "花名册": "/people/",
        "花名册 找拼音首字母": "/people/?q=zjh",
        "花名册 筛选并按等级排": "/people/?post=副职&sort=-grade",
        "花名册 最后一页": f"/people/?page={last}",
        "人": f"/people/{person.public_id}/",
        "机构": "/orgs/",
        "工资": "/pay/",
        "工资批次": f"/pay/{run.pk}/",
        "工资批次 最后一页": f"/pay/{run.pk}/?page={last}",
        "工资条": f"/pay/{run.pk}/{person.public_id}/",
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gugan.web.settings")
    django.setup()
    print(json.dumps(measure(int(sys.argv[1])), ensure_ascii=False))
