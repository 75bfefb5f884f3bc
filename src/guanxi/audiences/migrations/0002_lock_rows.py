from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("audiences", "0001_initial")]

    operations = [
        LockRows(
            "audiences_audience",
        ),
    ]
