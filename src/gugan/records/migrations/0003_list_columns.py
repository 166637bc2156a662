"""Three more cached columns for lists; on a database with people in it, run `gugan records rebuild` once afterwards."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_guards")]

    operations = [
        migrations.AddField("person", "certificate", models.CharField("职业资格", max_length=40, blank=True)),
        migrations.AddField("person", "contract_until", models.DateField("合同到期", null=True, blank=True)),
        migrations.AddField("person", "last_result", models.CharField("最近年度考核", max_length=40, blank=True)),
    ]
