from django.db import migrations

from gugan.accounts.guards import forbid_changes


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [forbid_changes("accounts_trailentry", unique=["seq"])]
