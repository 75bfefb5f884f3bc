import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_audit"),
        ("people", "0005_holder"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("vew")),
                ("name", models.CharField(max_length=80)),
                ("asked", models.JSONField(default=dict)),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="governance.staff"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="FirstView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                (
                    "staff",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="governance.staff"
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.savedview"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(fields=["workspace_id", "shared", "by"], name="people_save_workspa_100c5f_idx"),
        ),
        LockRows("people_savedview", "people_firstview"),
    ]
