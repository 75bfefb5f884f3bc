"""Friends of advisors."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.parties import Parties, PersonRef, StaffRef
from guanxi.api.v1.shapes import At, Id, In, Line, Listed, Moment, Named, Out, Page, chosen, named, naming, page
from guanxi.api.v1.telling import MOST, TELL, Told, outcome
from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import Friendship, FriendSource, FriendState
from guanxi.connections.operations import FriendTold
from guanxi.connections.operations.friends import TELLABLE
from guanxi.connections.queries import FriendsWanted
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people.models import Person

router = Router(tags=["Ties"])
VIEW = Permission.PEOPLE_VIEW

States = Literal["pending", "active", "deleted_by_them", "deleted_by_us", "blocked", "handed_over"]
Ways = Literal[
    "unknown", "scan", "phone_search", "card", "group", "phone_book", "wechat_contact", "outside_app", "email_search",
    "video_channel", "calendar", "meeting", "wechat_friend", "hardware", "door_service", "acquisition_link", "custom",
    "demand", "colleague", "assigned", "handed_over", "inherited",
]  # fmt: skip
FriendKinds = Literal[
    "requested", "half_added", "added", "removed_by_friend", "removed_by_staff", "blocked", "unblocked", "described"
]
assert set(States.__args__) == set(FriendState.values)  # type: ignore[attr-defined]
assert set(Ways.__args__) == set(FriendSource.values)  # type: ignore[attr-defined]
assert set(FriendKinds.__args__) == set(TELLABLE)  # type: ignore[attr-defined]


class FriendOut(Out):
    """`person` is null when the maker of the key may not see who it was; then `remark` and `description`, which often
    hold the name, are empty. `since` is when the friendship began that
    stands or stood last, `state_at` when its state did."""

    id: str
    person: Named | None
    advisor: Named
    account: Named
    state: States
    source: Ways
    since: At
    state_at: At
    remark: str
    description: str


class FriendFactIn(In):
    """`described` says `remark` and `description` only."""

    person: PersonRef
    advisor: StaffRef
    account: Id("acc")  # type: ignore[valid-type]
    kind: FriendKinds
    at: Moment
    source: Ways = "unknown"
    remark: Line | None = Field(None, max_length=80)
    description: Line | None = Field(None, max_length=300)


class FriendFacts(In):
    facts: list[FriendFactIn] = Field(min_length=1, max_length=MOST)


class FriendsAsked(Listed):
    advisor: Id("stf") | None = None  # type: ignore[valid-type]
    account: Id("acc") | None = None  # type: ignore[valid-type]
    state: States | Literal[""] = ""
    source: Ways | Literal[""] = ""
    since_from: Moment | None = None
    since_until: Moment | None = Field(None, description="Not counted.")


@router.get("/friends", **op(VIEW, Page[FriendOut], refusals=("bad_cursor",)))
def list_friends(request: ApiRequest, asked: Query[FriendsAsked]) -> Page[FriendOut]:
    """List friends of advisors

    The newest friendship first. A key of an advisor sees their own.
    """
    advisor, account = (
        chosen(Staff.objects.all(), asked.advisor, "advisor"),
        chosen(Account.objects.all(), asked.account, "account"),
    )
    wanted = FriendsWanted(
        advisor=advisor.pk if advisor else None,
        account=account.pk if account else None,
        state=asked.state,
        source=asked.source,
        since_from=asked.since_from,
        since_until=asked.since_until,
    )
    rows, after = queries.friends_page(request.staff, wanted, after=asked.after, size=asked.limit)
    seen = queries.seen_people(request.staff, [row.person_id for row in rows])
    return page([FriendOut(**friend(row, seen.get(row.person_id))) for row in rows], after)


@router.post("/friends/facts", **op(TELL, Told))
def record_friends(request: ApiRequest, body: FriendFacts) -> Told:
    """Record what happened between advisors and people

    In any order, as often as you like: the times decide. What is refused is named by its place, the rest is kept.
    """
    ids = Parties(
        people=[each.person for each in body.facts],
        staff=[each.advisor for each in body.facts],
        accounts=[each.account for each in body.facts],
    )
    told = [
        FriendTold(
            ids.person(each.person),
            ids.member(each.advisor),
            ids.account(each.account),
            each.kind,
            each.at,
            "" if each.source == "unknown" else each.source,
            each.remark,
            each.description,
        )
        for each in body.facts
    ]
    return outcome(told, connections.note_friend_facts(told, now=request.now, source="api"))


def friend(row: Friendship, person: Person | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "person": named(person),
        "advisor": naming(row.staff),
        "account": naming(row.account),
        "state": row.state,
        "source": row.source,
        "since": row.since,
        "state_at": row.state_at,
        "remark": row.remark if person else "",
        "description": row.description if person else "",
    }
