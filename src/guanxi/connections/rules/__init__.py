"""What ties say by the times of what happened to them."""

from guanxi.connections.rules.friends import (
    BEGINNINGS,
    HELD,
    Happening,
    Holding,
    Standing,
    dealt,
    holdings,
    past,
    standing,
)
from guanxi.connections.rules.groups import GroupHappening, GroupStanding, group_standing
from guanxi.connections.rules.referrals import Claim, makes_a_cycle
from guanxi.connections.rules.sources import WECOM_ADD_WAYS, WECOM_JOIN_SCENES, WECOM_QUIT_SCENES
from guanxi.connections.rules.spans import Span, Turn, over, span

__all__ = [
    "BEGINNINGS",
    "HELD",
    "WECOM_ADD_WAYS",
    "WECOM_JOIN_SCENES",
    "WECOM_QUIT_SCENES",
    "Claim",
    "GroupHappening",
    "GroupStanding",
    "Happening",
    "Holding",
    "Span",
    "Standing",
    "Turn",
    "dealt",
    "group_standing",
    "holdings",
    "makes_a_cycle",
    "over",
    "past",
    "span",
    "standing",
]
