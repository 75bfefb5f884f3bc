"""Who outside is told what happened here."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Query, Router
from pydantic import AfterValidator, Field, WithJsonSchema

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import (
    At,
    Flag,
    In,
    Line,
    Listed,
    Moment,
    Out,
    Page,
    held,
    must_match,
    newest,
    one,
    page,
    tagged,
)
from guanxi.governance.queries import Permission
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.integrations.queries import NAMES

router = Router(tags=["Webhooks"])
MAY = Permission.WEBHOOKS_MANAGE


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError("is not an event that can be told")
    return name


Event = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(NAMES)})]
States = Literal["waiting", "sending", "delivered", "failed"]


class WebhookOut(Out):
    """`state` is on, off, gone (it answered 410) or failed (for five days)."""

    id: str
    url: str
    name: str
    events: list[str]
    state: Literal["on", "off", "gone", "failed"]
    failing_since: At | None
    succeeded_at: At | None
    created_at: At


class WebhookSecret(Out):
    """`secret` is told here once: keep it to check signatures (Standard Webhooks)."""

    webhook: WebhookOut
    secret: str


class NewWebhook(In):
    url: Line = Field(min_length=1, max_length=2000, description="https only.")
    name: Line = Field("", max_length=120)
    events: list[Event] = Field(min_length=1, max_length=len(NAMES))


class WebhookChange(In):
    url: Line | None = Field(None, min_length=1, max_length=2000)
    name: Line | None = Field(None, max_length=120)
    events: list[Event] | None = Field(None, min_length=1, max_length=len(NAMES))


class OnOff(In):
    on: Flag


class DeliveryOut(Out):
    id: str
    event: str = Field(description="The `webhook-id`: the same however often it is sent.")
    name: str
    state: States
    attempts: int
    status: int | None = Field(description="What was answered last.")
    problem: str | None
    created_at: At
    tried_at: At | None
    settled_at: At | None


class DeliveryWhole(DeliveryOut):
    """With what was sent and what was answered (its first part)."""

    body: str
    answer: str
    took_ms: int | None


class Since(In):
    since: Moment


class Replayed(Out):
    deliveries: int


class DeliveriesAsked(Listed):
    state: States | None = None


def shown(row: Endpoint) -> WebhookOut:
    return WebhookOut(
        id=row.public_id,
        url=row.url,
        name=row.name,
        events=row.events,
        state=row.state,  # type: ignore[arg-type]
        failing_since=row.failing_since,
        succeeded_at=row.succeeded_at,
        created_at=row.created_at,
    )


def delivery_out(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.public_id,
        event=row.event,
        name=row.name,
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        status=row.status,
        problem=row.problem or None,
        created_at=row.created_at,
        tried_at=row.tried_at,
        settled_at=row.settled_at,
    )


@router.get("/webhooks", **op(MAY, Page[WebhookOut], refusals=("bad_cursor",)))
def list_webhooks(request: ApiRequest, asked: Query[Listed]) -> Page[WebhookOut]:
    """List endpoints

    The newest first.
    """
    rows, after = newest(Endpoint.objects.all(), asked)
    return page([shown(row) for row in rows], after)


@router.post("/webhooks", **op(MAY, WebhookSecret, status=201, refusals=("conflict",)))
def create_webhook(request: ApiRequest, body: NewWebhook) -> WebhookSecret:
    """Add an endpoint

    From now on it is told of these events. Its secret is told here once.
    """
    made, secret = integrations.make_endpoint(
        url=body.url, name=body.name, events=body.events, by=request.staff, now=request.now
    )
    return WebhookSecret(webhook=shown(made), secret=secret)


@router.get("/webhooks/{webhook_id}", **op(MAY, WebhookOut, thing=True))
def get_webhook(request: ApiRequest, webhook_id: str) -> WebhookOut:
    """Get an endpoint

    Without its secret.
    """
    return tagged(request, shown(one(Endpoint.objects.all(), webhook_id)))


@router.patch("/webhooks/{webhook_id}", **op(MAY, WebhookOut, thing=True, refusals=("changed_meanwhile",)))
def update_webhook(request: ApiRequest, webhook_id: str, body: WebhookChange) -> WebhookOut:
    """Change an endpoint

    What is left out stays as it is.
    """
    row = held(Endpoint.objects.all(), webhook_id)
    must_match(request, shown(row))
    integrations.edit_endpoint(
        endpoint=row,
        url=row.url if body.url is None else body.url,
        name=row.name if body.name is None else body.name,
        events=row.events if body.events is None else body.events,
        by=request.staff,
        now=request.now,
    )
    return tagged(request, shown(one(Endpoint.objects.all(), webhook_id)))


@router.post("/webhooks/{webhook_id}/rotate", **op(MAY, WebhookSecret))
def rotate_webhook(request: ApiRequest, webhook_id: str) -> WebhookSecret:
    """Give an endpoint a new secret

    The one before it signs beside it for 24 hours.
    """
    row = held(Endpoint.objects.all(), webhook_id)
    secret = integrations.rotate_secret(endpoint=row, by=request.staff, now=request.now)
    return WebhookSecret(webhook=shown(row), secret=secret)


@router.post("/webhooks/{webhook_id}/switch", **op(MAY, WebhookOut, thing=True))
def switch_webhook(request: ApiRequest, webhook_id: str, body: OnOff) -> WebhookOut:
    """Switch an endpoint on or off

    What waits stays until it is on again.
    """
    row = held(Endpoint.objects.all(), webhook_id)
    integrations.switch_endpoint(endpoint=row, on=body.on, by=request.staff, now=request.now)
    return tagged(request, shown(one(Endpoint.objects.all(), webhook_id)))


@router.delete("/webhooks/{webhook_id}", **op(MAY, None, status=204))
def remove_webhook(request: ApiRequest, webhook_id: str) -> None:
    """Remove an endpoint

    With everything that it was told.
    """
    row = held(Endpoint.objects.all(), webhook_id)
    integrations.remove_endpoint(endpoint=row, by=request.staff, now=request.now)


@router.post("/webhooks/{webhook_id}/test", **op(MAY, DeliveryOut, status=201))
def send_test(request: ApiRequest, webhook_id: str) -> DeliveryOut:
    """Send a test event

    It leaves in a moment, signed like any other.
    """
    row = one(Endpoint.objects.all(), webhook_id)
    return delivery_out(integrations.send_test(endpoint=row, now=request.now))


@router.get("/webhooks/{webhook_id}/deliveries", **op(MAY, Page[DeliveryOut], refusals=("bad_cursor",)))
def list_deliveries(request: ApiRequest, webhook_id: str, asked: Query[DeliveriesAsked]) -> Page[DeliveryOut]:
    """What an endpoint was told

    The newest first.
    """
    rows = Delivery.objects.filter(endpoint=one(Endpoint.objects.all(), webhook_id)).defer("body", "answer")
    rows = rows.filter(state=asked.state) if asked.state else rows
    part, after = newest(rows, asked)
    return page([delivery_out(row) for row in part], after)


@router.get("/webhooks/{webhook_id}/deliveries/{delivery_id}", **op(MAY, DeliveryWhole))
def get_delivery(request: ApiRequest, webhook_id: str, delivery_id: str) -> DeliveryWhole:
    """Get a delivery

    With what was sent and what was answered.
    """
    row = one(Delivery.objects.filter(endpoint=one(Endpoint.objects.all(), webhook_id)), delivery_id)
    told = delivery_out(row).model_dump()
    return DeliveryWhole(**told, body=row.body, answer=row.answer, took_ms=row.took_ms)


@router.post("/webhooks/{webhook_id}/replay", **op(MAY, Replayed))
def replay_failed(request: ApiRequest, webhook_id: str, body: Since) -> Replayed:
    """Send again what failed

    Every delivery that failed since then, each under its own id.
    """
    row = one(Endpoint.objects.all(), webhook_id)
    return Replayed(deliveries=integrations.replay_failed(endpoint=row, since=body.since, now=request.now))


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", **op(MAY, DeliveryOut))
def replay_delivery(request: ApiRequest, webhook_id: str, delivery_id: str) -> DeliveryOut:
    """Send a delivery again

    Under the same id. One that is on its way anyhow stays as it is.
    """
    rows = Delivery.objects.filter(endpoint=one(Endpoint.objects.all(), webhook_id))
    integrations.replay(delivery=one(rows, delivery_id), now=request.now)
    return delivery_out(one(rows, delivery_id))
