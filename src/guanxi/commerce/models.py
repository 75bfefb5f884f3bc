"""What people buy: products, orders and what came back."""

from __future__ import annotations

from django.db import models

from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import Person


class Product(WorkspaceRow):
    """Something sold; `number` is the shop's own."""

    public_id = PublicId("prd")
    number = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=120, blank=True)
    brand = models.CharField(max_length=80, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "number"], name="one_product_a_number")]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="product_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class Order(WorkspaceRow):
    """A paid order; `refunded_minor` never exceeds the total."""

    public_id = PublicId("ord")
    number = models.CharField(max_length=60)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    placed_at = models.DateTimeField()
    store = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "number"], name="one_order_a_number"),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0) & models.Q(refunded_minor__lte=models.F("total_minor")),
                name="refund_within_total",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-placed_at"]),
            models.Index(fields=["workspace_id", "placed_at"]),
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="order_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(WorkspaceRow):
    """One product of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.CharField(max_length=60)
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.IntegerField(default=1)
    amount_minor = models.BigIntegerField()
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["order", "line"], name="one_line_a_number")]

    def __str__(self) -> str:
        return f"{self.order} / {self.line}"


class Refund(WorkspaceRow):
    """Money given back for an order."""

    public_id = PublicId("rfd")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "number"], name="one_refund_a_number"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_is_positive"),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id", "id"],
                condition=models.Q(import_id__isnull=False),
                name="refund_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.number
