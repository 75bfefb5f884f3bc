from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        LockRows(
            "events_fact",
            "events_factbatch",
            "events_retraction",
            "events_touched",
            "events_lakestate",
        ),
    ]
