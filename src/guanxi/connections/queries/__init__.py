"""Questions about ties: `from guanxi.connections import queries as connections`."""

from guanxi.connections.queries.strength import Because, Close, Closeness, closeness
from guanxi.connections.queries.strength import rules as strength_rules
from guanxi.connections.queries.ties import every_tie, mirrored, tie_keys, ties_of

__all__ = [
    "Because",
    "Close",
    "Closeness",
    "closeness",
    "every_tie",
    "mirrored",
    "strength_rules",
    "tie_keys",
    "ties_of",
]
