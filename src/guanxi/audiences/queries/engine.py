"""What Ibis has no portable name for, by the names that each engine has."""

from typing import Any, Protocol

import ibis
import ibis.expr.datatypes as dt

INSTANT = dt.Timestamp(timezone="UTC")

_json_extract = ibis.udf.scalar.builtin(
    lambda document, path: None, name="json_extract", signature=((dt.string, dt.string), dt.json)
)
_json_extract_string = ibis.udf.scalar.builtin(
    lambda document, path: None, name="json_extract_string", signature=((dt.string, dt.string), dt.string)
)

# TRY turns a malformed document into NULL at no cost; a cast to JSON would parse it once more (247 against 397 ms for
# 5M rows, tried).
_json_or_null = ibis.udf.scalar.builtin(lambda value: None, name="try", signature=((dt.json,), dt.json))
_text_or_null = ibis.udf.scalar.builtin(lambda value: None, name="try", signature=((dt.string,), dt.string))

_epoch_us = ibis.udf.scalar.builtin(lambda instant: None, name="epoch_us", signature=((INSTANT,), dt.int64))
_bit_count = ibis.udf.scalar.builtin(lambda number: None, name="bit_count", signature=((dt.int64,), dt.int8))
_quantile = ibis.udf.agg.builtin(
    lambda figure, share: None, name="quantile_disc", signature=((dt.int64, dt.float64), dt.int64)
)


# Spark has a type for JSON values that Ibis does not know; between these functions it is never looked at.
_try_parse_json = ibis.udf.scalar.builtin(
    lambda document: None, name="try_parse_json", signature=((dt.string,), dt.json)
)
_try_variant_get = ibis.udf.scalar.builtin(
    lambda value, path, kind: None, name="try_variant_get", signature=((dt.json, dt.string, dt.string), dt.json)
)
_try_variant_get_text = ibis.udf.scalar.builtin(
    lambda value, path, kind: None, name="try_variant_get", signature=((dt.json, dt.string, dt.string), dt.string)
)
_to_json = ibis.udf.scalar.builtin(lambda value: None, name="to_json", signature=((dt.json,), dt.string))
_unix_micros = ibis.udf.scalar.builtin(lambda instant: None, name="unix_micros", signature=((INSTANT,), dt.int64))


class Engine(Protocol):
    dialect: str
    spells_alike: bool
    """Whether `json_of` gives every text in one spelling, so that a text is found without taking it out."""

    def json_of(self, document: Any, name: str) -> Any:
        """The JSON text of one value, a text in its quotes, so that the text "1" is not the number 1; NULL where the
        document has none or is none."""

    def text_of(self, document: Any, name: str) -> Any:
        """The same without quotes."""

    def number_of(self, raw: Any) -> Any:
        """The number that a JSON text is, or NULL."""

    def is_day(self, text: Any) -> Any:
        """Whether a text of the form YYYY-MM-DD names a day."""

    def epoch_us(self, instant: Any) -> Any:
        """Microseconds since 1970."""

    def ones(self, number: Any) -> Any | None:
        """How many bits of a whole number are set; None where the engine is not asked that."""

    def at_share(self, figure: Any, percent: int) -> Any | None:
        """The least figure that this many percent do not exceed; None where the engine is not asked that."""


class DuckDB:
    dialect = "duckdb"
    spells_alike = True

    def json_of(self, document: Any, name: str) -> Any:
        # Cast to plain text at once: DuckDB casts JSON to a number by its meaning, and then "1" and true are 1.
        return _json_or_null(_json_extract(document, _pointer(name))).cast("string")

    def text_of(self, document: Any, name: str) -> Any:
        return _text_or_null(_json_extract_string(document, _pointer(name)))

    def number_of(self, raw: Any) -> Any:
        return raw.try_cast(float)

    def is_day(self, text: Any) -> Any:
        return text.try_cast("date").notnull()

    def epoch_us(self, instant: Any) -> Any:
        return _epoch_us(instant)

    def ones(self, number: Any) -> Any | None:
        return _bit_count(number).cast("int64")

    def at_share(self, figure: Any, percent: int) -> Any | None:
        return _quantile(figure, percent / 100)


class Spark:
    dialect = "pyspark"
    spells_alike = False

    def json_of(self, document: Any, name: str) -> Any:
        return _to_json(_try_variant_get(_try_parse_json(document), ibis.literal(f"$.{name}"), ibis.literal("variant")))

    def text_of(self, document: Any, name: str) -> Any:
        return _try_variant_get_text(_try_parse_json(document), ibis.literal(f"$.{name}"), ibis.literal("string"))

    def number_of(self, raw: Any) -> Any:
        return raw.try_cast(float)

    def is_day(self, text: Any) -> Any:
        return text.try_cast("date").notnull()

    def epoch_us(self, instant: Any) -> Any:
        return _unix_micros(instant)

    def ones(self, number: Any) -> Any | None:
        return None

    def at_share(self, figure: Any, percent: int) -> Any | None:
        return None


DUCKDB: Engine = DuckDB()
SPARK: Engine = Spark()
ENGINES = {engine.dialect: engine for engine in (DUCKDB, SPARK)}


def _pointer(name: str) -> Any:
    return ibis.literal(f'$."{name}"')
