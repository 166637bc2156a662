"""Which day and moment it is for a page. Read once at the door and passed in; nothing deeper looks at a clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from gugan.records.clock import CHINA, china_day

DEMO_EVENING = 17
"""Hour from which a demonstration's visitors act: after everything its own story did on its last day."""


def today(request: HttpRequest) -> date:
    """Return the installation's today: GUGAN_TODAY where it is set (always in a demonstration), else China's date."""
    return settings.GUGAN_TODAY or china_day(timezone.now())


def now(request: HttpRequest) -> datetime:
    """Return the moment to hand to a service as `now=`: on `today`, and in a demonstration always in its evening."""
    moment = timezone.now()
    if settings.GUGAN_TODAY is None:
        return moment
    day = settings.GUGAN_TODAY
    begins = datetime(day.year, day.month, day.day, DEMO_EVENING, tzinfo=CHINA)
    local = moment.astimezone(CHINA)
    passed = local - local.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins + passed * (24 - DEMO_EVENING) / 24 - timedelta(microseconds=1)


def real_now() -> datetime:
    """Return the machine's own moment, for sessions only."""
    return timezone.now()
