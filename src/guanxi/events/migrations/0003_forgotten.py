from django.db import migrations, models

import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0002_lock_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="Forgotten",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("person", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("swept_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("swept_at__isnull", True)),
                        fields=["workspace_id", "id"],
                        name="forgotten_waiting",
                    )
                ],
            },
        ),
        LockRows("events_forgotten"),
    ]
