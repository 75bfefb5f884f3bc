"""Accounts to send from, and the cap of the workspace."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from pydantic import BaseModel

from guanxi.channels import registry
from guanxi.channels.models import Account, Cap
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


def usable_accounts() -> QuerySet[Account]:
    """Switched on, in order, and of a channel that is installed."""
    return Account.objects.filter(is_active=True, problem="", kind__in=registry.kinds())


def cap() -> Cap:
    """The cap of the workspace; where none was set, the one that a new workspace begins with."""
    return Cap.objects.first() or Cap()
