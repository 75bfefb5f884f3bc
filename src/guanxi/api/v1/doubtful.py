"""Messages of which it is not known whether they left: a person, or a program for them, decides."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.broadcasts import BroadcastOut, rows
from guanxi.api.v1.broadcasts import shown as broadcast_shown
from guanxi.api.v1.shapes import At, In, Listed, Out, Page, held, newest, one, page, tagged
from guanxi.channels import queries as channels
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.reach import operations as reach

router = Router(tags=["Broadcasts"])


class DoubtfulOut(Out):
    id: str
    person: str | None = Field(description="Null: somebody whom the maker of the key does not see.")
    reason: str
    detail: str
    at: At | None


class Decision(In):
    """`sent`: they count as sent. `again`: they leave once more; whoever got the first one gets two."""

    decision: Literal["sent", "again"]
    messages: list[Annotated[str, Field(max_length=40)]] = Field(min_length=1, max_length=200)


@router.get(
    "/broadcasts/{broadcast_id}/doubtful",
    **op(Permission.BROADCASTS_VIEW, Page[DoubtfulOut], refusals=("bad_cursor",)),
)
def list_doubtful(request: ApiRequest, broadcast_id: str, asked: Query[Listed]) -> Page[DoubtfulOut]:
    """Messages that may not have left

    The answer of the server was lost. Nothing happens to them until somebody decides.
    """
    found, after = newest(channels.doubtful(one(rows(), broadcast_id).origin), asked)
    seen = people.visible(request.staff).filter(pk__in=[each.person_id for each in found])
    names = dict(seen.values_list("pk", "public_id"))
    said = [
        DoubtfulOut(
            id=each.public_id,
            person=names.get(each.person_id),
            reason=each.reason,
            detail=each.detail,
            at=each.settled_at,
        )
        for each in found
    ]
    return page(said, after)


@router.post(
    "/broadcasts/{broadcast_id}/doubtful",
    **op(Permission.BROADCASTS_SEND, BroadcastOut, thing=True, refusals=("conflict",)),
)
def settle_doubtful(request: ApiRequest, broadcast_id: str, body: Decision) -> BroadcastOut:
    """Decide about doubtful messages

    All of those that are named, or none of them when one was decided meanwhile.
    """
    row = held(rows(), broadcast_id)
    wanted = set(body.messages)
    found = list(channels.doubtful(row.origin).filter(public_id__in=wanted))
    if len(found) < len(wanted):
        raise invalid("messages", "One of these is not in doubt, or was decided meanwhile. Get the list.", "unknown_id")
    decide = reach.send_again if body.decision == "again" else reach.count_as_sent
    decide(broadcast=row, messages=found, by=request.staff, now=request.now)
    return tagged(request, broadcast_shown(one(rows(), broadcast_id)))
