import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.keys
import guanxi.kit.scope
from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0018_names_by_sound"),
    ]

    operations = [
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("public_id", guanxi.kit.keys.PublicId("mbr")),
                ("since", models.DateTimeField()),
                ("proof", models.CharField(max_length=40)),
                ("label", models.CharField(blank=True, max_length=120)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=40)),
                ("import_id", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Strength",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                ("strong_until", models.DateTimeField(null=True)),
                ("neutral_until", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.RemoveConstraint(
            model_name="levelproof",
            name="one_proof_a_reason",
        ),
        migrations.AddConstraint(
            model_name="levelproof",
            constraint=models.UniqueConstraint(
                fields=("person", "level", "proof", "reference", "since"),
                name="one_proof_a_reason",
                nulls_distinct=False,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="strength",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="strength", to="people.person"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["workspace_id", "person"], name="member_now"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("import_id__isnull", False)),
                fields=["workspace_id", "import_id"],
                name="member_of_import",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gte", models.F("since")), _connector="OR"),
                name="member_before_leaving",
            ),
        ),
        migrations.AddIndex(
            model_name="strength",
            index=models.Index(fields=["workspace_id", "-neutral_until", "-person"], name="strength_order"),
        ),
        migrations.AddIndex(
            model_name="strength",
            index=models.Index(fields=["workspace_id", "strong_until", "person"], name="strength_strong"),
        ),
        LockRows("people_membership", "people_strength"),
    ]
