from guanxi.events.changes import drop_changes
from guanxi.events.operations.announcing import announce, announce_many, drop_kept, keep, retract, tell, touch
from guanxi.events.operations.forgetting import forget, forget_in_batches, forgotten
from guanxi.events.operations.rebuilding import Busy, rebuild
from guanxi.events.operations.rewinding import rewind
from guanxi.events.operations.tidying import tidy_lake
from guanxi.events.operations.writing import rows_of, write_lake
from guanxi.events.rules import Happened

__all__ = [
    "Busy",
    "Happened",
    "announce",
    "announce_many",
    "drop_changes",
    "drop_kept",
    "forget",
    "forget_in_batches",
    "forgotten",
    "keep",
    "rebuild",
    "retract",
    "rewind",
    "rows_of",
    "tell",
    "tidy_lake",
    "touch",
    "write_lake",
]
