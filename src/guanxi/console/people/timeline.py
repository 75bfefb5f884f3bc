"""What happened to a person, each in words. An order holds its products; what was not sent is shown with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.channels.models import Message, MessageState, SkipReason
from guanxi.commerce import queries as commerce
from guanxi.commerce.queries import BoughtLine, OrderLabel
from guanxi.console.people.site import BEGINS, names_of, told_of_site
from guanxi.console.people.tie_words import TIES, KnownTies, known_ties, told_of_tie
from guanxi.console.people.words import channel_words, proof_words, purpose_words
from guanxi.console.templatetags.figures import money
from guanxi.events.queries import TimelineEntry
from guanxi.governance.models import Staff, Unit
from guanxi.kit import keys
from guanxi.kit.money import Money
from guanxi.people import queries as people
from guanxi.people.models import Field, Level, Person, Role, TaggedBy
from guanxi.people.queries import KnownNote
from guanxi.reach.models import Broadcast

PAGE = 30
MICROSECOND = timedelta(microseconds=1)
FOLDED = ("product.bought",)
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "": (gettext_lazy("Everything"), ()),
    "orders": (gettext_lazy("Orders"), ("order.paid", "order.refunded", "coupon.redeemed")),
    "messages": (
        gettext_lazy("Messages"),
        ("message.accepted", "message.bounced", "message.opened", "message.unsubscribed", "message.complained"),
    ),
    "site": (gettext_lazy("Site and app"), BEGINS),
    "consent": (gettext_lazy("Consent"), ("consent.given", "consent.withdrawn", "message.unsubscribed")),
    "ties": (gettext_lazy("Ties"), TIES),
    "levels": (gettext_lazy("Levels"), ("level.reached", "level.lost", "member.joined", "member.left")),
    "tags": (gettext_lazy("Tags and role"), ("tag.added", "tag.removed", "role.changed", "role.defaults_given")),
    "place": (gettext_lazy("Owner and unit"), ("person.assigned",)),
    "audiences": (gettext_lazy("Audiences"), ("audience.entered", "audience.left")),
    "notes": (gettext_lazy("Notes"), ()),
}
MERGES = ("person.merged", "person.unmerged")
WITH_MESSAGES = ("", "messages")
LATEST_BROADCASTS = 100
NOT_SENT = (MessageState.SKIPPED, MessageState.HELD_OUT, MessageState.FAILED, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Item:
    """One thing that happened. `lines` are the products of an order, folded; `note` what staff wrote down; `person` has
    a page of their own."""

    at: datetime
    icon: str
    title: str
    more: str = ""
    lines: Sequence[BoughtLine] = ()
    note: KnownNote | None = None
    person: Person | None = None


@dataclass(frozen=True)
class Timeline:
    """`older` is the mark of the next page, "" at the end."""

    items: list[Item]
    older: str


@dataclass
class Known:
    """What the facts of a page point to."""

    orders: dict[int, OrderLabel] = field(default_factory=dict)
    lines: dict[int, list[BoughtLine]] = field(default_factory=dict)
    broadcasts: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Staff and units, by public id."""
    kinds: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """What fields are called, by their key."""
    ties: KnownTies = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """What sites call the events that they send, by key."""
    people: dict[int, Person] = field(default_factory=dict)
    """Those who became somebody or are themselves again, as far as the reader may see them."""


class BadMark(ValueError):
    """The mark of an older page was changed."""


def timeline(person: Person, staff: Staff, *, kind: str = "", before: str = "", size: int = PAGE) -> Timeline:
    """One page as `staff` sees it, newest first. Raises BadMark."""
    edge = _edge(before) if before else None
    if kind == "notes":
        return _notes_only(person, edge, size)
    found = people.timeline(person, limit=size + 1, before=edge, names=KINDS[kind][1], hidden=FOLDED)
    entries, more = found[:size], len(found) > size
    known = _known(entries, staff)
    items = [_item(entry, known) for entry in entries]
    if kind in WITH_MESSAGES:
        items += _not_sent(person, edge[0] if edge else None, entries[-1].at if more else None)
    if not kind:
        items += _notes(person, edge, entries[-1].at if more else None, size)
    items.sort(key=lambda item: item.at, reverse=True)
    return Timeline(items, _mark(entries[-1].at, entries[-1].event_id) if more else "")


