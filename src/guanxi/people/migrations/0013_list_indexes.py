from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the rows that were filled: an index made in the same transaction would hold them twice."""

    dependencies = [
        ("governance", "0009_demo"),
        ("people", "0012_lists"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="person",
            name="people_pers_workspa_03fdb7_idx",
        ),
        migrations.RemoveIndex(
            model_name="person",
            name="people_pers_workspa_9780bf_idx",
        ),
        migrations.RemoveIndex(
            model_name="person",
            name="people_pers_workspa_6b2fb9_idx",
        ),
        migrations.RemoveIndex(
            model_name="person",
            name="people_pers_workspa_573b9f_idx",
        ),
        migrations.RemoveIndex(
            model_name="person",
            name="people_pers_workspa_348268_idx",
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "sort_key", "id"],
                include=("created_at", "last_seen_at", "level", "owner", "unit", "source", "has_email", "has_phone"),
                name="person_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "-created_at", "-id"],
                include=("last_seen_at", "level", "owner", "unit", "source", "has_email", "has_phone"),
                name="person_by_added",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "level", "sort_key", "id"],
                name="person_by_level",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "owner", "sort_key", "id"],
                name="person_by_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "unit", "sort_key", "id"],
                name="person_by_unit",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                fields=["workspace_id", "source"],
                name="person_by_source",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                models.F("workspace_id"),
                models.OrderBy(models.F("last_seen_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("erased_at__isnull", True), ("merged_into__isnull", True)),
                include=("created_at", "level", "owner", "unit", "source", "has_email", "has_phone"),
                name="person_by_seen",
            ),
        ),
        migrations.AddIndex(
            model_name="trait",
            index=models.Index(
                condition=models.Q(("number__isnull", False)),
                fields=["workspace_id", "field", "number", "person"],
                name="trait_number",
            ),
        ),
    ]
