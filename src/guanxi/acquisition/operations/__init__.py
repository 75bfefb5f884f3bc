from guanxi.acquisition.operations.applying import apply_waiting, forget, lane
from guanxi.acquisition.operations.cataloguing import block_event
from guanxi.acquisition.operations.sources import (
    MadeSource,
    SourceRefused,
    edit_source,
    make_source,
    rotate_key,
    stop_source,
)
from guanxi.acquisition.operations.taking import NoRoom, NotTaken, take

__all__ = [
    "MadeSource",
    "NoRoom",
    "NotTaken",
    "SourceRefused",
    "apply_waiting",
    "block_event",
    "edit_source",
    "forget",
    "lane",
    "make_source",
    "rotate_key",
    "stop_source",
    "take",
]
