"""From a rule to one Ibis expression over the lake."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import and_, not_, or_
from typing import Any

from guanxi.audiences.queries.bands import band
from guanxi.audiences.queries.lived import lived, present
from guanxi.audiences.queries.scans import Asked, Context, Tables, happened, scan
from guanxi.audiences.queries.sets import Found, in_share
from guanxi.audiences.queries.values import InColumn, InJson, opposite, test_of
from guanxi.audiences.queries.yearly import falls
from guanxi.audiences.rules import (
    Agreed,
    All,
    Catalogue,
    Clause,
    Did,
    DidNot,
    InAudience,
    Inlined,
    Level,
    Member,
    Not,
    Reachable,
    Role,
    Rule,
    Share,
    Strength,
    Tagged,
    Then,
    Tie,
    Top,
    TraitClause,
    Yearly,
    children,
    name_of,
    resolved,
)
from guanxi.audiences.rules import Any as AnyOf

Source = Asked | Found


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One of the conditions that must all hold, with the keys of the sources that it asks."""

    path: str
    clause: Clause
    sources: frozenset[str]
    asks_person: bool

    @property
    def mixed(self) -> bool:
        return len(self.sources) + self.asks_person > 1


def compile_rule(rule: Rule, tables: Tables, *, now: datetime, zone: str, catalogue: Catalogue) -> Any:
    """A table with the one column `person`: everybody of `tables.people` who fits the rule at `now`.

    Each outermost condition goes the cheapest way: one that asks the person only is a filter; one that asks events of
    one name only is a semi or anti join; for any other, the figures of its events are joined to the people. What costs
    least comes first: figures are made only of those who are left by then.
    """
    context = Context(tables, now, zone, catalogue)
    where = resolved(rule, catalogue).where
    asked = asked_of(where)
    conjuncts = _conjuncts("where", where, asked)
    late = {source for one in conjuncts if one.mixed for source in one.sources}
    people = _filtered(tables.people, [one for one in conjuncts if not one.sources], asked, context)
    sources = sorted(by_source(asked).items(), key=lambda one: _reads_events(one[1]))
    for source, asking in sources:
        if source not in late:
            own = [one for one in conjuncts if source in one.sources]
            few = not late and people is not tables.people
            people = _matched(people, asking, own, asked, context, few=few)
    for source, asking in sources:
        if source in late:
            people = with_figures(people, figures_of(asking, context))
    people = _filtered(people, [one for one in conjuncts if one.sources & late], asked, context)
    return people.select("person")


def _reads_events(asking: Sequence[Source]) -> bool:
    return not isinstance(asking[0], Found) or isinstance(asking[0].clause, Then | Top)


def _conjuncts(path: str, clause: Clause, asked: Mapping[str, Source]) -> list[Conjunct]:
    if isinstance(clause, All | Inlined):
        return [one for under, each in children(path, clause) for one in _conjuncts(under, each, asked)]
    inner = [under for under, _ in leaves(path, clause)]
    sources = frozenset(asked[under].source for under in inner if under in asked)
    return [Conjunct(path, clause, sources, any(under not in asked for under in inner))]


def leaves(path: str, clause: Clause) -> list[tuple[str, Clause]]:
    """The clauses that hold no others, in the order of reading."""
    inner = children(path, clause)
    return [leaf for under, each in inner for leaf in leaves(under, each)] if inner else [(path, clause)]


def asked_of(clause: Clause) -> dict[str, Source]:
    """The clauses that ask more than the row of a person, by path."""
    found: dict[str, Source] = {}
    for number, (path, leaf) in enumerate(leaves("where", clause)):
        match leaf:
            case Did() | DidNot():
                found[path] = Asked(number, path, leaf)
            case Strength() if leaf.of:
                found[path] = Found(number, path, leaf)
            case Then() | Top() | Tagged() | Tie() | Agreed() | Reachable() | InAudience():
                found[path] = Found(number, path, leaf)
    return found


