import django.db.models.deletion
from django.db import migrations, models

import guanxi.kit.scope
from guanxi.kit.rows import LockRows, NeverChanged

# What was shown so far is the last that is known to have been written.
KEEP = """
INSERT INTO connections_friendword (workspace_id, person_id, staff_id, account_id, kind, at, text, told_by)
SELECT friend.workspace_id, friend.person_id, friend.staff_id, friend.account_id, word.kind, friend.described_at,
    word.text, ''
FROM connections_friendship friend
CROSS JOIN LATERAL (VALUES ('remark', friend.remark), ('description', friend.description)) AS word (kind, text)
WHERE friend.described_at IS NOT NULL AND word.text <> ''
"""


def _to(model: str) -> models.ForeignKey:
    return models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model)


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0001_initial"),
        ("connections", "0014_friends_of_own"),
        ("governance", "0010_sessions"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FriendWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField(default=guanxi.kit.scope.current, editable=False)),
                (
                    "kind",
                    models.CharField(choices=[("remark", "Remark"), ("description", "Description")], max_length=12),
                ),
                ("at", models.DateTimeField()),
                ("text", models.CharField(blank=True, max_length=300)),
                ("told_by", models.CharField(blank=True, max_length=40)),
                ("import_id", models.BigIntegerField(null=True)),
                ("account", _to("channels.account")),
                ("person", _to("people.person")),
                ("staff", _to("governance.staff")),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("import_id__isnull", False)),
                        fields=["workspace_id", "import_id", "id"],
                        name="friend_word_of_import",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "staff", "account", "kind", "at", "text", "import_id"),
                        name="one_friend_word",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        LockRows("connections_friendword"),
        NeverChanged("connections_friendword"),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="friendship", name="described_at"),
    ]
