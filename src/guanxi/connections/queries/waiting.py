"""Who waits for an advisor: whoever wrote last, whoever added them, and who is less close than two weeks ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from guanxi.connections.models import FriendFact, Friendship
from guanxi.events.models import Fact
from guanxi.governance.models import Staff
from guanxi.kit import keys, scope
from guanxi.people import queries as people
from guanxi.people.models import Note, Person, PersonTag, Role, Strength, Tag
from guanxi.people.queries import BadCursor

PAGE = 50
WROTE_FOR, FELL_FOR = timedelta(days=30), timedelta(days=14)
THEIRS, OURS = ("message_in", "reply"), ("meeting", "complaint_resolved")
_ROLE = f"coalesce(tag.role, '{Role.CONSUMER}')"

# Of each person whom they own or are friends with now, and see, one row, for the first of the reasons in this order
# after which nobody wrote a note: wrote last (a touch that was written down) and got no meeting or settled complaint
# since; added the advisor, who has not added them back; less close than before. Facts and notes of people who became
# them count as theirs.
# An advisor may know tens of thousands, of whom few wait: who was seen lately and who fell is read from indexes of all
# people, without a look at the row of anybody who does not wait. IS TRUE: one's own are read once and looked up, which
# takes half as long as to keep everybody who fell.
_WAITING = f"""
WITH mine AS MATERIALIZED (
    SELECT id FROM unnest(%(mine)s::bigint[]) AS mine(id)
), lately AS MATERIALIZED (
    SELECT id FROM {Person._meta.db_table}
    WHERE workspace_id = %(workspace)s AND id = ANY(%(mine)s) AND last_seen_at > %(wrote_since)s
      AND merged_into_id IS NULL AND erased_at IS NULL
), wrote AS (
    SELECT same.keeper AS person, max(told.theirs) AS since FROM (
        SELECT id AS keeper, id AS person FROM lately
        UNION ALL
        SELECT lately.id, gone.id FROM lately CROSS JOIN LATERAL (
            SELECT id FROM {Person._meta.db_table} WHERE merged_into_id = lately.id OFFSET 0) gone
    ) same CROSS JOIN LATERAL (
        SELECT max(occurred_at) FILTER (WHERE props->>'kind' = ANY(%(theirs)s)) AS theirs,
               max(occurred_at) FILTER (WHERE props->>'kind' = ANY(%(ours)s)) AS ours
        FROM {Fact._meta.db_table} fact WHERE fact.workspace_id = %(workspace)s AND fact.person = same.person
          AND fact.name = 'touch.recorded' AND fact.occurred_at > %(wrote_since)s AND fact.occurred_at <= %(now)s
    ) told
    GROUP BY same.keeper HAVING max(told.theirs) > coalesce(max(told.ours), '-infinity')
), asked AS (
    SELECT friend.person_id AS person, friend.state_at AS since FROM {Friendship._meta.db_table} friend
    JOIN mine ON mine.id = friend.person_id
    WHERE friend.workspace_id = %(workspace)s AND friend.staff_id = %(staff)s AND friend.state = 'pending'
      AND EXISTS (SELECT FROM {FriendFact._meta.db_table} fact
                  WHERE fact.friendship_id = friend.id AND fact.kind = 'half_added')
), weak AS (
    SELECT close.person_id AS person, close.neutral_until AS since FROM {Strength._meta.db_table} close
    WHERE close.workspace_id = %(workspace)s AND close.neutral_until > %(fell_since)s AND close.neutral_until <= %(now)s
      AND (close.person_id IN (SELECT id FROM mine)) IS TRUE
), neutral AS (
    SELECT close.person_id AS person, close.strong_until AS since FROM {Strength._meta.db_table} close
    WHERE close.workspace_id = %(workspace)s AND close.strong_until > %(fell_since)s AND close.strong_until <= %(now)s
      AND (close.person_id IN (SELECT id FROM mine)) IS TRUE
), every AS MATERIALIZED (
    SELECT person, 1 AS place, 'wrote' AS why, since FROM wrote
    UNION ALL SELECT person, 2, 'added', since FROM asked
    UNION ALL SELECT person, 3, 'weak', since FROM weak
    UNION ALL SELECT person, 4, 'neutral', since FROM neutral
), noted AS MATERIALIZED (
    SELECT same.keeper AS person, max(note.at) AS at FROM (
        SELECT DISTINCT person AS keeper, person FROM every
        UNION
        SELECT gone.merged_into_id, gone.id FROM {Person._meta.db_table} gone
        WHERE gone.merged_into_id IN (SELECT person FROM every)
    ) same JOIN {Note._meta.db_table} note ON note.person_id = same.person GROUP BY same.keeper
), reasons AS (
    SELECT DISTINCT ON (every.person) every.person, every.why, every.since FROM every
    LEFT JOIN noted ON noted.person = every.person WHERE noted.at IS NULL OR noted.at < every.since
    ORDER BY every.person, every.place, every.since
)
SELECT reasons.person, reasons.why, reasons.since, {_ROLE} AS role, ranked.priority, person.public_id
FROM reasons JOIN {Person._meta.db_table} person ON person.id = reasons.person
     AND person.merged_into_id IS NULL AND person.erased_at IS NULL
