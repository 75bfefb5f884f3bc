"""What happened to people."""

from __future__ import annotations

from collections.abc import Sequence
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
from guanxi.governance.queries import Permission
from guanxi.kit import keys
from guanxi.people import queries

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class Happening(Out):
    """`name` is what happened (`order.paid`), `about` what the fact says of it; more names come with time."""

    id: str
    at: At
    name: str
    channel: str | None
    amount: Amount | None
    order: str | None = Field(description="The number of the order.")
    message: str | None = Field(description="The id of the message.")
    about: dict[str, str | int | float | bool | None]


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
    return page(_happenings(part), _mark(part[-1]) if more else "")


def _happenings(entries: Sequence[TimelineEntry]) -> list[Happening]:
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
            about={name: value for name, value in each.props.items() if not _inside(name, value)},
        )
        for each in entries
    ]


def _inside(name: str, value: object) -> bool:
    """Numbers of our own rows, and what is no plain value."""
    return name.endswith("_id") or not isinstance(value, str | int | float | bool | None)


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
        moment = datetime.fromisoformat(at)
        edge = bytes.fromhex(event)
    except ValueError:
        raise bad_cursor() from None
    if moment.tzinfo is None or len(edge) != 16:
        raise bad_cursor()
    return moment, edge
