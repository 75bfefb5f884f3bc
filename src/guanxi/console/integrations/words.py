"""Events, states and refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from guanxi.acquisition.models import EventName
from guanxi.acquisition.queries import Arrival
from guanxi.integrations.models import Delivery, DeliveryState, Endpoint, EndpointState

EVENTS: Mapping[str, Any] = {
    "level.reached": gettext_lazy("A person reached a level"),
    "level.lost": gettext_lazy("A person lost a level"),
    "member.joined": gettext_lazy("A person became a member"),
    "member.left": gettext_lazy("A person is no member any more"),
    "person.assigned": gettext_lazy("A person got another owner or unit"),
    "people.handed_over": gettext_lazy("The people of a leaver were handed over"),
    "change.taken_back": gettext_lazy("A change of many people is being taken back"),
    "person.created": gettext_lazy("Somebody new came with an id"),
    "identity.linked": gettext_lazy("A person got another id"),
    "person.merged": gettext_lazy("Two people became one"),
    "person.unmerged": gettext_lazy("A merge was undone"),
    "tag.added": gettext_lazy("A person got a tag"),
    "tag.removed": gettext_lazy("A person lost a tag"),
    "role.changed": gettext_lazy("The role of a person changed"),
    "role.defaults_given": gettext_lazy("Empty fields were filled with the role"),
    "tags.merged": gettext_lazy("Two tags became one"),
    "audience.entered": gettext_lazy("A person came into an audience"),
    "audience.left": gettext_lazy("A person left an audience"),
    "audience.refreshed": gettext_lazy("People came into an audience or left it"),
    "import.finished": gettext_lazy("An import ended or was taken back"),
    "consent.given": gettext_lazy("A person agreed to messages"),
    "consent.withdrawn": gettext_lazy("A person said no to messages"),
    "staff.moved": gettext_lazy("A member of staff has another unit"),
    "message.accepted": gettext_lazy("A message was accepted by the receiving server"),
    "message.bounced": gettext_lazy("A message came back"),
    "message.opened": gettext_lazy("A message was opened (an estimate)"),
    "message.unsubscribed": gettext_lazy("A person unsubscribed by a message"),
    "message.complained": gettext_lazy("A message was reported as spam"),
    "friend.requested": gettext_lazy("An advisor and a person are asked to be friends"),
    "friend.half_added": gettext_lazy("A person added an advisor, who has not answered"),
    "friend.added": gettext_lazy("An advisor and a person became friends"),
    "friend.removed_by_friend": gettext_lazy("A person deleted an advisor"),
    "friend.removed_by_staff": gettext_lazy("An advisor deleted a person"),
    "friend.blocked": gettext_lazy("A person blocked an advisor"),
    "friend.unblocked": gettext_lazy("A person no longer blocks an advisor"),
    "friend.handed_over": gettext_lazy("A friend was handed over to another advisor"),
    "friend.followed": gettext_lazy("A person follows an account"),
    "friend.unfollowed": gettext_lazy("A person no longer follows an account"),
    "group.member_joined": gettext_lazy("A person came into a group chat"),
    "group.member_left": gettext_lazy("A person left a group chat"),
    "group.created": gettext_lazy("A group chat was made"),
    "group.updated": gettext_lazy("A group chat has another name or notice"),
    "group.owner_changed": gettext_lazy("A group chat has another owner"),
    "group.dismissed": gettext_lazy("A group chat was dismissed"),
    "touch.recorded": gettext_lazy("A touch was written down: a meeting, a call"),
    "person.referred": gettext_lazy("A person was brought by another"),
    "order.paid": gettext_lazy("An order was paid"),
    "product.bought": gettext_lazy("A product was bought: one for each line of an order"),
    "order.refunded": gettext_lazy("An order was refunded"),
    "coupon.redeemed": gettext_lazy("A coupon was redeemed"),
    "webhook.test": gettext_lazy("Test event"),
}
REFUSALS: Mapping[str, tuple[str, Any]] = {
    "bad_url": ("url", gettext_lazy("This is not a web address. It begins with https:// and has no spaces.")),
    "login_in_url": ("url", gettext_lazy("Leave out the name and password: calls are signed instead.")),
    "not_https": ("url", gettext_lazy("Only https:// addresses are called.")),
    "inside": ("url", gettext_lazy("This address is inside a private network. Calls go to the public internet only.")),
    "no_events": ("events", gettext_lazy("Choose at least one event.")),
    "unknown_event": ("events", gettext_lazy("Choose from the events in the list.")),
    "too_many": ("", gettext_lazy("There are 50 endpoints already. Delete one that is not needed.")),
}
SOURCE_REFUSALS: Mapping[str, tuple[str, Any]] = {
    "bad_origin": ("origins", gettext_lazy("“%(given)s” is not an address such as https://www.shop.example.")),
    "no_origin": ("origins", gettext_lazy("Enter the address of the website, such as https://www.shop.example.")),
    "too_many_origins": ("origins", gettext_lazy("At most 50 addresses fit here.")),
    "too_many": ("", gettext_lazy("There are 200 sources already. Stop one that is not needed.")),
}
PROBLEMS: Mapping[str, Any] = {
    "forbidden": gettext_lazy("The address leads into a private network; nothing was connected."),
    "unreachable": gettext_lazy("No connection, or no whole answer within 20 seconds."),
    "not_http": gettext_lazy("What came back was not HTTP."),
    "unsigned": gettext_lazy("It could not be signed. Make a new secret, then send it again."),
}
TONES = {
    DeliveryState.DELIVERED: "ok",
    DeliveryState.FAILED: "danger",
    DeliveryState.WAITING: "",
    DeliveryState.SENDING: "info",
}


def event_choices() -> list[tuple[str, str]]:
    return [(name, f"{words} · {name}") for name, words in EVENTS.items() if name != "webhook.test"]


def state_of(endpoint: Endpoint) -> tuple[str, str]:
    """A tone and a word for its chip."""
    if endpoint.state in (EndpointState.GONE, EndpointState.FAILED):
        return "danger", _("Switched off")
    if endpoint.state == EndpointState.OFF:
        return "", endpoint.get_state_display()
    return ("warn", _("Failing")) if endpoint.failing_since else ("ok", endpoint.get_state_display())


def outcome(delivery: Delivery) -> str:
    """What came of the last try."""
    if delivery.status is not None:
        return _("Answer %(status)s") % {"status": delivery.status}
    return str(PROBLEMS.get(delivery.problem, "")) if delivery.problem else ""


# What sites send

SENT: Mapping[str, Any] = {
    "visit.page": gettext_lazy("Page seen"),
    "visit.screen": gettext_lazy("Screen seen"),
    "visit.group": gettext_lazy("Joined a group"),
    "identify": gettext_lazy("Said who it is"),
    "alias": gettext_lazy("Two ids are one person"),
}
TYPES: Mapping[str, Any] = {
    "track": gettext_lazy("Event"),
    "page": SENT["visit.page"],
    "screen": SENT["visit.screen"],
    "group": SENT["visit.group"],
    "identify": SENT["identify"],
    "alias": SENT["alias"],
}
OUTCOMES: Mapping[str, tuple[str, Any]] = {
    "waiting": ("info", pgettext_lazy("sent event", "Waiting")),
    "taken": ("ok", pgettext_lazy("sent event", "Taken")),
    "repeated": ("", pgettext_lazy("sent event", "Repeated: changes nothing")),
    "refused": ("danger", pgettext_lazy("sent event", "Refused")),
}
IDS: Mapping[str, Any] = {
    "customer_number": gettext_lazy("customer number"),
    "cookie": gettext_lazy("visitor id"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
}
REASONS: Mapping[str, Any] = {
    "ahead": gettext_lazy("Its time is more than ten minutes ahead."),
    "bad_email": gettext_lazy("The e-mail address cannot be read."),
    "bad_id": gettext_lazy("An id is a text or whole number of at most 120 characters, without control characters."),
    "bad_message_id": gettext_lazy("The messageId is a text of at most 200 characters."),
    "bad_name": gettext_lazy("An event name has at most 200 characters and no control characters."),
    "bad_number": gettext_lazy("One of its numbers is too large."),
    "bad_phone": gettext_lazy("The phone number cannot be read."),
    "bad_properties": gettext_lazy("Properties and traits are an object: names with values."),
    "bad_time": gettext_lazy("Times are texts such as 2026-11-25T10:00:00Z."),
    "blocked": gettext_lazy("Events of this name are blocked."),
    "conflicting_ids": gettext_lazy("Its ids belong to different people. The pair waits for review."),
    "control_character": gettext_lazy("An id contains control characters."),
    "erased": gettext_lazy("The person was erased."),
    "failed": gettext_lazy("The batch could not be applied; the log of the worker says why."),
    "id_of_nobody": gettext_lazy("The id is a word such as “undefined”, which would make strangers one person."),
    "no_id": gettext_lazy("It says neither userId nor anonymousId."),
    "no_ids": gettext_lazy("It says neither userId nor anonymousId."),
    "no_name": gettext_lazy("A track call needs a name in “event”."),
    "not_an_object": gettext_lazy("It is not a JSON object."),
    "not_utf8": gettext_lazy("One of its texts is not UTF-8."),
    "shared_id": gettext_lazy("Too many people came with this id; it leads to nobody any more."),
    "too_deep": gettext_lazy("Its lists and objects lie too deep in one another."),
    "too_large": gettext_lazy("An event has at most 32 KB."),
    "too_long": gettext_lazy("An id is too long."),
    "too_many_ids": gettext_lazy("It says too many ids at once."),
    "too_many_names": gettext_lazy("The catalogue holds 10,000 event names. Put what differs into a property."),
    "too_many_properties": gettext_lazy("An event has at most 200 properties."),
    "too_old": gettext_lazy("It happened more than 24 months ago."),
    "unknown_type": gettext_lazy("Its type is none of track, identify, page, screen, group and alias."),
}

# Why a request was refused whole.
TURNED_AWAY: Mapping[str, Any] = {
    "bad_key": gettext_lazy("Its key was replaced, or this source was stopped."),
    "bad_gzip": gettext_lazy("The body says that it is gzip and cannot be unpacked."),
    "bad_json": gettext_lazy("The body is not JSON."),
    "bad_origin": gettext_lazy("It came from a page that may not use this key."),
    "no_batch": gettext_lazy("The body has no list “batch”."),
    "no_length": gettext_lazy("It did not say how long it is."),
    "too_large": gettext_lazy("A request has at most 500 KB, unpacked."),
}


# What was left out of an event that was taken all the same.
REMARKS: Mapping[str, Any] = {
    "unknown_currency": gettext_lazy("Kept without an amount: the currency is not known."),
    "bad_amount": gettext_lazy("Kept without an amount: revenue or value is no amount of its currency."),
    "some_repeated": gettext_lazy("Or repeated: some events of this batch were, and which ones is not kept."),
}
LEFT_OUT: Mapping[str, Any] = {
    "bad_email": REASONS["bad_email"],
    "bad_phone": REASONS["bad_phone"],
    "control_character": gettext_lazy("It contains control characters."),
    "of_somebody_else": gettext_lazy(
        "Somebody else has it, so it joins nobody. Two ids that prove different people wait under Duplicates."
    ),
    "shared_id": REASONS["shared_id"],
    "never_joined": gettext_lazy("previousId is another customer, and an alias never joins two customers."),
    "not_date": gettext_lazy("It is no date such as 2026-11-25."),
    "not_yes_no": gettext_lazy("It is neither yes nor no."),
    "not_number": gettext_lazy("It is no number."),
    "not_choice": gettext_lazy("It is none of the choices of the field."),
    "too_long": gettext_lazy("It has more than 200 characters."),
    "too_many_ids": gettext_lazy("The person has 500 ids already."),
}


def sent_name(event: EventName) -> str:
    return str(SENT.get(event.key, event.name))


def arrival(one: Arrival) -> tuple[str, str, str, str, str]:
    """Tone and word of what became of it, what it was, by which ids, and why it was refused or not kept whole."""
    tone, word = OUTCOMES[one.outcome]
    kind = str(TYPES.get(one.type, one.type or _("Unknown")))
    what = one.name if one.type == "track" and one.name else f"{kind} · {one.name}" if one.name else kind
    why = str(REASONS.get(one.reason, one.reason)) if one.reason else _remarks(one)
    ids = ", ".join(str(IDS.get(each, each)) for each in dict.fromkeys(one.ids))
    return tone, str(word), what, ids, f"{why} ({one.detail})" if one.detail else why


def _remarks(one: Arrival) -> str:
    """What did not count of an event that was taken."""
    said = [str(REMARKS[one.remark])] if one.remark in REMARKS else []
    for reason, place in one.left_out:
        named = str(IDS.get(place, place.removeprefix("trait:")))
        why = str(LEFT_OUT.get(reason, reason))
        said.append(_("Without %(what)s: %(why)s") % {"what": named, "why": why})
    return " ".join(said)
