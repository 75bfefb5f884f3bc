"""The sentences of the other kinds of conditions: what somebody is, carries, knows, and is drawn for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from guanxi.audiences.queries import LEVELS, Catalogue, Named
from guanxi.console.audiences import words
from guanxi.console.audiences.pieces import Options, Piece, arranged, kept, select
from guanxi.console.audiences.sketch import Row
from guanxi.people.models import Level, Role

MOST_OFFERED = 300
STATES: dict[str, Options] = {
    "friend": [("active", gettext_lazy("is a friend of")), ("ended", gettext_lazy("is no more a friend of"))],
    "follow": [("active", gettext_lazy("follows")), ("ended", gettext_lazy("has stopped following"))],
    "group": [("active", gettext_lazy("is in the group chat")), ("ended", gettext_lazy("has left the group chat"))],
    "referral": [
        ("active", gettext_lazy("was brought by somebody")),
        ("ended", gettext_lazy("was once brought by somebody")),
    ],
}
ANY: dict[str, Any] = {
    "friend": gettext_lazy("anybody here"),
    "follow": gettext_lazy("any account"),
    "group": gettext_lazy("any at all"),
}
SECTIONS: dict[str, Any] = {"advisor": gettext_lazy("Advisors"), "unit": gettext_lazy("Units")}
BANDS: Options = [(band, words.BANDS[band]) for band in ("weak", "neutral", "strong")]


def role(row: Row, at: str) -> list[Piece]:
    return arranged(_("Role is one of %(choices)s"), choices=[_ticks(at, _("Role"), Role.choices, row)])


def strength(row: Row, at: str, catalogue: Catalogue) -> list[Piece]:
    first, other = pgettext("connection with …", "us as a whole"), pgettext("another one", "or …")
    return arranged(
        _("Connection with %(of)s is one of %(choices)s"),
        of=_several(row.of, f"{at}-of", _("With whom"), catalogue.ties["friend"], first, other),
        choices=[_ticks(at, _("Connection"), BANDS, row)],
    )


def level(row: Row, at: str) -> list[Piece]:
    levels = [(one, Level(one).label) for one in LEVELS]
    return arranged(_("Level is one of %(choices)s"), choices=[_ticks(at, _("Level"), levels, row)])


def _ticks(at: str, label: str, options: Options, row: Row) -> Piece:
    return Piece("", "ticks", f"{at}-levels", label, options=options, chosen=row.ticked)


def member(row: Row, at: str) -> list[Piece]:
    return [Piece(text=_("Is a member"))]


def share(row: Row, at: str) -> list[Piece]:
    more = row.more
    return arranged(
        _("Is among %(percent)s percent of all people by the draw %(seed)s, after the first %(skip)s percent"),
        percent=[Piece("", "number", f"{at}-percent", _("How many percent"), more["percent"])],
        seed=[Piece("", "text", f"{at}-seed", _("Name of the draw, may be empty"), more["seed"])],
        skip=[Piece("", "number", f"{at}-skip", _("Percent to leave out first"), more["skip"])],
    )


def tag(row: Row, at: str, catalogue: Catalogue) -> list[Piece]:
    first, other = pgettext("no tag chosen", "choose …"), pgettext("another tag", "or …")
    return arranged(
        _("Carries the tag %(tag)s"), tag=_several(row.of, f"{at}-of", _("Tag"), catalogue.tags, first, other)
    )


def tie(row: Row, at: str, catalogue: Catalogue) -> list[Piece]:
    kind = row.more["tie"]
    states = STATES.get(kind, STATES["friend"])
    known: Mapping[str, Named] = next((things for name, things in catalogue.ties.items() if name == kind), {})
    whom = _several(
        row.of, f"{at}-of", _("Whom or which"), known, str(ANY.get(kind, "")), pgettext("another one", "or …")
    )
    return arranged(
        pgettext("is a friend of / Lin", "%(state)s %(of)s"),
        state=[
            Piece(control="hidden", name=f"{at}-tie", value=kind),
            select(f"{at}-state", _("Is or is no more"), row.more["state"], states),
        ],
        of=whom if kind in ANY else [],
    )


def _several(
    chosen: tuple[str, ...], name: str, label: str, known: Mapping[str, Named], none: str, another: str
) -> list[Piece]:
    """A choice for each that was chosen, and one more."""
    things = list(known.items())[:MOST_OFFERED]
    sections = {thing.column: str(SECTIONS[thing.column]) for _key, thing in things if thing.column in SECTIONS}
    found: list[Piece] = []
    for at, one in enumerate([*chosen, ""]):
        shown = things if not one or one in dict(things) or one not in known else [*things, (one, known[one])]
        empty = ("", none if not at else another)
        options = [(key, thing.label) for key, thing in shown if thing.column not in sections]
        groups = [
            (heading, [(key, thing.label) for key, thing in shown if thing.column == column])
            for column, heading in sections.items()
        ]
        every = options if known else []
        offered = kept([empty, *every], one) if one not in known else [empty, *every]
        found.append(Piece("", "select", name, label, one, offered, reshapes=True, groups=groups))
    return found


def agreed(row: Row, at: str, catalogue: Catalogue) -> list[Piece]:
    chosen = row.more["agreed"]
    options = kept(said_of_channels(catalogue), chosen)
    return [select(f"{at}-agreed", _("Consent"), chosen, options)]


def said_of_channels(catalogue: Catalogue) -> Options:
    """Every sentence on consent and reach, of each channel; their codes are `consent.given/marketing/email`."""
    return [
        (f"{code}/{purpose}/{channel}", str(said) % {"channel": _(label)})
        for channel, label in catalogue.channels.items()
        for (code, purpose), said in words.AGREED.items()
    ]


def audience(row: Row, at: str, catalogue: Catalogue, own: str) -> list[Piece]:
    """`own` is the audience that cannot be named."""
    chosen = row.more["audience"]
    others = [(key, other.label) for key, other in catalogue.audiences.items() if key != own]
    options = kept([("", pgettext("no audience chosen", "choose …")), *others], chosen)
    return arranged(
        _("Is in the audience %(audience)s"), audience=[select(f"{at}-audience", _("Audience"), chosen, options)]
    )


def kept_as_it_is(row: Row, at: str, said: Callable[[str], str]) -> list[Piece]:
    text = row.more["json"]
    return [Piece(control="hidden", name=f"{at}-json", value=text), Piece(text=said(text))]


Plain = Callable[[Row, str], list[Piece]]
PLAIN: dict[str, Plain] = {"role": role, "level": level, "member": member, "share": share}
