"""Everything about one person as one file: JSON for machines, a table a part for spreadsheets, and their files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import crypto, personal, scope, sealed_files
from guanxi.kit.apart import apart
from guanxi.kit.personal import Kind, Table, Who
from guanxi.kit.spreadsheets import Sink, iter_csv
from guanxi.people.models import JobState, Person, PersonExport
from guanxi.people.queries.who import who

LASTS = timedelta(hours=24)
LEASE = timedelta(minutes=10)
ATTEMPTS = 3


class ExportRefused(ValueError):
    """`reason`: no_reason, erased or running."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def export_person(*, person: Person, by: Staff | None, reason: str, now: datetime, why: str = "") -> PersonExport:
    """Asks for the file; a worker makes it. Raises ExportRefused."""
    if not (why or reason.strip()):
        raise ExportRefused("no_reason")
    held: Person = Person.objects.select_for_update().get(pk=person.pk)
    if held.erased_at is not None:
        raise ExportRefused("erased")
    if PersonExport.objects.filter(person=held, state__in=[JobState.WAITING, JobState.WORKING]).exists():
        raise ExportRefused("running")
    job: PersonExport = PersonExport.objects.create(person=held, by=by, requested_at=now)
    governance.record(act="person.exported", by=by, subject=held.public_id, reason=reason, detail={"why": why}, now=now)
    return job


def work_exports(*, now: datetime) -> int:
    """Makes one file that was asked for, and drops those whose day is over; how many were touched."""
    touched = _expire(now) + _give_up(now)
    job = _take()
    if job is None:
        return touched
    with apart("export", job.pk) as work:
        size = _write(job, who(job.person), now)
        done = {"state": JobState.DONE, "size": size, "finished_at": now, "expires_at": now + LASTS}
        PersonExport.objects.filter(pk=job.pk).update(lease_until=None, **done)
    if work.problem:
        last = PersonExport.objects.filter(pk=job.pk, attempts__gte=ATTEMPTS)
        last.update(state=JobState.FAILED, finished_at=now, lease_until=None)
    return touched if work.problem else touched + 1


def _give_up(now: datetime) -> int:
    """What was tried often enough, also when it took its worker with it each time."""
    lost = PersonExport.objects.filter(state=JobState.WORKING, lease_until__lt=Now(), attempts__gte=ATTEMPTS)
    return lost.update(state=JobState.FAILED, finished_at=now, lease_until=None)


@transaction.atomic
def _take() -> PersonExport | None:
    free = models.Q(state=JobState.WAITING) | models.Q(state=JobState.WORKING, lease_until__lt=Now())
    job = PersonExport.objects.select_for_update(skip_locked=True, of=("self",)).filter(free).order_by("pk").first()
    if job is None:
        return None
    PersonExport.objects.filter(pk=job.pk).update(
        state=JobState.WORKING, attempts=models.F("attempts") + 1, lease_until=Now() + LEASE, parts_done=0
    )
    return PersonExport.objects.select_related("person").get(pk=job.pk)


def path_of(job: PersonExport) -> Path:
    return Path(settings.FILES) / str(scope.current()) / "exports" / str(job.public_id)


def place_of(job: PersonExport) -> str:
    return f"{PersonExport._meta.db_table}|{job.pk}"


def read_export(job: PersonExport) -> Iterator[bytes]:
    """The pieces of the file. Raises FileNotFoundError when its day is over."""
    salt = job.person.salt
    if job.state != JobState.DONE or salt is None:
        raise FileNotFoundError
    return sealed_files.read(path_of(job), workspace_id=scope.current(), salt=bytes(salt), place=place_of(job))


def forget_exports(whom: Who, now: datetime) -> None:
    for job in PersonExport.objects.filter(person__in=whom.people):
        path_of(job).unlink(missing_ok=True)


def _expire(now: datetime) -> int:
    """Expired first: then nobody gets the file any more, whether or not it can be removed."""
    over = list(PersonExport.objects.filter(state=JobState.DONE, expires_at__lte=now))
    expired = PersonExport.objects.filter(pk__in=[job.pk for job in over]).update(state=JobState.EXPIRED)
    for job in over:
        with apart("file of export", job.pk):
            path_of(job).unlink(missing_ok=True)
    return expired


