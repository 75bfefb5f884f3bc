"""Accounts to send from, and the cap of the workspace."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from pydantic import BaseModel, ValidationError

from guanxi.channels import registry
from guanxi.channels.models import Account, Cap, Check, Notice, Reading
from guanxi.channels.port import Collects, Examines, Limits, Probes, SigningKey, Signs
from guanxi.kit import crypto


def secret_place(account_id: int) -> str:
    return f"channels_account|secret|{account_id}"


def configured(account: Account) -> dict[str, Any]:
    """The settings with the secrets in clear: to open the plug-in, nothing else."""
    if not account.secret:
        return dict(account.config)
    secret = crypto.unseal_secret(
        bytes(account.secret), workspace_id=account.workspace_id, place=secret_place(account.pk)
    )
    return dict(account.config) | dict(json.loads(secret))


def config_of(account: Account) -> BaseModel:
    """Raises pydantic.ValidationError when the stored settings do not fit the plug-in any more."""
    return registry.plugin(account.kind).config.model_validate(configured(account))


def limits_of(account: Account) -> Limits:
    """What the vendor of this account takes; of settings that do not fit any more, nothing is known."""
    try:
        config = config_of(account)
    except ValidationError:
        return Limits(message_bytes=None, parallel=1)
    with registry.plugin(account.kind).open(config) as adapter:
        return adapter.limits


def sender_imprint(account: Account) -> str | None:
    """Who sends, with the postal address, for the end of a marketing message; None where the channel has no room for
    it."""
    if "imprint" not in registry.plugin(account.kind).config.model_fields:
        return None
    return str(account.config.get("imprint", ""))


def reading(account: Account) -> Reading | None:
    """When returned mail was read last; None: never yet."""
    found: Reading | None = Reading.objects.filter(account=account).first()
    return found


def notices(account: Account, *, since: datetime) -> dict[str, int]:
    """How many of which kind came back."""
    found = Notice.objects.filter(account=account, at__gte=since).values_list("kind").annotate(number=Count("pk"))
    return dict(found.order_by("-number", "kind"))


def collects(account: Account) -> bool:
    """Whether it is set up to read what comes back."""
    plugin = registry.plugin(account.kind)
    return isinstance(plugin, Collects) and plugin.collects(config_of(account))


def check(account: Account, kind: str) -> Check | None:
    """What came of the last one; None: it was never made."""
    found: Check | None = Check.objects.filter(account=account, kind=kind).first()
    return found


def signing_keys(account: Account) -> tuple[SigningKey | None, SigningKey | None]:
    """The key in use and the next one, of a channel that signs."""
    plugin = registry.plugin(account.kind)
    return plugin.keys(config_of(account)) if isinstance(plugin, Signs) else (None, None)


def abilities(account: Account) -> frozenset[str]:
    """What can be done with this account besides sending: `probe`, `examine`, `sign`, `collect`."""
    plugin = registry.plugin(account.kind)
    known = {"probe": Probes, "examine": Examines, "sign": Signs, "collect": Collects}
    return frozenset(name for name, ability in known.items() if isinstance(plugin, ability))


def usable_accounts() -> QuerySet[Account]:
    """Switched on, in order, and of a channel that is installed."""
    return Account.objects.filter(is_active=True, problem="", kind__in=registry.kinds())


def cap() -> Cap:
    """The cap of the workspace; where none was set, the one that a new workspace begins with."""
    return Cap.objects.first() or Cap()
