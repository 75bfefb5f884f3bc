from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the rows that were filled: an index made in the same transaction would hold them twice."""

    dependencies = [("people", "0025_words_in_order")]

    operations = [
        migrations.AddIndex(
            model_name="nameword",
            index=models.Index(fields=["workspace_id", "word", "sort_key", "person"], name="word_by_name"),
        ),
        migrations.AddIndex(
            model_name="nameword",
            index=models.Index(fields=["workspace_id", "person", "word"], name="word_of_person"),
        ),
    ]
