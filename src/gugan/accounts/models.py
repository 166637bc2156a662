"""What is stored: users, grants, seal keys, and the trail with its one head."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q


class User(AbstractUser):
    """Somebody who signs in. The username may be Chinese; rights come from grants only."""

    display_name = models.CharField("显示名", max_length=60, blank=True)

    class Meta(AbstractUser.Meta):
        verbose_name = "用户"
        verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.display_name or self.username


class Grant(models.Model):
    """A role given to a user under a code prefix, over [since, until)."""

    class Role(models.TextChoices):
        CLERK = "clerk", "经办"
        APPROVER = "approver", "审批"
        FINANCE = "finance", "财务"
        ADMINISTRATOR = "administrator", "管理"
        WORKER = "worker", "本人"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField("角色", max_length=20, choices=Role.choices)
    prefix = models.CharField("范围", max_length=20, blank=True)
    person_ref = models.CharField("本人", max_length=36, blank=True)
    since = models.DateField("自")
    until = models.DateField("止（不含）", null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "授权"
        constraints = (
            models.CheckConstraint(
                name="grant_prefix_or_person",
                condition=(Q(role="worker", prefix="") & ~Q(person_ref=""))
                | (~Q(role="worker") & ~Q(prefix="") & Q(person_ref="")),
            ),
            models.CheckConstraint(name="grant_until_after_since", condition=Q(until=None) | Q(until__gt=F("since"))),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.prefix or self.person_ref}"


class SealKey(models.Model):
    """The key of one person's sealed values, wrapped by the installation's key; blank once destroyed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    wrapped = models.BinaryField(default=b"")
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "封存密钥"
        constraints = (
            models.CheckConstraint(
                name="sealkey_blank_once_destroyed",
                condition=(Q(destroyed_at=None) & ~Q(wrapped=b"")) | (Q(destroyed_at__isnull=False) & Q(wrapped=b"")),
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class TrailEntry(models.Model):
    """One link of the trail: what was done, by whom, with the digest of what it left behind."""

    seq = models.BigIntegerField("序号", primary_key=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    act = models.CharField("行为", max_length=20)
    subject = models.CharField("对象", max_length=120, db_index=True)
    digest = models.CharField("内容摘要", max_length=64)
    previous = models.CharField("前一条", max_length=64)
    hash = models.CharField("本条", max_length=64)

    class Meta:
        verbose_name = "留痕"
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.seq} {self.act} {self.subject}"


class TrailHead(models.Model):
    """The one row that says where the trail ends; locked by whoever appends."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = "留痕末端"
        constraints = (models.CheckConstraint(name="trailhead_only_one", condition=Q(id=1)),)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"
