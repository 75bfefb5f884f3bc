"""A person leaves the house, step by step; killed between two steps, the next turn goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models, transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import personal
from guanxi.kit.apart import apart, next_try
from guanxi.kit.personal import Erasure, Kind, Table
from guanxi.people.models import JobState, Person, PersonErasure
from guanxi.people.queries.who import who


class ErasureRefused(ValueError):
    """`reason`: no_reason, erased or not_failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def erase_person(*, person: Person, by: Staff | None, reason: str, now: datetime, why: str = "") -> PersonErasure:
    """From here on nobody sees or reaches the person; a worker removes what is kept. It cannot be undone.

    Raises ErasureRefused.
    """
    if not (why or reason.strip()):
        raise ErasureRefused("no_reason")
    held: Person = Person.objects.select_for_update().get(pk=person.pk)
    if held.erased_at is not None or held.merged_into_id is not None:
        raise ErasureRefused("erased")
    ids = who(held).people
    Person.objects.filter(pk__in=ids).update(erased_at=now)
    events.touch("people", ids)
    job: PersonErasure = PersonErasure.objects.create(person=held, by=by, requested_at=now)
    governance.record(act="person.erased", by=by, subject=held.public_id, reason=reason, detail={"why": why}, now=now)
    return job


@transaction.atomic
def retry_erasure(*, job: PersonErasure, by: Staff | None, now: datetime) -> None:
    """From the step where it gave up. Raises ErasureRefused."""
    again = {"state": JobState.WORKING, "attempts": 0, "due_at": None, "problem": ""}
    if not PersonErasure.objects.filter(pk=job.pk, state=JobState.FAILED).update(**again):
        raise ErasureRefused("not_failed")
    governance.record(act="erasure.retried", by=by, subject=job.public_id, now=now)


def work_erasures(*, now: datetime) -> int:
    """One step of each that is due; how many moved on. One that fails waits longer each time and holds up no other."""
    due = models.Q(due_at=None) | models.Q(due_at__lte=now)
    waiting = PersonErasure.objects.filter(due, state__in=[JobState.WAITING, JobState.WORKING]).order_by("pk")
    moved = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        with apart("erasure", pk) as work:
            moved += _step(pk, now)
        if work.problem:
            _note_failure(pk, work.problem, now)
    return moved


@transaction.atomic
def _note_failure(pk: int, problem: str, now: datetime) -> None:
    job: PersonErasure = PersonErasure.objects.select_for_update(of=("self",)).select_related("by").get(pk=pk)
    job.attempts, job.problem = job.attempts + 1, problem
    job.due_at = next_try(attempts=job.attempts, now=now)
    if job.due_at is None:
        job.state = JobState.FAILED
        governance.notify(staff=job.by, kind="erasure.failed", subject=job.public_id, name="", now=now)
    job.save(update_fields=["attempts", "problem", "due_at", "state"])


@transaction.atomic
def _step(pk: int, now: datetime) -> bool:
    held = PersonErasure.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk)
    job = held.select_related("person").first()
    if job is None or job.state == JobState.DONE:
        return False
    name, _, mark = (job.step or "rows").partition(":")
    following = STEPS[name](job, mark, now)
    if following is None:
        return False
    job.step, job.state = following, JobState.DONE if following == "done" else JobState.WORKING
    job.finished_at = now if following == "done" else None
    job.attempts, job.due_at, job.problem = 0, None, ""
    job.save(update_fields=["step", "state", "finished_at", "attempts", "due_at", "problem"])
    return True


def _rows(job: PersonErasure, mark: str, now: datetime) -> str | None:
    """All tables in one transaction, the upper rooms first: what is below them tells how their rows are found."""
    whom = who(job.person)
    declared = list(reversed(personal.tables()))
    if any(table.busy(whom) for table in declared if table.busy):
        return None
    for store in personal.stores():
        if store.erase:
            store.erase(whom, now)
    events.forget(people=whom.people)
    for table in declared:
        _erase(table, whom, now)
    return "batches:0"


def _batches(job: PersonErasure, mark: str, now: datetime) -> str:
    following = events.forget_in_batches(people=who(job.person).people, after=int(mark))
    return "lake" if following is None else f"batches:{following}"


def _lake(job: PersonErasure, mark: str, now: datetime) -> str | None:
    return "done" if events.forgotten(who(job.person).people) else None


STEPS: dict[str, Callable[[PersonErasure, str, datetime], str | None]] = {
    "rows": _rows,
    "batches": _batches,
    "lake": _lake,
}


def _erase(table: Table, whom: personal.Who, now: datetime) -> None:
    if table.erase:
        table.erase(whom, now)
    elif table.erasure == Erasure.REMOVED:
        table.rows(whom).delete()
    elif table.erasure == Erasure.EMPTIED:
        table.rows(whom).update(**{name: _empty(table, name) for name in table.of(Kind.PERSONAL)} | dict(table.cut))


def _empty(table: Table, name: str) -> Any:
    [column] = [one for one in table.model._meta.concrete_fields if one.attname == name]
    if column.null:
        return None
    if isinstance(column, models.JSONField):
        return column.get_default()
    return b"" if isinstance(column, models.BinaryField) else ""
