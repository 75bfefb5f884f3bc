import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_second_steps"),
        ("people", "0007_personal_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bulk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("blk")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("owner", "Set the owner"),
                            ("unit", "Set the unit"),
                            ("trait", "Set a trait"),
                            ("suppress", "Send no more e-mail"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.JSONField(default=dict)),
                ("chosen", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                            ("failed", "Could not run"),
                            ("undoing", "Undoing"),
                            ("undone", "Undone"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=40)),
                ("total", models.BigIntegerField(null=True)),
                ("done", models.BigIntegerField(default=0)),
                ("through", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("restored", models.BigIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict)),
                ("kept", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.staff"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("person", models.BigIntegerField()),
                ("outcome", models.CharField(blank=True, max_length=20)),
                ("before", models.JSONField(default=dict)),
                (
                    "of",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.bulk"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(fields=["workspace_id", "-created_at", "-id"], name="people_bulk_workspa_ca1e9f_idx"),
        ),
        migrations.AddIndex(
            model_name="bulkrow",
            index=models.Index(fields=["of", "id"], name="people_bulk_of_id_c24e8f_idx"),
        ),
        LockRows("people_bulk", "people_bulkrow"),
    ]
