"""Tags: `from guanxi.people import operations as people`."""

from guanxi.people.operations.tagging.expiring import tag_lane
from guanxi.people.operations.tagging.hearing import TagsAgreed, TagsHeard, hear_tags
from guanxi.people.operations.tagging.naming import (
    change_tag,
    change_tag_group,
    create_tag_group,
    create_tags,
    merge_tags,
    own_tag,
    remove_tag,
    remove_tag_group,
    role_tag,
    set_role,
)
from guanxi.people.operations.tagging.putting import Put, Tagged, TagRefused, let_rules, tag_people

__all__ = [
    "Put",
    "TagRefused",
    "Tagged",
    "TagsAgreed",
    "TagsHeard",
    "change_tag",
    "change_tag_group",
    "create_tag_group",
    "create_tags",
    "hear_tags",
    "let_rules",
    "merge_tags",
    "own_tag",
    "remove_tag",
    "remove_tag_group",
    "role_tag",
    "set_role",
    "tag_lane",
    "tag_people",
]
