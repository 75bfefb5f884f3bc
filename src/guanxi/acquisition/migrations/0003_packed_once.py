"""What is sealed or random is kept as it is: the database would try to press it."""

from __future__ import annotations

from django.db import migrations

COLUMNS = {"acquisition_batch": "body", "acquisition_seenids": "hashes"}


def _stored(how: str) -> list[str]:
    return [f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET STORAGE {how}' for table, column in COLUMNS.items()]


class Migration(migrations.Migration):
    dependencies = [("acquisition", "0002_lock_rows")]

    operations = [migrations.RunSQL(_stored("EXTERNAL"), _stored("EXTENDED"))]
