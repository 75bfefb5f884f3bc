"""What we give: coupons and their redemptions."""

from __future__ import annotations

from django.db import models

from guanxi.commerce.models import Order, Product
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Coupon(WorkspaceRow):
    """A coupon by its code."""

    public_id = PublicId("cpn")
    code = models.CharField(max_length=60)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "code"], name="one_coupon_a_code")]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="coupon_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponProduct(WorkspaceRow):
    """A product that a coupon is good for; `imported_campaign` is the mailing of another system that carried it."""

    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    imported_campaign = models.CharField(max_length=80, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["coupon", "product", "imported_campaign"], name="one_coupon_a_product")
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="coupon_product_of_import",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coupon} / {self.product}"


class Redemption(WorkspaceRow):
    """A coupon used by a person; `number` is what makes it one, so that a file read twice adds nothing."""

    public_id = PublicId("rdm")
    number = models.CharField(max_length=160)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    imported_campaign = models.CharField(max_length=80, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "number"], name="one_redemption_a_number")]
        indexes = [
            models.Index(fields=["person", "-at"]),
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="redemption_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.number
