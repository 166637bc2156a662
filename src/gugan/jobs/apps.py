"""The Django application of this room."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Jobs: long work with progress."""

    name = "gugan.jobs"
    label = "jobs"
    verbose_name = "长时间的工作"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let every room above add its kinds: this room imports none of them."""
        autodiscover_modules("work")
