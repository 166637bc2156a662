"""The Django application of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts: users, grants, the trail, seal keys."""

    name = "gugan.accounts"
    label = "accounts"
    verbose_name = "账号与留痕"
    default_auto_field = "django.db.models.BigAutoField"
