"""Friends change hands: when an advisor leaves, or while both are here. What was known of them stays known.

A few go at once, all or none; of more the worker hands over some at a time, and everything is dated as if it had
happened at one moment: `from guanxi.connections.operations import handover`.
"""

from guanxi.connections.operations.handover.controlling import (
    AT_ONCE,
    TAKERS_AT_MOST,
    FriendsKept,
    check_handover,
    hand_over_friends,
    resume_handover,
    return_friends,
    stop_handover,
)
from guanxi.connections.operations.handover.running import handover_lane

__all__ = [
    "AT_ONCE",
    "TAKERS_AT_MOST",
    "FriendsKept",
    "check_handover",
    "hand_over_friends",
    "handover_lane",
    "resume_handover",
    "return_friends",
    "stop_handover",
]
