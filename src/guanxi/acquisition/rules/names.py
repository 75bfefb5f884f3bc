"""Names that sites give, as the lake and the rules of audiences write them: `Product Viewed` → `product_viewed`."""

import hashlib
import re
import unicodedata
from functools import lru_cache

LONGEST = 50
TRACK = "track."
VISITS = {"page": "visit.page", "screen": "visit.screen", "group": "visit.group"}
IDENTIFY, ALIAS = "identify", "alias"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=50_000)
def word(name: str) -> str:
    """Lower case with underscores; what is lost of other scripts, or too long, is told apart by a hash at the end."""
    text = unicodedata.normalize("NFKC", name)
    plain = _OTHER.sub("_", _CAMEL.sub("_", text).lower()).strip("_")
    if plain and plain[0].isdigit():
        plain = "n_" + plain
    if plain and len(plain) <= LONGEST and text.isascii():
        return plain
    mark = hashlib.blake2b(name.encode(errors="replace"), digest_size=4).hexdigest()
    return f"{plain[: LONGEST - 9] or 'x'}_{mark}"


@lru_cache(maxsize=20_000)
def track_key(name: str) -> str:
    return TRACK + word(name)
