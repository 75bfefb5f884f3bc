"""Connections says what follows a person in a merge."""

from guanxi.connections import models
from guanxi.people.registry import Moves, Stays, in_a_merge

READ_THROUGH = "read through merged_into"
in_a_merge(
    Moves(models.Friendship, one=("staff", "account")),
    Moves(models.Follow, one=("account",)),
    Moves(models.GroupMembership, one=("group",)),
    Stays(models.GroupMembership, "invited_by_person", READ_THROUGH),
    Stays(models.ReferralEdge, "bringer", READ_THROUGH),
    Stays(models.ReferralEdge, "brought", READ_THROUGH),
)
