from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from guanxi.kit import names

BATCH = 10_000
PEOPLE = """
SELECT id, workspace_id, name FROM people_person
WHERE id > %s AND name ~ '[\u3400-\u9fff]' AND EXISTS (SELECT FROM people_nameword WHERE person_id = people_person.id)
ORDER BY id LIMIT %s
"""
ADD = """
INSERT INTO people_nameword (workspace_id, person_id, word)
SELECT new.* FROM unnest(%s::bigint[], %s::bigint[], %s::varchar[]) new(workspace_id, person_id, word)
WHERE NOT EXISTS (SELECT FROM people_nameword old
                  WHERE old.workspace_id = new.workspace_id AND old.word = new.word AND old.person_id = new.person_id)
"""


def spell(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """People whose names are in Han characters are found by pinyin too, those who were here before as well."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(PEOPLE, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            new = [(workspace, pk, word) for pk, workspace, name in rows for word in sorted(names.words(name))]
            cursor.execute(ADD, [list(column) for column in zip(*new, strict=True)])


class Migration(migrations.Migration):
    dependencies = [("people", "0017_kind_places")]

    operations = [migrations.RunPython(spell, migrations.RunPython.noop)]
