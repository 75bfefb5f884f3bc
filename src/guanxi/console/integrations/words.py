"""Events, states and refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.integrations.models import Delivery, DeliveryState, Endpoint, EndpointState

EVENTS: Mapping[str, Any] = {
    "level.reached": gettext_lazy("A person reached a level"),
    "level.lost": gettext_lazy("A person lost a level"),
    "person.created": gettext_lazy("Somebody new came with an id"),
    "identity.linked": gettext_lazy("A person got another id"),
    "person.merged": gettext_lazy("Two people became one"),
    "person.unmerged": gettext_lazy("A merge was undone"),
    "import.finished": gettext_lazy("An import ended or was taken back"),
    "consent.given": gettext_lazy("A person agreed to messages"),
    "consent.withdrawn": gettext_lazy("A person said no to messages"),
    "message.accepted": gettext_lazy("A message was accepted by the receiving server"),
    "message.bounced": gettext_lazy("A message came back"),
    "message.opened": gettext_lazy("A message was opened (an estimate)"),
    "message.unsubscribed": gettext_lazy("A person unsubscribed by a message"),
    "message.complained": gettext_lazy("A message was reported as spam"),
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
