"""From a rule to one Ibis expression over the lake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, not_, or_
from typing import Any

from guanxi.audiences.queries.scans import Asked, Context, Tables, happened, scan
from guanxi.audiences.queries.values import InColumn, InJson, opposite, test_of
from guanxi.audiences.rules import All, Catalogue, Clause, Did, DidNot, Level, Not, Rule, TraitClause, children, name_of
from guanxi.audiences.rules import Any as AnyOf


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One of the conditions that must all hold, with the keys of the events that it asks about."""

    path: str
    clause: Clause
    events: frozenset[str]
    asks_person: bool

    @property
    def mixed(self) -> bool:
        return len(self.events) + self.asks_person > 1


def compile_rule(rule: Rule, tables: Tables, *, now: datetime, zone: str, catalogue: Catalogue) -> Any:
    """A table with the one column `person`: everybody of `tables.people` who fits the rule at `now`.

    Each outermost condition goes the cheapest way: one that asks the person only is a filter; one that asks events of
    one name only is a semi or anti join; for any other, the figures of its events are joined to the people.
    """
    context = Context(tables, now, zone, catalogue)
    asked = asked_of(rule.where)
    conjuncts = _conjuncts("where", rule.where)
    late = {event for one in conjuncts if one.mixed for event in one.events}
    people = _filtered(tables.people, [one for one in conjuncts if not one.events], asked, context)
    for event, asking in by_event(asked).items():
        if event not in late:
            own = [one for one in conjuncts if event in one.events]
            people = _matched(people, asking, own, asked, context)
    for event, asking in by_event(asked).items():
        if event in late:
            people = with_figures(people, scan(asking, context))
    people = _filtered(people, [one for one in conjuncts if one.events & late], asked, context)
    return people.select("person")


def _conjuncts(path: str, clause: Clause) -> list[Conjunct]:
    if isinstance(clause, All):
        return [one for under, each in children(path, clause) for one in _conjuncts(under, each)]
    inner = [leaf for _, leaf in leaves(path, clause)]
    events = frozenset(leaf.event for leaf in inner if isinstance(leaf, Did | DidNot))
    return [Conjunct(path, clause, events, any(isinstance(leaf, TraitClause | Level) for leaf in inner))]


def leaves(path: str, clause: Clause) -> list[tuple[str, Clause]]:
    """The clauses that hold no others, in the order of reading."""
    inner = children(path, clause)
    return [leaf for under, each in inner for leaf in leaves(under, each)] if inner else [(path, clause)]


def asked_of(clause: Clause) -> dict[str, Asked]:
    """The event clauses by path."""
    events = [(path, leaf) for path, leaf in leaves("where", clause) if isinstance(leaf, Did | DidNot)]
    return {path: Asked(number, leaf) for number, (path, leaf) in enumerate(events)}


def by_event(asked: Mapping[str, Asked]) -> dict[str, list[Asked]]:
    """The clauses that share a scan, by the key of their event."""
    found: dict[str, list[Asked]] = {}
    for one in asked.values():
        found.setdefault(one.clause.event, []).append(one)
    return found


def with_figures(people: Any, figures: Any) -> Any:
    return people.left_join(figures, "person").drop("person_right")


def _filtered(people: Any, conjuncts: list[Conjunct], asked: Mapping[str, Asked], context: Context) -> Any:
    if not conjuncts:
        return people
    return people.filter([_truth(one, people, asked, context) for one in conjuncts])


def _matched(
    people: Any, asking: list[Asked], conjuncts: list[Conjunct], asked: Mapping[str, Asked], context: Context
) -> Any:
    """The people for whom all the conjuncts hold; who has no such event did nothing of the kind."""
    without = [fold(one.path, one.clause, lambda path, _: asked[path].holds_for_nothing(), not_) for one in conjuncts]
    if len(asking) == 1 and asking[0].only_whether:
        found = happened(asking[0], context)
        return people.anti_join(found, "person") if all(without) else people.semi_join(found, "person")
    figures = scan(asking, context)
    holds = reduce(and_, [_truth(one, figures, asked, context) for one in conjuncts])
    if all(without):
        return people.anti_join(figures.filter(~holds), "person")
    return people.semi_join(figures.filter(holds), "person")


def _truth(conjunct: Conjunct, table: Any, asked: Mapping[str, Asked], context: Context) -> Any:
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
        case _:
            return leaf(path, clause)


def leaf_test(path: str, leaf: Clause, table: Any, asked: Mapping[str, Asked], context: Context) -> Any:
    """The truth of one clause on a table that has its columns; NULL stands for false."""
    match leaf:
        case TraitClause():
            return test_of(leaf, trait_source(leaf, table, context.catalogue))
        case Level():
            return table.level.isin(leaf.levels)
        case _:
            return asked[path].holds(table)


def trait_source(clause: TraitClause, people: Any, catalogue: Catalogue) -> InColumn | InJson:
    name = name_of(clause.trait)
    trait = catalogue.traits[name]
    return InColumn(people[trait.column]) if trait.column else InJson(people.traits, name, trait.kind)
