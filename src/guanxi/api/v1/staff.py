"""Who works in the workspace, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.conf import settings
from django.db.models import QuerySet
from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1 import bulks
from guanxi.api.v1.shapes import (
    At,
    Flag,
    Id,
    In,
    Line,
    Listed,
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
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, Staff, Unit
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people import queries as people_queries

router = Router(tags=["Staff and units"])
MAY, ACCESS = Permission.WORKSPACE_MANAGE, Permission.STAFF_ACCESS
Roles = Literal["owner", "manager", "operator", "advisor", "analyst", "auditor", "integrator"]
GivenRoles = Literal["manager", "operator", "advisor", "analyst", "auditor", "integrator"]
assert set(Roles.__args__) == set(Role.values)  # type: ignore[attr-defined]
assert set(GivenRoles.__args__) == set(Role.values) - {Role.OWNER}  # type: ignore[attr-defined]


class StaffOut(Out):
    """`is_invited`: the place is taken by the link of the invitation. `people`: how many they own."""

    id: str
    name: str
    email: str
    role: Roles
    unit: Named | None
    is_active: bool
    is_invited: bool
    people: int


class UnitOut(Out):
    id: str
    name: str
    parent: Named | None


class NewUnit(In):
    name: Name
    parent: Id("unt") | None = None  # type: ignore[valid-type]


class UnitName(In):
    name: Name


class NewStaff(In):
    name: Name
    email: Line = Field(max_length=254)
    role: GivenRoles
    unit: Id("unt") | None = None  # type: ignore[valid-type]


class Place(In):
    """What is left out stays as it is; `unit` null is the whole workspace."""

    role: GivenRoles | None = None
    unit: Id("unt") | None = None  # type: ignore[valid-type]


class Access(In):
    active: Flag


class HandOver(In):
    to: Id("stf") | None = Field(  # type: ignore[valid-type]
        description="Who takes over; null: nobody, the people stay in their unit without an owner."
    )


class InvitationOut(Out):
    """`link` is told here once: whoever has it takes the place, so pass it on to this person and to nobody else."""

    staff: StaffOut
    link: str
    expires_at: At | None


class HandedOver(Out):
    """The change of many that hands them over; null when they had nobody."""

    bulk: bulks.BulkOut | None


def rows() -> QuerySet[Staff]:
    return Staff.objects.select_related("user", "unit")


def shown_all(found: Sequence[Staff]) -> list[StaffOut]:
    people = people_queries.held_by(found)
    return [_shown(row, people.get(row.pk, 0)) for row in found]


def shown(row: Staff) -> StaffOut:
    [told] = shown_all([row])
    return told


def _shown(row: Staff, people: int) -> StaffOut:
    return StaffOut(
        id=row.public_id,
        name=row.name,
        email=row.user.email,
        role=row.role,  # type: ignore[arg-type]
        unit=named(row.unit),
        is_active=row.is_active,
        is_invited=row.is_invited,
        people=people,
    )


def unit_out(row: Unit) -> UnitOut:
    return UnitOut(id=row.public_id, name=row.name, parent=named(row.parent))


@router.get("/staff", **op(MAY, Page[StaffOut], refusals=("bad_cursor",)))
def list_staff(request: ApiRequest, asked: Query[Listed]) -> Page[StaffOut]:
    """List staff

    The newest first, with those who have no access any more.
    """
    found, after = newest(rows(), asked)
    return page(shown_all(found), after)


@router.post("/staff", **op(ACCESS, StaffOut, status=201, thing=True, refusals=("conflict",)))
def add_staff(request: ApiRequest, body: NewStaff) -> StaffOut:
    """Invite somebody to the staff

    The place waits until its login has taken it, by a link: see “Invite somebody again”, or the page of that member of
    staff in the console. A key makes no owner.
    """
    unit = chosen(Unit.objects.all(), body.unit, "unit")
    made = governance.keep_place(email=body.email, name=body.name, role=body.role, unit=unit, by=request.staff)
    return tagged(request, shown(made))


@router.get("/staff/{staff_id}", **op(MAY, StaffOut, thing=True))
def get_staff(request: ApiRequest, staff_id: str) -> StaffOut:
    """Get a member of the staff

    Their role and unit say whom they see.
    """
    return tagged(request, shown(one(rows(), staff_id)))


@router.patch("/staff/{staff_id}", **op(ACCESS, StaffOut, thing=True, refusals=("changed_meanwhile", "conflict")))
def change_staff(request: ApiRequest, staff_id: str, body: Place) -> StaffOut:
    """Change role or unit

    What they see and may do changes with their next request. The last owner stays one, and a key makes no owner.
    """
    row = governance.hold_place(staff=one(rows(), staff_id))
    must_match(request, shown(row))
    unit = chosen(Unit.objects.all(), body.unit, "unit") if "unit" in body.model_fields_set else row.unit
    governance.change_place(staff=row, role=body.role or row.role, unit=unit, by=request.staff)
    return tagged(request, shown(one(rows(), staff_id)))


@router.post("/staff/{staff_id}/access", **op(ACCESS, StaffOut, thing=True, refusals=("conflict",)))
def change_access(request: ApiRequest, staff_id: str, body: Access) -> StaffOut:
    """Give or take access

    From the next request on, and for their keys, too. The last owner keeps it, and who was invited takes it by the link
    only. Hand their people over afterwards.
    """
    row = one(rows(), staff_id)
    governance.set_active(staff=row, active=body.active, by=request.staff)
    return tagged(request, shown(one(rows(), staff_id)))


@router.post("/staff/{staff_id}/hand-over", **op(ACCESS, HandedOver, refusals=("conflict",)))
def hand_over_people(request: ApiRequest, staff_id: str, body: HandOver) -> HandedOver:
    """Hand their people over

    Of somebody who has no access any more, in the background: GET /bulks/{id} says how far it is.
    """
    giver = one(rows(), staff_id)
    taker = chosen(Staff.objects.all(), body.to, "to")
    of = people.hand_over(giver=giver, taker=taker, by=request.staff, now=request.now)
    if of is None:
        return HandedOver(bulk=None)
    [told] = bulks.shown(request, [of])
    return HandedOver(bulk=told)


@router.post("/invitations", **op(ACCESS, InvitationOut, status=201, refusals=("conflict",)))
def invite_staff(request: ApiRequest, body: NewStaff) -> InvitationOut:
    """Invite somebody to the staff

    A place that only the link gives, within seven days. Nothing is sent: pass the link on.
    """
    unit = chosen(Unit.objects.all(), body.unit, "unit")
    made, token = governance.invite(
        email=body.email, name=body.name, role=body.role, unit=unit, by=request.staff, now=clock.wall()
    )
    return _invited(made, token)


@router.post("/staff/{staff_id}/invitation", **op(ACCESS, InvitationOut, refusals=("conflict",)))
def invite_again(request: ApiRequest, staff_id: str) -> InvitationOut:
    """Invite somebody again

    With a new link; the one before stops working.
    """
    row = held(rows(), staff_id)
    return _invited(row, governance.invite_again(staff=row, by=request.staff, now=clock.wall()))


@router.delete("/staff/{staff_id}/invitation", **op(ACCESS, None, status=204, refusals=("conflict",)))
def withdraw_invitation(request: ApiRequest, staff_id: str) -> None:
    """Take an invitation back

    The place goes with the link.
    """
    governance.withdraw_invitation(staff=held(rows(), staff_id), by=request.staff)


def _invited(row: Staff, token: str) -> InvitationOut:
    return InvitationOut(
        staff=shown(row),
        link=f"{settings.BASE_URL}/join/{token}",
        expires_at=queries.invitations([row]).get(row.user_id),
    )


@router.get("/units", **op(MAY, Page[UnitOut], refusals=("bad_cursor",)))
def list_units(request: ApiRequest, asked: Query[Listed]) -> Page[UnitOut]:
    """List units

    Regions, stores, departments; the newest first.
    """
    found, after = newest(Unit.objects.select_related("parent"), asked)
    return page([unit_out(row) for row in found], after)


@router.post("/units", **op(MAY, UnitOut, status=201, thing=True, refusals=("conflict",)))
def add_unit(request: ApiRequest, body: NewUnit) -> UnitOut:
    """Add a unit

    A manager sees the people of their unit and of those below it.
    """
    parent = chosen(Unit.objects.all(), body.parent, "parent")
    return tagged(request, unit_out(governance.add_unit(name=body.name, parent=parent, by=request.staff)))


@router.patch("/units/{unit_id}", **op(MAY, UnitOut, thing=True, refusals=("conflict",)))
def rename_unit(request: ApiRequest, unit_id: str, body: UnitName) -> UnitOut:
    """Rename a unit

    Units beside each other have different names.
    """
    units = Unit.objects.select_related("parent")
    row = one(units, unit_id)
    must_match(request, unit_out(row))
    governance.rename_unit(unit=row, name=body.name, by=request.staff)
    return tagged(request, unit_out(one(units, unit_id)))


@router.delete("/units/{unit_id}", **op(MAY, None, status=204, refusals=("conflict",)))
def remove_unit(request: ApiRequest, unit_id: str) -> None:
    """Remove an empty unit

    One without people, staff and units below it.
    """
    governance.remove_unit(unit=one(Unit.objects.all(), unit_id), by=request.staff)
