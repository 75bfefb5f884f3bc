import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_second_steps"),
        ("people", "0006_views"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="erased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("fil")),
                ("name", models.BinaryField(max_length=800)),
                ("media_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.staff"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["person", "-at", "-public_id"], name="people_atta_person__09d918_idx")
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonErasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("ers")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "Working"),
                            ("done", "Done"),
                            ("failed", "Could not run"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=20)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.staff"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["workspace_id", "state", "id"], name="people_pers_workspa_01f648_idx")
                ],
                "constraints": [models.UniqueConstraint(fields=("person",), name="one_erasure_a_person")],
            },
        ),
        migrations.CreateModel(
            name="PersonExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("pex")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "Working"),
                            ("done", "Done"),
                            ("failed", "Could not run"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("parts", models.PositiveSmallIntegerField(default=0)),
                ("parts_done", models.PositiveSmallIntegerField(default=0)),
                ("size", models.BigIntegerField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.staff"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["workspace_id", "state", "id"], name="people_pers_workspa_eb6e27_idx")
                ],
            },
        ),
        LockRows("people_attachment", "people_personexport", "people_personerasure"),
    ]
