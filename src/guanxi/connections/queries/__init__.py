"""Questions about ties: `from guanxi.connections import queries as connections`."""

from guanxi.connections.queries.ties import every_tie, mirrored, tie_keys, ties_of

__all__ = ["every_tie", "mirrored", "tie_keys", "ties_of"]
