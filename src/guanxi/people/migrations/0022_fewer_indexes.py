import django.db.models.deletion
from django.db import migrations, models

# Django gives each unique text a second index, for LIKE; nobody asks for a part of a public id, and every new person
# waited for it.
PATTERNS = {
    "people_person_public_id_ac134729_like": "people_person",
    "people_identity_public_id_c6432c09_like": "people_identity",
}


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_sessions"),
        ("people", "0021_tags"),
    ]

    operations = [
        migrations.RunSQL(
            [f'DROP INDEX IF EXISTS "{name}"' for name in PATTERNS],
            [f'CREATE INDEX "{name}" ON "{table}" (public_id varchar_pattern_ops)' for name, table in PATTERNS.items()],
        ),
        migrations.AlterField(
            model_name="person",
            name="merged_into",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="governance.staff",
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="governance.unit",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="person_merged_away"
            ),
        ),
    ]
