"""What is stored: organisations, people with cached columns for lists, batches, and the actions themselves."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from gugan.accounts.models import SealKey

WAITING, EMPLOYED, LEFT = "待入职", "在册", "离岗"
"""States of a person on a day."""


class Org(models.Model):
    """A division or organisation, by its code. Every column is a cache of its actions; only the ledger writes here."""

    id = models.BigIntegerField(primary_key=True)
    code = models.CharField("代码", max_length=20, unique=True)
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("类别", max_length=20)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    establishment = models.PositiveIntegerField("核定员额", null=True, blank=True)
    pack_code = models.CharField("适用政策包", max_length=20, blank=True)
    cached_on = models.DateField("缓存截至", null=True, blank=True)
    """None: folded whatever the day, before organisations had days."""
    next_change_on = models.DateField("下次变化", null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "机构"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """One person. All but the first three columns are caches as of `cached_on`; only the ledger writes them."""

    id = models.BigIntegerField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    key = models.OneToOneField(SealKey, on_delete=models.PROTECT, related_name="+")

    name = models.CharField("姓名", max_length=60, blank=True, db_index=True)
    pinyin = models.CharField("拼音", max_length=200, blank=True, db_index=True)
    initials = models.CharField("拼音首字母", max_length=60, blank=True, db_index=True)
    id_digest = models.CharField("证件号码摘要", max_length=64, blank=True)
    id_last4 = models.CharField("证件号码末四位", max_length=4, blank=True, db_index=True)
    sex = models.CharField("性别", max_length=20, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    payer_code = models.CharField("用人单位", max_length=20, blank=True, db_index=True)
    workplace_code = models.CharField("工作社区", max_length=20, blank=True, db_index=True)
    post = models.CharField("岗位类别", max_length=40, blank=True)
    title = models.CharField("职务", max_length=100, blank=True)
    education = models.CharField("学历", max_length=40, blank=True)
    certificate = models.CharField("职业资格", max_length=40, blank=True)
    contract_until = models.DateField("合同到期", null=True, blank=True)
    last_result = models.CharField("最近年度考核", max_length=40, blank=True)
    state = models.CharField("状态", max_length=10, choices=[(s, s) for s in (WAITING, EMPLOYED, LEFT)])
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    """The record of the same person that stands in for this one, once two were found to be one."""
    hired_on = models.DateField("入职日期", null=True, blank=True)
    left_on = models.DateField("离职末日", null=True, blank=True)
    cached_on = models.DateField("缓存截至")
    next_change_on = models.DateField("下次变化", null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "人员"
        constraints = (
            models.UniqueConstraint(name="person_one_per_id_number", fields=["id_digest"], condition=~Q(id_digest="")),
        )

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """What entered together: an import, an opening of the ledger, the outcome of a round."""

    kind = models.CharField("种类", max_length=40)
    label = models.CharField("说明", max_length=200)
    source_digest = models.CharField("来源摘要", max_length=64, blank=True, db_index=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "批次"

    def __str__(self) -> str:
        return self.label


class Action(models.Model):
    """人事变动: one dated, immutable event about one person or one organisation. Inserted by the ledger, never changed.

    effective_on: when it is true; recorded_at: when it entered. replaces: the action this one corrects, or voids where
    it has no facts. facts: canonical values by name (policy.catalogue), sealed ones in their fact form.
    digest: SM3 of the content, which the trail keeps too.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField("事项", max_length=40)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="actions", db_index=False)
    org = models.ForeignKey(Org, null=True, on_delete=models.PROTECT, related_name="actions")
    effective_on = models.DateField("生效日期")
    date_unknown = models.BooleanField("日期不详", default=False)
    recorded_at = models.DateTimeField("记录时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    basis = models.TextField("依据", blank=True)
    facts = models.JSONField("事实", default=dict)
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="actions")
    payer_code = models.CharField("用人单位", max_length=20, blank=True)
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = "人事变动"
        ordering = ("effective_on", "recorded_at", "id")
        constraints = (
            models.CheckConstraint(
                name="action_one_subject",
                condition=(Q(person__isnull=False, org=None) | Q(person=None, org__isnull=False)),
            ),
            models.CheckConstraint(name="action_facts_or_void", condition=~Q(facts={}) | Q(replaces__isnull=False)),
        )
        indexes = (
            models.Index(name="action_of_person", fields=["person", "effective_on"]),
            models.Index(name="action_of_payer", fields=["payer_code", "person"], condition=~Q(payer_code="")),
            models.Index(name="action_recorded", fields=["recorded_at"]),
            # the unique index holds a null for nearly every row; after ANALYZE SQLite takes it for one that does not
            # tell rows apart, and reads the whole ledger for each action that is asked for what replaced it
            models.Index(name="action_replacing", fields=["replaces"], condition=Q(replaces__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.effective_on:%Y-%m-%d}"
