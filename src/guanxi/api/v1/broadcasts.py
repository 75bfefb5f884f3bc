"""One message to many, once: written, reviewed, sent, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field, StrictInt

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.shapes import (
    At,
    Id,
    In,
    Listed,
    Moment,
    Name,
    Named,
    Out,
    Page,
    chosen,
    held,
    must_match,
    named,
    newest,
    one,
    page,
    tagged,
)
from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.content.models import Content
from guanxi.governance.queries import Permission
from guanxi.reach import operations as reach
from guanxi.reach import queries
from guanxi.reach.models import Broadcast
from guanxi.reach.queries import Arm, Sales

router = Router(tags=["Broadcasts"])
VIEW, EDIT, SEND = Permission.BROADCASTS_VIEW, Permission.BROADCASTS_EDIT, Permission.BROADCASTS_SEND
States = Literal["draft", "planning", "sending", "paused", "done", "cancelled"]
PLANNED_AHEAD = timedelta(days=366)


class BroadcastOut(Out):
    id: str
    name: str
    state: States
    purpose: str
    audience: Named | None
    content: Named | None
    channel: Named | None
    hold_out_percent: int
    scheduled_at: At | None
    created_at: At
    updated_at: At
    confirmed_at: At | None
    started_at: At | None
    finished_at: At | None


class NewBroadcast(In):
    name: Name
    audience: Id("aud") | None = None  # type: ignore[valid-type]
    content: Id("cnt") | None = None  # type: ignore[valid-type]
    channel: Id("acc") | None = Field(None, description="The account that it leaves from.")  # type: ignore[valid-type]
    hold_out_percent: StrictInt = Field(10, ge=0, le=50, description="So many get nothing, to see the effect.")
    scheduled_at: Moment | None = Field(None, description="When it starts; null: as soon as it is sent.")


class BroadcastChange(In):
    """What is left out stays as it is."""

    name: Name | None = None
    audience: Id("aud") | None = None  # type: ignore[valid-type]
    content: Id("cnt") | None = None  # type: ignore[valid-type]
    channel: Id("acc") | None = None  # type: ignore[valid-type]
    hold_out_percent: StrictInt | None = Field(None, ge=0, le=50)
    scheduled_at: Moment | None = None


class Mend(Out):
    """What must be mended before it can be sent."""

    code: str
    detail: str


class ReviewOut(Out):
    """Of all `people`, those who get it, who are held out, and who are skipped by reason."""

    people: int
    send: int
    held_out: int
    skipped: dict[str, int]
    problems: list[Mend]
    up_to_date: bool = Field(description="False: what happened in the last seconds is not counted yet.")


class TallyOut(Out):
    recipients: int
    accepted: int
    skipped: int
    failed: int
    bounced: int
    unknown: int
    waiting: int
    held_out: int
    cancelled: int
    opened: int = Field(description="An estimate: some mail services open every picture.")
    unsubscribed: int


class ArmOut(Out):
    people: int
    buyers: int
    total_minor: int


class EffectOut(Out):
    """What a reached person spent more than a held-out one, with its 95 % interval, in minor units."""

    difference_minor: int
    low_minor: int
    high_minor: int


class SalesOut(Out):
    since: At
    until: At
    currency: str
    reached: ArmOut
    held_out: ArmOut
    effect: EffectOut | None = Field(description="Null while there are not enough people.")


class ResultsOut(Out):
    figures: TallyOut
    skipped: dict[str, int]
    bounced: dict[str, int]
    failed: dict[str, int]
    sales: SalesOut | None = Field(description="Null before the start and without a hold-out.")


def rows() -> Any:
    return Broadcast.objects.select_related("audience", "content", "account")


def shown(row: Broadcast) -> BroadcastOut:
    return BroadcastOut(
        id=row.public_id,
        name=row.name,
        state=row.state,  # type: ignore[arg-type]
        purpose=row.purpose,
        audience=named(row.audience),
        content=named(row.content),
        channel=named(row.account),
        hold_out_percent=row.hold_out_percent,
        scheduled_at=row.scheduled_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        confirmed_at=row.confirmed_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def parts(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a body names by id, as rows."""
    known: dict[str, Any] = {
        "audience": Audience.objects.all(),
        "content": Content.objects.all(),
        "channel": Account.objects.all(),
    }
    found = {name: chosen(choices, given[name], name) for name, choices in known.items() if name in given}
    if "channel" in found:
        found["account"] = found.pop("channel")
    return found


