"""Clauses that name people by a table of their own: sequences, and the first so many percent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Any

import ibis

from guanxi.audiences.queries import bands
from guanxi.audiences.queries.lived import ranked_by
from guanxi.audiences.queries.scans import EPOCH, MICROSECOND, Context, days, selected, total
from guanxi.audiences.rules import Agreed, InAudience, Reachable, Share, Strength, Tagged, Then, Tie, Top, window_bounds

# The states of the mirror. Who is asked only has no tie yet; one that was handed over goes on with somebody else.
HELD = ("active", "first", "claim")
ENDED = ("ended", "deleted_by_them", "deleted_by_us", "blocked")


STANDING = ("figure", "rank", "of", "edge")


@dataclass(frozen=True, slots=True)
class Found:
    """Such a clause, with the name of its column."""

    number: int
    path: str
    clause: Then | Top | Tagged | Tie | Strength | Agreed | Reachable | InAudience
    only_whether: bool = True

    @property
    def source(self) -> str:
        return self.path

    @property
    def column(self) -> str:
        return f"found_{self.number}"

    def table(self, context: Context) -> Any:
        """Those for whom it holds, once each; of the one person asked about where they stand, be they in or not."""
        if isinstance(self.clause, Top) and context.person is not None:
            return _standing(self.clause, self.column, context)
        return self.whoever(context).distinct().mutate(**{self.column: True})

    def whoever(self, context: Context) -> Any:
        """Those for whom it holds, perhaps more than once each."""
        match self.clause:
            case Then():
                return _sequences(self.clause, context)
            case Top():
                return _first(self.clause, context)
            case Tagged():
                return _tagged(self.clause, context)
            case Tie():
                return _tied(self.clause, context)
            case Strength():
                return bands.found(self.clause, context)
            case Agreed() | Reachable():
                return _said(self.clause, context)
            case InAudience():
                return _listed(self.clause, context)

    def holds(self, table: Any, context: Context) -> Any:
        found = table[self.column].fill_null(False)
        return ~found if self.holds_for_nothing() else found

    def holds_for_nothing(self) -> bool:
        """Of whom nothing is said are those who are not found."""
        if isinstance(self.clause, Strength):
            return bands.means_weak(self.clause)
        return isinstance(self.clause, Agreed) and self.clause.state == "none"

    def values(self, table: Any) -> dict[str, Any]:
        if not isinstance(self.clause, Top):
            return {}
        figure, rank, of, edge = (table[f"{self.column}_{name}"] for name in STANDING)
        figure = figure if self.clause.by == "sum" else figure.fill_null(0)
        return {self.clause.by: figure, "rank": rank, "of": of, "edge": edge}


def _sequences(clause: Then, context: Context) -> Any:
    """Time is cut into stretches as long as the gap. Of each `first` only two count: the latest `next` of its own one,
    which is later or not and never too late, and the earliest of the one after, which is later and may be too late. So
    the work rises with the number of events, however many one person has."""
    start, end = window_bounds(clause.within, context.now, context.zone)
    to_us, gap = context.tables.engine.epoch_us, clause.gap.microseconds
    after = end and end + timedelta(microseconds=gap + 1)
    firsts, nexts = selected(clause.first, (start, end), context), selected(clause.next, (start, after), context)
    at, came_at = to_us(firsts.occurred_at), to_us(nexts.occurred_at)
    keys = ["own"] if start and after else ["person", "own"]
    firsts = firsts.select("person", at=at, own=_stretch(firsts, at, start, after, gap))
    nexts = nexts.select("person", at=came_at, own=_stretch(nexts, came_at, start, after, gap))
    nexts = nexts.group_by(keys).agg(earliest=nexts.at.min(), latest=nexts.at.max())
    before = {name: nexts[name] - 1 if name == "own" else nexts[name] for name in keys}
    if clause.type == "then":
        # Each `next` under the stretch of the `first` that it may follow; an inner join leaves most out at once.
        none = ibis.null("int64")
        own = nexts.select(*keys, latest="latest", earliest=none)
        met = firsts.inner_join(own.union(nexts.select(**before, latest=none, earliest="earliest")), keys)
        came = (met.latest > met.at) | (met.earliest - met.at <= gap)
        return met.filter(came).select("person").distinct()
    same = nexts.select(**{f"same_{name}": nexts[name] for name in keys}, latest="latest")
    following = nexts.select(**{f"next_{name}": key for name, key in before.items()}, earliest="earliest")
    seen = firsts.left_join(same, [firsts[name] == same[f"same_{name}"] for name in keys])
    seen = seen.left_join(following, [seen[name] == following[f"next_{name}"] for name in keys])
    came = (seen.latest > seen.at).fill_null(False) | (seen.earliest - seen.at <= gap).fill_null(False)
    over = seen.at <= _us(context.now) - gap
    return seen.filter(~came & over).select("person")


def _stretch(events: Any, at: Any, start: datetime | None, after: datetime | None, gap: int) -> Any:
    """In which an event lies. Where the window has both edges the number says whose it is, too, because to join by one
    costs less: between those of two people lies one that no event has."""
    if start is None or after is None:
        return at // gap
    many = (_us(after) - _us(start)) // gap + 3
    return events.person * many + (at - _us(start)) // gap


def _us(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def _first(clause: Top, context: Context) -> Any:
    figures = _figures(clause, context)
    figures = figures.cross_join(_whole(figures, clause, context))
    if "edge" in figures.columns:  # who is beyond it need not be sorted
        top = clause.type == "top"
        figures = figures.filter(figures.figure >= figures.edge if top else figures.figure <= figures.edge)
    ranked = figures.mutate(place=_place(figures, clause))
    return ranked.filter(_counts(ranked, clause)).select("person")


def _standing(clause: Top, column: str, context: Context) -> Any:
    """One row: whether they are among the first, and `STANDING`, where `edge` is the figure of the last who is."""
    figures = _figures(clause, context)
    figures = figures.mutate(place=_place(figures, clause)).cross_join(figures.agg(number=figures.count()))
    ranked = figures.mutate(**{column: _counts(figures, clause)})
    inside = ranked.figure.min if clause.type == "top" else ranked.figure.max
    whole = ranked.agg(**{f"{column}_of": ranked.count(), f"{column}_edge": inside(where=ranked[column])})
    own = {f"{column}_figure": ranked.figure, f"{column}_rank": ranked.place + 1}
    mine = ranked.filter(ranked.person == context.person).select("person", column, **own)
    people = context.tables.people
    asked = people.filter(people.person == context.person).select("person")
    return asked.cross_join(whole).left_join(mine, "person").drop("person_right")


def _figures(clause: Top, context: Context) -> Any:
    """`person` and `figure` of everybody who has one."""
    everybody = Context(context.tables, context.now, context.zone, context.catalogue)
    figures = ranked_by(clause, everybody)
    if figures is None:
        events = selected(clause, window_bounds(clause.within, context.now, context.zone), everybody)
        figure = {
            "count": lambda: events.count(),
            "sum": lambda: total(events, None, context),
            "days": lambda: days(events, clause.within, None, context),
        }[clause.by]()
        figures = events.group_by("person").agg(figure=figure).semi_join(context.tables.people, "person")
    return figures.filter(figures.figure.notnull())


def _place(figures: Any, clause: Top) -> Any:
    """Counted from zero."""
    best = ibis.desc(figures.figure) if clause.type == "top" else figures.figure
    return ibis.row_number().over(ibis.window(order_by=[best, figures.person]))


def _counts(ranked: Any, clause: Top) -> Any:
    return ranked.place * 100 < ranked.number * clause.percent


def _whole(figures: Any, clause: Top, context: Context) -> Any:
    """How many have a figure, and that of the last place that counts where it is found without sorting."""
    percent = 100 - clause.percent if clause.type == "top" else clause.percent
    edge = context.tables.engine.at_share(figures.figure, percent)
    return figures.agg(number=figures.count(), **({} if edge is None else {"edge": edge}))


def _tagged(clause: Tagged, context: Context) -> Any:
    tags = context.tables.others("tags")
    keys = [key for name in clause.tags for key in context.catalogue.tags[name].keys]
    return tags.filter(tags.tag.isin(keys)).select("person")


def _tied(clause: Tie, context: Context) -> Any:
    ties = context.tables.others("ties")
    states = HELD if clause.state == "active" else ENDED
    kept = [ties.kind == clause.kind, ties.state.isin(states)]
    named = [context.catalogue.ties[clause.kind][key] for key in clause.of]
    if named:
        kept.append(reduce(or_, [ties[one.column].isin(one.keys) for one in named]))
    return ties.filter(kept).select("person")


def _said(clause: Agreed | Reachable, context: Context) -> Any:
    said = context.tables.others("reach")
    words = ["reachable"] if isinstance(clause, Reachable) else [clause.state]
    if words == ["none"]:
        words = ["given", "withdrawn"]
    kept = [said.said.contains(f"|{word} {clause.channel} {clause.purpose}|") for word in words]
    return said.filter(reduce(or_, kept)).select("person")


def _listed(clause: InAudience, context: Context) -> Any:
    """Only a fixed audience is asked by name: the rule of a live one stands in its place."""
    key = context.catalogue.audiences[clause.audience].listed
    assert key is not None
    return context.tables.lists(key)


# A share by arithmetic that every engine does alike: a line and a cube modulo a prime, whose remainder by 3 is 2, so
# that the cube maps no two numbers to one. Every product stays below 2 to the 62nd.
PRIME = 2_147_483_579


def in_share(clause: Share, person: Any) -> Any:
    return (place_in(clause.seed, person) >= _edge(clause.skip)) & (
        place_in(clause.seed, person) < _edge(clause.skip + clause.percent)
    )


def place_in(seed: str, person: Any) -> Any:
    """Somewhere from 0 up to PRIME; `person` is a whole number, of Python or of an engine."""
    drawn = sha256(seed.encode()).digest()
    factor = int.from_bytes(drawn[:8]) % (PRIME - 1) + 1
    moved = (person % PRIME * factor + int.from_bytes(drawn[8:16]) % PRIME) % PRIME
    return moved * moved % PRIME * moved % PRIME


def _edge(percent: int) -> int:
    return -(-PRIME * percent // 100)
