"""An index of what replaces what, that SQLite goes on using once the ledger was analysed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0005_org_days")]

    operations = [
        migrations.AddIndex(
            "action",
            models.Index(name="action_replacing", fields=["replaces"], condition=models.Q(replaces__isnull=False)),
        ),
    ]
