from django.db import migrations

from guanxi.kit.rows import LockRows


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [
        LockRows(
            "loyalty_coupon",
            "loyalty_couponproduct",
            "loyalty_redemption",
        ),
    ]
