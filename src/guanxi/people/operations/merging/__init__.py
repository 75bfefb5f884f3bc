"""Two people become one, and part again exactly."""

from guanxi.people.operations.merging.deciding import decide_pair
from guanxi.people.operations.merging.merging import MergeRefused, ToMerge, merge_many, merge_people
from guanxi.people.operations.merging.undoing import undo_merge

__all__ = ["MergeRefused", "ToMerge", "decide_pair", "merge_many", "merge_people", "undo_merge"]
