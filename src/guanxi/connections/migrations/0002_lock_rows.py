from django.db import migrations

from guanxi.kit.rows import LockRows, NeverChanged


class Migration(migrations.Migration):
    dependencies = [("connections", "0001_initial")]

    operations = [
        LockRows(
            "connections_friendship",
            "connections_friendfact",
            "connections_follow",
            "connections_followfact",
            "connections_groupchat",
            "connections_groupfact",
            "connections_groupmembership",
            "connections_memberfact",
            "connections_referraledge",
        ),
        NeverChanged(
            "connections_friendfact",
            "connections_followfact",
            "connections_groupfact",
            "connections_memberfact",
        ),
    ]
