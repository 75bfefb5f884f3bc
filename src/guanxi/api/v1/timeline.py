"""What happened to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import (
    Amount,
    At,
    In,
    Line,
    Out,
    Page,
    bad_cursor,
    packed,
    page,
    unpacked,
)
from guanxi.channels.models import Message
from guanxi.commerce import queries as commerce
from guanxi.events.queries import TimelineEntry
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.kit import clock, keys
from guanxi.people import queries
from guanxi.people.models import Person

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
Plain = str | int | float | bool | None
PEOPLE = {"person.merged": "merged", "person.unmerged": "merged", "person.referred": "bringer"}
"""Which member of a fact is the key of somebody else; outside it is their public id."""


class Happening(Out):
    """`name` is what happened (`order.paid`), `about` what the fact says of it; more names come with time.

    Somebody else (`merged`, `bringer`) is in it by their id, if the maker of the key sees them."""

    id: str
    at: At
    name: str
    channel: str | None
    amount: Amount | None
    order: str | None = Field(description="The number of the order.")
    message: str | None = Field(description="The id of the message.")
    about: dict[str, Plain]


class Happened(In):
    limit: int = Field(50, ge=1, le=200)
    after: str = Field("", max_length=400)
    name: Line = Field(
        "",
        max_length=60,
        description="Only facts of this name, such as order.paid; with a dot at its end, all that begin with it: "
        "track. is what people did on sites and in apps.",
    )


@router.get("/people/{person_id}/timeline", **op(VIEW, Page[Happening], refusals=("bad_cursor",)))
def list_timeline(request: ApiRequest, person_id: str, asked: Query[Happened]) -> Page[Happening]:
    """What happened to a person

    The newest first; those who were merged into this person included.
    """
    person = found(request, person_id)
    names = (asked.name,) if asked.name else ()
    entries = queries.timeline(person, limit=asked.limit + 1, before=_before(asked.after), names=names)
    part, more = entries[: asked.limit], len(entries) > asked.limit
    return page(happenings(part, request.staff), _mark(part[-1]) if more else "")


def happenings(entries: Sequence[TimelineEntry], staff: Staff) -> list[Happening]:
    """As a key of `staff` sees them."""
    named = [(each.name, each.props) for each in entries]
    others = queries.known_to(staff, {of[PEOPLE[name]] for name, of in named if PEOPLE.get(name) in of})
    orders = commerce.labels(sorted({each.order_id for each in entries if each.order_id is not None}))
    sent = [each.message_id for each in entries if each.message_id is not None]
    messages = dict(Message.objects.filter(pk__in=sent).values_list("pk", "public_id"))
    return [
        Happening(
            id=_event(each),
            at=each.at,
            name=each.name,
            channel=each.channel,
            amount=Amount(amount_minor=each.amount_minor, currency=each.currency)
            if each.amount_minor is not None and each.currency
            else None,
            order=orders[each.order_id].number if each.order_id in orders else None,
            message=messages.get(each.message_id or 0),
            about=_about(each, others),
        )
        for each in entries
    ]


def _about(entry: TimelineEntry, others: Mapping[int, Person]) -> dict[str, Plain]:
    """Without numbers of our own rows, and what is no plain value."""
    said = {
        name: value
        for name, value in entry.props.items()
        if isinstance(value, Plain) and not name.endswith("_id") and name != PEOPLE.get(entry.name)
    }
    other = others.get(entry.props.get(PEOPLE.get(entry.name, ""), 0))
    return said | {PEOPLE[entry.name]: other.public_id} if other else said


def _event(entry: TimelineEntry) -> str:
    number = int.from_bytes(entry.event_id, "big")
    return "evt_" + "".join(keys.ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _mark(entry: TimelineEntry) -> str:
    return packed(f"{entry.at.astimezone(UTC).isoformat()}~{entry.event_id.hex()}")


def _before(after: str) -> tuple[datetime, bytes] | None:
    if not after:
        return None
    at, _tilde, event = unpacked(after).partition("~")
    try:
        moment, edge = clock.instant(at), bytes.fromhex(event)
    except ValueError:
        raise bad_cursor() from None
    if len(edge) != 16:
        raise bad_cursor()
    return moment, edge
