import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0004_list_indexes"),
        ("governance", "0010_sessions"),
        ("people", "0019_standing"),
    ]

    operations = [
        migrations.CreateModel(
            name="StrengthCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("commit", models.BigIntegerField(default=0)),
                ("anew_since", models.DateTimeField(null=True)),
                ("counted_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("workspace_id",), name="one_count_a_workspace")],
            },
        ),
        migrations.CreateModel(
            name="Bond",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("at", models.FloatField()),
                ("employee", models.FloatField()),
                ("consumer", models.FloatField()),
                ("opinion_leader", models.FloatField()),
                ("inward", models.IntegerField()),
                ("outward", models.IntegerField()),
                ("channels", models.TextField(blank=True)),
                ("days", models.TextField(blank=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.staff",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("person", "staff"), name="one_bond_of_two", nulls_distinct=False)
                ],
            },
        ),
        migrations.CreateModel(
            name="StrengthRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("weights", models.JSONField(default=dict)),
                ("half_lives", models.JSONField(default=dict)),
                ("weak_below", models.FloatField()),
                ("strong_above", models.FloatField()),
                ("fitted", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="governance.staff"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("workspace_id",), name="one_strength_a_workspace")],
            },
        ),
        migrations.CreateModel(
            name="StrengthTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("stt")),
                ("weights", models.JSONField(default=dict)),
                ("half_lives", models.JSONField(default=dict)),
                ("weak_below", models.FloatField()),
                ("strong_above", models.FloatField()),
                ("fit", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("ready", "Ready"),
                            ("failed", "Could not run"),
                            ("used", "In use"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("report", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="governance.staff"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["workspace_id", "-asked_at", "-id"], name="newest_trial")],
            },
        ),
        LockRows(
            "connections_bond", "connections_strengthrules", "connections_strengthcount", "connections_strengthtrial"
        ),
    ]
