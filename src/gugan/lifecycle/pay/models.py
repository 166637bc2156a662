"""What pay keeps beside runs: what the maker marked and answered before 交审, and what workers ask about their slips and facts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from gugan.accounts.sealing import SealedField

CAUSE, EXCEPTION = "cause", "exception"
POINTS = {CAUSE: "变化", EXCEPTION: "例外"}
OPEN, ANSWERED = "open", "answered"
DOUBT_STATES = {OPEN: "等答复", ANSWERED: "已答复"}


class ReviewMark(models.Model):
    """看过: the maker has seen one cause of a run, or answered one exception of it; `digest` says in which figures."""

    run = models.ForeignKey("runs.Run", models.PROTECT, related_name="marks", db_index=False)
    kind = models.CharField(max_length=10, choices=POINTS)
    key = models.CharField(max_length=64)
    """Digest of the point's name: the same in every computation of the run."""
    digest = models.CharField(max_length=64)
    """Digest of its people and amounts as they were marked."""
    words = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "看过"
        constraints = (
            models.UniqueConstraint(fields=["run", "kind", "key"], name="mark_once_per_point"),
            models.CheckConstraint(
                name="mark_exception_is_answered", condition=Q(kind=CAUSE) | (Q(kind=EXCEPTION) & ~Q(words=""))
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.key[:8]}"


class Doubt(models.Model):
    """疑问: what a worker asks about: one line of an own slip (run, line), or one own fact (action).

    Words and answer are sealed with the person's key.
    """

    person = models.ForeignKey("records.Person", models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey("runs.Run", models.PROTECT, null=True, related_name="doubts")
    action = models.ForeignKey("records.Action", models.PROTECT, null=True, related_name="doubts", db_index=False)
    payer_code = models.CharField(max_length=20)
    place_code = models.CharField(max_length=20)
    line = models.CharField(max_length=100, blank=True, default="")
    state = models.CharField(max_length=10, default=OPEN, choices=DOUBT_STATES)
    words = SealedField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = SealedField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "疑问"
        indexes = (
            models.Index(fields=["person", "run"], name="doubt_person_run"),
            models.Index(fields=["payer_code", "place_code"], name="doubt_open_by_place", condition=Q(state=OPEN)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["person", "run", "line"], condition=Q(state=OPEN), name="doubt_one_open_per_line"
            ),
            models.UniqueConstraint(fields=["action"], condition=Q(state=OPEN), name="doubt_one_open_per_fact"),
            models.CheckConstraint(
                name="doubt_one_subject",
                condition=(Q(run__isnull=False, action=None) & ~Q(line=""))
                | Q(run=None, action__isnull=False, line=""),
            ),
            models.CheckConstraint(
                name="doubt_answered_by_somebody",
                condition=Q(state=OPEN, answer=None, answered_by=None, answered_at=None)
                | Q(state=ANSWERED, answer__isnull=False, answered_by__isnull=False, answered_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id or self.action_id}/{self.person_id} {self.line} {self.state}"
