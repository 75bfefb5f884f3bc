"""When tags become one, the rules that gave the one give the other."""

from guanxi.audiences.operations.tagging import follow_merged_tags
from guanxi.events import registry as events

events.subscribe("tags.merged", follow_merged_tags)
