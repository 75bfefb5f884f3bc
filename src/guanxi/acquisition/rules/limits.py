"""How much fits. 32 KB an event and 500 KB a request are those of Segment, which its packages know."""

from datetime import timedelta

EVENT_BYTES = 32 * 1024
BODY_BYTES = 500 * 1024
KEPT_FOR = timedelta(days=30)
OLD_KEY_FOR = timedelta(hours=24)
EVENT_NAMES = 10_000
EVENT_PROPERTIES = 200
ID_LENGTH = 120
NAME_LENGTH = 200
OLDEST = timedelta(days=730)
AHEAD = timedelta(minutes=10)
# What may wait to be applied, in requests and in bytes of JSON: beyond it, senders are told to come again later.
WAITING_OF_A_SOURCE = 20_000
WAITING_IN_ALL = 60_000
WAITING_BYTES = 4 * 1024**3
LEAST_FREE_BYTES = 512 * 1024**2
REASONS_KEPT = 1_000
SEEN_FOR = timedelta(days=7)
SEEN_AT_MOST = 10_000_000
