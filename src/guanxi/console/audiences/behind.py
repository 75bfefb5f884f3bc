"""The rows behind a clause: each with its own name and day, and the page that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.audiences.queries import Evidence, TieRow
from guanxi.channels.models import Account
from guanxi.connections import queries as connections
from guanxi.connections.models import GroupChat
from guanxi.connections.queries import Close
from guanxi.console.audiences import words
from guanxi.console.people.timeline import place_of, told
from guanxi.events.queries import TimelineEntry
from guanxi.governance.models import Staff
from guanxi.people.models import Person

TIES: dict[str, Any] = {
    "friend": gettext_lazy("Friend of %(name)s"),
    "follow": gettext_lazy("Follows %(name)s"),
    "group": gettext_lazy("In the group chat %(name)s"),
    "referral": gettext_lazy("Brought by somebody"),
}


@dataclass(frozen=True)
class Behind:
    icon: str
    text: str
    more: str
    at: datetime | None
    url: str
    follows: bool = False
    """The row above, in a sequence."""


def behind(evidence: Evidence, *, slug: str, person: Person, staff: Staff) -> list[Behind]:
    page = reverse("person", args=[slug, person.public_id])
    rows = [*_happened(evidence.events, page, staff), *_in_sequence(evidence.sequences, page, staff)]
    everybody = reverse("people", args=[slug])
    for one in evidence.tags:
        url = f"{everybody}?tags_any={one.tag.public_id}"
        rows.append(Behind("tag", str(one.tag), one.reason, one.since, url))
    rows += [_closeness(one, page) for one in evidence.close]
    if not evidence.ties:
        return rows
    groups = _groups(evidence.ties, staff)
    names = _names(evidence.ties) | {("group", pk): name for pk, (name, _id) in groups.items()}
    for tie in evidence.ties:
        state = "" if tie.state in ("active", "first", "claim") else _("no more")
        key = {"friend": tie.advisor, "group": tie.group}.get(tie.kind, tie.account)
        text = str(TIES[tie.kind]) % {"name": names.get((tie.kind, key), "–")}
        group = groups.get(tie.group or 0, ("", ""))[1] if tie.kind == "group" else ""
        url = reverse("group", args=[slug, group]) if group else f"{page}?show=ties"
        rows.append(Behind("link", text, state, tie.since, url))
    return rows


def _happened(entries: Sequence[TimelineEntry], page: str, staff: Staff) -> list[Behind]:
    items = zip(entries, told(entries, staff), strict=True)
    return [Behind(item.icon, item.title, item.more, item.at, page + place_of(entry)) for entry, item in items]


def _in_sequence(pairs: Sequence[tuple[TimelineEntry, TimelineEntry | None]], page: str, staff: Staff) -> list[Behind]:
    rows = iter(_happened([one for pair in pairs for one in pair if one], page, staff))
    found = []
    for _first, came in pairs:
        first = next(rows)
        if came:
            found += [first, replace(next(rows), follows=True)]
        else:
            more = " · ".join(filter(None, (first.more, _("nothing after it in time"))))
            found.append(replace(first, more=more))
    return found


def _closeness(one: Close, page: str) -> Behind:
    said = _("Connection with %(name)s: %(band)s") % {"name": one.staff, "band": words.BANDS[one.band]}
    return Behind("users", said, "", max((each.at for each in one.because), default=None), f"{page}?show=ties")


def _names(ties: Sequence[TieRow]) -> dict[tuple[str, int | None], str]:
    staff = {one.advisor for one in ties if one.kind == "friend" and one.advisor}
    accounts = {one.account for one in ties if one.kind == "follow" and one.account}
    found: dict[tuple[str, int | None], str] = {}
    found |= {("friend", one.pk): str(one) for one in (Staff.objects.filter(pk__in=staff) if staff else ())}
    found |= {("follow", one.pk): str(one) for one in (Account.objects.filter(pk__in=accounts) if accounts else ())}
    return found


def _groups(ties: Sequence[TieRow], staff: Staff) -> dict[int, tuple[str, str]]:
    """What these group chats are called, and the public ids of those that this member of staff may open."""
    asked = {one.group for one in ties if one.kind == "group" and one.group}
    if not asked:
        return {}
    seen = Exists(connections.visible_groups(staff).filter(pk=OuterRef("pk")))
    rows = GroupChat.objects.filter(pk__in=asked).annotate(seen=seen)
    return {one.pk: (str(one), one.public_id if one.seen else "") for one in rows}
