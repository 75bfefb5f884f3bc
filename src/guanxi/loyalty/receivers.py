"""Loyalty signs up what it can import, and what follows a person in a merge."""

from guanxi.loyalty.models import Redemption
from guanxi.loyalty.operations import CouponsKind, RedemptionsKind
from guanxi.people.registry import Moves, in_a_merge, register_import_kind

register_import_kind(CouponsKind())
register_import_kind(RedemptionsKind())
in_a_merge(Moves(Redemption))
