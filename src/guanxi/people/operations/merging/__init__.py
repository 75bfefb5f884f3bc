"""Two people become one, and part again exactly."""

from guanxi.people.operations.merging.deciding import decide_pair
from guanxi.people.operations.merging.merging import MergeRefused, ToMerge, merge_many, merge_people
from guanxi.people.operations.merging.searching import SearchRefused, search_duplicates, search_lane
from guanxi.people.operations.merging.undoing import undo_merge

__all__ = [
    "MergeRefused",
    "SearchRefused",
    "ToMerge",
    "decide_pair",
    "merge_many",
    "merge_people",
    "search_duplicates",
    "search_lane",
    "undo_merge",
]
