"""What comes with ids, and what is answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

NOT_SEEN = -math.inf


@dataclass(slots=True)
class Call:
    """Ids as (kind, value) or (kind, value, within), what was said of the person, and when.

    `traits`: text by the key of a declared field; `name` fills a name that is not known. With a merge or a doubt that
    it brings about is kept: `event`, its id; `sender`, the public id of who sent it; `said`, what it is called there.
    """

    ids: Sequence[tuple[str, ...]]
    at: datetime
    traits: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    event: str = ""
    sender: str = ""
    said: str = ""


@dataclass(slots=True)
class Answer:
    """`person` is None when the call was refused, and `reason` says why: no_ids, too_many_ids, unknown_kind, empty,
    too_long, control_character, place_missing, place_unknown, bad_email, bad_phone, bad_plate, conflicting_ids,
    shared_id or erased. `left_out`: (kind or trait, reason) of what was not used though the call was. `seen`: when the
    person was last seen before, as seconds, where that was found on the way."""

    person: int | None
    reason: str = ""
    left_out: tuple[tuple[str, str], ...] = ()
    seen: float = NOT_SEEN