def _write(job: PersonExport, whom: Who, now: datetime) -> int:
    return sealed_files.write(
        path_of(job),
        _zipped(job, whom, now),
        workspace_id=scope.current(),
        salt=bytes(job.person.salt or b""),
        place=place_of(job),
    )


def _zipped(job: PersonExport, whom: Who, now: datetime) -> Iterator[bytes]:
    parts = _parts()
    PersonExport.objects.filter(pk=job.pk).update(parts=len(parts))
    sink, everything = Sink(), dict[str, list[dict[str, Any]]]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, read) in enumerate(parts, start=1):
            rows = [dict(row) for row in read(whom)]
            everything[name] = rows
            if rows:
                with archive.open(f"csv/{name}.csv", "w") as file:
                    for piece in iter_csv(*_as_table(rows)):
                        file.write(piece)
                yield sink.taken()
            PersonExport.objects.filter(pk=job.pk).update(parts_done=number, lease_until=Now() + LEASE)
        said = {"person": job.person.public_id, "made_at": now, "parts": everything}
        archive.writestr("person.json", msgspec.json.format(msgspec.json.encode(said, enc_hook=str), indent=1))
        yield sink.taken()
        for store in personal.stores():
            for name, pieces in store.files(whom) if store.files else ():
                with archive.open(f"files/{name}", "w") as file:
                    for piece in pieces:
                        file.write(piece)
                        yield sink.taken()
    yield sink.taken()


def _parts() -> list[tuple[str, personal.Read]]:
    tables = [(one.part, one.export or _reader(one)) for one in personal.tables() if one.part]
    return [*tables, *((one.part, one.export) for one in personal.stores() if one.part and one.export)]


def _as_table(rows: list[dict[str, Any]]) -> tuple[list[str], Iterator[list[str]]]:
    header = list(dict.fromkeys(name for row in rows for name in row))
    return header, ([_cell(row.get(name)) for name in header] for row in rows)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.isoformat()
        case dict() | list() | bool():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _reader(table: Table) -> personal.Read:
    """The person's rows as the outside may see them: no internal id, no key, sealed columns in clear."""
    columns = _outward(table)

    def read(whom: Who) -> Iterable[Mapping[str, Any]]:
        rows = table.rows(whom).order_by("pk")
        more = ("pk", "person__salt") if table.sealed else ()
        return (_outside(table, row) for row in rows.values(*more, **columns).iterator())

    return read


def _outward(table: Table) -> dict[str, models.F]:
    """Name in the file → what to read."""
    found: dict[str, str] = {}
    fields = {one.attname: one for one in table.model._meta.concrete_fields}
    for name, kind in table.columns.items():
        column = fields[name]
        if kind == Kind.SENSITIVE or name == "id":
            continue
        if isinstance(column, models.ForeignKey):
            if any(one.name == "public_id" for one in column.related_model._meta.concrete_fields):
                found[column.name] = f"{column.name}__public_id"
        elif name in table.sealed.split() or _speaks(column, kind):
            found[name] = name
    # An alias may not be called like a column.
    return {f"out_{name}": models.F(path) for name, path in (found | dict(table.shows)).items()}


def _speaks(column: models.Field[Any, Any], kind: Kind) -> bool:
    """Numbers that only lead to rows of ours, and hashes, tell nobody anything."""
    return isinstance(column, models.CharField) or not (
        kind == Kind.PSEUDONYM or isinstance(column, models.BinaryField)
    )


def _outside(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    said = {name.removeprefix("out_"): value for name, value in row.items() if name.startswith("out_")}
    for name in table.sealed.split():
        sealed, salt = said[name], row["person__salt"]
        said[name] = _in_clear(table, name, row["pk"], bytes(sealed), bytes(salt)) if sealed and salt else None
    return said


def _in_clear(table: Table, column: str, pk: int, sealed: bytes, salt: bytes) -> str:
    place = {"table": table.model._meta.db_table, "column": column}
    return crypto.unseal(sealed, workspace_id=scope.current(), salt=salt, row=pk, **place)
