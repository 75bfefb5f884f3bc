import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import AppendOnly, LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0002_lock_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("count", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                ("seal", models.BinaryField(max_length=32)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("workspace_id",), name="one_audit_head_a_workspace")],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("adt")),
                ("number", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("act", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("detail", models.JSONField(default=dict)),
                ("previous", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.staff",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["workspace_id", "act", "-number"], name="governance__workspa_05341e_idx"),
                    models.Index(fields=["workspace_id", "by", "-number"], name="governance__workspa_0c5c8b_idx"),
                    models.Index(fields=["workspace_id", "subject", "-number"], name="governance__workspa_de1e17_idx"),
                ],
                "constraints": [models.UniqueConstraint(fields=("workspace_id", "number"), name="one_entry_a_number")],
            },
        ),
        LockRows("governance_auditentry", "governance_audithead"),
        AppendOnly("governance_auditentry"),
    ]
