"""Questions about people: `from guanxi.people import queries as people`."""

from guanxi.people.queries.cards import (
    Card,
    KnownConsent,
    KnownIdentity,
    KnownProof,
    KnownTrait,
    card,
    cards,
    identity_key,
    timeline,
    version,
)
from guanxi.people.queries.imports import (
    REFUSALS,
    imports_at_work,
    reason_text,
    rejected_rows,
    rejects_phase,
    suggested_columns,
)
from guanxi.people.queries.lists import (
    ORDERS,
    BadCursor,
    Page,
    Wanted,
    count_people,
    level_counts,
    people_page,
    visible,
    wanted_people,
)
from guanxi.people.queries.lookups import NoAddress, address_of, addresses_of, lookup_by_identity, mirrored
from guanxi.people.queries.notes import KnownNote, notes
from guanxi.people.queries.suppressed import KnownSuppression, suppressions
from guanxi.people.queries.views import first_view, may_change, views_of
from guanxi.people.rules import NOTE_LIMIT, canonical

__all__ = [
    "NOTE_LIMIT",
    "ORDERS",
    "REFUSALS",
    "BadCursor",
    "Card",
    "KnownConsent",
    "KnownIdentity",
    "KnownNote",
    "KnownProof",
    "KnownSuppression",
    "KnownTrait",
    "NoAddress",
    "Page",
    "Wanted",
    "address_of",
    "addresses_of",
    "canonical",
    "card",
    "cards",
    "count_people",
    "first_view",
    "identity_key",
    "imports_at_work",
    "level_counts",
    "lookup_by_identity",
    "may_change",
    "mirrored",
    "notes",
    "people_page",
    "reason_text",
    "rejected_rows",
    "rejects_phase",
    "suggested_columns",
    "suppressions",
    "timeline",
    "version",
    "views_of",
    "visible",
    "wanted_people",
]
