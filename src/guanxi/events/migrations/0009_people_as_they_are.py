"""Lists of rising numbers are kept as they are: to press them costs more than all else that is done with a change."""

from __future__ import annotations

from django.db import migrations

TABLE = 'ALTER TABLE "events_change" ALTER COLUMN "people" SET STORAGE '


class Migration(migrations.Migration):
    dependencies = [("events", "0008_touched_neighbours")]

    operations = [migrations.RunSQL(TABLE + "EXTERNAL", TABLE + "EXTENDED")]
