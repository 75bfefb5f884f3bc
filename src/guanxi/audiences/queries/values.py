"""A typed value of a JSON document or a column, and the tests on it, as Ibis expressions.

Nothing here ever fails on bad data: a value of another type counts as no value.
"""

import json
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import ibis

from guanxi.audiences.queries.engine import Engine
from guanxi.audiences.rules import Kind, Test, operands

FEW = 4
ISO_DAY = r'^"\d{4}-\d{2}-\d{2}"$'


@dataclass(frozen=True, slots=True)
class InColumn:
    """A typed column: text, or whole numbers for amounts."""

    column: Any

    def value(self) -> Any:
        return self.column

    def one_of(self, values: list[Any]) -> Any:
        return self.column.isin(values) if len(values) > 1 else self.column == values[0]


@dataclass(frozen=True, slots=True)
class InJson:
    document: Any
    name: str
    kind: Kind
    engine: Engine

    def value(self) -> Any:
        raw = self.engine.json_of(self.document, self.name)
        match self.kind:
            case "text":
                return raw.startswith('"').ifelse(self.engine.text_of(self.document, self.name), ibis.null(str))
            case "number":
                return self.engine.number_of(raw)
            case "flag":
                return ibis.cases((raw == "true", True), (raw == "false", False))
            case "date":
                text = self.engine.text_of(self.document, self.name)
                return (raw.re_search(ISO_DAY) & self.engine.is_day(text)).ifelse(text, ibis.null(str))

    def one_of(self, values: list[Any]) -> Any:
        if self.kind == "number":
            return InColumn(self.value()).one_of([float(value) for value in values])
        if not self.engine.spells_alike:
            return InColumn(self.value()).one_of(values)
        # A rule holds no control characters, so a text has one spelling in JSON and needs no unquoting.
        spelled = [json.dumps(value, ensure_ascii=False) for value in values]
        found = InColumn(self.engine.json_of(self.document, self.name)).one_of(spelled)
        if self.kind != "text" or len(spelled) > FEW:
            return found
        # To look for the text costs half of reading the JSON (tried); behind a backslash it may be spelled otherwise.
        return reduce(or_, [self.document.contains(one) for one in [*spelled, "\\"]]) & found


def test_of(test: Test, source: InColumn | InJson) -> Any:
    """True, false, or NULL which stands for false."""
    values = list(operands(test))
    match test.op:
        case "is" | "in":
            return source.one_of(values)
        case "is_not" | "not_in":
            return opposite(source.one_of(values))
        case "is_set":
            return source.value().notnull()
        case "is_not_set":
            return source.value().isnull()
        case "contains":
            return source.value().contains(values[0])
        case "gt":
            return source.value() > values[0]
        case "gte":
            return source.value() >= values[0]
        case "lt":
            return source.value() < values[0]
        case "lte":
            return source.value() <= values[0]
        case "between":
            return source.value().between(*values)


def opposite(condition: Any) -> Any:
    return ~condition.fill_null(False)
