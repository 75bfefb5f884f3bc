"""Pages of friends, group chats and their members. Equality and ranges only, each order from its index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from guanxi.connections.models import FriendHandover, Friendship, GroupChat, GroupMembership
from guanxi.connections.rules import HELD, dealt
from guanxi.governance import queries as governance
from guanxi.governance.models import Staff
from guanxi.people import queries as people
from guanxi.people.models import Person
from guanxi.people.queries import BadCursor

PAGE = 50


@dataclass(frozen=True)
class FriendsWanted:
    """`advisor` is a key; `since_from` and `since_until` (not counted) bound the day on which it began."""

    advisor: int | None = None
    state: str = ""
    source: str = ""
    account: int | None = None
    since_from: datetime | None = None
    since_until: datetime | None = None


def visible_friendships(staff: Staff) -> QuerySet[Friendship]:
    """All of the workspace, those with people of the unit and below, one's own, or none.

    An advisor's own friendships stay in the list when they have ended; who the person was does not.
    """
    friendships: QuerySet[Friendship] = Friendship.objects.filter(person__merged_into=None, person__erased_at=None)
    match governance.data_scope(staff.role):
        case "unit" if staff.unit is not None:
            return friendships.filter(person__unit_id__in=governance.unit_and_below(staff.unit))
        case "all" | "unit":
            return friendships
        case "own":
            return friendships.filter(staff=staff)
        case _:
            return friendships.none()


def friends_page(
    staff: Staff, wanted: FriendsWanted, *, after: str = "", size: int = PAGE
) -> tuple[list[Friendship], str]:
    """One page, the newest friendship first, and the mark of the next. Raises BadCursor."""
    rows = visible_friendships(staff).filter(**_asked(wanted))
    if after:
        last = Friendship.objects.filter(public_id=after).first() if "\x00" not in after else None
        if last is None:
            raise BadCursor(after)
        rows = rows.filter(Q(since__lt=last.since) | Q(since=last.since, pk__lt=last.pk), since__lte=last.since)
    ids = list(rows.order_by("-since", "-pk").values_list("pk", flat=True)[: size + 1])
    found = Friendship.objects.select_related("person", "staff", "account").in_bulk(ids[:size])
    page = [found[pk] for pk in ids[:size] if pk in found]
    return page, page[-1].public_id if len(ids) > size and page else ""


def _asked(wanted: FriendsWanted) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "staff": wanted.advisor,
        "state": wanted.state or None,
        "source": wanted.source or None,
        "account": wanted.account,
        "since__gte": wanted.since_from,
        "since__lt": wanted.since_until,
    }
    return {name: value for name, value in asked.items() if value is not None}


def seen_people(staff: Staff, wanted: Iterable[int | None]) -> dict[int, Person]:
    """Those of these people whom `staff` may see; who became somebody else is who they are now."""
    ids = {one for one in wanted if one is not None}
    if not ids:
        return {}
    seen = {one.pk: one for one in people.visible(staff).filter(pk__in=ids)}
    if left := ids - set(seen):
        rows = Person.objects.filter(pk__in=left).values_list("pk", "merged_into")
        gone = {pk: into for pk, into in rows if into is not None}
        now = {one.pk: one for one in people.visible(staff).filter(pk__in=gone.values())} if gone else {}
        seen |= {pk: now[into] for pk, into in gone.items() if into in now}
    return seen


def held_friends(staff: Iterable[Staff]) -> dict[int, int]:
    """How many friends each of them has; who has none is left out."""
    held = Friendship.objects.filter(staff__in=[one.pk for one in staff], state__in=HELD)
    return dict(held.order_by().values_list("staff").annotate(Count("pk")))


def friends_to_give(giver: Staff, wanted: FriendsWanted | None = None) -> QuerySet[Friendship]:
    """The friends whom `giver` has, or those of them who are wanted; two who became one are one."""
    held: QuerySet[Friendship] = Friendship.objects.filter(staff=giver, state__in=HELD, person__merged_into=None)
    return held if wanted is None else held.filter(**_asked(wanted))


def groups_to_give(giver: Staff) -> QuerySet[GroupChat]:
    groups: QuerySet[GroupChat] = GroupChat.objects.filter(owner=giver, dismissed_at=None)
    return groups


def would_go(giver: Staff, takers: Sequence[Staff], wanted: FriendsWanted | None = None) -> tuple[dict[int, int], int]:
    """Taker → how many friends they would get, and how many group chats would go along."""
    friends = list(friends_to_give(giver, wanted).values_list("pk", flat=True))
    shares = dealt(friends, [one.pk for one in takers])
    groups = groups_to_give(giver).count() if wanted is None else 0
    return {pk: len(some) for pk, some in shares.items()}, groups


def staff_for(staff: Staff) -> QuerySet[Staff]:
    """Whose friends `staff` may hand over, and to whom: a manager of a unit, those who work in it and below."""
    everybody: QuerySet[Staff] = Staff.objects.order_by("name", "pk")
    if governance.data_scope(staff.role) != "unit" or staff.unit is None:
        return everybody
    return everybody.filter(unit_id__in=governance.unit_and_below(staff.unit))


def handovers_of(staff: Staff) -> QuerySet[FriendHandover]:
    """Of the friends of those whose friends `staff` may hand over, the latest first."""
    found: QuerySet[FriendHandover] = FriendHandover.objects.filter(giver__in=staff_for(staff).order_by())
    return found.select_related("giver", "by", "undone_by").order_by("-at", "-pk")


def visible_groups(staff: Staff) -> QuerySet[GroupChat]:
    """Those of the workspace, of owners in the unit and below, those where one is owner or member, or none."""
    groups: QuerySet[GroupChat] = GroupChat.objects.all()
    match governance.data_scope(staff.role):
        case "unit" if staff.unit is not None:
            return groups.filter(owner__unit_id__in=governance.unit_and_below(staff.unit))
        case "all" | "unit":
            return groups
        case "own":
            mine = GroupMembership.objects.filter(staff=staff, until=None).values("group")
            return groups.filter(Q(owner=staff) | Q(pk__in=mine))
        case _:
            return groups.none()


def groups_page(
    staff: Staff, *, account: int | None = None, external_id: str = "", after: str = "", size: int = PAGE
) -> tuple[list[GroupChat], str]:
    """One page, the newest first, and the mark of the next. Raises BadCursor."""
    rows = visible_groups(staff).select_related("account", "owner").order_by("-pk")
    if account is not None:
        rows = rows.filter(account=account)
    if external_id:
        rows = rows.filter(external_id=external_id)
    if after:
        last = GroupChat.objects.filter(public_id=after).first() if "\x00" not in after else None
        if last is None:
            raise BadCursor(after)
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows[: size + 1])
    return found[:size], found[size - 1].public_id if len(found) > size else ""


def members_page(
    group: GroupChat, *, now_only: bool = False, after: str = "", size: int = PAGE
) -> tuple[list[GroupMembership], str]:
    """One page of who is or was in the group, the latest to come first. The mark is the public id of a member."""
    rows = GroupMembership.objects.filter(group=group).filter(Q(person=None) | Q(person__erased_at=None))
    if now_only:
        rows = rows.filter(until=None)
    if after:
        last = _member(group, after)
        earlier = Q(first_at__lt=last.first_at) | Q(first_at=last.first_at, pk__lt=last.pk)
        rows = rows.filter(earlier, first_at__lte=last.first_at)
    ids = list(rows.order_by("-first_at", "-pk").values_list("pk", flat=True)[: size + 1])
    related = ("person", "staff", "invited_by_staff")
    found = GroupMembership.objects.select_related(*related).in_bulk(ids[:size])
    page: Sequence[GroupMembership] = [found[pk] for pk in ids[:size] if pk in found]
    if len(ids) <= size or not page:
        return list(page), ""
    end = page[-1].person or page[-1].staff
    return list(page), end.public_id if end else ""


def _member(group: GroupChat, after: str) -> GroupMembership:
    if "\x00" in after:
        raise BadCursor(after)
    of = {"person__public_id": after} if after.startswith("psn") else {"staff__public_id": after}
    found = GroupMembership.objects.filter(group=group, **of).first()
    if found is None:
        raise BadCursor(after)
    return found
