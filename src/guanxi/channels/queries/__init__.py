"""Questions about accounts, about who may be sent to, and about what became of messages."""

from guanxi.channels.queries.accounts import (
    abilities,
    cap,
    check,
    collects,
    config_of,
    configured,
    limits_of,
    notices,
    reading,
    sender_imprint,
    signing_keys,
    usable_accounts,
)
from guanxi.channels.queries.governor import Errand, Forecast, Recipient, decided, forecast, refresh_statistics
from guanxi.channels.queries.links import BadLink, Link, link, read_token
from guanxi.channels.queries.returns import message_of, return_token
from guanxi.channels.queries.tally import Queue, Tally, doubtful, open_count, queue, reasons, tally

__all__ = [
    "BadLink",
    "Errand",
    "Forecast",
    "Link",
    "Queue",
    "Recipient",
    "Tally",
    "abilities",
    "cap",
    "check",
    "collects",
    "config_of",
    "configured",
    "decided",
    "doubtful",
    "forecast",
    "limits_of",
    "link",
    "message_of",
    "notices",
    "open_count",
    "queue",
    "read_token",
    "reading",
    "reasons",
    "refresh_statistics",
    "return_token",
    "sender_imprint",
    "signing_keys",
    "tally",
    "usable_accounts",
]
