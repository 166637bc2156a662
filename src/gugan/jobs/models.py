"""What is stored of a piece of long work: what it is, whose, how far it got, and how it ended."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
STATES = {WAITING: "等候", RUNNING: "进行", DONE: "完成", FAILED: "失败", STOPPED: "中断"}
LIVE = (WAITING, RUNNING)


class Job(models.Model):
    """长时间的工作: one piece of work done beside the pages. At most one is live per kind and subject."""

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    """What it is about, e.g. "440703 2026-10"."""
    label = models.CharField(max_length=200)
    """What is done, in words; names no person."""
    args = models.JSONField(default=dict)
    right = models.CharField(max_length=20)
    """Whoever holds this right for `code` sees the job, and may try it again."""
    code = models.CharField(max_length=20)
    back = models.CharField(max_length=300, blank=True)
    """Address of the page it was started from."""
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    """The moment the work acts at (its `now=`); the moments below are the machine's own."""
    state = models.CharField(max_length=10, default=WAITING, choices=STATES)
    step = models.CharField(max_length=200, blank=True)
    step_number = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """Of this step: how much is done of how much; 0 of 0 where it is not counted."""
    started_at = models.DateTimeField(null=True)
    stepped_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)
    """Address of what came of it."""
    said = models.TextField(blank=True)
    """Done: what came of it, in words. Failed: why it was refused and what to do; "" where the fault is ours."""
    error_number = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = "长时间的工作"
        indexes = (models.Index(fields=["state", "id"], name="job_by_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state__in=LIVE), name="job_one_live_per_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.label}"