def _notes_only(person: Person, edge: tuple[datetime, bytes] | None, size: int) -> Timeline:
    key = edge[1].decode("latin-1") if edge else ""
    if edge and not keys.PATTERN.match(key):
        raise BadMark(key)
    found = people.notes(person, limit=size + 1, before=(edge[0], key) if edge else None)
    page, more = found[:size], len(found) > size
    return Timeline([_note(one) for one in page], _mark(page[-1].at, page[-1].public_id.encode()) if more else "")


def _notes(person: Person, edge: tuple[datetime, bytes] | None, since: datetime | None, size: int) -> list[Item]:
    """Notes between two moments; of very many the newest, and word of the others."""
    found = people.notes(person, limit=size + 1, before=(edge[0], "") if edge else None, since=since)
    items = [_note(one) for one in found[:size]]
    if len(found) > size:
        items.append(Item(found[-1].at, "file-text", _("More notes stand under Notes.")))
    return items


def _note(note: KnownNote) -> Item:
    return Item(note.at, "file-text", _("Note by %(name)s") % {"name": note.by}, note=note)


def _mark(at: datetime, key: bytes) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{key.hex()}"


def _edge(mark: str) -> tuple[datetime, bytes]:
    at, _dash, event = mark.partition("-")
    try:
        return datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), bytes.fromhex(event)
    except ValueError as error:
        raise BadMark(mark) from error


def _known(entries: Sequence[TimelineEntry], staff: Staff) -> Known:
    orders = {entry.order_id for entry in entries if entry.order_id is not None}
    paid = [entry.order_id for entry in entries if entry.name == "order.paid" and entry.order_id is not None]
    origins = {str(entry.props.get("origin")) for entry in entries if entry.message_id is not None}
    return Known(
        orders=commerce.labels(sorted(orders)) if orders else {},
        lines=commerce.order_lines(paid) if paid else {},
        broadcasts=dict(Broadcast.objects.filter(public_id__in=origins).values_list("public_id", "name"))
        if origins
        else {},
        places=_places(entries),
        ties=known_ties(entries),
        fields=dict(Field.objects.values_list("key", "label"))
        if any(entry.name == "role.defaults_given" for entry in entries)
        else {},
        sent=names_of(entries),
        kinds=people.kind_labels() if any(entry.name == "identity.linked" for entry in entries) else {},
        people=people.known_to(staff, {entry.props["merged"] for entry in entries if entry.name in MERGES}),
    )


def _places(entries: Sequence[TimelineEntry]) -> dict[str, str]:
    named = [entry.props for entry in entries if entry.name == "person.assigned"]
    staff = {props["owner"] for props in named if props.get("owner")}
    units = {props["unit"] for props in named if props.get("unit")}
    found = dict(Staff.objects.filter(public_id__in=staff).values_list("public_id", "name")) if staff else {}
    return found | (dict(Unit.objects.filter(public_id__in=units).values_list("public_id", "name")) if units else {})


def _not_sent(person: Person, before: datetime | None, since: datetime | None) -> list[Item]:
    """Messages that did not leave, between two moments. The index on messages leads with the origin, so the latest
    broadcasts are asked one by one."""
    latest = dict(Broadcast.objects.order_by("-updated_at", "-pk").values_list("public_id", "name")[:LATEST_BROADCASTS])
    if not latest:
        return []
    rows = Message.objects.filter(origin__in=list(latest), person=person, state__in=NOT_SENT)
    if before:
        rows = rows.filter(planned_at__lt=before)
    if since:
        rows = rows.filter(planned_at__gte=since)
    return [_unsent(row, latest[row.origin]) for row in rows]


def _unsent(message: Message, name: str) -> Item:
    at = message.planned_at
    match message.state:
        case MessageState.HELD_OUT:
            more = _("In the control group, which gets nothing so that the effect can be measured.")
            return Item(at, "flask-conical", _("Held out of “%(name)s”") % {"name": name}, more)
        case MessageState.SKIPPED:
            reason = str(dict(SkipReason.choices).get(message.reason, message.reason))
            return Item(at, "ban", _("“%(name)s” was not sent: %(reason)s") % {"name": name, "reason": reason})
        case MessageState.UNKNOWN:
            return Item(at, "circle-help", _("Not known whether “%(name)s” left") % {"name": name}, message.detail)
        case _failed:
            return Item(at, "circle-x", _("“%(name)s” could not be sent") % {"name": name}, message.detail)


