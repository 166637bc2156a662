"""工资条: why this figure."""

from __future__ import annotations

urlpatterns: list = []
