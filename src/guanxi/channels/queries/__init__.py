"""Questions about accounts, about who may be sent to, and about what became of messages."""

from guanxi.channels.queries.accounts import (
    abilities,
    cap,
    check,
    config_of,
    configured,
    limits_of,
    sender_imprint,
    signing_keys,
    usable_accounts,
)
from guanxi.channels.queries.governor import Errand, Forecast, Recipient, decided, forecast, refresh_statistics
from guanxi.channels.queries.links import (
    BY_HAND,
    IN_MESSAGES,
    BadLink,
    Link,
    PreferencesLink,
    link,
    preferences_link,
    read_preferences,
    read_token,
)
from guanxi.channels.queries.returns import message_of, return_token
from guanxi.channels.queries.tally import Queue, Tally, doubtful, open_count, queue, reasons, tally

__all__ = [
    "BY_HAND",
    "IN_MESSAGES",
    "BadLink",
    "Errand",
    "Forecast",
    "Link",
    "PreferencesLink",
    "Queue",
    "Recipient",
    "Tally",
    "abilities",
    "cap",
    "check",
    "config_of",
    "configured",
    "decided",
    "doubtful",
    "forecast",
    "limits_of",
    "link",
    "message_of",
    "open_count",
    "preferences_link",
    "queue",
    "read_preferences",
    "read_token",
    "reasons",
    "refresh_statistics",
    "return_token",
    "sender_imprint",
    "signing_keys",
    "tally",
    "usable_accounts",
]
