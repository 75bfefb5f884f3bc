"""Who did what."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, Id, In, Line, Named, Out, Page, bad_cursor, chosen, named, packed, page, unpacked
from guanxi.governance import queries
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission

router = Router(tags=["Audit log"])


class Entry(Out):
    """One act. `subject` is the id of what it was done to, `by` is null where the house itself acted."""

    id: str
    number: int
    at: At
    act: str
    by: Named | None
    key: str | None = Field(description="By which key, when a program did it.")
    subject: str | None
    reason: str
    detail: dict[str, Any]


class Verdict(Out):
    """`fault` is missing, edited, out_of_order, cut or unsealed, first at the number `position`; null: it is whole."""

    count: int
    hash: str
    fault: str | None
    position: int | None


class EntriesAsked(In):
    limit: int = Field(50, ge=1, le=200)
    after: str = Field("", max_length=400)
    act: Line = Field("", max_length=40, description="Only acts of this name, such as key.made.")
    by: Id("stf") | None = Field(None, description="Only those of a member of staff.")  # type: ignore[valid-type]


@router.get("/audit-entries", **op(Permission.AUDIT_VIEW, Page[Entry], refusals=("bad_cursor",)))
def list_audit_entries(request: ApiRequest, asked: Query[EntriesAsked]) -> Page[Entry]:
    """Read the audit log

    The newest first.
    """
    staff = chosen(Staff.objects.all(), asked.by, "by")
    found = queries.audit_page(
        act=asked.act, by=staff.pk if staff else None, before=_before(asked.after), size=asked.limit
    )
    part, more = found[: asked.limit], len(found) > asked.limit
    said = [
        Entry(
            id=row.public_id,
            number=row.number,
            at=row.at,
            act=row.act,
            by=named(row.by),
            key=row.detail.get("key"),
            subject=row.subject or None,
            reason=row.reason,
            detail={name: value for name, value in row.detail.items() if name != "key"},
        )
        for row in part
    ]
    return page(said, packed(str(part[-1].number)) if more else "")


@router.post("/audit-entries/verify", **op(Permission.AUDIT_VIEW, Verdict))
def verify_audit_log(request: ApiRequest) -> Verdict:
    """Verify the audit log

    Whether it is what was written: every entry carries the hash of the one before it.
    """
    verdict = queries.audit_verdict()
    return Verdict(
        count=verdict.count,
        hash=verdict.hash.hex(),
        fault=verdict.fault.what if verdict.fault else None,
        position=verdict.fault.position if verdict.fault else None,
    )


def _before(after: str) -> int | None:
    number = unpacked(after)
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise bad_cursor()
    return int(number)
