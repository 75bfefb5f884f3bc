from guanxi.acquisition.operations.sources import (
    MadeSource,
    SourceRefused,
    edit_source,
    make_source,
    rotate_key,
    stop_source,
)
from guanxi.acquisition.operations.taking import NotTaken, take

__all__ = [
    "MadeSource",
    "NotTaken",
    "SourceRefused",
    "edit_source",
    "make_source",
    "rotate_key",
    "stop_source",
    "take",
]
