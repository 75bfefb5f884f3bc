from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0026_word_index")]

    operations = [
        migrations.AddIndex(
            model_name="levelproof",
            index=models.Index(fields=["workspace_id", "level", "since"], name="proof_by_beginning"),
        ),
        migrations.AddIndex(
            model_name="levelproof",
            index=models.Index(
                fields=["workspace_id", "level", "ended_at"],
                condition=models.Q(("ended_at__isnull", False)),
                name="proof_by_end",
            ),
        ),
    ]
