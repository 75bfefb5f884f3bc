"""Sites, shops and apps that send events, and which events they send. The events themselves go to `/v1/batch`."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition import queries
from guanxi.acquisition.models import EventName, Source, SourceKind
from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem
from guanxi.api.v1.shapes import At, Flag, In, Line, Listed, Out, Page, held, must_match, newest, one, page, tagged
from guanxi.governance.queries import Permission
from guanxi.kit import clock

router = Router(tags=["Sources"])
MAY = Permission.SOURCES_MANAGE
Origins = list[Line]


class SourceOut(Out):
    """`prefix` is the beginning of its write key. Pages of `origins` alone may use the key of a browser."""

    id: str
    name: str
    kind: Literal["browser", "server"]
    origins: list[str]
    prefix: str
    created_at: At
    stopped_at: At | None


class SourceKey(Out):
    """`key` is told here once. It can send events and read nothing."""

    source: SourceOut
    key: str


class NewSource(In):
    name: Line = Field(min_length=1, max_length=120)
    kind: Literal["browser", "server"]
    origins: Origins = Field([], max_length=50, description="For a browser: addresses such as https://shop.example.")


class SourceChange(In):
    name: Line | None = Field(None, min_length=1, max_length=120)
    origins: Origins | None = Field(None, max_length=50)


class SentEventOut(Out):
    """`key` is what rules of audiences call it, after `event:`."""

    id: str
    key: str
    name: str
    count: int
    first_seen_at: At
    last_seen_at: At
    blocked_at: At | None


class SentProperty(Out):
    key: str
    name: str
    type: Literal["text", "number", "flag", "date", "nested", "mixed", "personal"]


class SentListed(Listed):
    q: Line = Field("", max_length=100, description="A part of its name or key.")
    state: Literal["blocked", "once"] | None = Field(None, description="`once`: those that came a single time.")


class SentEventWhole(SentEventOut):
    properties: list[SentProperty]


class Blocked(In):
    blocked: Flag


def shown(row: Source) -> SourceOut:
    return SourceOut(
        id=row.public_id,
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]
        origins=row.origins,
        prefix=row.prefix,
        created_at=row.created_at,
        stopped_at=row.stopped_at,
    )


def event_out(row: EventName) -> SentEventOut:
    return SentEventOut(
        id=row.public_id,
        key=row.key,
        name=row.name,
        count=row.count,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        blocked_at=row.blocked_at,
    )


@router.get("/sources", **op(MAY, Page[SourceOut], refusals=("bad_cursor",)))
def list_sources(request: ApiRequest, asked: Query[Listed]) -> Page[SourceOut]:
    """List sources

    The newest first, those that were stopped too.
    """
    rows, after = newest(Source.objects.all(), asked)
    return page([shown(row) for row in rows], after)


@router.post("/sources", **op(MAY, SourceKey, status=201, refusals=("conflict",)))
def create_source(request: ApiRequest, body: NewSource) -> SourceKey:
    """Add a source

    Its write key is told here once.
    """
    made = acquisition.make_source(
        name=body.name, kind=SourceKind(body.kind), origins=body.origins, by=request.staff, now=clock.wall()
    )
    return SourceKey(source=shown(made.source), key=made.key)


@router.get("/sources/{source_id}", **op(MAY, SourceOut, thing=True))
def get_source(request: ApiRequest, source_id: str) -> SourceOut:
    """Get a source

    Without its key.
    """
    return tagged(request, shown(one(Source.objects.all(), source_id)))


@router.patch("/sources/{source_id}", **op(MAY, SourceOut, thing=True, refusals=("changed_meanwhile",)))
def update_source(request: ApiRequest, source_id: str, body: SourceChange) -> SourceOut:
    """Change a source

    What is left out stays as it is.
    """
    row = held(Source.objects.all(), source_id)
    must_match(request, shown(row))
    name = row.name if body.name is None else body.name
    origins = row.origins if body.origins is None else body.origins
    acquisition.edit_source(source=row, name=name, origins=origins, by=request.staff, now=clock.wall())
    return tagged(request, shown(one(Source.objects.all(), source_id)))


@router.post("/sources/{source_id}/rotate", **op(MAY, SourceKey, refusals=("conflict",)))
def rotate_source(request: ApiRequest, source_id: str) -> SourceKey:
    """Give a source a new write key

    The one before it works beside it for 24 hours.
    """
    row = held(Source.objects.all(), source_id)
    key = acquisition.rotate_key(source=row, by=request.staff, now=clock.wall())
    return SourceKey(source=shown(one(Source.objects.all(), source_id)), key=key)


@router.post("/sources/{source_id}/stop", **op(MAY, SourceOut, thing=True))
def stop_source(request: ApiRequest, source_id: str) -> SourceOut:
    """Stop a source for good

    Its keys let nothing in any more; what it has sent stays.
    """
    row = held(Source.objects.all(), source_id)
    acquisition.stop_source(source=row, by=request.staff, now=clock.wall())
    return tagged(request, shown(one(Source.objects.all(), source_id)))


@router.get("/sent-events", **op(MAY, Page[SentEventOut], refusals=("bad_cursor",)))
def list_sent_events(request: ApiRequest, asked: Query[SentListed]) -> Page[SentEventOut]:
    """List the events that sources send

    Those that came last for the first time stand first.
    """
    rows, after = newest(queries.event_names(asked.q, asked.state or ""), asked)
    return page([event_out(row) for row in rows], after)


@router.get("/sent-events/{event_id}", **op(MAY, SentEventWhole))
def get_sent_event(request: ApiRequest, event_id: str) -> SentEventWhole:
    """Get an event that sources send

    With its properties and their types.
    """
    row = one(EventName.objects.all(), event_id)
    carried = [
        SentProperty(key=each.key, name=each.name, type=each.kind)  # type: ignore[arg-type]
        for each in queries.properties(row)
    ]
    return SentEventWhole(**event_out(row).model_dump(), properties=carried)


@router.post("/sent-events/{event_id}/block", **op(MAY, SentEventOut))
def block_sent_event(request: ApiRequest, event_id: str, body: Blocked) -> SentEventOut:
    """Block an event, or let it in again

    Blocked, it is refused as it arrives; what came before stays.
    """
    row = held(EventName.objects.all(), event_id)
    acquisition.block_event(event=row, blocked=body.blocked, by=request.staff, now=request.now)
    return event_out(one(EventName.objects.all(), event_id))


@router.delete("/sent-events/{event_id}", **op(MAY, None, status=204, refusals=("conflict",)))
def forget_sent_event(request: ApiRequest, event_id: str) -> None:
    """Forget the name of an event

    It makes room in the catalogue; sent again, it is learnt anew. Not while it is blocked or an audience asks about it.
    """
    row = held(EventName.objects.all(), event_id)
    if row.blocked_at:
        raise Problem("conflict", "It is blocked: let it in first, or it would come in anew.")
    try:
        acquisition.forget_event(event=row, by=request.staff, now=request.now)
    except acquisition.EventAsked:
        raise Problem("conflict", "An audience asks about it. Change the audience first.") from None
