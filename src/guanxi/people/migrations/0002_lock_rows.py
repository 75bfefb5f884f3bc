from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        LockRows(
            "people_person",
            "people_nameword",
            "people_identity",
            "people_field",
            "people_trait",
            "people_levelproof",
            "people_import",
            "people_importreject",
            "people_importchange",
        ),
    ]
