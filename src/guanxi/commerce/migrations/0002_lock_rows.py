from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("commerce", "0001_initial")]

    operations = [
        LockRows(
            "commerce_product",
            "commerce_order",
            "commerce_orderline",
            "commerce_refund",
        ),
    ]
