from django.db import migrations, models

import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0005_packed_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reassigned",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("person", models.BigIntegerField()),
                ("keeper", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "person", "keeper"), name="one_reassignment")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tidying",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("month", models.CharField(max_length=7)),
                ("files", models.IntegerField()),
                ("rows", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["workspace_id", "month", "-asked_at"], name="events_tidy_workspa_ae15bb_idx")
                ],
            },
        ),
        LockRows("events_reassigned", "events_tidying"),
    ]
