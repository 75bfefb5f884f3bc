"""The facts that loyalty announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CouponRedeemed:
    name: ClassVar[str] = "coupon.redeemed"
    person: int
    coupon_id: int
    code: str
    imported_campaign: str = ""
    order_id: int | None = None
    import_id: int | None = None
