"""The facts that governance announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    name: ClassVar[str] = "consent.given"
    person: int
    channel: str
    purpose: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    name: ClassVar[str] = "consent.withdrawn"
    person: int
    channel: str
    purpose: str
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class AddressesChanged:
    """Told, not kept as a fact: what is known of these addresses (their blind indexes) changed: consent, or whether
    they get anything."""

    name: ClassVar[str] = "addresses.changed"
    channel: str
    addresses: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StaffMoved:
    """Told, not kept as a fact: a member of staff has another unit now. Public ids; in no unit is empty."""

    name: ClassVar[str] = "staff.moved"
    staff: str
    unit: str = ""
