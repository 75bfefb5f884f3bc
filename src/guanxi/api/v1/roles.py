"""Roles of people: who goes first, which fields are theirs, and with what they begin."""

from __future__ import annotations

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import not_found
from guanxi.api.v1.fields import FieldOut, field_out
from guanxi.api.v1.fitting import Roles
from guanxi.api.v1.shapes import At, Id, In, Line, Named, Out, must_match, named, tagged
from guanxi.connections.operations import FOLLOWERS
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field as Kept
from guanxi.people.models import Role
from guanxi.people.operations import WantedField
from guanxi.people.queries import KnownRules

router = Router(tags=["Roles"])
VIEW, MANAGE = Permission.PEOPLE_VIEW, Permission.TAGS_MANAGE


class FieldOfRole(Out):
    """`begins_with`: what whoever gets the role gets in it, once, where nothing stands."""

    field: FieldOut
    begins_with: str | None


class RoleRulesOut(Out):
    """`priority` 1: their people come first in lists of work, 3: last. A field of no role belongs to everybody."""

    role: Roles
    priority: int
    fields: list[FieldOfRole]
    version: int
    changed_at: At | None
    by: Named | None


class RoleRulesList(Out):
    data: list[RoleRulesOut]


class WantedFieldIn(In):
    field: Id("fld")  # type: ignore[valid-type]
    begins_with: Line | None = Field(None, max_length=200, description="As text, such as 12.5, 2026-11-21, yes.")


class RoleRulesIn(In):
    """All fields of the role, in their order."""

    priority: int = Field(ge=1, le=3, strict=True)
    fields: list[WantedFieldIn] = Field(max_length=30)


class WouldGetOut(Out):
    """Of those who have the role: whose field is `empty` and would get the value, has an `earlier` value of the role as
    it came and would change, says the `same`, or something of its `own`, which stays."""

    field: FieldOut
    begins_with: str
    empty: int
    earlier: int
    same: int
    own: int


class FillPreviewOut(Out):
    fields: list[WouldGetOut]


class FilledOut(Out):
    """`left`: how many values are still to be written; ask again for them."""

    written: int
    left: int


def shown(known: KnownRules) -> RoleRulesOut:
    row = known.row
    return RoleRulesOut(
        role=known.role.value,  # type: ignore[arg-type]
        priority=known.priority,
        fields=[FieldOfRole(field=field_out(one.field), begins_with=one.value or None) for one in known.fields],
        version=known.version,
        changed_at=row.changed_at if row else None,
        by=named(row.by) if row and row.by else None,
    )


def found(role: str) -> KnownRules:
    if role not in Role.values:
        raise not_found()
    return queries.role_rules(role)


@router.get("/roles", **op(VIEW, RoleRulesList))
def list_roles(request: ApiRequest) -> RoleRulesList:
    """List the roles of people

    Whose people go first in lists of work, first.
    """
    return RoleRulesList(data=[shown(one) for one in queries.all_role_rules()])


@router.get("/roles/{role}", **op(VIEW, RoleRulesOut, thing=True))
def get_role_rules(request: ApiRequest, role: str) -> RoleRulesOut:
    """Get what belongs to a role

    Its place in lists of work, its fields, and with what they begin.
    """
    return tagged(request, shown(found(role)))


@router.put("/roles/{role}", **op(MANAGE, RoleRulesOut, thing=True, refusals=("changed_meanwhile",)))
def set_role_rules(request: ApiRequest, role: str, body: RoleRulesIn) -> RoleRulesOut:
    """Say what belongs to a role

    Nobody's values change. Consumers, which everybody is from the start, begin with nothing.
    """
    known = found(role)
    must_match(request, shown(known))
    named_here = Kept.objects.exclude(key=FOLLOWERS).filter(public_id__in=[one.field for one in body.fields])
    keys = dict(named_here.values_list("public_id", "pk"))
    fields = [WantedField(keys.get(one.field, 0), one.begins_with or "") for one in body.fields]
    people.set_role_rules(
        role=known.role, priority=body.priority, fields=fields, version=known.version, by=request.staff, now=request.now
    )
    return tagged(request, shown(found(role)))


@router.get("/roles/{role}/fill", **op(MANAGE, FillPreviewOut))
def preview_fill(request: ApiRequest, role: str) -> FillPreviewOut:
    """See whom the values of a role would reach

    Of those who have it already.
    """
    return FillPreviewOut(
        fields=[
            WouldGetOut(
                field=field_out(one.field),
                begins_with=one.value,
                empty=one.empty,
                earlier=one.earlier,
                same=one.same,
                own=one.own,
            )
            for one in queries.would_get(found(role).role)
        ]
    )


@router.post("/roles/{role}/fill", **op(MANAGE, FilledOut, refusals=("changed_meanwhile",)))
def fill_role(request: ApiRequest, role: str) -> FilledOut:
    """Give those who have a role what it begins with

    Where their field is empty, or says an earlier value of the role as it came; up to 20,000 values at once. What
    somebody wrote stays, and what they emptied. With `If-Match`, the ETag of the role, only what you looked at.
    """
    known = found(role)
    must_match(request, shown(known))
    written = people.fill_defaults(role=known.role, version=known.version, by=request.staff, now=request.now)
    left = sum(one.empty + one.earlier for one in queries.would_get(known.role))
    return FilledOut(written=written, left=left)
