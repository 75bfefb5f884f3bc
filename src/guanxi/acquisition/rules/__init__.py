from guanxi.acquisition.rules.hearing import REPEATED, Form, Heard, Refusal, Who
from guanxi.acquisition.rules.keys import BadOrigin, key_hash, key_in, new_key, origin_of, shown_start
from guanxi.acquisition.rules.limits import BODY_BYTES, EVENT_BYTES, EVENT_NAMES, KEPT_FOR, OLD_KEY_FOR, REASONS_KEPT
from guanxi.acquisition.rules.money import Amount
from guanxi.acquisition.rules.wire import BATCH, Unusable, ids_of, mended, read, told, trait_text, unpacked

__all__ = [
    "BATCH",
    "BODY_BYTES",
    "EVENT_BYTES",
    "EVENT_NAMES",
    "KEPT_FOR",
    "OLD_KEY_FOR",
    "REASONS_KEPT",
    "REPEATED",
    "Amount",
    "BadOrigin",
    "Form",
    "Heard",
    "Refusal",
    "Unusable",
    "Who",
    "ids_of",
    "key_hash",
    "key_in",
    "mended",
    "new_key",
    "origin_of",
    "read",
    "shown_start",
    "told",
    "trait_text",
    "unpacked",
]
