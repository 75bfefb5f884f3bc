"""Who works in the workspace, and where."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import (
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
    named,
    newest,
    one,
    page,
    tagged,
)
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Staff, Unit
from guanxi.governance.queries import Permission

router = Router(tags=["Staff and units"])
MAY = Permission.WORKSPACE_MANAGE
Roles = Literal["owner", "manager", "operator", "advisor", "analyst", "auditor", "integrator"]
GivenRoles = Literal["manager", "operator", "advisor", "analyst", "auditor", "integrator"]
assert set(Roles.__args__) == set(Role.values)  # type: ignore[attr-defined]
assert set(GivenRoles.__args__) == set(Role.values) - {Role.OWNER}  # type: ignore[attr-defined]


class StaffOut(Out):
    id: str
    name: str
    email: str
    role: Roles
    unit: Named | None
    is_active: bool
    is_invited: bool


class UnitOut(Out):
    id: str
    name: str
    parent: Named | None


class NewUnit(In):
    name: Name
    parent: Id("unt") | None = None  # type: ignore[valid-type]


class NewStaff(In):
    name: Name
    email: Line = Field(max_length=254)
    role: GivenRoles
    unit: Id("unt") | None = None  # type: ignore[valid-type]


class Access(In):
    active: Flag


def shown(row: Staff) -> StaffOut:
    return StaffOut(
        id=row.public_id,
        name=row.name,
        email=row.user.email,
        role=row.role,  # type: ignore[arg-type]
        unit=named(row.unit),
        is_active=row.is_active,
        is_invited=row.is_invited,
    )


def unit_out(row: Unit) -> UnitOut:
    return UnitOut(id=row.public_id, name=row.name, parent=named(row.parent))


@router.get("/staff", **op(MAY, Page[StaffOut], refusals=("bad_cursor",)))
def list_staff(request: ApiRequest, asked: Query[Listed]) -> Page[StaffOut]:
    """List staff

    The newest first, with those who have no access any more.
    """
    rows, after = newest(Staff.objects.select_related("user", "unit"), asked)
    return page([shown(row) for row in rows], after)


@router.post("/staff", **op(MAY, StaffOut, status=201, thing=True, refusals=("conflict",)))
def add_staff(request: ApiRequest, body: NewStaff) -> StaffOut:
    """Invite somebody to the staff

    The place waits until its login has taken it, by a link that an owner makes in the console: a key opens no login
    and makes no owner.
    """
    unit = chosen(Unit.objects.all(), body.unit, "unit")
    made = governance.keep_place(email=body.email, name=body.name, role=body.role, unit=unit, by=request.staff)
    return tagged(request, shown(made))


@router.get("/staff/{staff_id}", **op(MAY, StaffOut, thing=True))
def get_staff(request: ApiRequest, staff_id: str) -> StaffOut:
    """Get a member of the staff

    Their role and unit say whom they see.
    """
    return tagged(request, shown(one(Staff.objects.select_related("user", "unit"), staff_id)))


@router.post("/staff/{staff_id}/access", **op(MAY, StaffOut, thing=True, refusals=("conflict",)))
def change_access(request: ApiRequest, staff_id: str, body: Access) -> StaffOut:
    """Give or take access

    From the next request on, and for their keys, too. The last owner keeps it, and who was invited takes it by the link
    only.
    """
    row = one(Staff.objects.select_related("user", "unit"), staff_id)
    governance.set_active(staff=row, active=body.active, by=request.staff)
    return tagged(request, shown(one(Staff.objects.select_related("user", "unit"), staff_id)))


@router.get("/units", **op(MAY, Page[UnitOut], refusals=("bad_cursor",)))
def list_units(request: ApiRequest, asked: Query[Listed]) -> Page[UnitOut]:
    """List units

    Regions, stores, departments; the newest first.
    """
    rows, after = newest(Unit.objects.select_related("parent"), asked)
    return page([unit_out(row) for row in rows], after)


@router.post("/units", **op(MAY, UnitOut, status=201, thing=True))
def add_unit(request: ApiRequest, body: NewUnit) -> UnitOut:
    """Add a unit

    A manager sees the people of their unit and of those below it.
    """
    parent = chosen(Unit.objects.all(), body.parent, "parent")
    return tagged(request, unit_out(governance.add_unit(name=body.name, parent=parent, by=request.staff)))