def soon_enough(at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at <= now:
        raise invalid("scheduled_at", "This time is over. Choose a later one, or null to start at once.", "past")
    if at is not None and at > now + PLANNED_AHEAD:
        raise invalid("scheduled_at", "This is more than a year ahead.", "too_late")
    return at


@router.get("/broadcasts", **op(VIEW, Page[BroadcastOut], refusals=("bad_cursor",)))
def list_broadcasts(request: ApiRequest, asked: Query[Listed]) -> Page[BroadcastOut]:
    """List broadcasts

    The newest first.
    """
    found, after = newest(rows(), asked)
    return page([shown(row) for row in found], after)


@router.post("/broadcasts", **op(EDIT, BroadcastOut, status=201, thing=True))
def create_broadcast(request: ApiRequest, body: NewBroadcast) -> BroadcastOut:
    """Write a broadcast

    A draft; nothing is sent.
    """
    made = reach.save_broadcast(
        name=body.name,
        hold_out_percent=body.hold_out_percent,
        scheduled_at=soon_enough(body.scheduled_at, request.now),
        by=request.staff,
        now=request.now,
        **parts(body.model_dump(include={"audience", "content", "channel"})),
    )
    return tagged(request, shown(made))


@router.get("/broadcasts/{broadcast_id}", **op(VIEW, BroadcastOut, thing=True))
def get_broadcast(request: ApiRequest, broadcast_id: str) -> BroadcastOut:
    """Get a broadcast

    With where it stands.
    """
    return tagged(request, shown(one(rows(), broadcast_id)))


@router.patch(
    "/broadcasts/{broadcast_id}", **op(EDIT, BroadcastOut, thing=True, refusals=("changed_meanwhile", "conflict"))
)
def update_broadcast(request: ApiRequest, broadcast_id: str, body: BroadcastChange) -> BroadcastOut:
    """Change a draft

    What was confirmed cannot be changed any more.
    """
    row = held(rows(), broadcast_id)
    must_match(request, shown(row))
    given = body.model_dump(exclude_unset=True)
    kept = {"audience": row.audience, "content": row.content, "account": row.account, "scheduled_at": row.scheduled_at}
    changed = kept | parts(given)
    if "scheduled_at" in given:
        changed["scheduled_at"] = soon_enough(body.scheduled_at, request.now)
    saved = reach.save_broadcast(
        name=row.name if body.name is None else body.name,
        hold_out_percent=row.hold_out_percent if body.hold_out_percent is None else body.hold_out_percent,
        purpose=row.purpose,
        by=row.by,
        now=request.now,
        broadcast=row,
        **changed,
    )
    return tagged(request, shown(saved))


@router.delete("/broadcasts/{broadcast_id}", **op(EDIT, None, status=204, refusals=("conflict",)))
def delete_broadcast(request: ApiRequest, broadcast_id: str) -> None:
    """Delete a draft

    What was confirmed stays for its results.
    """
    reach.delete_draft(broadcast=one(rows(), broadcast_id))


@router.get("/broadcasts/{broadcast_id}/review", **op(EDIT, ReviewOut))
def review_broadcast(request: ApiRequest, broadcast_id: str) -> ReviewOut:
    """Look before you send

    The same figures that sending will give: who gets it, who does not, and why.
    """
    review = queries.review(one(rows(), broadcast_id), now=request.now)
    return ReviewOut(
        people=review.people,
        send=review.send,
        held_out=review.held_out,
        skipped=review.skipped,
        problems=[Mend(code=each.code, detail=queries.explain(each)) for each in review.problems],
        up_to_date=review.lake_waiting == 0,
    )


def _turned(request: ApiRequest, broadcast_id: str, turn: Callable[..., Broadcast]) -> BroadcastOut:
    row = held(rows(), broadcast_id)
    must_match(request, shown(row))
    turn(broadcast=row, by=request.staff, now=request.now)
    return tagged(request, shown(one(rows(), broadcast_id)))


@router.post("/broadcasts/{broadcast_id}/send", **op(SEND, BroadcastOut, thing=True, refusals=("conflict",)))
def send_broadcast(request: ApiRequest, broadcast_id: str) -> BroadcastOut:
    """Send a broadcast

    It cannot be changed from here on. Send `If-Match` with the ETag that you reviewed, and an `Idempotency-Key`.
    """
    return _turned(request, broadcast_id, reach.confirm)


@router.post("/broadcasts/{broadcast_id}/pause", **op(SEND, BroadcastOut, thing=True, refusals=("conflict",)))
def pause_broadcast(request: ApiRequest, broadcast_id: str) -> BroadcastOut:
    """Pause a broadcast

    Nothing more starts; what a server has in hand is finished.
    """
    return _turned(request, broadcast_id, reach.pause)


@router.post("/broadcasts/{broadcast_id}/resume", **op(SEND, BroadcastOut, thing=True, refusals=("conflict",)))
def resume_broadcast(request: ApiRequest, broadcast_id: str) -> BroadcastOut:
    """Go on with a paused broadcast

    Consent and suppression are asked again for everyone who waits.
    """
    return _turned(request, broadcast_id, reach.resume)


@router.post("/broadcasts/{broadcast_id}/cancel", **op(SEND, BroadcastOut, thing=True, refusals=("conflict",)))
def cancel_broadcast(request: ApiRequest, broadcast_id: str) -> BroadcastOut:
    """Stop a broadcast for good

    Who has it keeps it; nobody else gets it.
    """
    return _turned(request, broadcast_id, reach.cancel)


@router.get("/broadcasts/{broadcast_id}/results", **op(VIEW, ResultsOut))
def get_results(request: ApiRequest, broadcast_id: str) -> ResultsOut:
    """What came of a broadcast

    Figures that add up to the recipients, and the sales of those who were to get it against those held out.
    """
    results = queries.results(one(rows(), broadcast_id), now=request.now)
    return ResultsOut(
        figures=TallyOut.model_validate(results.tally, from_attributes=True),
        skipped=results.skipped,
        bounced=results.bounced,
        failed=results.failed,
        sales=_sales(results.sales) if results.sales else None,
    )


def _sales(sales: Sales) -> SalesOut:
    return SalesOut(
        since=sales.since,
        until=sales.until,
        currency=sales.currency,
        reached=_arm(sales.reached),
        held_out=_arm(sales.held_out),
        effect=EffectOut.model_validate(sales.effect, from_attributes=True) if sales.effect else None,
    )


def _arm(arm: Arm) -> ArmOut:
    return ArmOut(people=arm.people, buyers=arm.buyers, total_minor=arm.total_minor)
