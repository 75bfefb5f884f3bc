from django.db import migrations

from guanxi.kit.rows import AppendOnly, LockRows


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_email_settled")]

    operations = [
        LockRows("channels_check", "channels_reading", "channels_notice"),
        AppendOnly("channels_notice"),
    ]
