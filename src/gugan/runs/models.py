"""What a run keeps: the packs' bytes, the inputs it read, one outcome per person, and who answered for it."""

from __future__ import annotations

import orjson
from django.conf import settings
from django.db import models
from django.db.models import F, Q

DRAFT, SEALED, PAID, VOID, DISCARDED = "draft", "sealed", "paid", "void", "discarded"
STATES = {DRAFT: "待审批", SEALED: "已封存", PAID: "已发放", VOID: "已作废", DISCARDED: "已撤销"}
COMPUTED, EXCLUDED, UNKNOWN = "算出", "不核算", "算不出"
ONLY_ARREARS = "已离岗，只补发以前月份的"
"""Reason of an outcome that came out for somebody who was not employed in the month."""
SUBMITTED, RETURNED = "submitted", "returned"
HANDED = {SUBMITTED: "交审", RETURNED: "退回"}
STEPS = {"facts": "收齐事实", "compute": "核算", "changes": "看变化", "exceptions": "看例外", "totals": "看合计"}
"""Steps that a draft may be returned to."""


class ExactJSON(models.TextField):
    """JSON kept as the very text that was written, on every database, so that digests over it hold.

    Whole numbers and text only: orjson refuses what has no exact form here.
    """

    def from_db_value(self, value, expression, connection):
        return None if value is None else orjson.loads(value)

    def to_python(self, value):
        return orjson.loads(value) if isinstance(value, str | bytes) else value

    def get_prep_value(self, value):
        return None if value is None else orjson.dumps(value).decode()


class PackBytes(models.Model):
    """The folder of a pack as it was when a run read it; written once per digest, never changed."""

    digest = models.CharField(max_length=64, primary_key=True)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        verbose_name = "政策包原文"

    def __str__(self) -> str:
        return f"{self.code}-{self.name} {self.digest[:8]}"


