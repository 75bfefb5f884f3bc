from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("reach", "0001_initial")]

    operations = [
        LockRows(
            "reach_broadcast",
        ),
    ]
