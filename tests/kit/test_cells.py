from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from guanxi.kit import cells

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026/11/21", "2026年11月21日", "20261121", "21.11.2026", "2026-11-21 08:00"]
)
def test_one_day_in_the_ways_that_files_write_it(text: str) -> None:
    assert cells.day(text) == date(2026, 11, 21)


@pytest.mark.parametrize(
    "text", ["", "0001-01-01", "1899-12-31", "2200-01-01", "2026-02-30", "11/21/2026", "yesterday"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(cells.BadCell):
        cells.day(text)


def test_a_time_without_an_offset_is_the_workspaces() -> None:
    assert cells.moment("2026-11-21 08:30", SHANGHAI) == datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    assert cells.moment("2026-11-21T08:30:00Z", SHANGHAI) == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
