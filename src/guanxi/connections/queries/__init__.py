"""Questions about ties: `from guanxi.connections import queries as connections`."""

from guanxi.connections.queries.closest import closest
from guanxi.connections.queries.fitting import strength_fit, with_edges
from guanxi.connections.queries.handovers import (
    HANDOVER_WORKING,
    friends_changing_hands,
    in_time,
    leavers_of_changes,
    may_resume,
    may_return,
    waits_to_return,
)
from guanxi.connections.queries.lists import (
    FriendsWanted,
    friends_page,
    friends_to_give,
    groups_page,
    groups_to_give,
    handovers_of,
    held_friends,
    members_page,
    seen_people,
    staff_for,
    visible_friendships,
    visible_groups,
    would_go,
)
from guanxi.connections.queries.mirror import every_tie, mirrored, tie_keys, ties_of
from guanxi.connections.queries.of_person import Brought, Friend, Held, Place, Ties, ties
from guanxi.connections.queries.own import friends_of
from guanxi.connections.queries.platforms import platforms_of
from guanxi.connections.queries.preview import BANDS, Preview, Settings
from guanxi.connections.queries.preview import preview as strength_preview
from guanxi.connections.queries.preview import settings as strength_settings
from guanxi.connections.queries.strength import Because, Close, Closeness, bands_of, closeness
from guanxi.connections.queries.strength import rules as strength_rules
from guanxi.connections.queries.waiting import Waiting, added_and_unknown, waiting_page
from guanxi.connections.rules.fitting import Fit, NoFit, Worth
from guanxi.connections.rules.strength import Rules as StrengthValues
from guanxi.connections.rules.strength import flaws as strength_flaws
from guanxi.connections.rules.strength import of_values as strength_of

__all__ = [
    "BANDS",
    "HANDOVER_WORKING",
    "Because",
    "Brought",
    "Close",
    "Closeness",
    "Fit",
    "Friend",
    "FriendsWanted",
    "Held",
    "NoFit",
    "Place",
    "Preview",
    "Settings",
    "StrengthValues",
    "Ties",
    "Waiting",
    "Worth",
    "added_and_unknown",
    "bands_of",
    "closeness",
    "closest",
    "every_tie",
    "friends_changing_hands",
    "friends_of",
    "friends_page",
    "friends_to_give",
    "groups_page",
    "groups_to_give",
    "handovers_of",
    "held_friends",
    "in_time",
    "leavers_of_changes",
    "may_resume",
    "may_return",
    "members_page",
    "mirrored",
    "platforms_of",
    "seen_people",
    "staff_for",
    "strength_fit",
    "strength_flaws",
    "strength_of",
    "strength_preview",
    "strength_rules",
    "strength_settings",
    "tie_keys",
    "ties",
    "ties_of",
    "visible_friendships",
    "visible_groups",
    "waiting_page",
    "waits_to_return",
    "with_edges",
    "would_go",
]
