"""What became of what the maker of the key started."""

from __future__ import annotations

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, Listed, Out, Page, newest, one, page
from guanxi.governance import operations as governance
from guanxi.governance.models import Notice

router = Router(tags=["Notices"])


class NoticeOut(Out):
    """`kind` is such as import.done, `subject` the id of what it speaks of, `detail` a few counts."""

    id: str
    kind: str
    subject: str
    name: str
    detail: dict[str, int]
    at: At
    read_at: At | None


class NoticesAsked(Listed):
    unread: bool = Field(False, description="Only those that were not read.")


def shown(row: Notice) -> NoticeOut:
    return NoticeOut(
        id=row.public_id,
        kind=row.kind,
        subject=row.subject,
        name=row.name,
        detail=row.detail,
        at=row.at,
        read_at=row.read_at,
    )


@router.get("/notices", **op(None, Page[NoticeOut], refusals=("bad_cursor",)))
def list_notices(request: ApiRequest, asked: Query[NoticesAsked]) -> Page[NoticeOut]:
    """List notices

    To the maker of the key, the newest first. Every key may ask.
    """
    rows = Notice.objects.filter(staff=request.staff)
    part, after = newest(rows.filter(read_at=None) if asked.unread else rows, asked)
    return page([shown(row) for row in part], after)


@router.post("/notices/read", **op(None, None, status=204))
def read_notices(request: ApiRequest) -> None:
    """Mark all notices read

    Of the maker of the key.
    """
    governance.read_notices(staff=request.staff, now=request.now)


@router.post("/notices/{notice_id}/read", **op(None, NoticeOut))
def read_notice(request: ApiRequest, notice_id: str) -> NoticeOut:
    """Mark a notice read

    One of the maker of the key.
    """
    rows = Notice.objects.filter(staff=request.staff)
    one(rows, notice_id)
    governance.read_notices(staff=request.staff, now=request.now, public_id=notice_id)
    return shown(one(rows, notice_id))
