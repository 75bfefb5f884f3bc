"""Whether an account works: its connection, its domain, its keys, and a message to oneself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal

from ninja import Router
from pydantic import Field, ValidationError

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem
from guanxi.api.v1.shapes import At, In, Out, one
from guanxi.channels import operations as channels
from guanxi.channels import queries
from guanxi.channels.models import Account, Check, CheckKind
from guanxi.channels.port import ChannelError, SigningKey
from guanxi.channels.registry import Words
from guanxi.governance.queries import Permission

router = Router(tags=["Channels"])
MAY = Permission.CHANNELS_MANAGE
RECENTLY = timedelta(days=30)
Kinds = Literal["connection", "domain"]
assert set(Kinds.__args__) == set(CheckKind.values)  # type: ignore[attr-defined]


class RecordOut(Out):
    """What is to be published in the DNS."""

    name: str
    type: str
    value: str


class FindingOut(Out):
    title: str
    verdict: Literal["ok", "missing", "wrong", "unknown", "not_reached"]
    said: str = Field(description="What the other side said, or what was found there.")
    advice: str
    record: RecordOut | None


class CheckOut(Out):
    kind: Kinds
    at: At
    findings: list[FindingOut]


class SigningKeyOut(Out):
    selector: str
    record: RecordOut


class ConditionOut(Out):
    """`can`: probe, examine, sign, collect. `returned` counts what came back in 30 days; null where nothing is read."""

    can: list[str]
    checks: list[CheckOut]
    signing_key: SigningKeyOut | None
    next_signing_key: SigningKeyOut | None
    returned: dict[str, int] | None


class CheckIn(In):
    kind: Kinds


class TriedOut(Out):
    """`accepted`: the server took it. Otherwise `detail` says why not."""

    accepted: bool
    detail: str


@contextmanager
def fitting() -> Iterator[None]:
    """Raises the problem that the settings were kept by another version of the channel."""
    try:
        yield
    except ValidationError:
        said = "The settings of this account do not fit any more. Change them first."
        raise Problem("conflict", said) from None


def check_out(check: Check) -> CheckOut:
    found = [
        FindingOut(
            title=line["title"],
            verdict=line["verdict"],
            said=line["said"],
            advice=line["advice"],
            record=_record(line["record"]) if line["record"] else None,
        )
        for line in check.findings
    ]
    return CheckOut(kind=check.kind, at=check.at, findings=found)  # type: ignore[arg-type]


def _record(record: Sequence[str]) -> RecordOut:
    return RecordOut(name=record[0], type=record[1], value=record[2])


def _signing_key(key: SigningKey | None) -> SigningKeyOut | None:
    return SigningKeyOut(selector=key.selector, record=_record(key.record)) if key else None


@router.get("/channels/{channel_id}/condition", **op(MAY, ConditionOut, refusals=("conflict",)))
def get_condition(request: ApiRequest, channel_id: str) -> ConditionOut:
    """How an account is

    What its last checks found, the keys that it signs with, and what came back. Nobody is called.
    """
    with fitting():
        return _condition(request, one(Account.objects.all(), channel_id))


def _condition(request: ApiRequest, account: Account) -> ConditionOut:
    key, following = queries.signing_keys(account)
    checks = [check for kind in CheckKind.values if (check := queries.check(account, kind))]
    return ConditionOut(
        can=sorted(queries.abilities(account)),
        checks=[check_out(check) for check in checks],
        signing_key=_signing_key(key),
        next_signing_key=_signing_key(following),
        returned=queries.notices(account, since=request.now - RECENTLY) if queries.collects(account) else None,
    )


@router.post("/channels/{channel_id}/checks", **op(MAY, CheckOut, refusals=("conflict",)))
def check_channel(request: ApiRequest, channel_id: str, body: CheckIn) -> CheckOut:
    """Check an account

    `connection` goes to the mail server step by step and sends nothing, `domain` asks the DNS. It takes some seconds;
    an `Idempotency-Key` is not taken.
    """
    account = one(Account.objects.all(), channel_id)
    check = channels.check_connection if body.kind == "connection" else channels.check_domain
    with fitting():
        return check_out(check(account=account, by=request.staff, now=request.now))


@router.post("/channels/{channel_id}/test", **op(MAY, TriedOut, refusals=("conflict",)))
def test_channel(request: ApiRequest, channel_id: str) -> TriedOut:
    """Send a message to yourself

    To the address that the maker of the key signs in with, and to no other; ten an hour. An `Idempotency-Key` is not
    taken.
    """
    said = "This is a test from Guanxi. Whoever reads it sees that the account works."
    words = Words(subject="A message to yourself", text=said, locale="en")
    return sent_to_oneself(request, one(Account.objects.all(), channel_id), words)


def sent_to_oneself(request: ApiRequest, account: Account, words: Words) -> TriedOut:
    try:
        with fitting():
            receipt = channels.send_to_oneself(account=account, by=request.staff, words=words, now=request.now)
    except ChannelError as refusal:
        return TriedOut(accepted=False, detail=refusal.detail or refusal.category)
    return TriedOut(accepted=True, detail=receipt.detail)


@router.post("/channels/{channel_id}/signing-key", **op(MAY, ConditionOut, refusals=("conflict",)))
def make_signing_key(request: ApiRequest, channel_id: str) -> ConditionOut:
    """Make the next signing key

    Publish its record, check the domain, then use it. One that was not used yet is forgotten.
    """
    return _keyed(request, channel_id, channels.make_key)


@router.post("/channels/{channel_id}/signing-key/use", **op(MAY, ConditionOut, refusals=("conflict",)))
def use_signing_key(request: ApiRequest, channel_id: str) -> ConditionOut:
    """Sign with the next key

    From the next message on. Leave the record of the old key for what is on its way.
    """
    return _keyed(request, channel_id, channels.use_next_key)


@router.delete("/channels/{channel_id}/signing-key", **op(MAY, ConditionOut, refusals=("conflict",)))
def drop_signing_key(request: ApiRequest, channel_id: str) -> ConditionOut:
    """Forget the next signing key

    The one in use stays.
    """
    return _keyed(request, channel_id, channels.drop_next_key)


def _keyed(request: ApiRequest, channel_id: str, act: Any) -> ConditionOut:
    with fitting():
        act(account=one(Account.objects.all(), channel_id), by=request.staff, now=request.now)
        return _condition(request, one(Account.objects.all(), channel_id))
