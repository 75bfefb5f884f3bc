"""The facts that connections announces. Advisors, accounts, groups and friendships by their public ids."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FriendRequested:
    name: ClassVar[str] = "friend.requested"
    person: int
    advisor: str
    account: str
    friendship: str
    source: str = ""
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendHalfAdded:
    """The person added the advisor, who has not added them back."""

    name: ClassVar[str] = "friend.half_added"
    person: int
    advisor: str
    account: str
    friendship: str
    source: str = ""
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendAdded:
    name: ClassVar[str] = "friend.added"
    person: int
    advisor: str
    account: str
    friendship: str
    source: str = ""
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendRemovedByFriend:
    name: ClassVar[str] = "friend.removed_by_friend"
    person: int
    advisor: str
    account: str
    friendship: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendRemovedByStaff:
    name: ClassVar[str] = "friend.removed_by_staff"
    person: int
    advisor: str
    account: str
    friendship: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendBlocked:
    name: ClassVar[str] = "friend.blocked"
    person: int
    advisor: str
    account: str
    friendship: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendUnblocked:
    name: ClassVar[str] = "friend.unblocked"
    person: int
    advisor: str
    account: str
    friendship: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendHandedOver:
    """`advisor` has the person now, `giver` had them before; `why`: handed_over, or inherited from a leaver."""

    name: ClassVar[str] = "friend.handed_over"
    person: int
    advisor: str
    giver: str
    account: str
    friendship: str
    why: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class FriendFollowed:
    """The person follows the account."""

    name: ClassVar[str] = "friend.followed"
    person: int
    account: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class FriendUnfollowed:
    name: ClassVar[str] = "friend.unfollowed"
    person: int
    account: str
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupMemberJoined:
    """`how`: invited, link, scan, created, unknown."""

    name: ClassVar[str] = "group.member_joined"
    person: int
    group: str
    account: str
    how: str = ""
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupMemberLeft:
    """`how`: left, removed, unknown."""

    name: ClassVar[str] = "group.member_left"
    person: int
    group: str
    account: str
    how: str = ""
    channel: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupCreated:
    """This and the following are told, not kept as facts: they happened to no person."""

    name: ClassVar[str] = "group.created"
    group: str
    account: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class GroupUpdated:
    """`what`: name or notice."""

    name: ClassVar[str] = "group.updated"
    group: str
    account: str
    what: str


@dataclass(frozen=True, slots=True)
class GroupOwnerChanged:
    name: ClassVar[str] = "group.owner_changed"
    group: str
    account: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class GroupDismissed:
    name: ClassVar[str] = "group.dismissed"
    group: str
    account: str


@dataclass(frozen=True, slots=True)
class PersonReferred:
    """`bringer` brought `person`. `by`: invite, code, card, group, coupon, word."""

    name: ClassVar[str] = "person.referred"
    person: int
    bringer: int
    by: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class TouchRecorded:
    """Somebody wrote down a touch that no channel told of. `kind`: meeting, complaint_resolved, share, reply,
    message_in."""

    name: ClassVar[str] = "touch.recorded"
    person: int
    kind: str
    advisor: str = ""
