from django.db import migrations, models

FILL = """
UPDATE people_nameword word SET sort_key = person.sort_key FROM people_person person
WHERE person.id = word.person_id AND person.sort_key <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0024_rising_indexes")]

    operations = [
        migrations.RemoveIndex(model_name="nameword", name="people_name_workspa_1b2923_idx"),
        migrations.RemoveIndex(model_name="nameword", name="people_name_person__995cae_idx"),
        migrations.AddField(
            model_name="nameword",
            name="sort_key",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
