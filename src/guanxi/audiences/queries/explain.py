"""Why somebody is in an audience or not: every clause with its value and its truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import not_
from typing import Any

from guanxi.audiences.queries.bands import band
from guanxi.audiences.queries.compile import (
    Source,
    asked_of,
    by_source,
    figures_of,
    fold,
    leaf_test,
    leaves,
    trait_source,
    with_figures,
)
from guanxi.audiences.queries.scans import Asked, Context, Tables
from guanxi.audiences.queries.sets import in_share
from guanxi.audiences.queries.yearly import day_kept
from guanxi.audiences.rules import (
    Catalogue,
    Clause,
    Level,
    Member,
    Role,
    Rule,
    Share,
    Strength,
    TraitClause,
    Yearly,
    clauses_of,
    resolved,
)

WANTED = "wanted:"


@dataclass(frozen=True, slots=True)
class Reason:
    """`path` is where in the rule; `values` what the person has there: `trait`, `day` (of what comes round every year),
    `level`, or a figure of the events (`count`, `sum` in minor units, `days`); of the first so many percent also their
    `rank`, `of` how many, and the figure of the last who is in (`edge`); whether they were `drawn` for a share; why
    they are `unreachable`. Groups have no values of their own. `failed`: the values that are not as the clause wants.
    """

    path: str
    holds: bool
    values: Mapping[str, object]
    failed: tuple[str, ...] = ()


class NotMirrored(LookupError):
    """The people mirror does not hold this person."""


def explain(rule: Rule, tables: Tables, person: int, *, now: datetime, zone: str, catalogue: Catalogue) -> list[Reason]:
    """Every clause in the order of reading; the first says whether the person is in. Asks the engine once."""
    context = Context(tables, now, zone, catalogue, person)
    rule = resolved(rule, catalogue)
    asked = asked_of(rule.where)
    row = _row(rule, asked, context)
    found = {path: _reason(path, row) for path, _ in leaves("where", rule.where)}
    return [
        found.get(path) or Reason(path, fold(path, clause, lambda under, _: found[under].holds, not_), {})
        for path, _, clause in clauses_of(rule)
    ]


def _row(rule: Rule, asked: Mapping[str, Source], context: Context) -> dict[str, Any]:
    people = context.tables.people
    table = people.filter(people.person == context.person)
    for asking in by_source(asked).values():
        table = with_figures(table, figures_of(asking, context))
    columns = {}
    for path, leaf in leaves("where", rule.where):
        columns[f"holds {path}"] = leaf_test(path, leaf, table, asked, context).fill_null(False)
        columns |= {f"{name} {path}": value for name, value in _values(path, leaf, table, asked, context).items()}
        if isinstance(one := asked.get(path), Asked):
            wanted = one.wanted(table, context)
            columns |= {f"{WANTED}{name} {path}": truth.fill_null(False) for name, truth in wanted.items()}
    rows: list[dict[str, Any]] = table.select(**columns).to_pyarrow().to_pylist()
    if not rows:
        raise NotMirrored(context.person)
    return rows[0]


def _values(path: str, leaf: Clause, table: Any, asked: Mapping[str, Source], context: Context) -> dict[str, Any]:
    match leaf:
        case TraitClause():
            return {"trait": trait_source(leaf, table, context).value()}
        case Yearly():
            return {"day": day_kept(leaf, table, context)}
        case Level():
            return {"level": table.level}
        case Role():
            return {"role": table.role}
        case Member():
            return {"member": table.member}
        case Strength(of=()):
            return {"strength": band(table, context.now)}
        case Share():
            return {"drawn": in_share(leaf, table.person)}
        case _:
            return asked[path].values(table)


def _reason(path: str, row: Mapping[str, Any]) -> Reason:
    values = {name.partition(" ")[0]: value for name, value in row.items() if name.endswith(f" {path}")}
    holds = bool(values.pop("holds"))
    wanted = {name: values.pop(name) for name in list(values) if name.startswith(WANTED)}
    failed = tuple(name.removeprefix(WANTED) for name, kept in wanted.items() if not kept)
    return Reason(path, holds, values, failed)
