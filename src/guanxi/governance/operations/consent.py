"""The consent ledger, and the list of addresses that get nothing. An address is its blind index (`crypto.lookup`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from guanxi.events import operations as events
from guanxi.events.operations import Happened
from guanxi.governance.events import AddressesChanged, ConsentGiven, ConsentWithdrawn
from guanxi.governance.models import Consent, ConsentEntry, Staff, Suppression, SuppressionReason
from guanxi.governance.operations.audit import record
from guanxi.kit import bulk, clock, keys, scope

IMPORT_UNDONE = "import.undone"

_NEWER_HOLDS = f"""(workspace_id, channel, address, purpose) DO UPDATE SET granted = EXCLUDED.granted, at = EXCLUDED.at
WHERE {Consent._meta.db_table}.at <= EXCLUDED.at"""

# For every line of the import: what the ledger said before it, and whether it is still the last word.
_LEDGER = ConsentEntry._meta.db_table
# What an undone import said no longer stands, and neither does the line that took it back.
_STANDS = f"""
one.workspace_id = mine.workspace_id AND one.channel = mine.channel AND one.address = mine.address
AND one.purpose = mine.purpose AND one.source <> '{IMPORT_UNDONE}'
AND NOT EXISTS (
    SELECT FROM {_LEDGER} undone
    WHERE undone.workspace_id = one.workspace_id AND undone.channel = one.channel AND undone.address = one.address
      AND undone.purpose = one.purpose AND undone.source = '{IMPORT_UNDONE}'
      AND one.import_id IS NOT NULL AND (undone.proof ->> 'import')::bigint = one.import_id)
"""
_LINES_OF_IMPORT = f"""
SELECT mine.id, mine.channel, mine.address, mine.purpose, before.granted, before.at, later.id IS NULL
FROM {_LEDGER} mine
LEFT JOIN LATERAL (
    SELECT granted, at FROM {_LEDGER} one WHERE {_STANDS} AND (one.at, one.id) < (mine.at, mine.id)
    ORDER BY one.at DESC, one.id DESC LIMIT 1) before ON true
LEFT JOIN LATERAL (
    SELECT id FROM {_LEDGER} one WHERE {_STANDS} AND (one.at, one.id) > (mine.at, mine.id) LIMIT 1) later ON true
WHERE mine.workspace_id = %s AND mine.import_id = %s AND mine.id > %s
ORDER BY mine.id LIMIT %s
"""  # noqa: S608


class ComplaintStands(Exception):
    """They reported a message as spam; staff cannot take that back."""


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One line for the ledger. `person` (if known) is whom the fact is told of."""

    channel: str
    address: bytes
    purpose: str
    granted: bool
    person: int | None = None
    proof: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentTakenBack:
    """`last` is the mark for the next turn, None when there was nothing left."""

    last: int | None
    restored: int
    kept: int


def give_consent(
    *,
    channel: str,
    address: bytes,
    purpose: str,
    source: str,
    now: datetime,
    person: int | None = None,
    proof: Mapping[str, Any] | None = None,
    by: int | None = None,
) -> None:
    """`source` says where they agreed, `proof` holds what shows it (text, file hash, who, when); `by` is a staff id."""
    line = ConsentLine(channel, address, purpose, True, person, proof or {})
    record_consents(lines=[line], source=source, now=now, by=by)


def withdraw_consent(
    *,
    channel: str,
    address: bytes,
    purpose: str,
    source: str,
    now: datetime,
    person: int | None = None,
    proof: Mapping[str, Any] | None = None,
    by: int | None = None,
) -> None:
    line = ConsentLine(channel, address, purpose, False, person, proof or {})
    record_consents(lines=[line], source=source, now=now, by=by)


@transaction.atomic
def record_consents(
    *, lines: Sequence[ConsentLine], source: str, now: datetime, by: int | None = None, import_id: int | None = None
) -> None:
    """Write the lines and what they make true now; say so for people of whom something else holds now; a first
    "no" is one, too.

    The lines of one call name each (channel, address, purpose) once.
    """
    if not lines:
        return
    before = _states(lines)
    _write_ledger(lines, source, now, by, import_id)
    bulk.insert(
        Consent,
        ["channel", "address", "purpose", "granted", "at"],
        ((line.channel, line.address, line.purpose, line.granted, now) for line in lines),
        on_conflict=_NEWER_HOLDS,
    )
    changed = [
        Happened(_fact(line, line.person, import_id), now)
        for line in lines
        if line.person is not None and before.get((line.channel, line.address, line.purpose)) != line.granted
    ]
    events.announce_many(changed, received_at=now, source=source)
    _tell(((line.channel, line.address) for line in lines), now)


def _tell(addresses: Iterable[tuple[str, bytes]], now: datetime) -> None:
    by_channel: dict[str, list[bytes]] = {}
    for channel, address in addresses:
        by_channel.setdefault(channel, []).append(address)
    for channel, those in by_channel.items():
        events.tell(AddressesChanged(channel, tuple(those)), at=now)


def _write_ledger(
    lines: Sequence[ConsentLine], source: str, now: datetime, by: int | None, import_id: int | None
) -> None:
    bulk.insert(
        ConsentEntry,
        ["public_id", "channel", "address", "purpose", "granted", "at", "source", "proof", "by_id", "import_id"],
        (
            (
                keys.new("cns"),
                line.channel,
                line.address,
                line.purpose,
                line.granted,
                now,
                source,
                line.proof,
                by,
                import_id,
            )
            for line in lines
        ),
    )


