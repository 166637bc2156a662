"""Organisations stand at a day, as people do; those of before stand at none until something happens to them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_merging")]

    operations = [
        migrations.AddField("org", "cached_on", models.DateField("缓存截至", null=True, blank=True)),
        migrations.AddField(
            "org", "next_change_on", models.DateField("下次变化", null=True, blank=True, db_index=True)
        ),
    ]
