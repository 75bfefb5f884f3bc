from guanxi.acquisition.rules.keys import BadOrigin, key_hash, new_key, origin_of, shown_start
from guanxi.acquisition.rules.limits import BODY_BYTES, EVENT_BYTES, KEPT_FOR, OLD_KEY_FOR
from guanxi.acquisition.rules.wire import BATCH, Event, Unusable, events_in, ids_of, message_hash, read, trait_text

__all__ = [
    "BATCH",
    "BODY_BYTES",
    "EVENT_BYTES",
    "KEPT_FOR",
    "OLD_KEY_FOR",
    "BadOrigin",
    "Event",
    "Unusable",
    "events_in",
    "ids_of",
    "key_hash",
    "message_hash",
    "new_key",
    "origin_of",
    "read",
    "shown_start",
    "trait_text",
]