class Run(models.Model):
    """核算批次: one payer and period; its content is fixed from the moment it is sealed (by triggers)."""

    room = models.CharField(max_length=20)
    section = models.CharField(max_length=20)
    payer_code = models.CharField(max_length=20)
    period_start = models.DateField()
    period_end = models.DateField()
    state = models.CharField(max_length=10, default=DRAFT, choices=STATES)
    known_at = models.DateTimeField()
    packs = ExactJSON()
    """[{code, name, digest}], from the nation down; the last one governs."""
    columns = ExactJSON()
    """Names of the columns read."""
    wanted = ExactJSON()
    """Names of the rules computed."""
    slip = ExactJSON()
    """{earnings, deductions, employer: [rule], totals: {name: rule}}: how the pay slip is laid out."""
    prior = ExactJSON()
    """Ids of the sealed runs of the same year that the inputs were built on."""
    engine = models.CharField(max_length=40)
    totals = ExactJSON()
    """{people, computed, excluded, unknown, communities, lines: {rule: fen}}."""
    findings = ExactJSON()
    """[{kind, text, people: [person id]}]: what a person should look at before approving."""
    people = models.PositiveIntegerField()
    gross_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    tax_fen = models.BigIntegerField()
    personal_fen = models.BigIntegerField()
    employer_fen = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    computed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    computed_at = models.DateTimeField()
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField(null=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(null=True)
    void_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    void_asked_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True, default="")
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        verbose_name = "核算批次"
        indexes = (models.Index(fields=["payer_code", "period_start", "state"], name="run_payer_period"),)
        constraints = (
            models.CheckConstraint(
                name="run_approved_by_another",
                condition=Q(sealed_by=None) | (~Q(sealed_by=F("created_by")) & ~Q(sealed_by=F("computed_by"))),
            ),
            models.CheckConstraint(
                name="run_voided_by_two",
                condition=Q(voided_by=None) | (Q(void_asked_by__isnull=False) & ~Q(voided_by=F("void_asked_by"))),
            ),
            models.CheckConstraint(name="run_state_known", condition=Q(state__in=list(STATES))),
            models.CheckConstraint(
                name="run_paid_has_payer",
                condition=~Q(state=PAID) | Q(paid_by__isnull=False, paid_at__isnull=False),
            ),
            models.CheckConstraint(
                name="run_void_has_two",
                condition=~Q(state=VOID) | Q(voided_by__isnull=False, voided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="run_sealed_has_approver",
                condition=~Q(state__in=[SEALED, PAID, VOID]) | Q(sealed_by__isnull=False, sealed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.section} {self.payer_code} {self.period_start:%Y-%m} 第{self.pk}批"

    @property
    def month(self) -> str:
        """The period as "2026-10"."""
        return f"{self.period_start:%Y-%m}"


class Outcome(models.Model):
    """结果: what a run says about one person; never edited by hand."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="outcomes", db_index=False)
    person = models.ForeignKey("records.Person", models.PROTECT, related_name="+")
    payer_code = models.CharField(max_length=20)
    place_code = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    reason = models.TextField()
    inputs = ExactJSON()
    """[[start, end, values, action ids]] in date order; both lists in the order of the run's `columns`."""
    values = ExactJSON()
    """{rule: canonical answer}; money is whole fen, other fractions are text."""
    defaults = ExactJSON()
    """Sentences, one per default used."""
    gross_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    tax_fen = models.BigIntegerField()
    personal_fen = models.BigIntegerField()
    employer_fen = models.BigIntegerField()
    additional_fen = models.BigIntegerField()
    """专项附加扣除 of the period, for the year's tax."""
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "结果"
        constraints = (models.UniqueConstraint(fields=["run", "person"], name="outcome_once_per_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}/{self.person_id} {self.state}"


class Claim(models.Model):
    """One live regular run per person, payer and month; let go only by discarding or voiding the run."""

    person = models.ForeignKey("records.Person", models.PROTECT, related_name="+", db_index=False)
    payer_code = models.CharField(max_length=20)
    period_start = models.DateField()
    run = models.ForeignKey(Run, models.PROTECT, related_name="claims")

    class Meta:
        verbose_name = "在批"
        constraints = (
            models.UniqueConstraint(fields=["person", "payer_code", "period_start"], name="claim_one_live_run"),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.payer_code} {self.period_start:%Y-%m} → {self.run_id}"


class Settlement(models.Model):
    """补扣: what a run settles of one line of an earlier month: by today's knowledge, less what was paid for it.

    Written with the draft and fixed with it by triggers. What is not settled (new − old − amount) is proposed again by
    the next run; it is stored nowhere else. known_at: that of `run`, and of `origin` for what was paid.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="settlements", db_index=False)
    person = models.ForeignKey("records.Person", models.PROTECT, related_name="+")
    origin = models.ForeignKey(Run, models.PROTECT, related_name="+")
    """The sealed run of the earlier month: whose packs and lines are computed again."""
    month = models.DateField()
    line = models.CharField(max_length=100)
    old_fen = models.BigIntegerField()
    """Paid for the line so far: by the sealed run, and settled since."""
    new_fen = models.BigIntegerField()
    """What the line would have been, had everything been known."""
    amount_fen = models.BigIntegerField()
    """What this run pays (or takes back, below 0) of the difference."""
    cause = models.TextField()
    sources = ExactJSON()
    """Ids of the actions behind the difference."""

    class Meta:
        verbose_name = "补扣"
        constraints = (
            models.UniqueConstraint(fields=["run", "person", "month", "line"], name="settlement_once_per_line"),
            models.CheckConstraint(
                name="settlement_within_the_difference",
                condition=Q(amount_fen__gte=0, amount_fen__lte=F("new_fen") - F("old_fen"))
                | Q(amount_fen__lte=0, amount_fen__gte=F("new_fen") - F("old_fen")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id}/{self.person_id} {self.month:%Y-%m} {self.line}"

    @property
    def rest_fen(self) -> int:
        """What is left for a later month."""
        return self.new_fen - self.old_fen - self.amount_fen


class Handover(models.Model):
    """交接: a draft goes to the approver (交审) or back to its maker with a reason (退回); the last one says where it is."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="handovers")
    kind = models.CharField(max_length=10, choices=HANDED)
    step = models.CharField(max_length=10, choices=STEPS, blank=True, default="")
    words = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=64)
    """The run's digest at that moment: which figures were handed over."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "交接"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(name="handover_kind_known", condition=Q(kind__in=list(HANDED))),
            models.CheckConstraint(name="handover_step_known", condition=Q(step__in=["", *STEPS])),
            models.CheckConstraint(
                name="handover_returned_to_a_step_with_words",
                condition=Q(kind=SUBMITTED, step="") | (Q(kind=RETURNED) & ~Q(step="") & ~Q(words="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {HANDED[self.kind]} {self.step}".strip()
