"""People who can be written to, and an account to write from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from guanxi.channels import operations as channels
from guanxi.channels.models import Account
from guanxi.governance import operations as governance
from guanxi.kit import crypto, rows, scope
from guanxi.people.models import Identity, Person

BEFORE = timedelta(days=30)


def account(now: datetime, port: int = 2525, name: str = "Mail", **changes: Any) -> Account:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender_name": "Lumen",
        "sender_address": "hello@lumen.example.test",
        "imprint": "Lumen Retail\n1 Market Street, Springfield",
        **changes,
    }
    return channels.connect_account(kind="email", name=name, settings=settings, now=now)


def lookup(address: str) -> bytes:
    return crypto.lookup(scope.current(), "email", address)


def person(
    now: datetime, address: str = "", *, consent: bool | None = True, name: str = "", language: str = ""
) -> Person:
    """With an e-mail address, if one is given, and with what they said about marketing (None: nothing)."""
    made: Person = Person.objects.create(name=name or address.partition("@")[0], language=language, created_at=now)
    if address:
        identity(made, address, now)
        if consent is not None:
            say(address, consent, now - BEFORE)
    return made


def people(now: datetime, addresses: Sequence[str]) -> list[Person]:
    return [person(now, address) for address in addresses]


def identity(of: Person, address: str, now: datetime, *, verified: bool = False) -> Identity:
    [pk] = rows.next_ids(Identity, 1)
    sealed = crypto.seal(
        address,
        workspace_id=scope.current(),
        salt=bytes(of.salt or b""),
        table=Identity._meta.db_table,
        column="sealed",
        row=pk,
    )
    made: Identity = Identity.objects.create(
        pk=pk,
        person=of,
        kind="email",
        lookup=lookup(address),
        sealed=sealed,
        verified_at=now if verified else None,
        created_at=now,
    )
    return made


def say(address: str, granted: bool, at: datetime, *, person: int | None = None) -> None:
    act = governance.give_consent if granted else governance.withdraw_consent
    act(channel="email", address=lookup(address), purpose="marketing", source="test", now=at, person=person)


def suppress(address: str, now: datetime, reason: str = "complaint") -> None:
    governance.suppress(channel="email", address=lookup(address), reason=reason, now=now)
