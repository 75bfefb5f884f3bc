"""The ladder: where a person stands and stood, and the membership beside it."""

from __future__ import annotations

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.fitting import Levels
from guanxi.api.v1.people import found, locked
from guanxi.api.v1.shapes import At, In, Line, Moment, Out
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Membership, Person

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class ProofOut(Out):
    """`proof` is the fact that proves it (`order.paid`), `label` what that is called; `ended_by` the fact that took it
    away."""

    level: Levels
    proof: str
    label: str | None
    since: At
    ended_at: At | None
    ended_by: str | None


class MembershipOut(Out):
    id: str
    since: At
    proof: str
    label: str | None
    ended_at: At | None
    ended_by: str | None


class StandingOut(Out):
    level: Levels
    member: bool
    proofs: list[ProofOut] = Field(description="The newest first, those that ended too.")
    memberships: list[MembershipOut]


class Joining(In):
    since: Moment | None = Field(None, description="Now, when left out.")
    label: Line = Field("", max_length=120, description="What the membership is called: a number, a card.")


def _membership(of: Membership) -> MembershipOut:
    return MembershipOut(
        id=of.public_id,
        since=of.since,
        proof=of.proof,
        label=of.label or None,
        ended_at=of.ended_at,
        ended_by=of.ended_by or None,
    )


def _standing(person: Person) -> StandingOut:
    rows = queries.memberships(person)
    person.refresh_from_db(fields=["level"])
    return StandingOut(
        level=person.level,  # type: ignore[arg-type]
        member=any(each.ended_at is None for each in rows),
        proofs=[
            ProofOut(
                level=each.level,  # type: ignore[arg-type]
                proof=each.proof,
                label=each.label or None,
                since=each.since,
                ended_at=each.ended_at,
                ended_by=each.ended_by or None,
            )
            for each in queries.card(person).proofs
        ],
        memberships=[_membership(each) for each in rows],
    )


@router.get("/people/{person_id}/standing", **op(VIEW, StandingOut))
def get_standing(request: ApiRequest, person_id: str) -> StandingOut:
    """Where a person stands

    Each level with its proof, those that were lost too, and the memberships.
    """
    return _standing(found(request, person_id))


@router.post("/people/{person_id}/membership", **op(EDIT, StandingOut, status=201, refusals=("conflict",)))
def start_membership(request: ApiRequest, person_id: str, body: Joining) -> StandingOut:
    """Make a person a member

    Membership stands beside the ladder: it changes no level.
    """
    person = locked(request, person_id)
    people.join(person=person, since=body.since or request.now, proof="api", label=body.label.strip(), now=request.now)
    return _standing(person)


@router.delete("/people/{person_id}/membership", **op(EDIT, StandingOut, refusals=("conflict",)))
def end_membership(request: ApiRequest, person_id: str) -> StandingOut:
    """End a membership

    That they were a member, and until when, stays.
    """
    person = locked(request, person_id)
    people.leave(person=person, at=request.now, because="api", now=request.now)
    return _standing(person)
