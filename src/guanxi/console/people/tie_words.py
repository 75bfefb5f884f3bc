"""What happened between a person and those they know, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.channels.models import Account
from guanxi.connections.models import BroughtBy, FriendSource, GroupChat, JoinedBy, LeftBy
from guanxi.console.strength_words import TOUCHES
from guanxi.events.queries import TimelineEntry
from guanxi.governance.models import Staff
from guanxi.people.models import Person

KnownTies = dict[str | int, str]
"""Names of advisors, accounts and group chats by public id, of people by key."""

TITLES: Mapping[str, tuple[str, Any]] = {
    "friend.requested": ("user-plus", gettext_lazy("Asked to be friends: %(advisor)s")),
    "friend.half_added": ("user-plus", gettext_lazy("Added %(advisor)s, who has not answered")),
    "friend.added": ("user-check", gettext_lazy("Became friends with %(advisor)s")),
    "friend.removed_by_friend": ("log-out", gettext_lazy("Deleted %(advisor)s")),
    "friend.removed_by_staff": ("log-out", gettext_lazy("%(advisor)s deleted them")),
    "friend.blocked": ("ban", gettext_lazy("Blocked %(advisor)s")),
    "friend.unblocked": ("user-check", gettext_lazy("No longer blocks %(advisor)s")),
    "friend.handed_over": ("users", gettext_lazy("Handed over to %(advisor)s")),
    "friend.followed": ("eye", gettext_lazy("Follows %(account)s")),
    "friend.unfollowed": ("log-out", gettext_lazy("No longer follows %(account)s")),
    "group.member_joined": ("users", gettext_lazy("Came into the group chat %(group)s")),
    "group.member_left": ("log-out", gettext_lazy("Left the group chat %(group)s")),
    "person.referred": ("user-plus", gettext_lazy("Brought by %(bringer)s")),
    "touch.recorded": ("user-check", "%(touch)s"),
}
TIES = tuple(TITLES)
_NAMED = ("advisor", "giver", "account", "group")


def known_ties(entries: Sequence[TimelineEntry]) -> KnownTies:
    props = [entry.props for entry in entries if entry.name in TITLES]
    found: KnownTies = {}
    for model, names in ((Staff, ("advisor", "giver")), (Account, ("account",)), (GroupChat, ("group",))):
        ids = {one[name] for one in props for name in names if one.get(name)}
        if ids:
            found |= {row.public_id: str(row) for row in model.objects.filter(public_id__in=ids)}
    bringers = {one["bringer"] for one in props if one.get("bringer")}
    if bringers:
        found |= {row.pk: str(row) for row in Person.objects.filter(pk__in=bringers, erased_at=None)}
    return found


def told_of_tie(entry: TimelineEntry, known: KnownTies) -> tuple[str, str, str]:
    """An icon, what happened, and more of it."""
    props = entry.props
    names = {name: known.get(props.get(name, ""), "–") for name in (*_NAMED, "bringer")}
    names["touch"] = str(TOUCHES.get(str(props.get("kind", "")), "–"))
    icon, title = TITLES[entry.name]
    return icon, str(title) % names, " · ".join(part for part in _more(entry.name, props, names) if part)


def _more(name: str, props: Mapping[str, Any], names: Mapping[str, str]) -> Sequence[str]:
    match name.partition(".")[0]:
        case "friend" if name == "friend.handed_over":
            return [_("before: %(name)s") % {"name": names["giver"]}, names["account"]]
        case "friend" if "advisor" in props:
            return [_word(FriendSource, props.get("source")), names["account"]]
        case "touch":
            return [names["advisor"] if props.get("advisor") else ""]
        case "group":
            return [_word(JoinedBy if name == "group.member_joined" else LeftBy, props.get("how")), names["account"]]
        case "person":
            return [_word(BroughtBy, props.get("by"))]
        case _follow:
            return []


def _word(words: Any, value: Any) -> str:
    return str(dict(words.choices).get(value, "")) if value and value != "unknown" else ""
