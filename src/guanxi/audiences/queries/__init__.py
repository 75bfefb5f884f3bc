"""Who is in an audience. The names of the rule language are here too, because other rooms enter by this door."""

from guanxi.audiences.queries.catalogue import any_in_money, catalogue
from guanxi.audiences.queries.compile import compile_rule
from guanxi.audiences.queries.evidence import Evidence, TieRow, Why, why_with_rows
from guanxi.audiences.queries.explain import NotMirrored, Reason, explain
from guanxi.audiences.queries.looking import Look, look
from guanxi.audiences.queries.members import count, events_asked, members, naming, naming_each, samples, settled, why
from guanxi.audiences.queries.membership import (
    audiences_of,
    day_of,
    due,
    listed,
    members_of,
    members_seen,
    people_rule,
    sizes,
    today,
)
from guanxi.audiences.queries.observed import observed_events, observed_properties, observed_traits
from guanxi.audiences.queries.overlap import MOST_COMPARED, Overlap, overlap
from guanxi.audiences.queries.scans import Tables
from guanxi.audiences.queries.statements import people_of
from guanxi.audiences.queries.tagging import given_by, tag_rules
from guanxi.audiences.rules import (
    LEVELS,
    TYPES,
    Catalogue,
    Event,
    Kind,
    Named,
    Part,
    Property,
    Rule,
    RuleError,
    Trait,
    describe,
    parse_rule,
    window_bounds,
)

__all__ = [
    "LEVELS",
    "MOST_COMPARED",
    "TYPES",
    "Catalogue",
    "Event",
    "Evidence",
    "Kind",
    "Look",
    "Named",
    "NotMirrored",
    "Overlap",
    "Part",
    "Property",
    "Reason",
    "Rule",
    "RuleError",
    "Tables",
    "TieRow",
    "Trait",
    "Why",
    "any_in_money",
    "audiences_of",
    "catalogue",
    "compile_rule",
    "count",
    "day_of",
    "describe",
    "due",
    "events_asked",
    "explain",
    "given_by",
    "listed",
    "look",
    "members",
    "members_of",
    "members_seen",
    "naming",
    "naming_each",
    "observed_events",
    "observed_properties",
    "observed_traits",
    "overlap",
    "parse_rule",
    "people_of",
    "people_rule",
    "samples",
    "settled",
    "sizes",
    "tag_rules",
    "today",
    "why",
    "why_with_rows",
    "window_bounds",
]
