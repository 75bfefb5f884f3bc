"""What is packed already is kept as it is: the database would try to press it again."""

from __future__ import annotations

from django.db import migrations

TABLE = 'ALTER TABLE "events_factbatch" ALTER COLUMN "body" SET STORAGE '


class Migration(migrations.Migration):
    dependencies = [("events", "0004_kept_until")]

    operations = [migrations.RunSQL(TABLE + "EXTERNAL", TABLE + "EXTENDED")]
