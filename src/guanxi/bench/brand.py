"""A workspace whose lake is a copy of the invented one, and whose tables know the same people, tags and units."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from guanxi.audiences.queries import Event
from guanxi.audiences.registry import learn_events
from guanxi.bench.crowd import rest, without_indexes
from guanxi.bench.eight import CATALOGUE, NOW, TAGS, UNITS, ZONE
from guanxi.governance import operations as governance
from guanxi.governance.models import Unit, User, Workspace
from guanxi.governance.queries import entered
from guanxi.kit import clock, scope
from guanxi.people.models import Field, Tag, TagGroup

OWNER = "eight@example.test"
OF_PEOPLE = ("people_person", "people_identity", "people_trait")
# A name each, every tenth a number and a city: the lake holds what rules ask for.
ROWS = (
    """
INSERT INTO people_person (id, workspace_id, public_id, name, sort_key, level, unit_id, country, language, salt, source,
                           created_at)
SELECT i, {workspace}, 'psn_' || substr(md5(i::text), 1, 26), 'Person ' || i, 'person ' || i,
       (ARRAY['visitor', 'interactor', 'fan', 'friend', 'customer'])[1 + i % 5], 1 + i % {units}, 'CN', 'zh-hans',
       uuid_send(gen_random_uuid()), 'import', {now}
FROM generate_series(1, {people}) AS i
""",
    """
INSERT INTO people_identity (workspace_id, public_id, person_id, kind, lookup, plain, last4, source, created_at)
SELECT {workspace}, 'idn_' || substr(md5(i::text), 1, 26), i, 'customer_number', decode(md5(i::text), 'hex'), 'C-' || i,
       '', 'import', {now}
FROM generate_series(1, {people}, 10) AS i
""",
    """
INSERT INTO people_trait (workspace_id, person_id, field_id, value)
SELECT {workspace}, i, {city}, 'C' || i % 20 FROM generate_series(1, {people}, 10) AS i
""",
)


def founded(lake: Path, people: int) -> Workspace:
    """It lives at the moment at which the eight ask. Its people have the keys of the lake, so the database must have
    none yet."""
    owner = User.objects.create_user(email=OWNER, name="Boss")
    workspace = governance.create_workspace(
        name="Eight", owner=owner, country="CN", timezone=ZONE, currency=CATALOGUE.currency
    )
    workspace.clock_shift = NOW - clock.wall() - timedelta(minutes=10)
    workspace.save(update_fields=["clock_shift"])
    _copy(lake, Path(settings.LAKE) / str(workspace.pk))
    learn_events(lambda: _events(workspace))
    with entered(workspace):
        units = range(1, UNITS + 1)
        Unit.objects.bulk_create(
            Unit(pk=key, public_id=f"unt_{key}", name=f"Unit {key}", path=f"{key}/") for key in units
        )
        group = TagGroup.objects.create(name="Eight", folded="eight", created_at=NOW)
        names = ((key, f"Tag {key}") for key in range(1, TAGS + 1))
        Tag.objects.bulk_create(
            Tag(pk=key, public_id=f"tag_{key}", group=group, name=name, folded=name.lower(), created_at=NOW)
            for key, name in names
        )
        city = Field.objects.create(key="city", label="City", kind="text")
        Field.objects.create(key="points", label="Points", kind="number")
        _fill(workspace.pk, people, city.pk)
    return workspace


def _events(workspace: Workspace) -> dict[str, Event]:
    return dict(CATALOGUE.events) if scope.public_id() == workspace.public_id else {}


def _copy(lake: Path, to: Path) -> None:
    """The files of a table never change, so a second name for each will do; the logs are copied."""
    for place in (one for one in lake.rglob("*") if one.is_file()):
        copied = to / place.relative_to(lake)
        copied.parent.mkdir(parents=True, exist_ok=True)
        try:
            if place.suffix != ".parquet" or "_delta_log" in place.parts:
                shutil.copyfile(place, copied)
            else:
                os.link(place, copied)
        except OSError:  # on another disk
            shutil.copyfile(place, copied)


def _fill(workspace: int, people: int, city: int) -> None:
    values = {"workspace": workspace, "people": people, "city": city, "units": UNITS, "now": NOW}
    with closing(psycopg.connect(os.environ["GUANXI_DATABASE_OWNER_URL"], autocommit=True)) as owner:
        if owner.execute("SELECT FROM people_person LIMIT 1").fetchone() is not None:
            raise RuntimeError("the people of the lake need a database that has none")
        dropped = list(without_indexes(owner, OF_PEOPLE))
        for statement in ROWS:
            owner.execute(sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in values.items()}))
        for definition in dropped:
            owner.execute(definition.encode())
        for table in ("governance_unit", "people_tag", *OF_PEOPLE):
            name = sql.Identifier(table)
            serial = "SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))"
            owner.execute(sql.SQL(serial).format(sql.Literal(table), name))
    rest()
