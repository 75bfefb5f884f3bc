from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [LockRows("integrations_endpoint", "integrations_delivery")]
