from guanxi.loyalty.operations.import_coupons import CouponsKind
from guanxi.loyalty.operations.import_redemptions import RedemptionsKind

__all__ = ["CouponsKind", "RedemptionsKind"]
