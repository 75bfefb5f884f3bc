"""What events, their properties and traits are called; a name that the workspace gave goes first."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from guanxi.console.trait_names import trait_name

EVENTS: dict[str, Any] = {
    "order.paid": pgettext_lazy("has …", "paid for an order"),
    "product.bought": pgettext_lazy("has …", "bought a product"),
    "order.refunded": pgettext_lazy("has …", "got money back for an order"),
    "coupon.redeemed": pgettext_lazy("has …", "used a coupon"),
    "level.reached": pgettext_lazy("has …", "reached a level"),
    "level.lost": pgettext_lazy("has …", "lost a level"),
    "member.joined": pgettext_lazy("has …", "become a member"),
    "touch.recorded": pgettext_lazy("has …", "had a touch written down"),
    "member.left": pgettext_lazy("has …", "left the membership"),
    "person.assigned": pgettext_lazy("has …", "been given an owner or a unit"),
    "person.created": pgettext_lazy("has …", "appeared"),
    "identity.linked": pgettext_lazy("has …", "got another id"),
    "person.merged": pgettext_lazy("has …", "been merged with somebody"),
    "person.unmerged": pgettext_lazy("has …", "been parted from somebody"),
    "consent.given": pgettext_lazy("has …", "agreed to messages"),
    "consent.withdrawn": pgettext_lazy("has …", "withdrawn consent"),
    "friend.added": pgettext_lazy("has …", "become a friend of somebody here"),
    "friend.blocked": pgettext_lazy("has …", "been blocked as a friend"),
    "friend.unblocked": pgettext_lazy("has …", "been unblocked as a friend"),
    "friend.half_added": pgettext_lazy("has …", "been added as a friend on one side"),
    "friend.requested": pgettext_lazy("has …", "been asked to become a friend"),
    "friend.removed_by_friend": pgettext_lazy("has …", "ended a friendship"),
    "friend.removed_by_staff": pgettext_lazy("has …", "been removed as a friend"),
    "friend.handed_over": pgettext_lazy("has …", "been handed over to another advisor"),
    "friend.followed": pgettext_lazy("has …", "followed an account"),
    "friend.unfollowed": pgettext_lazy("has …", "stopped following an account"),
    "group.member_joined": pgettext_lazy("has …", "joined a group chat"),
    "group.member_left": pgettext_lazy("has …", "left a group chat"),
    "person.referred": pgettext_lazy("has …", "been brought by somebody"),
    "tag.added": pgettext_lazy("has …", "been given a tag"),
    "tag.removed": pgettext_lazy("has …", "lost a tag"),
    "role.changed": pgettext_lazy("has …", "been given another role"),
    "role.defaults_given": pgettext_lazy("has …", "had empty fields filled with the role"),
    "message.accepted": pgettext_lazy("has …", "been sent a message"),
    "message.bounced": pgettext_lazy("has …", "had a message bounce"),
    "message.opened": pgettext_lazy("has …", "opened a message (estimate)"),
    "message.unsubscribed": pgettext_lazy("has …", "unsubscribed"),
    "message.complained": pgettext_lazy("has …", "reported a message as spam"),
    "audience.entered": pgettext_lazy("has …", "come into an audience"),
    "audience.left": pgettext_lazy("has …", "left an audience"),
}
PROPERTIES: dict[str, Any] = {
    "department": gettext_lazy("department"),
    "category": gettext_lazy("category"),
    "brand": gettext_lazy("brand"),
    "product": gettext_lazy("product"),
    "quantity": gettext_lazy("quantity"),
    "store": gettext_lazy("store"),
    "lines": gettext_lazy("number of lines"),
    "number": gettext_lazy("order number"),
    "code": gettext_lazy("coupon code"),
    "imported_campaign": gettext_lazy("imported campaign"),
    "level": gettext_lazy("level"),
    "proof": gettext_lazy("proof"),
    "label": gettext_lazy("reference"),
    "channel": gettext_lazy("channel"),
    "purpose": gettext_lazy("purpose"),
    "origin": gettext_lazy("sent by"),
    "owner": gettext_lazy("owner"),
    "unit": gettext_lazy("unit"),
    "kind": gettext_lazy("kind"),
    "audience": gettext_lazy("audience"),
    "because": gettext_lazy("reason"),
    "why": gettext_lazy("reason"),
    "how": gettext_lazy("how"),
    "by": gettext_lazy("way"),
    "source": gettext_lazy("source"),
    "role": gettext_lazy("role"),
}
# Numbers of rows, which mean nothing to staff: ties and tags are asked for otherwise.
INTERNAL = frozenset({"merged", "tag", "advisor", "account", "friendship", "giver", "group", "bringer"})
TRAITS: dict[str, Any] = {"language": gettext_lazy("language"), "country": gettext_lazy("country")}


def event_label(name: str, given: str = "") -> str:
    return given or str(EVENTS.get(name, name))


def property_label(name: str, given: str = "") -> str:
    return given or str(PROPERTIES.get(name, name))


def trait_label(name: str, given: str = "") -> str:
    return trait_name(name, given or str(TRAITS.get(name, name)))
