"""People, staff and imports for tests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from guanxi.governance.models import Staff, Unit, User
from guanxi.people import operations as people
from guanxi.people.models import Import, Person


def csv_file(header: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8") -> io.BytesIO:
    quoted = ['"' + cell.replace('"', '""') + '"' for row in (header, *rows) for cell in row]
    width = len(header)
    lines = [",".join(quoted[start : start + width]) for start in range(0, len(quoted), width)]
    return io.BytesIO("\n".join(lines).encode(encoding))


def make_staff(name: str = "Ann", role: str = "owner", unit: Unit | None = None, **given: Any) -> Staff:
    user = User.objects.create_user(given.pop("email", f"{name.lower()}@lumen.test"), name)
    staff: Staff = Staff.objects.create(user=user, name=name, role=role, unit=unit, **given)
    return staff


def make_unit(name: str, parent: Unit | None = None) -> Unit:
    unit: Unit = Unit.objects.create(name=name, parent=parent, path="")
    unit.path = f"{parent.path if parent else ''}{unit.pk}/"
    unit.save()
    return unit


def make_person(name: str = "Lin Wei", *, now: datetime, **given: Any) -> Person:
    return people.create_person(name=name, now=now, dial_country="CN", **given)


def uploaded(
    file: io.BytesIO,
    columns: Mapping[str, str],
    options: Mapping[str, str] | None = None,
    *,
    now: datetime,
    kind: str = "people",
    by: Staff | None = None,
    filename: str = "people.csv",
) -> Import:
    """A file whose columns and options are chosen."""
    of = people.start_import(file=file, filename=filename, kind=kind, by=by, now=now)
    of = people.choose_columns(of=of, columns=columns)
    return people.choose_options(of=of, options=options or {})


def checked(of: Import, now: datetime) -> Import:
    people.check_import(of=of)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    return of


def done(of: Import, now: datetime) -> Import:
    people.run_import(of=checked(of, now), now=now)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    return of


def undone(of: Import, now: datetime) -> Import:
    people.undo_import(of=of, now=now)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    return of
