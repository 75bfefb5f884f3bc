"""How close people are, and touches that no channel tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.fitting import Roles
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import At, Id, In, Moment, Named, Out, chosen, named
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.queries import Close
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
Bands = Literal["weak", "neutral", "strong"]
OF_LEADERS = "opinion_leader"


class ReasonOut(Out):
    """The latest touch of a kind, and how many of the latest were of it."""

    kind: str
    at: At
    count: int


class CloseOut(Out):
    """`strength` is from 0 to 1. It fades by itself: `strong_until` and `neutral_until` are when it passes the
    thresholds, also if that was long ago; null when there was no touch."""

    strength: float
    band: Bands
    strong_until: At | None
    neutral_until: At | None
    because: list[ReasonOut]


class AdvisorCloseOut(CloseOut):
    advisor: Named


class StrengthOut(Out):
    role: Roles
    counted: bool = Field(description="False while everything is being counted anew.")
    brand: CloseOut
    advisors: list[AdvisorCloseOut]


class NewTouch(In):
    kind: Literal["meeting", "complaint_resolved", "share", "reply", "message_in"]
    at: Moment | None = Field(None, description="Now, when left out.")
    advisor: Id("stf") | None = Field(None, description="With whom; null: with the brand.")  # type: ignore[valid-type]


class TouchOut(Out):
    kind: str
    at: At


def called(role: str) -> str:
    """As everywhere else: strength has kept an older word for leaders."""
    return "leader" if role == OF_LEADERS else role


def kept(role: str) -> str:
    return OF_LEADERS if role == "leader" else role


def _close(of: Close) -> dict[str, object]:
    return {
        "strength": round(of.strength, 4),
        "band": of.band,
        "strong_until": of.strong_until,
        "neutral_until": of.neutral_until,
        "because": [ReasonOut(kind=each.kind, at=each.at, count=each.count) for each in of.because],
    }


@router.get("/people/{person_id}/strength", **op(VIEW, StrengthOut))
def get_strength(request: ApiRequest, person_id: str) -> StrengthOut:
    """How close a person is

    To the brand and to each advisor, with reasons.
    """
    known = queries.closeness(found(request, person_id), request.now)
    advisors = [
        AdvisorCloseOut(advisor=named(each.staff), **_close(each))  # type: ignore[arg-type]
        for each in known.advisors
        if each.staff
    ]
    brand = CloseOut(**_close(known.brand))  # type: ignore[arg-type]
    return StrengthOut(role=called(known.role), counted=known.counted, brand=brand, advisors=advisors)  # type: ignore[arg-type]


@router.post("/people/{person_id}/touches", **op(EDIT, TouchOut, status=201, refusals=("conflict",)))
def record_touch(request: ApiRequest, person_id: str, body: NewTouch) -> TouchOut:
    """Record a touch

    What no channel tells of. It counts towards strength within seconds.
    """
    person = found(request, person_id)
    advisor = chosen(Staff.objects.all(), body.advisor, "advisor")
    at: datetime = body.at or request.now
    connections.record_touch(person=person, kind=body.kind, at=at, advisor=advisor, now=request.now, source="api")
    return TouchOut(kind=body.kind, at=at)
