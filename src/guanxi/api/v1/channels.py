"""Places to send from, the cap, and the addresses that get nothing."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field, StrictInt

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid, not_found
from guanxi.api.v1.shapes import (
    At,
    Flag,
    In,
    Line,
    Listed,
    Name,
    Out,
    Page,
    cursor,
    held,
    must_match,
    newest,
    one,
    page,
    tagged,
)
from guanxi.channels import operations as channels
from guanxi.channels import queries, registry
from guanxi.channels.models import Account
from guanxi.channels.port import made_fields, secret_fields
from guanxi.governance import operations as governance
from guanxi.governance.models import Suppression, SuppressionReason
from guanxi.governance.queries import Permission
from guanxi.kit import addresses
from guanxi.people import queries as people
from guanxi.people.models import IdentityKind
from guanxi.people.queries import KnownSuppression

router = Router(tags=["Channels"])
MAY = Permission.CHANNELS_MANAGE
Json = dict[str, Any]


class ChannelOut(Out):
    """`settings` are without their secrets, which are never told."""

    id: str
    kind: str
    name: str
    settings: Json
    is_active: bool
    problem: str | None = Field(description="What staff must mend before it sends again.")
    created_at: At


class NewChannel(In):
    kind: Line = Field(max_length=20)
    name: Name
    settings: Json = Field(description="As the JSON Schema of the kind says (GET /channel-kinds).")


class ChannelChange(In):
    name: Name | None = None
    settings: Json | None = Field(None, description="Only those that change. An empty secret keeps the stored one.")


class Switch(In):
    active: Flag


class ChannelKindOut(Out):
    kind: str
    label: str
    secrets: list[str]
    settings: Json = Field(description="JSON Schema of the settings.")


class ChannelKindList(Out):
    data: list[ChannelKindOut]


class CapOut(Out):
    """At most `most` marketing messages a person in `days` calendar days, whatever sends them. `employee` and
    `leader`: for people of that role; null: as for everybody."""

    most: int
    days: int
    employee: int | None
    leader: int | None


class CapIn(In):
    most: StrictInt = Field(ge=0, le=1000)
    days: StrictInt = Field(ge=1, le=366)
    employee: StrictInt | None = Field(None, ge=0, le=1000)
    leader: StrictInt | None = Field(None, ge=0, le=1000)


def shown(row: Account) -> ChannelOut:
    return ChannelOut(
        id=row.public_id,
        kind=row.kind,
        name=row.name,
        settings=row.config,
        is_active=row.is_active,
        problem=row.problem or None,
        created_at=row.created_at,
    )


def given(kind: str, settings: Json) -> Json:
    """Raises the problem for a channel that is not installed, and for what it makes itself."""
    try:
        made = made_fields(registry.plugin(kind).config)
    except registry.UnknownChannel:
        raise invalid("kind", "There is no such channel. GET /channel-kinds names those that there are.") from None
    for name in sorted(made & settings.keys()):
        raise invalid(f"settings.{name}", "The channel makes this itself. Leave it out.", "unknown_field")
    return settings


@router.get("/channel-kinds", **op(MAY, ChannelKindList))
def list_channel_kinds(request: ApiRequest) -> ChannelKindList:
    """What channels there are

    With the settings that an account of each needs.
    """
    return ChannelKindList(data=[_kind(kind) for kind in registry.kinds()])


def _kind(kind: str) -> ChannelKindOut:
    plugin = registry.plugin(kind)
    schema, made = plugin.config.model_json_schema(), made_fields(plugin.config)
    schema["properties"] = {name: each for name, each in schema["properties"].items() if name not in made}
    return ChannelKindOut(
        kind=kind, label=plugin.label, secrets=sorted(secret_fields(plugin.config) - made), settings=schema
    )


@router.get("/channels", **op(MAY, Page[ChannelOut], refusals=("bad_cursor",)))
def list_channels(request: ApiRequest, asked: Query[Listed]) -> Page[ChannelOut]:
    """List accounts

    The newest first.
    """
    rows, after = newest(Account.objects.all(), asked)
    return page([shown(row) for row in rows], after)


@router.post("/channels", **op(MAY, ChannelOut, status=201, thing=True))
def connect_channel(request: ApiRequest, body: NewChannel) -> ChannelOut:
    """Connect an account

    Nothing is sent. Secrets are sealed and never told again.
    """
    made = channels.connect_account(
        kind=body.kind, name=body.name, settings=given(body.kind, body.settings), now=request.now, by=request.staff
    )
    return tagged(request, shown(made))


@router.get("/channels/{channel_id}", **op(MAY, ChannelOut, thing=True))
def get_channel(request: ApiRequest, channel_id: str) -> ChannelOut:
    """Get an account

    Without its secrets.
    """
    return tagged(request, shown(one(Account.objects.all(), channel_id)))


@router.patch("/channels/{channel_id}", **op(MAY, ChannelOut, thing=True, refusals=("changed_meanwhile",)))
def update_channel(request: ApiRequest, channel_id: str, body: ChannelChange) -> ChannelOut:
    """Change an account

    A noted problem is cleared: the next message tries anew.
    """
    row = held(Account.objects.all(), channel_id)
    must_match(request, shown(row))
    made = made_fields(registry.plugin(row.kind).config)
    kept = {name: value for name, value in row.config.items() if name not in made}
    channels.edit_account(
        account=row,
        name=row.name if body.name is None else body.name,
        settings=kept | given(row.kind, body.settings or {}),
        by=request.staff,
    )
    return tagged(request, shown(one(Account.objects.all(), channel_id)))


@router.post("/channels/{channel_id}/switch", **op(MAY, ChannelOut, thing=True))
def switch_channel(request: ApiRequest, channel_id: str, body: Switch) -> ChannelOut:
    """Switch an account on or off

    What waits stays until it is on again.
    """
    row = held(Account.objects.all(), channel_id)
    channels.set_account_active(account=row, active=body.active, by=request.staff)
    return tagged(request, shown(one(Account.objects.all(), channel_id)))


@router.post("/channels/{channel_id}/reconnect", **op(MAY, ChannelOut, thing=True))
def reconnect_channel(request: ApiRequest, channel_id: str) -> ChannelOut:
    """Try an account again

    After what was wrong was mended.
    """
    channels.reconnect_account(account=held(Account.objects.all(), channel_id), by=request.staff)
    return tagged(request, shown(one(Account.objects.all(), channel_id)))


@router.get("/cap", **op(MAY, CapOut, thing=True))
def get_cap(request: ApiRequest) -> CapOut:
    """How often a person may be written to

    Marketing only.
    """
    cap = queries.cap()
    return tagged(request, CapOut(most=cap.most, days=cap.days, employee=cap.employee, leader=cap.leader))


@router.put("/cap", **op(MAY, CapOut, thing=True))
def set_cap(request: ApiRequest, body: CapIn) -> CapOut:
    """Say how often a person may be written to

    It holds for everything that is sent from now on.
    """
    channels.set_cap(**body.model_dump(), by=request.staff)
    return get_cap(request)


class SuppressionOut(Out):
    """`address` is masked, and null while nobody is known by it: the list keeps no address in clear."""

    id: str
    channel: str
    address: str | None
    reason: Literal["hard_bounce", "complaint", "manual"]
    detail: str
    at: At


class NewSuppression(In):
    email: Line = Field(max_length=254)
    detail: Line = Field("", max_length=300)


def suppression(one: KnownSuppression) -> SuppressionOut:
    return SuppressionOut(
        id=one.public_id,
        channel=one.channel,
        address=one.shown or None,
        reason=one.reason,  # type: ignore[arg-type]
        detail=one.detail,
        at=one.at,
    )


@router.get("/suppressions", **op(MAY, Page[SuppressionOut], refusals=("bad_cursor",)), tags=["Suppressions"])
def list_suppressions(request: ApiRequest, asked: Query[Listed]) -> Page[SuppressionOut]:
    """List addresses that get nothing

    The latest first.
    """
    after = cursor(asked.after, "sup") if asked.after else ""
    rows, behind = people.suppressions(after=after, size=asked.limit)
    return page([suppression(row) for row in rows], behind)


@router.post("/suppressions", **op(MAY, SuppressionOut, status=201), tags=["Suppressions"])
def suppress_address(request: ApiRequest, body: NewSuppression) -> SuppressionOut:
    """Put an e-mail address on the list

    It gets nothing from now on, whatever it agreed to. One that is on the list already stays as it is.
    """
    address = _email(body.email)
    governance.suppress_many(
        channel=IdentityKind.EMAIL,
        addresses=[address],
        reason=SuppressionReason.MANUAL,
        now=request.now,
        detail=body.detail,
        by=request.staff,
    )
    row = Suppression.objects.get(channel=IdentityKind.EMAIL, address=address)
    return suppression(KnownSuppression(row.public_id, row.channel, "", row.reason, row.detail, row.at))


class Released(In):
    email: Line = Field(max_length=254)


@router.post("/suppressions/release", **op(MAY, None, status=204, refusals=("conflict",)), tags=["Suppressions"])
def release_by_address(request: ApiRequest, body: Released) -> None:
    """Take an e-mail address off the list by itself

    The list keeps no address in clear, so this one is looked up by its hash; one that is not there stays off it. Not
    one that reported a message as spam.
    """
    governance.unsuppress(channel=IdentityKind.EMAIL, address=_email(body.email), by=request.staff)


def _email(given: str) -> bytes:
    try:
        _kind_of, address = people.identity_key(IdentityKind.EMAIL, addresses.email(given))
    except addresses.BadAddress:
        raise invalid("email", "This is not an e-mail address.") from None
    return address


@router.delete(
    "/suppressions/{suppression_id}", **op(MAY, None, status=204, refusals=("conflict",)), tags=["Suppressions"]
)
def release_address(request: ApiRequest, suppression_id: str) -> None:
    """Take an address off the list

    Not one that reported a message as spam: only they can take that back.
    """
    row = one(Suppression.objects.all(), suppression_id)
    if not governance.unsuppress(channel=row.channel, address=bytes(row.address), by=request.staff):
        raise not_found()
