"""What arrives from a source, what was refused and why: for whoever connects a site. What tells of people is masked."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.acquisition import queries
from guanxi.acquisition.models import Source
from guanxi.acquisition.queries import Arrival
from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, Listed, Out, Page, one, page
from guanxi.governance.queries import Permission

router = Router(tags=["Sources"])
MAY = Permission.SOURCES_MANAGE


class NotCounted(Out):
    """`what` is a kind of id, or `trait:` and a field."""

    what: str
    reason: str


class ArrivalOut(Out):
    """One event as it came. `ids` are the kinds of ids by which it says whom it tells of, never their values.

    `outcome`: `waiting` to be applied, `taken`, `repeated` (changes nothing) or `refused`, then with a `reason` for
    programs and perhaps a `detail`, the name of what was wrong. Of what was taken, `removed` names the properties that
    are personal and not kept, `left_out` says what did not count, and `remark` why it has no amount; or it is
    `some_repeated`, where a batch holds repeats too and which they are is not kept.
    """

    at: At
    type: str
    name: str
    ids: list[str]
    outcome: Literal["waiting", "taken", "repeated", "refused"]
    reason: str | None
    detail: str | None
    removed: list[str]
    remark: str | None
    left_out: list[NotCounted]
    as_sent: str = Field(description="Its JSON, masked; of a long one the beginning.")


class ArrivalsAsked(Listed):
    refused: bool = Field(False, description="Only events that were refused.")


class WholeRefusal(Out):
    """`code` is what the answers said, such as too_large; forgotten 30 days after the last."""

    code: str
    count: int
    first_at: At
    last_at: At


class IntakeOut(Out):
    """Requests that wait to be applied; `full` says what is full while nothing more is taken."""

    waiting: int
    waiting_since: At | None
    full: Literal["source", "workspace", "disk"] | None
    refused_whole: list[WholeRefusal]


def shown(one: Arrival) -> ArrivalOut:
    return ArrivalOut(
        at=one.at,
        type=one.type,
        name=one.name,
        ids=list(dict.fromkeys(one.ids)),
        outcome=one.outcome,  # type: ignore[arg-type]
        reason=one.reason or None,
        detail=one.detail or None,
        removed=list(one.removed),
        remark=one.remark or None,
        left_out=[NotCounted(what=what, reason=reason) for reason, what in one.left_out],
        as_sent=one.told,
    )


@router.get("/sources/{source_id}/arrivals", **op(MAY, Page[ArrivalOut], refusals=("bad_cursor",)))
def list_arrivals(request: ApiRequest, source_id: str, asked: Query[ArrivalsAsked]) -> Page[ArrivalOut]:
    """What arrives from a source

    The newest first, for 30 days. A page may be shorter than its limit although more follows.
    """
    source = one(Source.objects.all(), source_id)
    found, after = queries.arrivals_page(source, refused=asked.refused, after=asked.after, size=asked.limit)
    return page([shown(each) for each in found], after)


@router.get("/sources/{source_id}/intake", **op(MAY, IntakeOut))
def get_intake(request: ApiRequest, source_id: str) -> IntakeOut:
    """How the requests of a source fare

    How many wait to be applied, and how often one was refused whole, by reason, the newest first.
    """
    source = one(Source.objects.all(), source_id)
    waits = queries.waiting(source.pk)
    return IntakeOut(
        waiting=waits.batches,
        waiting_since=waits.oldest_at,
        full=waits.full or None,
        refused_whole=[
            WholeRefusal(code=each.code, count=each.count, first_at=each.first_at, last_at=each.last_at)
            for each in queries.turned_away(source)
        ],
    )
