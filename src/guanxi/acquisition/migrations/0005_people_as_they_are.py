"""Lists of rising numbers are kept as they are: to press one of five hundred took the database longer than all else
that it did with its batch."""

from __future__ import annotations

from django.db import migrations

TABLE = 'ALTER TABLE "acquisition_batch" ALTER COLUMN "people" SET STORAGE '


class Migration(migrations.Migration):
    dependencies = [("acquisition", "0004_remarks")]

    operations = [migrations.RunSQL(TABLE + "EXTERNAL", TABLE + "EXTENDED")]
