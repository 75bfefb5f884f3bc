"""Who brought whom."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.parties import Parties, PersonRef
from guanxi.api.v1.shapes import At, In, Listed, Moment, Named, Out, Page, named, newest, page
from guanxi.api.v1.telling import MOST, TELL, Told, outcome
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import BroughtBy, ReferralEdge
from guanxi.connections.operations import Referral
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Person

router = Router(tags=["Ties"])
VIEW = Permission.PEOPLE_VIEW

Bys = Literal["invite", "code", "card", "group", "coupon", "word"]
assert set(Bys.__args__) == set(BroughtBy.values)  # type: ignore[attr-defined]


class ReferralOut(Out):
    """`bringer` brought `brought`. The earliest claim is the first bringer's; the others are kept as claims."""

    id: str
    bringer: Named | None
    brought: Named | None
    by: Bys
    at: At
    is_first: bool


class ReferralIn(In):
    bringer: PersonRef
    brought: PersonRef
    by: Bys
    at: Moment


class Referrals(In):
    referrals: list[ReferralIn] = Field(min_length=1, max_length=MOST)


@router.get("/referrals", **op(VIEW, Page[ReferralOut], refusals=("bad_cursor",)))
def list_referrals(request: ApiRequest, asked: Query[Listed]) -> Page[ReferralOut]:
    """List who brought whom

    The newest first: whoever was brought is seen by the maker of the key.
    """
    visible = ReferralEdge.objects.filter(brought__in=people.visible(request.staff))
    rows, after = newest(visible.select_related("brought"), asked)
    seen = queries.seen_people(request.staff, [row.bringer_id for row in rows])
    return page([_referral(row, seen.get(row.bringer_id)) for row in rows], after)


@router.post("/referrals", **op(TELL, Told))
def record_referrals(request: ApiRequest, body: Referrals) -> Told:
    """Record who brought whom

    The earliest claim on a person holds, the others are kept. What would close a ring is refused.
    """
    ids = Parties(people=[one for each in body.referrals for one in (each.bringer, each.brought)])
    told = [Referral(ids.person(each.bringer), ids.person(each.brought), each.by, each.at) for each in body.referrals]
    return outcome(told, connections.refer(told, now=request.now, source="api"))


def _referral(row: ReferralEdge, bringer: Person | None) -> ReferralOut:
    return ReferralOut(
        id=row.public_id,
        bringer=named(bringer),
        brought=named(row.brought),
        by=row.by,  # type: ignore[arg-type]
        at=row.at,
        is_first=row.is_first,
    )