def _states(lines: Sequence[ConsentLine]) -> dict[tuple[str, bytes, str], bool]:
    channels, addresses = {line.channel for line in lines}, [line.address for line in lines]
    found = Consent.objects.filter(channel__in=channels).extra(**bulk.any_of("address", addresses))
    rows = found.values_list("channel", "address", "purpose", "granted")
    return {(channel, bytes(address), purpose): granted for channel, address, purpose, granted in rows}


def _fact(line: ConsentLine, person: int, import_id: int | None) -> ConsentGiven | ConsentWithdrawn:
    kind = ConsentGiven if line.granted else ConsentWithdrawn
    return kind(person=person, channel=line.channel, purpose=line.purpose, import_id=import_id)


@transaction.atomic
def take_back_import_consents(*, import_id: int, after: int, limit: int, now: datetime) -> ConsentTakenBack:
    """Undo what an import wrote, by new lines: what was said before holds again, what was said since stays."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES_OF_IMPORT, [scope.current(), import_id, after, limit])
        found = cursor.fetchall()
    if not found:
        return ConsentTakenBack(None, 0, 0)
    returning = [row for row in found if row[-1]]
    ours: list[ConsentLine] = []
    restored: list[tuple[str, bytes, str, bool, datetime]] = []
    forgotten: list[tuple[str, bytes, str]] = []
    for _, channel, address, purpose, granted, at, _ in returning:
        ours.append(ConsentLine(channel, bytes(address), purpose, bool(granted), None, {"import": import_id}))
        if granted is None:
            forgotten.append((channel, bytes(address), purpose))
        else:
            restored.append((channel, bytes(address), purpose, granted, at))
    if ours:
        _write_ledger(ours, IMPORT_UNDONE, now, None, None)
        _put_back(restored, forgotten)
        _tell(((line.channel, line.address) for line in ours), now)
    return ConsentTakenBack(found[-1][0], len(returning), len(found) - len(returning))


def _put_back(
    restored: Iterable[tuple[str, bytes, str, bool, datetime]], forgotten: Iterable[tuple[str, bytes, str]]
) -> None:
    same = "c.workspace_id = %s AND c.channel = b.channel AND c.address = b.address AND c.purpose = b.purpose"
    table = Consent._meta.db_table
    with connection.cursor() as cursor:
        if old := list(restored):
            cursor.execute(
                f"UPDATE {table} c SET granted = b.granted, at = b.at "  # noqa: S608
                "FROM unnest(%s::varchar[], %s::bytea[], "
                "%s::varchar[], %s::boolean[], %s::timestamptz[]) b(channel, address, purpose, granted, at) "
                f"WHERE {same}",
                [*map(list, zip(*old, strict=True)), scope.current()],
            )
        if gone := list(forgotten):
            cursor.execute(
                f"DELETE FROM {table} c USING unnest(%s::varchar[], %s::bytea[], %s::varchar[]) "  # noqa: S608
                f"b(channel, address, purpose) WHERE {same}",
                [*map(list, zip(*gone, strict=True)), scope.current()],
            )


def suppress(*, channel: str, address: bytes, reason: str, now: datetime, detail: str = "") -> None:
    suppress_many(channel=channel, addresses=[address], reason=reason, now=now, detail=detail)


@transaction.atomic
def suppress_many(
    *,
    channel: str,
    addresses: Sequence[bytes],
    reason: str,
    now: datetime,
    detail: str = "",
    by: Staff | None = None,
) -> int:
    """Put addresses on the list; a complaint takes the place of any other reason, otherwise the first reason stays.

    What staff put on it (`by`) stands in the audit log.
    """
    table = Suppression._meta.db_table
    wanted = list(dict.fromkeys(addresses))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (workspace_id, public_id, channel, address, reason, detail, at) "  # noqa: S608
            "SELECT %s, b.public_id, %s, b.address, %s, %s, %s FROM unnest(%s::varchar[], %s::bytea[]) "
            "b(public_id, address) ON CONFLICT (workspace_id, channel, address) DO UPDATE "
            "SET reason = EXCLUDED.reason, detail = EXCLUDED.detail, at = EXCLUDED.at "
            f"WHERE EXCLUDED.reason = %s AND {table}.reason <> %s",
            [
                *(scope.current(), channel, reason, detail[:300], now, [keys.new("sup") for _ in wanted], wanted),
                *[SuppressionReason.COMPLAINT] * 2,
            ],
        )
        added = int(cursor.rowcount)
    events.tell(AddressesChanged(channel, tuple(wanted)), at=now)
    if by and added:
        record(act="suppression.added", by=by, detail={"channel": channel, "count": added}, now=now)
    return added


@transaction.atomic
def unsuppress(*, channel: str, address: bytes, by: Staff | None = None) -> bool:
    """Staff take an address off the list; says whether it was on it. Raises ComplaintStands."""
    found = Suppression.objects.select_for_update().filter(channel=channel, address=address).first()
    if found is None:
        return False
    if found.reason == SuppressionReason.COMPLAINT:
        raise ComplaintStands
    found.delete()
    events.tell(AddressesChanged(channel, (address,)), at=clock.now())
    record(act="suppression.removed", by=by, subject=found.public_id, detail={"channel": channel})
    return True


@transaction.atomic
def take_off_list(*, channel: str, addresses: Sequence[bytes], at: datetime) -> list[bytes]:
    """Undo what staff put on the list at that moment; gives what came off. What another reason holds stays."""
    mine = Suppression.objects.filter(channel=channel, reason=SuppressionReason.MANUAL, at=at)
    found = list(mine.extra(**bulk.any_of("address", addresses)).values_list("pk", "address"))
    Suppression.objects.filter(pk__in=[pk for pk, _address in found]).delete()
    _tell(((channel, bytes(address)) for _pk, address in found), at)
    return [bytes(address) for _pk, address in found]
