"""What was learned: `from guanxi.insight import queries as insight`."""

from guanxi.insight.queries.ladder import (
    WINDOWS,
    Conversion,
    Flow,
    Ladder,
    LadderWanted,
    TimeOn,
    ladder,
)

__all__ = ["WINDOWS", "Conversion", "Flow", "Ladder", "LadderWanted", "TimeOn", "ladder"]
