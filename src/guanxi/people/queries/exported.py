"""The columns of a file of people by which an import knows it again, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from guanxi.kit import addresses, crypto, scope
from guanxi.people.models import Identity, IdentityKind, Import

OWN_ID = _("Guanxi id")
"""The first column of every file of ours."""

READ: Mapping[str, Any] = {
    "name": _("Name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "customer_number": _("Customer number"),
    "owner": _("Owner"),
    "unit": _("Unit"),
    "language": _("Language"),
    "country": _("Country"),
    "created": _("Known since"),
    "consent": _("Marketing consent (e-mail)"),
    "member": _("Member"),
    "member_since": _("Member since"),
}
"""Fields of an import, as it calls them."""
TOLD: Mapping[str, Any] = {
    "level": _("Level"),
    "role": _("Role"),
    "strength": _("Strength"),
    "tags": _("Tags"),
    "seen": _("Last seen"),
    "source": _("Source"),
    "more_ids": _("Further ids"),
}
"""What an import leaves out: it follows from other things, or is changed elsewhere."""


def ours() -> tuple[Any, ...]:
    return (OWN_ID, *READ.values(), *TOLD.values())


def every_language(label: Any) -> Iterator[str]:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield str(label)


def is_export(of: Import) -> bool:
    """Whether this is a file of people that was exported here, in any language."""
    return not set(of.sheet["header"][:1]).isdisjoint(every_language(OWN_ID))


def unsealer() -> Callable[[bytes, bytes, int], str]:
    """(sealed, salt of the person, row) → an id in clear, for many of the current workspace."""
    workspace, table = scope.current(), Identity._meta.db_table
    return lambda sealed, salt, row: crypto.unseal(
        sealed, workspace_id=workspace, salt=salt, table=table, column="sealed", row=row
    )


def mask_id(kind: str, value: str) -> str:
    match kind:
        case IdentityKind.PHONE:
            return addresses.mask_phone(value[-4:])
        case IdentityKind.EMAIL:
            return addresses.mask_email(value)
        case _:
            return addresses.mask(value)
