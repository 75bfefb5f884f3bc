"""Trying an account before it is used in earnest: its connection, what the world sees of it, a message to oneself, and
the keys that it signs with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from guanxi.channels import queries, registry
from guanxi.channels.models import Account, Check, CheckKind
from guanxi.channels.operations.accounts import change_made
from guanxi.channels.port import Examines, Finding, Outbound, Probes, Receipt, Sends, Signs, printable
from guanxi.channels.registry import Words
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import clock, keys


class CannotBeTried(Exception):
    """The channel of this account has nothing of the kind."""


def check_connection(*, account: Account, by: Staff, now: datetime) -> Check:
    """Step by step, without sending anything. Calls the vendor: not inside a transaction."""
    plugin = registry.plugin(account.kind)
    if not isinstance(plugin, Probes):
        raise CannotBeTried
    return _noted(account, CheckKind.CONNECTION, plugin.probe(queries.config_of(account)), by, now)


def check_domain(*, account: Account, by: Staff, now: datetime) -> Check:
    """What is published for it. Asks the DNS: not inside a transaction."""
    plugin = registry.plugin(account.kind)
    if not isinstance(plugin, Examines):
        raise CannotBeTried
    findings = plugin.examine(queries.config_of(account), settings.BASE_URL)
    return _noted(account, CheckKind.DOMAIN, findings, by, now)


@transaction.atomic
def _noted(account: Account, kind: CheckKind, findings: Sequence[Finding], by: Staff, now: datetime) -> Check:
    lines = [asdict(replace(one, said=printable(one.said))) for one in findings]
    check, _ = Check.objects.update_or_create(account=account, kind=kind, defaults={"at": now, "findings": lines})
    verdicts = {one.verdict.value: 0 for one in findings}
    for one in findings:
        verdicts[one.verdict.value] += 1
    governance.record(
        act="channel.checked", by=by, subject=account.public_id, detail={"kind": kind.value, **verdicts}, now=now
    )
    return check


def send_to_oneself(*, account: Account, by: Staff, words: Words, now: datetime) -> Receipt:
    """A message to the address that this member of staff signs in with, and to no other; so many an hour.

    Raises governance.TooManyTries and ChannelError. Calls the vendor: not inside a transaction.
    """
    governance.take_turn(what="message to oneself", staff=by, now=clock.wall())
    outbound = Outbound(
        key=keys.new("tst"),
        address=by.user.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        locale=words.locale,
    )
    governance.record(act="channel.test_sent", by=by, subject=account.public_id, now=now)
    with registry.plugin(account.kind).open(queries.config_of(account)) as adapter:
        if not isinstance(adapter, Sends):
            raise CannotBeTried
        return adapter.send(outbound)


@transaction.atomic
def make_key(*, account: Account, by: Staff, now: datetime) -> None:
    """A new pair of keys, to be used when its record is published; one that was not yet used is forgotten."""
    plugin = _signing(account)
    change_made(account=account, changes=plugin.make_key(queries.config_of(account), now))
    governance.record(act="channel.key_made", by=by, subject=account.public_id, now=now)


@transaction.atomic
def use_next_key(*, account: Account, by: Staff, now: datetime) -> None:
    """From the next message on. The record of the old key has to stay for what is still on its way."""
    change_made(account=account, changes=_signing(account).use_next_key(queries.config_of(account)))
    governance.record(act="channel.key_used", by=by, subject=account.public_id, now=now)


@transaction.atomic
def drop_next_key(*, account: Account, by: Staff, now: datetime) -> None:
    change_made(account=account, changes=_signing(account).drop_next_key(queries.config_of(account)))
    governance.record(act="channel.key_dropped", by=by, subject=account.public_id, now=now)


def _signing(account: Account) -> Signs:
    plugin = registry.plugin(account.kind)
    if not isinstance(plugin, Signs):
        raise CannotBeTried
    return plugin