LEFT JOIN {PersonTag._meta.db_table} carried ON carried.person_id = reasons.person AND carried.slot = 0
LEFT JOIN {Tag._meta.db_table} tag ON tag.id = carried.tag_id
CROSS JOIN LATERAL (
    SELECT CASE {_ROLE} WHEN 'leader' THEN %(leader)s WHEN 'employee' THEN %(employee)s ELSE %(consumer)s END::int
) ranked (priority)
WHERE (ranked.priority, reasons.since, person.public_id) > (%(priority)s, %(after)s, %(key)s)
ORDER BY ranked.priority, reasons.since, person.public_id LIMIT %(size)s
"""  # noqa: S608
BEGINNING = (0, datetime(1, 1, 2, tzinfo=UTC), "")


@dataclass(frozen=True)
class Waiting:
    """`why`: wrote, added, or the band to which they fell (neutral, weak); `since` when that was."""

    person: Person
    role: Role
    priority: int
    why: str
    since: datetime


def waiting_page(
    staff: Staff, now: datetime, *, after: str = "", size: int = PAGE, mine: Sequence[int] | None = None
) -> tuple[list[Waiting], str]:
    """One page of one's own people, and the mark of the next: those whose role goes first, and among them who waits
    longest. `mine` are their keys, where they are known already (`own_and_visible`). Raises BadCursor."""
    mark = _mark(after) if after else BEGINNING
    rows = _rows(staff, now, mark, size + 1, people.own_and_visible(staff) if mine is None else mine)
    known = Person.objects.in_bulk([row[0] for row in rows[:size]])
    page = [
        Waiting(known[pk], Role(role), priority, why, since)
        for pk, why, since, role, priority, _key in rows[:size]
        if pk in known
    ]
    return page, _marked(*rows[size - 1][2:]) if len(rows) > size else ""


Row = tuple[int, str, datetime, str, int, str]


def _rows(
    staff: Staff, now: datetime, after: tuple[int, datetime, str], size: int, mine: Sequence[int]
) -> Sequence[Row]:
    given: dict[str, Any] = {
        "mine": list(mine),
        "workspace": scope.current(),
        "staff": staff.pk,
        "now": now,
        "wrote_since": now - WROTE_FOR,
        "fell_since": now - FELL_FOR,
        "theirs": list(THEIRS),
        "ours": list(OURS),
        **people.priorities(),
        **dict(zip(("priority", "after", "key"), after, strict=True)),
        "size": size,
    }
    if not mine:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, given)
        found: Sequence[Row] = cursor.fetchall()
        return found


def _marked(since: datetime, _role: str, priority: int, key: str) -> str:
    return f"{priority}.{since.astimezone(UTC):%Y%m%dT%H%M%S%f}.{key}"


def _mark(after: str) -> tuple[int, datetime, str]:
    priority, _dot, rest = after.partition(".")
    moment, _dot, key = rest.partition(".")
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        raise BadCursor(after) from None
    if priority not in ("1", "2", "3") or not keys.is_id(key, "psn"):
        raise BadCursor(after)
    return int(priority), at, key


def added_and_unknown(staff: Staff, mine: Sequence[int] | None = None) -> int:
    """How many people added this advisor, who has not added them back, and are not among those of `waiting_page`."""
    half = FriendFact.objects.filter(kind="half_added", friendship__staff=staff, friendship__state="pending")
    added = set(half.order_by().values_list("friendship__person", flat=True))
    if added:
        added.difference_update(people.own_and_visible(staff) if mine is None else mine)
    return Person.objects.filter(pk__in=added, merged_into=None, erased_at=None).count() if added else 0
