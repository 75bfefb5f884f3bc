"""The traits that a workspace keeps of people."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import In, Line, Listed, Out, Page, must_match, newest, one, page, tagged
from guanxi.connections.operations import FOLLOWERS
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field as Kept

router = Router(tags=["People"])
VIEW, MANAGE = Permission.PEOPLE_VIEW, Permission.TAGS_MANAGE
Kinds = Literal["text", "number", "date", "yes_no", "choice"]


class FieldOut(Out):
    """`choices`: what a field of the kind `choice` may say."""

    id: str
    key: str
    label: str
    kind: Kinds
    choices: list[str]


class NewField(In):
    label: Line = Field(min_length=1, max_length=80)
    kind: Kinds
    choices: list[Line] = Field([], max_length=50, description="For the kind `choice`, each of 80 characters at most.")


class FieldChange(In):
    """What is left out stays. Who has a choice that is taken away keeps it."""

    label: Line | None = Field(None, min_length=1, max_length=80)
    choices: list[Line] | None = Field(None, max_length=50)


def field_out(row: Kept) -> FieldOut:
    return FieldOut(
        id=row.public_id,
        key=row.key,
        label=row.label,
        kind=row.kind,  # type: ignore[arg-type]
        choices=row.choices,
    )


@router.get("/fields", **op(VIEW, Page[FieldOut], refusals=("bad_cursor",)))
def list_fields(request: ApiRequest, asked: Query[Listed]) -> Page[FieldOut]:
    """List fields

    The traits that this workspace keeps of people, the newest first.
    """
    rows, after = newest(Kept.objects.all(), asked)
    return page([field_out(row) for row in rows], after)


@router.post("/fields", **op(MANAGE, FieldOut, status=201, thing=True, refusals=("conflict",)))
def create_field(request: ApiRequest, body: NewField) -> FieldOut:
    """Make a field

    Its key is made from the label and stays when the label changes.
    """
    made = people.create_field(
        label=body.label, kind=body.kind, choices=body.choices, by=request.staff, now=request.now
    )
    return tagged(request, field_out(made))


@router.patch("/fields/{field_id}", **op(MANAGE, FieldOut, thing=True, refusals=("conflict", "changed_meanwhile")))
def change_field(request: ApiRequest, field_id: str, body: FieldChange) -> FieldOut:
    """Rename a field, or change its choices

    With `If-Match`, only the version that you know is changed. What is counted from platforms keeps its name.
    """
    row = one(Kept.objects.exclude(key=FOLLOWERS), field_id)
    must_match(request, field_out(row))
    changed = people.change_field(
        field=row,
        version=queries.field_version(row),
        label=body.label,
        choices=body.choices,
        by=request.staff,
        now=request.now,
    )
    return tagged(request, field_out(changed))


class RoleLoses(Out):
    """`begins_with`: what whoever gets the role gets in this field."""

    role: Literal["employee", "leader", "consumer"]
    begins_with: str | None


class FieldUseOut(Out):
    """`name` is missing where only some staff may see it."""

    what: Literal["audience", "export", "broadcast", "content", "import", "bulk"]
    id: str
    name: str | None


class FieldLosses(Out):
    """`people` have a value. `views_deleted` are filtered by it, `views_changed` only show it. As long as `needed_by`
    is not empty, the field cannot be deleted."""

    people: int
    roles: list[RoleLoses]
    views_deleted: int
    views_changed: int
    needed_by: list[FieldUseOut]


class Deleting(In):
    people: int | None = Field(
        None, ge=0, le=10**9, description="How many people with a value you saw. More by now: nothing is deleted."
    )


@router.get("/fields/{field_id}/losses", **op(MANAGE, FieldLosses))
def preview_field_deletion(request: ApiRequest, field_id: str) -> FieldLosses:
    """What goes with a field

    Who would lose what if it were deleted, and what needs it.
    """
    losses = queries.field_losses(one(Kept.objects.exclude(key=FOLLOWERS), field_id))
    return FieldLosses(
        people=losses.people,
        roles=[RoleLoses(role=role.value, begins_with=value or None) for role, value in losses.roles],  # type: ignore[arg-type]
        views_deleted=losses.asked,
        views_changed=losses.shown,
        needed_by=[FieldUseOut(what=use.what, id=use.public_id, name=use.name or None) for use in losses.uses],  # type: ignore[arg-type]
    )


@router.delete("/fields/{field_id}", **op(MANAGE, None, status=204, refusals=("conflict", "changed_meanwhile")))
def delete_field(request: ApiRequest, field_id: str, asked: Query[Deleting]) -> None:
    """Delete a field with what people have in it

    It cannot be brought back. Look at `losses` first: what needs the field is changed first.
    """
    row = one(Kept.objects.exclude(key=FOLLOWERS), field_id)
    people.delete_field(field=row, by=request.staff, now=request.now, seen=asked.people)
