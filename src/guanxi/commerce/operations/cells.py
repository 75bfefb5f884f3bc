"""Reading the cells of an imported row: the value, or why the row cannot come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from guanxi.commerce import rules
from guanxi.kit import cells, money
from guanxi.people.port import ImportContext, Ready, Rejected, Row


class Unfit(ValueError):
    def __init__(self, reason: str, **detail: str | int) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Cells:
    """The cells of one row, by field key. Every method raises Unfit."""

    def __init__(self, row: Row, context: ImportContext) -> None:
        self._cells: Mapping[str, str] = row.cells
        self._context = context

    def raw(self, fields: Sequence[str]) -> tuple[str, ...]:
        return tuple([self._cells.get(field, "") for field in fields])

    def text(self, field: str, limit: int) -> str:
        value = cells.seen(self._cells.get(field, ""))
        if len(value) > limit:
            raise Unfit("too_long", field=field, limit=limit)
        if cells.has_control(value):
            raise Unfit("control_character", field=field)
        return value

    def required(self, field: str, limit: int) -> str:
        value = self.text(field, limit)
        if not value:
            raise Unfit("required", field=field)
        return value

    def instant(self, field: str) -> datetime:
        """When something happened; a day of grace for clocks and zones."""
        value = self.required(field, 60)
        try:
            found = cells.moment(value, self._context.timezone)
        except cells.BadCell as error:
            raise Unfit("not_a_date", field=field, value=value) from error
        if found > self._context.now + timedelta(days=1):
            raise Unfit("in_the_future", field=field, value=value)
        return found

    def currency(self) -> str:
        value = self.text("currency", 3).upper()
        if value and not money.known(value):
            raise Unfit("not_a_currency", value=value)
        return value or self._context.currency

    def amount(self, currency: str) -> int:
        """From the column in major units or, where that is empty, from the one in minor units."""
        major = self.text("amount", 40)
        try:
            if major:
                return rules.amount(major, currency)
            return rules.minor_units(self.required("amount_minor", 40))
        except rules.Unreadable as error:
            field, value = ("amount", major) if major else ("amount_minor", str(error))
            raise Unfit("not_an_amount", field=field, value=value, currency=currency) from error

    def quantity(self) -> int:
        value = self.text("quantity", 20)
        try:
            return rules.quantity(value) if value else 1
        except rules.Unreadable as error:
            raise Unfit("not_a_quantity", value=value) from error


def read(
    rows: Sequence[Row], context: ImportContext, understand: Callable[[int, Cells], Any]
) -> list[Ready | Rejected]:
    """One answer a row: what `understand` makes of it, or the reason that it gives."""
    return [_answer(row, context, understand) for row in rows]


def _answer(row: Row, context: ImportContext, understand: Callable[[int, Cells], Any]) -> Any:
    try:
        return understand(row.row_no, Cells(row, context))
    except Unfit as bad:
        return Rejected(row.row_no, bad.reason, bad.detail)
