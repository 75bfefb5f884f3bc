"""Friends of advisors, group chats and who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.connections import queries
from guanxi.connections.models import Friendship, FriendSource, FriendState, GroupChat, GroupMembership
from guanxi.connections.queries import FriendsWanted
from guanxi.console.access import StaffRequest, may
from guanxi.console.choices import asked_day
from guanxi.console.errors import bad_request
from guanxi.governance.models import Staff
from guanxi.governance.queries import DataScope, Permission, data_scope
from guanxi.governance.queries import may as role_may
from guanxi.people.models import Person
from guanxi.people.queries import BadCursor

MINE = "me"
FIELDS = ("advisor", "state", "source", "since", "until")


@dataclass(frozen=True)
class ShownFriend:
    """`person` is None when this member of staff may not see who it was."""

    friendship: Friendship
    person: Person | None


@dataclass(frozen=True)
class ShownMember:
    """`inviter` is None, too, when no person invited them."""

    member: GroupMembership
    person: Person | None
    inviter: Person | None


class FriendsAsked:
    """The list as its address asks for it."""

    def __init__(self, given: QueryDict, staff: Staff) -> None:
        self.values = {name: given.get(name, "").strip() for name in FIELDS if given.get(name, "").strip()}
        self.others = data_scope(staff.role) != DataScope.OWN
        self.advisors = {one.public_id: one for one in Staff.objects.order_by("name", "pk")} if self.others else {}
        self.wanted = FriendsWanted(
            advisor=self._advisor(staff),
            state=self._one_of("state", FriendState.values),
            source=self._one_of("source", FriendSource.values),
            since_from=self._day("since"),
            since_until=self._day("until", after=True),
        )

    def _advisor(self, staff: Staff) -> int | None:
        code = self.values.get("advisor", "")
        if not code or not self.others:
            return None
        if code == MINE:
            return staff.pk
        if code not in self.advisors:
            raise Http404
        return self.advisors[code].pk

    def _one_of(self, name: str, known: list[str]) -> str:
        value = self.values.get(name, "")
        if value and value not in known:
            raise Http404
        return value

    def _day(self, name: str, *, after: bool = False) -> datetime | None:
        day = asked_day(self.values.get(name, ""))
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=1) if after else day, time(), timezone.get_current_timezone())

    def url(self, **more: str) -> str:
        return "?" + urlencode(self.values | more)

    @property
    def advisor_options(self) -> list[tuple[str, str]]:
        named = [(code, one.name) for code, one in self.advisors.items()]
        return [("", _("Every advisor")), (MINE, _("Mine")), *named]


@may(Permission.PEOPLE_VIEW)
@require_safe
def friends(request: StaffRequest) -> HttpResponse:
    asked, after = FriendsAsked(request.GET, request.staff), request.GET.get("after", "")
    try:
        page, following = queries.friends_page(request.staff, asked.wanted, after=after)
    except BadCursor:
        return bad_request(request)
    seen = queries.seen_people(request.staff, [one.person_id for one in page])
    context: dict[str, Any] = {
        "asked": asked,
        "listed": [ShownFriend(one, seen.get(one.person_id)) for one in page],
        "next": asked.url(after=following) if following else "",
        "first": asked.url() if after else "",
        "state_options": [("", _("Any state")), *FriendState.choices],
        "source_options": [("", _("Any source")), *FriendSource.choices],
        "may_hand_over": role_may(request.staff.role, Permission.PEOPLE_BULK),
    }
    return render(request, "connections/friends.html", context)


@may(Permission.PEOPLE_VIEW)
@require_safe
def groups(request: StaffRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    try:
        page, following = queries.groups_page(request.staff, after=after)
    except BadCursor:
        return bad_request(request)
    context = {"listed": page, "next": "?" + urlencode({"after": following}) if following else "", "first": bool(after)}
    return render(request, "connections/groups.html", context)


@may(Permission.PEOPLE_VIEW)
@require_safe
def group(request: StaffRequest, public_id: str) -> HttpResponse:
    visible = queries.visible_groups(request.staff).select_related("account", "owner")
    chat: GroupChat | None = visible.filter(public_id=public_id).first()
    if chat is None:
        raise Http404
    everyone, after = request.GET.get("show") == "all", request.GET.get("after", "")
    try:
        page, following = queries.members_page(chat, now_only=not everyone, after=after)
    except BadCursor:
        return bad_request(request)
    seen = queries.seen_people(request.staff, [pk for one in page for pk in (one.person_id, one.invited_by_person_id)])
    asked = {"show": "all"} if everyone else {}
    context = {
        "group": chat,
        "listed": [
            ShownMember(one, seen.get(one.person_id or 0), seen.get(one.invited_by_person_id or 0)) for one in page
        ],
        "tabs": [
            {"label": _("In it now"), "url": request.path, "current": not everyone},
            {"label": _("Everyone who ever was"), "url": f"{request.path}?show=all", "current": everyone},
        ],
        "next": "?" + urlencode(asked | {"after": following}) if following else "",
        "first": "?" + urlencode(asked) if after else "",
    }
    return render(request, "connections/group.html", context)
