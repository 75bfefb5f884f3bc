"""Connections says what follows a person in a merge, how a tie looks in the lake, and whom else an advisor sees."""

from guanxi.connections import models, queries
from guanxi.connections.operations import (
    FollowsKind,
    FriendsKind,
    GroupsKind,
    PlatformsKind,
    ReferralsKind,
    after_import,
    follow_handovers,
    follow_merges,
    follow_moves,
    follow_people,
    follow_taken_back,
    follow_unmerges,
    settle_merged,
    settle_roles,
)
from guanxi.events import registry as events
from guanxi.governance.events import StaffMoved
from guanxi.people.events import (
    ChangeTakenBack,
    ImportFinished,
    PeopleHandedOver,
    PersonMerged,
    PersonUnmerged,
    RoleChanged,
)
from guanxi.people.registry import Moves, Stays, also_own, in_a_merge, register_import_kind

READ_THROUGH = "read through merged_into"
in_a_merge(
    Moves(models.Friendship, one=("staff", "account")),
    Stays(models.FriendWord, "person", READ_THROUGH),
    Moves(models.Follow, one=("account",)),
    Moves(models.Reading),
    Moves(models.GroupMembership, one=("group",)),
    Stays(models.GroupMembership, "invited_by_person", READ_THROUGH),
    Stays(models.ReferralEdge, "bringer", READ_THROUGH),
    Stays(models.ReferralEdge, "brought", READ_THROUGH),
    Stays(models.Bond, "person", READ_THROUGH),
)
register_import_kind(FriendsKind())
register_import_kind(FollowsKind())
register_import_kind(GroupsKind())
register_import_kind(ReferralsKind())
register_import_kind(PlatformsKind())
also_own(queries.friends_of)
events.mirror("ties", queries.mirrored)
events.subscribe(PersonMerged.name, follow_merges)
events.subscribe(PersonUnmerged.name, follow_merges)
events.subscribe(PersonUnmerged.name, follow_unmerges)
events.subscribe(PersonMerged.name, settle_merged)
events.subscribe(PersonUnmerged.name, settle_merged)
events.subscribe(PersonMerged.name, follow_people)
events.subscribe(PersonUnmerged.name, follow_people)
events.subscribe(RoleChanged.name, settle_roles)
events.subscribe(ImportFinished.name, after_import)
events.subscribe(StaffMoved.name, follow_moves)
events.subscribe(PeopleHandedOver.name, follow_handovers)
events.subscribe(ChangeTakenBack.name, follow_taken_back)
