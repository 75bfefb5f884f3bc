from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0030_who_is_listed"),
    ]

    operations = [
        migrations.AddField(
            model_name="merge",
            name="said",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddField(
            model_name="merge",
            name="sender",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
    ]
