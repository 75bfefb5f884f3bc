"""Requests that were refused whole."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("acquisition", "0005_people_as_they_are"),
    ]

    operations = [
        migrations.CreateModel(
            name="TurnedAway",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("code", models.CharField(max_length=20)),
                ("count", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="acquisition.source",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("source", "code"), name="one_row_a_refusal")],
            },
        ),
        LockRows("acquisition_turnedaway"),
    ]
