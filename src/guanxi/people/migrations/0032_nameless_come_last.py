from django.db import migrations

LAST = "UPDATE people_person SET sort_key = U&'\\+10FFFD' WHERE name = '' AND erased_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("people", "0031_what_said_so")]

    operations = [migrations.RunSQL(LAST, migrations.RunSQL.noop)]
