"""How often the interpreter looks for rings of dead objects."""

from __future__ import annotations

import gc


def settle() -> None:
    """For a process that reads things by the hundred thousand: what it has loaded stays, and nobody looks through a
    batch again and again while it grows (which took a third of the time of a turn)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
