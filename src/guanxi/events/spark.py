"""The lake on an Apache Spark cluster: the same files, the same expressions, more machines.

Needs the packages of the extra `spark`, Java on this machine, and a folder of the lake that every machine sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import count
from typing import Any

import ibis
import pyarrow as pa

from guanxi.events.lake import EVENTS, INSTANT, MIRRORS, files, place
from guanxi.kit import scope

TYPES: dict[Any, str] = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BINARY",
    INSTANT: "TIMESTAMP",
}
SETTINGS = {
    "spark.app.name": "guanxi",
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_numbers = count()


@cache
def session(master: str) -> Any:
    """One for the process."""
    assert ibis.pyspark  # to ask for it sets the options that its compiler reads
    builder = import_module("pyspark.sql").SparkSession.builder.master(master)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    # Audiences are small beside what the default of 200 is meant for.
    spark.conf.set("spark.sql.shuffle.partitions", max(4, 2 * spark.sparkContext.defaultParallelism))
    return spark


def run(spark: Any, expression: Any) -> pa.Table:
    compiler = import_module("ibis.backends.sql.compilers.pyspark").compiler
    return spark.sql(compiler.to_sqlglot(expression).sql(dialect="spark")).toArrow()


def ddl(schema: pa.Schema) -> str:
    return ", ".join(f"`{field.name}` {TYPES[field.type]}" for field in schema)


@contextmanager
def views(spark: Any) -> Iterator[tuple[Callable[[str], Any], Callable[[str, pa.Table], Any]]]:
    """A table of the current workspace by its name, and one that is lent, as temporary views under a number of their
    own."""
    number, made = next(_numbers), list[str]()

    def view(name: str) -> Any:
        schema = EVENTS if name == "events" else MIRRORS[name]
        paths, named = files(scope.current(), name), f"{name}_{number}"
        reader = spark.read.schema(ddl(schema)).option("basePath", place(scope.current(), name))
        frame = reader.parquet(*paths) if paths else spark.createDataFrame([], ddl(schema))
        frame.createOrReplaceTempView(named)
        made.append(named)
        return ibis.table(schema=ibis.Schema.from_pyarrow(schema), name=named)

    def lend(name: str, table: pa.Table) -> Any:
        named = f"{name}_{number}"
        spark.createDataFrame(table).createOrReplaceTempView(named)
        made.append(named)
        return ibis.table(schema=ibis.Schema.from_pyarrow(table.schema), name=named)

    try:
        yield view, lend
    finally:
        for named in made:
            spark.catalog.dropTempView(named)
