"""The Django application of this room."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: packs' bytes, runs, outcomes, claims."""

    name = "gugan.runs"
    label = "runs"
    verbose_name = "核算批次"
    default_auto_field = "django.db.models.BigAutoField"
