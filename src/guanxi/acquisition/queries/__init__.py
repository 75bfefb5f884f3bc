"""Questions about sources and what they sent."""

from guanxi.acquisition.queries.arrivals import Arrival, arrivals, arrivals_page, turned_away
from guanxi.acquisition.queries.batches import CODEC, GZIP, PLAIN, ZSTD, batches_of, opened, place, sent_of
from guanxi.acquisition.queries.catalogue import (
    MONEY,
    Counted,
    audience_events,
    called,
    counted,
    event_names,
    is_event,
    properties,
)
from guanxi.acquisition.queries.sources import KnownKey, source_of_key, source_of_spent_key, sources
from guanxi.acquisition.queries.waiting import Full, Waiting, waiting
from guanxi.acquisition.queries.web import WEB_SCRIPT, web_integrity, web_script, web_snippet
from guanxi.acquisition.rules import BODY_BYTES, EVENT_BYTES, EVENT_NAMES, KEPT_FOR, OLD_KEY_FOR, key_in, mended
from guanxi.acquisition.rules.names import TRACK, VISITS

__all__ = [
    "BODY_BYTES",
    "CODEC",
    "EVENT_BYTES",
    "EVENT_NAMES",
    "GZIP",
    "KEPT_FOR",
    "MONEY",
    "OLD_KEY_FOR",
    "PLAIN",
    "TRACK",
    "VISITS",
    "WEB_SCRIPT",
    "ZSTD",
    "Arrival",
    "Counted",
    "Full",
    "KnownKey",
    "Waiting",
    "arrivals",
    "arrivals_page",
    "audience_events",
    "batches_of",
    "called",
    "counted",
    "event_names",
    "is_event",
    "key_in",
    "mended",
    "opened",
    "place",
    "properties",
    "sent_of",
    "source_of_key",
    "source_of_spent_key",
    "sources",
    "turned_away",
    "waiting",
    "web_integrity",
    "web_script",
    "web_snippet",
]
