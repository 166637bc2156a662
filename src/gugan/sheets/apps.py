"""The Django application of this room."""

from django.apps import AppConfig


class SheetsConfig(AppConfig):
    """Sheets: reading rosters in, remembering how a form's columns were read."""

    name = "gugan.sheets"
    label = "sheets"
    verbose_name = "表"
    default_auto_field = "django.db.models.BigAutoField"
