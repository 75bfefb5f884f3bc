"""What was left out of events that were taken."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("acquisition", "0003_packed_once")]

    operations = [
        migrations.AddField("batch", "remarks", models.JSONField(db_default=[], default=list)),
    ]
