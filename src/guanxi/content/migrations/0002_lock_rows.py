from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("content", "0001_initial")]

    operations = [
        LockRows(
            "content_content",
            "content_variant",
        ),
    ]
