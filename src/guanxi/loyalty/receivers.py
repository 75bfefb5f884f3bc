"""Loyalty signs up what it can import."""

from guanxi.loyalty.operations import CouponsKind, RedemptionsKind
from guanxi.people.registry import register_import_kind

register_import_kind(CouponsKind())
register_import_kind(RedemptionsKind())
