from django.db import migrations

from gugan.accounts.guards import forbid_changes


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [forbid_changes("records_action", unique=["id", "replaces_id"])]
