"""Places to send from, and the cap that holds for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import BaseModel, ValidationError

from guanxi.channels import registry
from guanxi.channels.models import Account, Cap, Check
from guanxi.channels.port import TOLD, made_fields, revealed, secret_fields
from guanxi.channels.queries import configured
from guanxi.channels.queries.accounts import secret_place
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import crypto


class BadAccount(ValueError):
    """The settings do not fit the channel; `problems` tells by field what is wrong. What is in `told` is for staff, to
    be translated."""

    def __init__(self, error: ValidationError) -> None:
        found = error.errors(include_input=False)
        self.problems = {".".join(map(str, one["loc"])): one["msg"] for one in found}
        self.told = frozenset(one["msg"] for one in found if one["type"] == TOLD)
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in self.problems.items()))


@transaction.atomic
def connect_account(
    *, kind: str, name: str, settings: Mapping[str, Any], now: datetime, by: Staff | None = None
) -> Account:
    """Raises registry.UnknownChannel and BadAccount. Nothing is sent."""
    config = _checked(kind, settings, typed=frozenset(settings) if by else frozenset())
    account = Account.objects.create(kind=kind, name=name, created_at=now)
    _keep(account, config)
    governance.record(act="channel.connected", by=by, subject=account.public_id, detail={"kind": kind}, now=now)
    return account


class AlreadyInstalled(ValueError):
    """A channel of this kind is installed: connect the account."""


@transaction.atomic
def record_account(*, kind: str, name: str, now: datetime, by: Staff | None = None) -> Account:
    """An account of a messenger for which no channel is installed: ties are kept of it, nothing is sent from it.

    The one with this kind and name, if there is one. Raises AlreadyInstalled.
    """
    if kind in registry.kinds():
        raise AlreadyInstalled(kind)
    known: Account | None = Account.objects.filter(kind=kind, name=name).order_by("pk").first()
    if known is not None:
        return known
    account: Account = Account.objects.create(kind=kind, name=name, is_active=False, created_at=now)
    governance.record(act="channel.recorded", by=by, subject=account.public_id, detail={"kind": kind}, now=now)
    return account


@transaction.atomic
def edit_account(*, account: Account, name: str, settings: Mapping[str, Any], by: Staff | None = None) -> None:
    """An empty secret keeps the stored one, and what the channel made itself stays. A noted problem is cleared: the
    next message tries anew."""
    config = registry.plugin(account.kind).config
    secrets, made = secret_fields(config), made_fields(config)
    before = configured(account)
    old = {field: value for field, value in before.items() if field in secrets | made}
    given = {field: value for field, value in settings.items() if value or field not in secrets}
    account.name, account.problem = name, ""
    typed = frozenset(field for field in given if by and given[field] != before.get(field))
    _keep(account, checked := _checked(account.kind, old | given, typed))
    Check.objects.filter(account=account).delete()
    after = revealed(checked)
    changed = sorted(field for field in after if before.get(field) != after[field])
    governance.record(act="channel.changed", by=by, subject=account.public_id, detail={"fields": changed})


@transaction.atomic
def reconnect_account(*, account: Account, by: Staff | None = None) -> None:
    """Staff have mended what was wrong at the vendor: send again from this account."""
    Account.objects.filter(pk=account.pk).update(problem="")
    governance.record(act="channel.reconnected", by=by, subject=account.public_id)


@transaction.atomic
def set_account_active(*, account: Account, active: bool, by: Staff | None = None) -> None:
    Account.objects.filter(pk=account.pk).update(is_active=active)
    governance.record(act="channel.switched_on" if active else "channel.switched_off", by=by, subject=account.public_id)


@transaction.atomic
def set_cap(
    *, most: int, days: int, employee: int | None = None, leader: int | None = None, by: Staff | None = None
) -> None:
    """At most `most` marketing messages a person in `days` calendar days of the workspace's zone; `employee` and
    `leader` are for people of that role, None: as for everybody."""
    given = [one for one in (most, employee, leader) if one is not None]
    if not (all(0 <= one <= 1000 for one in given) and 1 <= days <= 366):
        raise ValueError("a cap is 0 to 1000 messages in 1 to 366 days")
    Cap.objects.update_or_create(defaults={"most": most, "days": days, "employee": employee, "leader": leader})
    own = {role: number for role, number in (("employee", employee), ("leader", leader)) if number is not None}
    governance.record(act="cap.set", by=by, detail={"most": most, "days": days, **own})


@transaction.atomic
def change_made(*, account: Account, changes: Mapping[str, object]) -> None:
    """Settings that the channel made itself."""
    account = Account.objects.select_for_update().get(pk=account.pk)
    _keep(account, _checked(account.kind, configured(account) | dict(changes)))


def _checked(kind: str, settings: Mapping[str, Any], typed: frozenset[str] = frozenset()) -> BaseModel:
    """What staff type anew is looked at more closely than what is there, or what the server sets up itself."""
    try:
        return registry.plugin(kind).config.model_validate(dict(settings), context={"typed": typed})
    except ValidationError as error:
        raise BadAccount(error) from None  # the cause would carry the secret into the log


def _keep(account: Account, config: BaseModel) -> None:
    everything, hidden = revealed(config), secret_fields(type(config))
    account.config = {field: value for field, value in everything.items() if field not in hidden}
    secret = json.dumps({field: value for field, value in everything.items() if field in hidden})
    account.secret = crypto.seal_secret(secret, workspace_id=account.workspace_id, place=secret_place(account.pk))
    account.save()