def place_of(entry: TimelineEntry) -> str:
    """The query of the page of the person whose timeline begins with this one."""
    kinds = (
        kind
        for kind, (_label, names) in KINDS.items()
        if any(entry.name == name or (name.endswith(".") and entry.name.startswith(name)) for name in names)
    )
    kind = "orders" if entry.name in FOLDED else next(kinds, "")
    return f"?show={kind}&before={_mark(entry.at + MICROSECOND, b'')}"


def told(entries: Sequence[TimelineEntry], staff: Staff) -> list[Item]:
    """Each of these by itself, as `staff` sees it."""
    known = _known(entries, staff)
    return [_bought(entry) if entry.name in FOLDED else _item(entry, known) for entry in entries]


def _bought(entry: TimelineEntry) -> Item:
    amount = money(Money(entry.amount_minor or 0, entry.currency)) if entry.currency else ""
    name = str(entry.props.get("product", "")) or str(entry.props.get("category", "")) or "–"
    return Item(entry.at, "shopping-bag", _("Bought %(name)s") % {"name": name}, amount)


def _item(entry: TimelineEntry, known: Known) -> Item:
    room = entry.name.partition(".")[0]
    match room:
        case "order":
            return _order(entry, known)
        case "message":
            return _message(entry, known)
        case "consent":
            return _consent(entry)
        case "level":
            return _level(entry, known)
        case "member":
            return _member(entry)
        case "coupon":
            return _coupon(entry, known)
        case "tag" | "role":
            return _tag(entry, known)
        case "audience":
            return _audience(entry)
        case _tie if entry.name in TIES:
            return Item(entry.at, *told_of_tie(entry, known.ties))
        case _site if entry.name.startswith(BEGINS):
            return Item(entry.at, *told_of_site(entry, known.sent))
        case "person" if entry.name == "person.assigned":
            return _assigned(entry, known)
        case "person" | "identity":
            return _appearance(entry, known)
        case _other:
            return Item(entry.at, "clock", entry.name)


HOW: dict[str, Any] = dict(TaggedBy.choices) | {
    "expired": gettext_lazy("Its time was over"),
    "asked": gettext_lazy("Asked for all of the role"),
}


def _tag(entry: TimelineEntry, known: Known) -> Item:
    how = str(HOW.get(str(entry.props.get("how", "")), ""))
    if entry.name == "role.defaults_given":
        names = [known.fields.get(key, key) for key in str(entry.props.get("fields", "")).split(",")]
        return Item(entry.at, "star", _("Came with the role: %(fields)s") % {"fields": _(", ").join(names)}, how)
    if entry.name == "role.changed":
        role = str(entry.props.get("role", ""))
        return Item(entry.at, "star", _("Role: %(role)s") % {"role": dict(Role.choices).get(role, role)}, how)
    name = {"name": entry.props.get("label", "")}
    said = _("Tag put on: %(name)s") if entry.name == "tag.added" else _("Tag taken off: %(name)s")
    return Item(entry.at, "tag", said % name, how)


def _audience(entry: TimelineEntry) -> Item:
    name = {"name": entry.props.get("label", "")}
    said = (
        _("Came into the audience “%(name)s”")
        if entry.name == "audience.entered"
        else _("Left the audience “%(name)s”")
    )
    return Item(entry.at, "filter", said % name)


def _appearance(entry: TimelineEntry, known: Known) -> Item:
    if entry.name == "identity.linked":
        kind = str(entry.props.get("kind", ""))
        return Item(entry.at, "link", _("Another id: %(kind)s") % {"kind": known.kinds.get(kind, kind)})
    if entry.name in MERGES:
        return _merge(entry, known)
    return Item(entry.at, "user-plus", _("Seen for the first time"))


def _merge(entry: TimelineEntry, known: Known) -> Item:
    who = known.people.get(entry.props["merged"])
    name = {"name": (who.name or _("No name")) if who else ""}
    if entry.name == "person.merged":
        said = _("%(name)s became this person") % name if who else _("Somebody else became this person")
    else:
        said = _("A merge was undone: %(name)s") % name if who else _("A merge was undone")
    return Item(entry.at, "link", said, person=who if who and who.merged_into_id is None else None)


def _number(entry: TimelineEntry, known: Known) -> str:
    order = known.orders.get(entry.order_id or 0)
    return order.number if order else ""


