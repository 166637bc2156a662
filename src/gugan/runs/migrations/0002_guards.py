"""Triggers that keep sealed runs as they are, and packs' bytes for good."""

from django.db import migrations

from gugan.accounts.guards import forbid_changes
from gugan.runs import guards


def forwards(apps, schema_editor):
    guards.install(schema_editor.connection)


def backwards(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        migrations.RunPython(forwards, backwards),
        forbid_changes("runs_packbytes", ("digest",)),
    ]
