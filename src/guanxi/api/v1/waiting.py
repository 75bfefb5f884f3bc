"""Who waits for the maker of the key."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.fitting import Roles
from guanxi.api.v1.shapes import At, Listed, Named, Out, Page, naming, page
from guanxi.connections import queries
from guanxi.governance.queries import Permission

router = Router(tags=["Roles"])


class WaitingOut(Out):
    """`why`: they wrote last and got no answer that anybody noted (`wrote`), added the advisor, who has not added them
    back (`added`), or fell to the band `neutral` or `weak`; `since` when that was."""

    person: Named
    role: Roles
    priority: int
    why: Literal["wrote", "added", "neutral", "weak"]
    since: At


@router.get("/waiting", **op(Permission.PEOPLE_VIEW, Page[WaitingOut], refusals=("bad_cursor",)))
def list_waiting(request: ApiRequest, asked: Query[Listed]) -> Page[WaitingOut]:
    """List who waits

    Of the people whom the maker of the key owns or is friends with: by the priority of their role, then who waits
    longest. A note about somebody takes them off the list.
    """
    found, after = queries.waiting_page(request.staff, request.now, after=asked.after, size=asked.limit)
    return page(
        [
            WaitingOut(
                person=naming(one.person),
                role=one.role.value,  # type: ignore[arg-type]
                priority=one.priority,
                why=one.why,  # type: ignore[arg-type]
                since=one.since,
            )
            for one in found
        ],
        after,
    )