def _order(entry: TimelineEntry, known: Known) -> Item:
    amount = money(Money(entry.amount_minor or 0, entry.currency)) if entry.currency else ""
    if entry.name == "order.refunded":
        said = _("Refund for order %(number)s") % {"number": _number(entry, known)}
        return Item(entry.at, "undo-2", said, f"−{amount}")
    number = _number(entry, known) or str(entry.props.get("number", ""))
    store = str(entry.props.get("store", ""))
    if store.isdigit():
        store = _("store %(number)s") % {"number": store}
    more = " · ".join(part for part in (amount, store) if part)
    lines = known.lines.get(entry.order_id or 0, [])
    return Item(entry.at, "shopping-bag", _("Paid order %(number)s") % {"number": number}, more, lines)


def _coupon(entry: TimelineEntry, known: Known) -> Item:
    code, campaign = entry.props.get("code", ""), entry.props.get("imported_campaign", "")
    parts = []
    if number := _number(entry, known):
        parts.append(_("With order %(number)s") % {"number": number})
    if campaign:
        parts.append(_("imported campaign %(name)s") % {"name": campaign})
    return Item(entry.at, "ticket", _("Used coupon %(code)s") % {"code": code}, " · ".join(parts))


BOUNCES = {
    "hard_bounce": gettext_lazy("The address does not exist; it was put on the suppression list."),
    "soft_bounce": gettext_lazy("The mailbox takes nothing at the moment."),
    "blocked": gettext_lazy("Their mail service refused it."),
    "complaint": gettext_lazy("They reported it as spam; the address was put on the suppression list."),
}


def _message(entry: TimelineEntry, known: Known) -> Item:
    origin = str(entry.props.get("origin", ""))
    name = {"name": known.broadcasts.get(origin, _("a message"))}
    match entry.name:
        case "message.accepted":
            return Item(entry.at, "send", _("“%(name)s” was accepted by their mail service") % name)
        case "message.bounced":
            why = BOUNCES.get(str(entry.props.get("category", "")), "")
            return Item(entry.at, "circle-x", _("“%(name)s” came back") % name, str(why))
        case "message.opened":
            more = _("An estimate: some mail services open every picture.")
            return Item(entry.at, "eye", _("“%(name)s” was probably opened") % name, more)
        case "message.unsubscribed":
            return Item(entry.at, "log-out", _("Unsubscribed by the link in “%(name)s”") % name)
        case "message.complained":
            return Item(entry.at, "octagon-alert", _("“%(name)s” was reported as spam") % name)
        case other:
            return Item(entry.at, "mail", other)


def _consent(entry: TimelineEntry) -> Item:
    about = {
        "channel": channel_words(entry.channel or str(entry.props.get("channel", ""))),
        "purpose": purpose_words(str(entry.props.get("purpose", ""))),
    }
    if entry.name == "consent.given":
        return Item(entry.at, "shield-check", _("Agreed: %(purpose)s, %(channel)s") % about)
    return Item(entry.at, "shield-alert", _("Said no: %(purpose)s, %(channel)s") % about)


def _assigned(entry: TimelineEntry, known: Known) -> Item:
    owner, unit = (str(entry.props.get(name, "")) for name in ("owner", "unit"))
    where = _("Unit: %(name)s") % {"name": known.places.get(unit, unit)} if unit else _("In no unit")
    if not owner:
        return Item(entry.at, "users", _("Nobody’s from here on"), where)
    return Item(entry.at, "user-check", _("Owner: %(name)s") % {"name": known.places.get(owner, owner)}, where)


def _level(entry: TimelineEntry, known: Known) -> Item:
    level = str(entry.props.get("level", ""))
    name = {"level": dict(Level.choices).get(level, level)}
    because = proof_words(str(entry.props.get("proof", "")), str(entry.props.get("label", "")), known.sent)
    if entry.name == "level.reached":
        return Item(entry.at, "trending-up", _("Level reached: %(level)s") % name, because)
    return Item(entry.at, "arrow-down", _("Level lost: %(level)s") % name, because)


def _member(entry: TimelineEntry) -> Item:
    if entry.name == "member.joined":
        return Item(entry.at, "user-check", _("Became a member"), str(entry.props.get("label", "")))
    return Item(entry.at, "arrow-down", _("Membership ended"))
