"""What the maker of a run has seen and answered before 交审: causes marked 看过, exceptions answered with a sentence.

A mark names its point by the digest of its name and holds the digest of its people and amounts, so computing again
keeps a mark where nothing changed in it, and drops it (核算后有变) where something did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction

from gugan.accounts import services as accounts
from gugan.accounts.models import User
from gugan.accounts.queries import scope_of
from gugan.accounts.sm3 import digest_of
from gugan.lifecycle.pay import changes, looks
from gugan.lifecycle.pay.models import CAUSE, EXCEPTION, ReviewMark
from gugan.records.clock import china_day
from gugan.runs import queries
from gugan.runs import services as runs
from gugan.runs.errors import RunError
from gugan.runs.models import DRAFT, Handover, Run

LONGEST = runs.LONGEST


@dataclass(frozen=True)
class Point:
    """One cause or exception, and the mark on it. key: its name's digest; digest: that of its people and amounts."""

    kind: str
    look: looks.Look
    key: str
    digest: str
    mark: ReviewMark | None = None

    @property
    def done(self) -> bool:
        """Whether it is marked as it now stands."""
        return self.mark is not None and self.mark.digest == self.digest

    @property
    def changed(self) -> bool:
        """Whether it was marked and is no longer what was marked: 核算后有变."""
        return self.mark is not None and self.mark.digest != self.digest


@dataclass(frozen=True)
class Review:
    """All points of a run, causes first."""

    points: tuple[Point, ...]

    @cached_property
    def causes(self) -> list[Point]:
        """The causes, in the order of the bridge."""
        return [one for one in self.points if one.kind == CAUSE]

    @cached_property
    def exceptions(self) -> list[Point]:
        """The exceptions, worst first."""
        return [one for one in self.points if one.kind == EXCEPTION]

    @cached_property
    def left(self) -> list[Point]:
        """What is neither seen nor answered as it now stands."""
        return [one for one in self.points if not one.done]

    def of(self, key: str) -> Point | None:
        """The point of this key."""
        return next((one for one in self.points if one.key == key), None)

    def at(self, look: str) -> Point | None:
        """The point that the look of this key shows."""
        return next((one for one in self.points if one.look.key == look), None)


def review_of(run: Run, bridge: changes.Bridge | None, listed: list[looks.Look]) -> Review:
    """The points of a run with their marks, for whoever sees the whole payer. One statement.

    bridge: changes.bridge of the run. listed: looks.exceptions of the whole payer.
    """
    marks = {(one.kind, one.key): one for one in ReviewMark.objects.filter(run=run).select_related("by")}
    found = []
    for look, cause in zip(looks.changes(bridge), bridge.causes if bridge else [], strict=True):
        key = digest_of([CAUSE, cause.name])
        found.append(Point(CAUSE, look, key, digest_of([cause.people, cause.each]), marks.get((CAUSE, key))))
    for look in listed:
        key = digest_of([EXCEPTION, look.kind, look.text])
        found.append(Point(EXCEPTION, look, key, digest_of(list(look.sums)), marks.get((EXCEPTION, key))))
    return Review(tuple(found))


def reviewed(run: Run, by: User, now: datetime) -> Review:
    """The points of a run as somebody who computes pay for the whole payer sees them."""
    scope = scope_of(by, on=china_day(now))
    bridge = changes.bridge(run, queries.month_before(run))
    return review_of(run, bridge, looks.exceptions(scope, run))


# --- what the maker does


@transaction.atomic
def mark(*, run: Run, key: str, digest: str, by: User, now: datetime, words: str = "", alike: bool = False) -> int:
    """Mark a cause 看过, or answer an exception with a sentence; return how many points were marked.

    key, digest: of the Point as it was shown. alike: give the same answer to every exception of its kind that has
    none. A cause that is marked already stays as it was. Raises NotAllowed, RunError.
    """
    run, review = _open(run, by, now)
    point = review.of(key)
    if point is None or point.digest != digest:
        raise RunError("您打开那一页之后，这一处变了。看看现在的，再决定。")
    if point.kind == CAUSE:
        return 0 if point.done else _keep(run, [point], "", by, now)
    words = words.strip()
    if not words:
        raise RunError("写一句：怎么回事，怎么办。")
    if len(words) > LONGEST:
        raise RunError(f"至多 {LONGEST} 字，现在 {len(words)} 字。")
    others = [one for one in review.left if one.look.kind == point.look.kind and one.kind == EXCEPTION and one != point]
    return _keep(run, [point, *(others if alike else ())], words, by, now)


@transaction.atomic
def unmark(*, run: Run, key: str, by: User, now: datetime) -> None:
    """Take a mark or an answer back; nothing happens where there is none. Raises NotAllowed, RunError."""
    run, _review = _open(run, by, now)
    if ReviewMark.objects.filter(run=run, key=key).delete()[0]:
        accounts.record([accounts.Note("撤回看过", f"run:{run.pk}", digest_of([run.digest, key]))], by=by, now=now)


@transaction.atomic
def submit(*, run: Run, by: User, now: datetime, words: str = "") -> Handover:
    """交审: hand the draft to the approver, once every cause is seen and every exception answered.

    Raises NotAllowed, RunError with what is left.
    """
    run, review = _open(run, by, now)
    if review.left:
        raise RunError(f"还有 {len(review.left)} 处没有看过或说明：{left_words(review)}。")
    return runs.submit(run=run, by=by, now=now, words=words)


def left_words(review: Review) -> str:
    """What is left, in a few names."""
    names = [one.look.text for one in review.left]
    return "、".join(names[:3]) + ("等" if len(names) > 3 else "")


def _open(run: Run, by: User, now: datetime) -> tuple[Run, Review]:
    """The draft, locked, and its review."""
    accounts.require(by, "pay", run.payer_code, on=china_day(now))
    found = Run.objects.select_for_update().get(pk=run.pk)
    if found.state != DRAFT:
        raise RunError("这一批已经不是草稿，不用再看。")
    return found, reviewed(found, by, now)


def _keep(run: Run, points: list[Point], words: str, by: User, now: datetime) -> int:
    ReviewMark.objects.filter(run=run, key__in=[one.key for one in points]).delete()
    ReviewMark.objects.bulk_create(
        ReviewMark(run=run, kind=one.kind, key=one.key, digest=one.digest, words=words, by=by, at=now) for one in points
    )
    act = "看过" if points[0].kind == CAUSE else "说明例外"
    accounts.record(
        [accounts.Note(act, f"run:{run.pk}", digest_of([run.digest, one.key, one.digest, words])) for one in points],
        by=by,
        now=now,
    )
    return len(points)
