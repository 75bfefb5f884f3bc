from django.db import migrations, models

FACTS = {
    "followfact": ("one_follow_fact", ("follow", "at", "begins")),
    "friendfact": ("one_friend_fact", ("friendship", "at", "kind", "source", "other")),
    "groupfact": ("one_group_fact", ("group", "at", "kind", "text", "owner")),
    "memberfact": ("one_member_fact", ("membership", "at", "begins", "how", "by_person", "by_staff")),
}


class Migration(migrations.Migration):
    dependencies = [("connections", "0012_told_by_several")]

    operations = [
        migrations.RemoveIndex(model_name="referraledge", name="referral_of_import"),
        migrations.RemoveField(model_name="referraledge", name="import_id"),
        migrations.RemoveField(model_name="referraledge", name="told_by"),
        *(migrations.RemoveConstraint(model_name=fact, name=name) for fact, (name, _fields) in FACTS.items()),
        *(
            migrations.AddConstraint(
                model_name=fact,
                constraint=models.UniqueConstraint(fields=(*fields, "import_id"), name=name, nulls_distinct=False),
            )
            for fact, (name, fields) in FACTS.items()
        ),
    ]
