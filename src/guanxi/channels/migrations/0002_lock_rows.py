from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [
        LockRows(
            "channels_account",
            "channels_cap",
            "channels_message",
        ),
    ]
