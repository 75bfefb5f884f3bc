"""Members of audiences: who came, who went, and what is said of it.

A look writes its members, how far the lake was, and what it announces in one transaction: killed anywhere, the next
look begins where the last whole one ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models import F

from guanxi.audiences import queries
from guanxi.audiences.events import AudienceEntered, AudienceLeft, AudienceRefreshed
from guanxi.audiences.models import Audience, AudienceDay, AudienceMember
from guanxi.audiences.queries import Look
from guanxi.events import operations as events
from guanxi.events.operations import Happened
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import clock, scope
from guanxi.kit.apart import apart

A_WEEK = 7 * 24 * 60
# Beyond so many, whoever listens is told once and reads the members.
ONE_BY_ONE = 1_000
CHUNK = 10_000
TRIES = 5


class AudienceIsFixed(Exception):
    """Its people are a list: it follows no rule."""


class AudienceGone(Exception):
    """It was deleted meanwhile."""


class BadInterval(ValueError):
    """Minutes from 0 to those of a week."""


class AudienceBusy(Exception):
    """Others changed it again and again meanwhile."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`looked_at`: of how many people it was asked whether they fit, None for everybody."""

    size: int
    entered: int
    left: int
    looked_at: int | None


def refresh(*, audience: Audience, now: datetime, whole: bool = False) -> Refreshed:
    """Brings the members of a live audience up to date with the lake as it is. `whole`: by asking about everybody, as
    at the first time, after a change of the rule, or of whatever it names. Raises RuleError, AudienceIsFixed,
    AudienceGone and AudienceBusy."""
    for _ in range(TRIES):
        kept = Audience.objects.filter(pk=audience.pk).first()
        if kept is None:
            raise AudienceGone
        if kept.fixed_at is not None:
            raise AudienceIsFixed
        found = queries.look(kept, now=now, whole=whole)
        done = _write(kept, found, now)
        if done is not None:
            return done
    raise AudienceBusy


@transaction.atomic
def _write(kept: Audience, found: Look, now: datetime) -> Refreshed | None:
    """None when the audience is not as it was when the look began."""
    held = held_audience(kept)
    if _state(held) != _state(kept):
        return None
    were = queries.listed(held.pk, found.asked)
    came = found.fit.filter(pc.invert(pc.is_in(found.fit, were)))
    went = were.filter(pc.invert(pc.is_in(were, found.fit)))
    _add(held, came, now)
    _remove(held, went)
    size = AudienceMember.objects.filter(audience=held).count()
    entered = 0 if held.filled_at is None else len(came)
    if held.filled_at is not None:
        _announce(held, came, went, now)
    if len(came) or len(went):
        events.tell(AudienceRefreshed(held.public_id, now.isoformat(), size, entered, len(went)), at=now)
    _note_day(held, now, size, entered, len(went))
    Audience.objects.filter(pk=held.pk).update(
        size=size,
        counted_at=now,
        refreshed_at=now,
        filled_at=held.filled_at or now,
        looked_at=clock.wall(),
        lake_commit=found.mark.commit,
        lake_change=found.mark.change,
        basis=found.basis,
        problem="",
    )
    return Refreshed(size, entered, len(went), None if found.asked is None else len(found.asked))


def held_audience(audience: Audience) -> Audience:
    """As it is now; nobody changes it until the end of the transaction. Raises AudienceGone."""
    held: Audience | None = Audience.objects.select_for_update(of=("self",)).filter(pk=audience.pk).first()
    if held is None:
        raise AudienceGone
    return held


def _state(audience: Audience) -> tuple[Any, ...]:
    return (
        audience.rule,
        audience.fixed_at,
        audience.refreshed_at,
        audience.lake_commit,
        audience.lake_change,
        audience.basis,
    )


def _add(audience: Audience, people: pa.Array, now: datetime) -> None:
    if len(people):
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {AudienceMember._meta.db_table} (workspace_id, audience_id, person_id, since) "  # noqa: S608
                "SELECT %s, %s, one, %s FROM unnest(string_to_array(%s, ',')::bigint[]) one ORDER BY one",
                [scope.current(), audience.pk, now, _text(people)],
            )


def _remove(audience: Audience, people: pa.Array) -> None:
    if len(people):
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {AudienceMember._meta.db_table} WHERE workspace_id = %s AND audience_id = %s "  # noqa: S608
                "AND person_id IN (SELECT unnest(string_to_array(%s, ',')::bigint[]))",
                [scope.current(), audience.pk, _text(people)],
            )


def _text(people: pa.Array) -> str:
    return ",".join(map(str, people.to_pylist()))


def _announce(audience: Audience, came: pa.Array, went: pa.Array, now: datetime) -> None:
    named = (audience.public_id, audience.name)
    quietly = len(came) + len(went) > ONE_BY_ONE
    for some in _chunks(came):
        facts = [Happened(AudienceEntered(person, *named), now) for person in some]
        events.announce_many(facts, received_at=now, quietly=quietly)
    for some in _chunks(went):
        left = [Happened(AudienceLeft(person, *named), now) for person in some]
        events.announce_many(left, received_at=now, quietly=quietly)


def _chunks(people: pa.Array) -> Iterator[Sequence[int]]:
    ordered = sorted(people.to_pylist())
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _note_day(audience: Audience, now: datetime, size: int, came: int, went: int) -> None:
    day = queries.day_of(now)
    AudienceDay.objects.get_or_create(audience=audience, day=day, defaults={"at": now, "size": size})
    AudienceDay.objects.filter(audience=audience, day=day).update(
        at=now, size=size, entered=F("entered") + came, left=F("left") + went
    )


@transaction.atomic
def fix_audience(*, audience: Audience, by: Staff | None, now: datetime) -> Audience:
    """From here on its people are those who fit now. Raises what `refresh` raises."""
    refresh(audience=audience, now=now)
    Audience.objects.filter(pk=audience.pk).update(fixed_at=now, every=None)
    governance.record(act="audience.fixed", by=by, subject=audience.public_id, now=now)
    audience.refresh_from_db()
    return audience


@transaction.atomic
def keep_live(*, audience: Audience, every: int | None, by: Staff | None, now: datetime) -> Audience:
    """Its members follow the rule, looked at after `every` minutes, with every change (0), or on demand (None). Raises
    BadInterval, AudienceGone, and RuleError when the rule of one that was fixed does not work any more."""
    if every is not None and not 0 <= every <= A_WEEK:
        raise BadInterval
    held = held_audience(audience)
    was_fixed = held.fixed_at is not None
    if (held.every, was_fixed) == (every, False):
        return held
    held.every, held.fixed_at, held.looked_at = every, None, None
    held.save(update_fields=["every", "fixed_at", "looked_at"])
    if was_fixed:
        queries.parse_rule(held.rule, queries.catalogue(), held.public_id)
    governance.record(act="audience.made_live", by=by, subject=held.public_id, now=now)
    return held


def refresh_lane(*, now: datetime) -> bool:
    """One turn at the audience that waits longest, in the current workspace; says whether one was due."""
    audience = queries.due().first()
    if audience is None:
        events.drop_changes()
        return False
    problem = ""
    with apart("audience", audience.pk) as work:
        try:
            refresh(audience=audience, now=now)
        except queries.RuleError:
            problem = "rule"
        except (AudienceIsFixed, AudienceGone, AudienceBusy):
            problem = ""
    if problem or work.problem:
        Audience.objects.filter(pk=audience.pk).update(looked_at=clock.wall(), problem=problem or "unexpected")
    return True
