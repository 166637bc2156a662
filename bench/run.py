"""Measures October's run for a number of people on the database of the environment; prints one line of JSON.

python -m bench.run 1214
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import django

TIMES = 5
MONTH = "2026-10"


def measure(count: int) -> dict:
    """Found `count` people, then compute and keep their October again and again. Seconds are of the wall clock."""
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench import people
    from gugan import policy
    from gugan.lifecycle.pay import services

    call_command("migrate", verbosity=0)
    zone = ZoneInfo("Asia/Shanghai")
    founded, now = datetime(2026, 10, 1, 9, tzinfo=zone), datetime(2026, 10, 31, 18, tzinfo=zone)
    catalogue = policy.load("9901", root=Path("policies")).catalogue
    clerk, _ = people.officers(founded)
    began = time.perf_counter()
    people.found(count, by=clerk, now=founded, catalogue=catalogue)
    founding = time.perf_counter() - began

    def once() -> tuple[float, int]:
        began = time.perf_counter()
        run = services.run(payer=people.PAYER, month=MONTH, by=clerk, now=now)
        return time.perf_counter() - began, run.totals["computed"]

    first, computed = once()
    again = [once()[0] for _ in range(TIMES)]
    with CaptureQueriesContext(connection) as captured:
        once()
    return {
        "people": computed,
        "founding": founding,
        "first": first,
        "median": statistics.median(again),
        "statements": len(captured),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gugan.web.settings")
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]))))
