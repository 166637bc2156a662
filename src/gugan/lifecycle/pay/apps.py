"""The Django application of this room."""

from django.apps import AppConfig


class PayConfig(AppConfig):
    """Pay: the month's work on facts and runs."""

    name = "gugan.lifecycle.pay"
    label = "pay"
    verbose_name = "工资"
