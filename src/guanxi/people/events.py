"""The facts that people announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LevelReached:
    name: ClassVar[str] = "level.reached"
    person: int
    level: str
    proof: str
    label: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class LevelLost:
    name: ClassVar[str] = "level.lost"
    person: int
    level: str
    proof: str
    label: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class PersonAssigned:
    """Owner or unit changed. Public ids of what holds from now on; empty: nobody's, nowhere."""

    name: ClassVar[str] = "person.assigned"
    person: int
    owner: str = ""
    unit: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class PeopleHandedOver:
    """Told, not kept as a fact: the people of a leaver go to `taker`, or to nobody when it is empty; `change` is the
    change of people that does it, if they owned any. Public ids."""

    name: ClassVar[str] = "people.handed_over"
    giver: str
    taker: str = ""
    by: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class ChangeTakenBack:
    """Told, not kept as a fact: somebody takes a change of many people back. Public ids."""

    name: ClassVar[str] = "change.taken_back"
    change: str
    by: str


@dataclass(frozen=True, slots=True)
class ImportFinished:
    """Told, not kept as a fact: it happened to no person. `state`: done, failed, cancelled or undone."""

    name: ClassVar[str] = "import.finished"
    import_id: int
    state: str


@dataclass(frozen=True, slots=True)
class PersonCreated:
    """Somebody whom nobody knew came with an id."""

    name: ClassVar[str] = "person.created"
    person: int


@dataclass(frozen=True, slots=True)
class IdentityLinked:
    """A person who was known came with a new id of this kind."""

    name: ClassVar[str] = "identity.linked"
    person: int
    kind: str


@dataclass(frozen=True, slots=True)
class PersonMerged:
    """`merged` became `person`."""

    name: ClassVar[str] = "person.merged"
    person: int
    merged: int


@dataclass(frozen=True, slots=True)
class PersonUnmerged:
    """`merged` is somebody else again."""

    name: ClassVar[str] = "person.unmerged"
    person: int
    merged: int


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """`proof`: how we know (staff, api, import, …); `label` what it is called there."""

    name: ClassVar[str] = "member.joined"
    person: int
    proof: str
    label: str = ""
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """`because`: staff, api, import, …"""

    name: ClassVar[str] = "member.left"
    person: int
    because: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagAdded:
    """A tag of a group came to a person. `tag` is its public id, `how`: staff, rule, import, api, channel."""

    name: ClassVar[str] = "tag.added"
    person: int
    tag: str
    label: str
    how: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagRemoved:
    """A tag of a group went. `how` as above, or expired."""

    name: ClassVar[str] = "tag.removed"
    person: int
    tag: str
    label: str
    how: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """`role` holds from now on: employee, leader, consumer."""

    name: ClassVar[str] = "role.changed"
    person: int
    role: str
    how: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class DefaultsGiven:
    """Empty fields were filled with the role: their keys, with commas between. `how` as above, or asked: somebody had
    all of the role filled."""

    name: ClassVar[str] = "role.defaults_given"
    person: int
    role: str
    fields: str
    how: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagsMerged:
    """Told, not kept as a fact: it happened to no person. `tag` became `into`; both are public ids."""

    name: ClassVar[str] = "tags.merged"
    tag: str
    into: str
