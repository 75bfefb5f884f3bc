from guanxi.connections.operations.checking import Refused
from guanxi.connections.operations.following import (
    follow_handovers,
    follow_merges,
    follow_moves,
    follow_taken_back,
    follow_unmerges,
)
from guanxi.connections.operations.follows import FollowTold, note_follows
from guanxi.connections.operations.friends import FriendTold, note_friend_facts
from guanxi.connections.operations.groups import GroupTold, note_group_facts
from guanxi.connections.operations.handover import (
    FriendsKept,
    check_handover,
    hand_over_friends,
    handover_lane,
    resume_handover,
    return_friends,
    stop_handover,
)
from guanxi.connections.operations.import_friends import FollowsKind, FriendsKind
from guanxi.connections.operations.import_groups import GroupsKind
from guanxi.connections.operations.import_platforms import PlatformsKind
from guanxi.connections.operations.import_referrals import ReferralsKind
from guanxi.connections.operations.platforms import (
    FOLLOWERS,
    Followers,
    PlatformRefused,
    follow_people,
    forget_platform,
    local_day,
    note_followers,
)
from guanxi.connections.operations.referring import Referral, refer
from guanxi.connections.operations.strength.counting import (
    after_import,
    ask_anew,
    settle_merged,
    settle_roles,
)
from guanxi.connections.operations.strength.recording import TouchRefused, record_touch
from guanxi.connections.operations.strength.recounting import count_anew, strength_lane
from guanxi.connections.operations.strength.setting import StrengthRefused, check_strength_rules, set_strength_rules

__all__ = [
    "FOLLOWERS",
    "FollowTold",
    "Followers",
    "FollowsKind",
    "FriendTold",
    "FriendsKept",
    "FriendsKind",
    "GroupTold",
    "GroupsKind",
    "PlatformRefused",
    "PlatformsKind",
    "Referral",
    "ReferralsKind",
    "Refused",
    "StrengthRefused",
    "TouchRefused",
    "after_import",
    "ask_anew",
    "check_handover",
    "check_strength_rules",
    "count_anew",
    "follow_handovers",
    "follow_merges",
    "follow_moves",
    "follow_people",
    "follow_taken_back",
    "follow_unmerges",
    "forget_platform",
    "hand_over_friends",
    "handover_lane",
    "local_day",
    "note_followers",
    "note_follows",
    "note_friend_facts",
    "note_group_facts",
    "record_touch",
    "refer",
    "resume_handover",
    "return_friends",
    "set_strength_rules",
    "settle_merged",
    "settle_roles",
    "stop_handover",
    "strength_lane",
]
