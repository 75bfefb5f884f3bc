"""Who knows whom."""

from guanxi.connections.models.friends import (
    FriendFact,
    FriendFactKind,
    FriendHandover,
    Friendship,
    FriendSource,
    FriendState,
    FriendWord,
    FriendWordKind,
    HandoverPart,
    HandoverState,
)
from guanxi.connections.models.groups import (
    GroupChat,
    GroupFact,
    GroupFactKind,
    GroupMembership,
    JoinedBy,
    LeftBy,
    MemberFact,
)
from guanxi.connections.models.others import BroughtBy, Follow, FollowFact, ReferralEdge, ReferralFact
from guanxi.connections.models.platforms import Platform, Reading
from guanxi.connections.models.strength import Bond, StrengthCount, StrengthRules

__all__ = [
    "Bond",
    "BroughtBy",
    "Follow",
    "FollowFact",
    "FriendFact",
    "FriendFactKind",
    "FriendHandover",
    "FriendSource",
    "FriendState",
    "FriendWord",
    "FriendWordKind",
    "Friendship",
    "GroupChat",
    "GroupFact",
    "GroupFactKind",
    "GroupMembership",
    "HandoverPart",
    "HandoverState",
    "JoinedBy",
    "LeftBy",
    "MemberFact",
    "Platform",
    "Reading",
    "ReferralEdge",
    "ReferralFact",
    "StrengthCount",
    "StrengthRules",
]
