"""Questions about accounts, about who may be sent to, and about what became of messages."""

from guanxi.channels.queries.accounts import cap, config_of, configured, usable_accounts
from guanxi.channels.queries.governor import Errand, Forecast, Recipient, decided, forecast, refresh_statistics
from guanxi.channels.queries.links import BadLink, Link, link, read_token
from guanxi.channels.queries.tally import Queue, Tally, doubtful, open_count, queue, reasons, tally

__all__ = [
    "BadLink",
    "Errand",
    "Forecast",
    "Link",
    "Queue",
    "Recipient",
    "Tally",
    "cap",
    "config_of",
    "configured",
    "decided",
    "doubtful",
    "forecast",
    "link",
    "open_count",
    "queue",
    "read_token",
    "reasons",
    "refresh_statistics",
    "tally",
    "usable_accounts",
]
