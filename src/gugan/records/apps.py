"""The Django application of this room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records: organisations, people, actions."""

    name = "gugan.records"
    label = "records"
    verbose_name = "人事台账"
    default_auto_field = "django.db.models.BigAutoField"
