from guanxi.acquisition.operations.applying import apply_waiting, forget, lane
from guanxi.acquisition.operations.cataloguing import EventAsked, block_event, forget_event, forget_events
from guanxi.acquisition.operations.sources import (
    MadeSource,
    SourceRefused,
    edit_source,
    make_source,
    rotate_key,
    stop_source,
)
from guanxi.acquisition.operations.taking import NoRoom, NotTaken, take
from guanxi.acquisition.operations.turning_away import note_turned_away

__all__ = [
    "EventAsked",
    "MadeSource",
    "NoRoom",
    "NotTaken",
    "SourceRefused",
    "apply_waiting",
    "block_event",
    "edit_source",
    "forget",
    "forget_event",
    "forget_events",
    "lane",
    "make_source",
    "note_turned_away",
    "rotate_key",
    "stop_source",
    "take",
]
