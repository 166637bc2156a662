"""What is stored: how the columns of a form were read, once somebody confirmed it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class RememberedMapping(models.Model):
    """One heading of one form, and its meaning. The form is known again by the fingerprint of its headings."""

    form = models.CharField("表式", max_length=16)
    sender = models.CharField("报送单位", max_length=20, blank=True)
    header = models.CharField("栏名", max_length=200)
    path = models.CharField("含义", max_length=200, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = "对列记忆"
        constraints = (models.UniqueConstraint(name="mapping_one_per_heading", fields=["form", "sender", "header"]),)

    def __str__(self) -> str:
        return f"{self.header} → {self.path or '不收'}"