def by_source(asked: Mapping[str, Source]) -> dict[str, list[Source]]:
    """The clauses that share a scan, by the key of their event; any other stands alone."""
    found: dict[str, list[Source]] = {}
    for one in asked.values():
        found.setdefault(one.source, []).append(one)
    return found


def figures_of(asking: Sequence[Source], context: Context) -> Any:
    """One row a person, with what the clauses want to know."""
    first = asking[0]
    if isinstance(first, Found):
        return first.table(context)
    counted = [one for one in asking if isinstance(one, Asked)]
    figures = lived(counted, context)
    return scan(counted, context) if figures is None else figures


def with_figures(people: Any, figures: Any) -> Any:
    return people.left_join(figures, "person").drop("person_right")


def _filtered(people: Any, conjuncts: list[Conjunct], asked: Mapping[str, Source], context: Context) -> Any:
    if not conjuncts:
        return people
    return people.filter([_truth(one, people, asked, context) for one in conjuncts])


def _matched(
    people: Any,
    asking: list[Source],
    conjuncts: list[Conjunct],
    asked: Mapping[str, Source],
    context: Context,
    *,
    few: bool,
) -> Any:
    """The people for whom all the conjuncts hold; who has no such event did nothing of the kind. Of `few`, figures are
    made of nobody else, and nothing but `person` is left."""
    without = [fold(one.path, one.clause, lambda path, _: asked[path].holds_for_nothing(), not_) for one in conjuncts]
    first = asking[0]
    if len(asking) == 1 and first.only_whether:
        found = first.whoever(context) if isinstance(first, Found) else _whoever(first, context)
        return people.anti_join(found, "person") if all(without) else people.semi_join(found, "person")
    few = few and not all(without)
    figures = figures_of(asking, replace(context, among=people) if few else context)
    holds = reduce(and_, [_truth(one, figures, asked, context) for one in conjuncts])
    if few:
        return figures.filter(holds).select("person")
    if all(without):
        return people.anti_join(figures.filter(~holds), "person")
    return people.semi_join(figures.filter(holds), "person")


def _whoever(asked: Asked, context: Context) -> Any:
    found = present(asked, context)
    return happened(asked, context) if found is None else found


def _truth(conjunct: Conjunct, table: Any, asked: Mapping[str, Source], context: Context) -> Any:
    return fold(
        conjunct.path, conjunct.clause, lambda path, leaf: leaf_test(path, leaf, table, asked, context), opposite
    )


def fold(path: str, clause: Clause, leaf: Callable[[str, Clause], Any], negate: Callable[[Any], Any]) -> Any:
    """All, any and not over what `leaf` says of each clause that holds no others."""
    match clause:
        case All() | AnyOf():
            inner = [fold(under, each, leaf, negate) for under, each in children(path, clause)]
            return reduce(and_ if isinstance(clause, All) else or_, inner)
        case Not():
            return negate(fold(f"{path}.not", clause.clause, leaf, negate))
        case Inlined():
            return fold(f"{path}.rule", clause.clause, leaf, negate)
        case _:
            return leaf(path, clause)


def leaf_test(path: str, leaf: Clause, table: Any, asked: Mapping[str, Source], context: Context) -> Any:
    """The truth of one clause on a table that has its columns; NULL stands for false."""
    match leaf:
        case TraitClause():
            return test_of(leaf, trait_source(leaf, table, context))
        case Yearly():
            return falls(leaf, table, context)
        case Level():
            return table.level.isin(leaf.levels)
        case Role():
            return table.role.isin(leaf.roles)
        case Member():
            return table.member
        case Strength(of=()):
            return band(table, context.now).isin(leaf.bands)
        case Share():
            return in_share(leaf, table.person)
        case _:
            return asked[path].holds(table, context)


def trait_source(clause: TraitClause, people: Any, context: Context) -> InColumn | InJson:
    name = name_of(clause.trait)
    trait = context.catalogue.traits[name]
    if trait.column:
        return InColumn(people[trait.column])
    return InJson(people.traits, name, trait.kind, context.tables.engine)
