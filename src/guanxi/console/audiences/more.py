"""The sentences of the other kinds of conditions: what came after what, the first so many percent, a share by chance,
another audience."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from guanxi.audiences.queries import Catalogue, Named
from guanxi.console.audiences import words
from guanxi.console.audiences.pieces import Options, Piece, arranged, kept
from guanxi.console.audiences.sketch import Row
from guanxi.people.models import Role

THEN: Options = [
    ("then", pgettext_lazy("has paid … paid again", "and then")),
    ("then_not", pgettext_lazy("has paid … paid again", "and not")),
]
UNITS: Options = [
    ("minutes", pgettext_lazy("within 3 …", "minutes")),
    ("hours", pgettext_lazy("within 3 …", "hours")),
    ("days", pgettext_lazy("within 3 …", "days")),
]
ENDS: Options = [
    ("top", pgettext_lazy("the … 5 percent", "top")),
    ("bottom", pgettext_lazy("the … 5 percent", "bottom")),
]
BY: Options = [
    ("count", pgettext_lazy("top by …", "number of times")),
    ("sum", pgettext_lazy("top by …", "amount in total")),
    ("days", pgettext_lazy("top by …", "number of days")),
]


TIES: Options = [
    ("friend", gettext_lazy("a friend of")),
    ("follow", gettext_lazy("a follower of")),
    ("group", gettext_lazy("in the group chat")),
    ("referral", gettext_lazy("brought by somebody")),
]
STATES: Options = [
    ("active", pgettext_lazy("… a friend of Lin", "Is")),
    ("ended", pgettext_lazy("… a friend of Lin", "Is no more")),
]
TICKED: dict[str, Options] = {
    "role": list(Role.choices),
    "strength": [(band, words.BANDS[band]) for band in ("weak", "neutral", "strong")],
}


def ticked(row: Row) -> list[tuple[str, Any, bool]]:
    return [(code, label, code in row.levels) for code, label in TICKED.get(row.kind, ())]


def pieces(
    row: Row, at: str, events: Options, catalogue: Catalogue, own: str, window: Callable[[], list[Piece]]
) -> list[Piece]:
    """`own` is the audience that cannot be named."""
    match row.kind:
        case "role":
            return [Piece(text=_("Role is one of"))]
        case "strength":
            return [Piece(text=_("Connection is one of"))]
        case "member":
            return [Piece(text=_("Is a member"))]
        case "tag":
            chosen = row.more["tag"]
            tags = kept([("", pgettext("no tag chosen", "choose …")), *_named(catalogue.tags)], chosen)
            select = Piece("", "select", f"{at}-tag", _("Tag"), chosen, tags)
            return arranged(_("Carries the tag %(tag)s"), tag=[select])
        case "tie":
            return _tie(row, at, catalogue)
        case "sequence":
            return _sequence(row, at, events, window)
        case "top":
            return _top(row, at, events, window)
        case "share":
            return _share(row, at)
        case _:
            chosen = row.more["audience"]
            others = [(key, other.label) for key, other in catalogue.audiences.items() if key != own]
            options = kept([("", pgettext("no audience chosen", "choose …")), *others], chosen)
            select = Piece("", "select", f"{at}-audience", _("Audience"), chosen, options)
            return arranged(_("Is in the audience %(audience)s"), audience=[select])


def _named(things: Mapping[str, Named]) -> list[tuple[str, Any]]:
    return [(key, thing.label) for key, thing in things.items()]


def _tie(row: Row, at: str, catalogue: Catalogue) -> list[Piece]:
    kind, of = row.more["tie"], row.more["of"]
    known = next((things for name, things in catalogue.ties.items() if name == kind), {})
    of = of if of in known or not known else ""
    options = [("", pgettext("a friend of …", "anybody")), *_named(known)]
    select = Piece("", "select", f"{at}-of", _("Whom or which"), of, options)
    return arranged(
        pgettext("order of controls", "%(state)s %(tie)s %(of)s"),
        state=[Piece("", "select", f"{at}-state", _("Is or is no more"), row.more["state"], STATES)],
        tie=[Piece("", "select", f"{at}-tie", _("Kind of tie"), kind, TIES, reshapes=True)],
        of=[select] if known else [],
    )


def _event(name: str, label: str, value: str, events: Options) -> Piece:
    return Piece("", "select", name, label, value, kept(events, value))


def _sequence(row: Row, at: str, events: Options, window: Callable[[], list[Piece]]) -> list[Piece]:
    more = row.more
    return arranged(
        _("Has %(first)s %(then)s %(next)s within %(gap)s, the former %(when)s"),
        first=[_event(f"{at}-event", _("What happened first"), row.event, events)],
        then=[Piece("", "select", f"{at}-then", _("Whether it followed"), more["then"], THEN)],
        next=[_event(f"{at}-next", _("What followed"), more["next"], events)],
        gap=arranged(
            pgettext("order of controls", "%(number)s %(unit)s"),
            number=[Piece("", "number", f"{at}-gap", _("How long"), more["gap"])],
            unit=[Piece("", "select", f"{at}-unit", _("Minutes, hours or days"), more["unit"], UNITS)],
        ),
        when=window(),
    )


def _top(row: Row, at: str, events: Options, window: Callable[[], list[Piece]]) -> list[Piece]:
    more = row.more
    return arranged(
        _("Is in the %(end)s %(percent)s percent of those who have %(event)s %(when)s, by %(by)s"),
        end=[Piece("", "select", f"{at}-end", _("Top or bottom"), more["end"], ENDS)],
        percent=[Piece("", "number", f"{at}-percent", _("How many percent"), more["percent"])],
        event=[_event(f"{at}-event", _("What happened"), row.event, events)],
        when=window(),
        by=[Piece("", "select", f"{at}-by", _("What is compared"), more["by"], BY)],
    )


def _share(row: Row, at: str) -> list[Piece]:
    more = row.more
    return arranged(
        _("Is among %(percent)s percent of all people by the draw %(seed)s, after the first %(skip)s percent"),
        percent=[Piece("", "number", f"{at}-percent", _("How many percent"), more["percent"])],
        seed=[Piece("", "text", f"{at}-seed", _("Name of the draw, may be empty"), more["seed"])],
        skip=[Piece("", "number", f"{at}-skip", _("Percent to leave out first"), more["skip"])],
    )
