"""The traits that a workspace keeps of people."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import (
    Listed,
    Out,
    Page,
    newest,
    page,
)
from guanxi.governance.queries import Permission
from guanxi.people.models import Field as Kept

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class FieldOut(Out):
    id: str
    key: str
    label: str
    kind: Literal["text", "number", "date", "yes_no"]


def field_out(row: Kept) -> FieldOut:
    return FieldOut(id=row.public_id, key=row.key, label=row.label, kind=row.kind)  # type: ignore[arg-type]


@router.get("/fields", **op(VIEW, Page[FieldOut], refusals=("bad_cursor",)))
def list_fields(request: ApiRequest, asked: Query[Listed]) -> Page[FieldOut]:
    """List fields

    The traits that this workspace keeps of people, the newest first.
    """
    rows, after = newest(Kept.objects.all(), asked)
    return page([field_out(row) for row in rows], after)
