import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows

# Asked before any scope holds, as guanxi_workspaces_of is: in which workspace does this key work?
WORKSPACE_OF_KEY = """
CREATE FUNCTION guanxi_workspace_of_key(hash bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS 'SELECT workspace_id FROM governance_apikey WHERE secret_hash = hash'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_second_steps"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("key")),
                ("name", models.CharField(max_length=120)),
                ("prefix", models.CharField(max_length=20)),
                ("secret_hash", models.BinaryField(max_length=32, unique=True)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("busy_until", models.DateTimeField(null=True)),
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
            name="ApiAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("mark", models.BinaryField(max_length=32)),
                ("request", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.apikey",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["workspace_id", "-created_at", "-id"], name="governance__workspa_060592_idx"),
        ),
        migrations.AddIndex(
            model_name="apianswer",
            index=models.Index(fields=["workspace_id", "at"], name="governance__workspa_13a82f_idx"),
        ),
        migrations.AddConstraint(
            model_name="apianswer",
            constraint=models.UniqueConstraint(fields=("key", "mark"), name="one_answer_a_mark"),
        ),
        LockRows("governance_apikey", "governance_apianswer"),
        migrations.RunSQL(WORKSPACE_OF_KEY, "DROP FUNCTION guanxi_workspace_of_key(bytea)"),
    ]
