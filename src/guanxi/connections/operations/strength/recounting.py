"""The worker's turn: new commits are counted, or everything anew. Only what differs from what is known is written, in
portions, each for itself: killed in between, the next turn finds what is left."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from guanxi.connections.models import Bond, StrengthCount
from guanxi.connections.operations.strength.counting import count_rows, prove_interactors, write_bonds
from guanxi.connections.queries import recount
from guanxi.connections.queries import strength as asked
from guanxi.connections.queries.recount import PART, Changes
from guanxi.events import operations as events
from guanxi.events import queries
from guanxi.events.models import LakeState, Retraction
from guanxi.kit import bulk, leases
from guanxi.people import operations as people
from guanxi.people.models import Person

COMMITS_A_TURN = 10


def strength_lane(*, now: datetime) -> int:
    """One turn of the worker; how many commits were counted."""
    with leases.only_one("strength") as alone:
        if not alone:
            return 0
        count, _made = StrengthCount.objects.get_or_create()
        state = LakeState.objects.first()
        appended = state.appended if state else 0
        if count.counted_at is None or count.commit > appended or count.anew_since is not None:
            return int(count_anew(now=now))
        commits = range(count.commit + 1, min(appended, count.commit + COMMITS_A_TURN) + 1)
        for commit in commits:
            with transaction.atomic():
                count_rows(events.rows_of(commit), now=now)
                StrengthCount.objects.filter(pk=count.pk).update(commit=commit, counted_at=now)
        return len(commits)


def count_anew(*, now: datetime) -> bool:
    """Everybody, from the lake. False while the lake is not ready for it, or when it was asked for once more meanwhile:
    the next turn comes back."""
    if Retraction.objects.filter(done_at=None).exists():
        return False
    count, _made = StrengthCount.objects.get_or_create()
    with leases.only_one("lake") as alone:
        if not alone:
            return False
        state = LakeState.objects.first()
        if state is not None and state.assigned != state.appended:
            return False
        commit = state.appended if state else 0
        StrengthCount.objects.filter(pk=count.pk).update(anew_since=count.anew_since or now, todo=None, done=0)
        count.refresh_from_db()
        by = asked.rules()
        with queries.lake() as tables:
            changes = recount.changes(tables, by, now)
    StrengthCount.objects.filter(pk=count.pk).update(todo=changes.rows)
    _write(changes, now)
    same = StrengthCount.objects.filter(pk=count.pk, asked=count.asked)
    return bool(same.update(commit=commit, anew_since=None, counted_at=now, todo=None, done=0))


def _write(changes: Changes, now: datetime) -> None:
    prove_interactors(changes.signs, now)
    for start in range(0, len(changes.bonds_gone), PART):
        part = changes.bonds_gone[start : start + PART]
        Bond.objects.filter(pk__in=part).delete()
        _done(len(part))
    for rows in recount.in_parts(changes.bonds):
        with transaction.atomic():
            there = _still([row[0] for row in rows])
            write_bonds([row for row in rows if row[0] in there])
            _done(len(rows))
    for start in range(0, len(changes.close_gone), PART):
        with transaction.atomic():
            part = changes.close_gone[start : start + PART]
            people.drop_strength(part)
            _done(len(part))
    for rows in recount.in_parts(changes.close):
        with transaction.atomic():
            there = _still([row[0] for row in rows])
            people.hold_strength(recount.moments(row for row in rows if row[0] in there))
            _done(len(rows))


def _still(persons: list[int]) -> set[int]:
    """Who was not erased while the lake was read."""
    there = Person.objects.filter(erased_at=None).extra(**bulk.any_number("people_person.id", persons))
    return set(there.values_list("pk", flat=True))


def _done(rows: int) -> None:
    StrengthCount.objects.update(done=F("done") + rows)
