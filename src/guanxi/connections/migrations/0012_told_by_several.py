import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.scope
from guanxi.kit.rows import LockRows, NeverChanged


class Migration(migrations.Migration):
    dependencies = [("connections", "0011_handover_lane"), ("governance", "0010_sessions")]

    operations = [
        migrations.CreateModel(
            name="ReferralFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.CharField(
                        choices=[
                            ("invite", "Invitation link"),
                            ("code", "Code of theirs"),
                            ("card", "Shared contact card"),
                            ("group", "Invited into a group chat"),
                            ("coupon", "Coupon passed on"),
                            ("word", "Said so"),
                        ],
                        max_length=20,
                    ),
                ),
                ("told_by", models.CharField(blank=True, max_length=40)),
                ("import_id", models.BigIntegerField(null=True)),
                (
                    "edge",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connections.referraledge",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("import_id__isnull", False)),
                        fields=["workspace_id", "import_id", "id"],
                        name="referral_fact_of_import",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("edge", "at", "by", "import_id"), name="one_referral_fact", nulls_distinct=False
                    )
                ],
            },
        ),
        LockRows("connections_referralfact"),
        NeverChanged("connections_referralfact"),
        migrations.RunSQL(
            "INSERT INTO connections_referralfact (workspace_id, edge_id, at, by, told_by, import_id) "
            "SELECT workspace_id, id, at, by, told_by, import_id FROM connections_referraledge",
            migrations.RunSQL.noop,
        ),
    ]
