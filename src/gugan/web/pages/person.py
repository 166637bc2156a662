"""人: what is true of this person, since when, and how we know it."""

from __future__ import annotations

urlpatterns: list = []
