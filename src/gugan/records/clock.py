"""Days and moments in China: calendar dates are those of UTC+8, and what is known at a day is known at its end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def china_day(moment: datetime) -> date:
    """Return the calendar date in China at `moment` (aware)."""
    return moment.astimezone(CHINA).date()


def end_of_day(day: date) -> datetime:
    """Return the last moment of `day` in China, in UTC: the `known_at` of that day."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=CHINA).astimezone(UTC)
