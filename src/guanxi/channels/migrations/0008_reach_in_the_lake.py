from django.db import migrations


class Migration(migrations.Migration):
    """What people agreed to goes into the lake for everybody who is known already."""

    dependencies = [
        ("channels", "0007_caps_by_role"),
        ("events", "0007_changes"),
        ("people", "0023_bulk_tags"),
    ]

    operations = [
        migrations.RunSQL(
            "INSERT INTO events_touched (workspace_id, mirror, key) SELECT workspace_id, 'reach', id FROM people_person"
            " WHERE merged_into_id IS NULL AND erased_at IS NULL",
            migrations.RunSQL.noop,
        )
    ]
