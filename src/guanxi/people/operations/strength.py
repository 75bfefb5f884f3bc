"""Until when people are close to the brand: written down by whoever counts the touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from guanxi.events import operations as events
from guanxi.events.models import Touched
from guanxi.kit import bulk, scope
from guanxi.people.models import Strength

COLUMNS = ("person_id", "strong_until", "neutral_until")
Held = tuple[int, datetime | None, datetime]
"""A person, and until when they are strong and neutral."""
TABLE = Strength._meta.db_table


@transaction.atomic
def hold_strength(held: Sequence[Held]) -> None:
    bulk.insert(
        Strength,
        COLUMNS,
        held,
        on_conflict="(person_id) DO UPDATE SET strong_until = EXCLUDED.strong_until, "
        "neutral_until = EXCLUDED.neutral_until",
    )
    events.touch("people", [person for person, *_ in held])


@transaction.atomic
def hold_strength_of_all(held: Iterable[Held]) -> None:
    """Of everybody: who is not among them has none. Only what differs by a minute or more is written."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE strength_new (person bigint, strong timestamptz, neutral timestamptz)")
        with cursor.cursor.copy(b"COPY strength_new FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["bigint", "timestamptz", "timestamptz"])
            for row in held:
                copy.write_row(row)
        cursor.execute("CREATE INDEX ON strength_new (person)")
        cursor.execute("ANALYZE strength_new")
        cursor.execute(
            f"""
WITH gone AS (
    DELETE FROM {TABLE} old WHERE old.workspace_id = %(workspace)s
        AND NOT EXISTS (SELECT FROM strength_new WHERE person = old.person_id) RETURNING old.person_id
), changed AS (
    UPDATE {TABLE} old SET strong_until = fresh.strong, neutral_until = fresh.neutral FROM strength_new fresh
    WHERE old.workspace_id = %(workspace)s AND old.person_id = fresh.person
        AND (abs(extract(epoch FROM old.neutral_until - fresh.neutral)) > 60
             OR abs(extract(epoch FROM old.strong_until - fresh.strong)) > 60 OR old.strong_until IS NULL)
    RETURNING old.person_id
), made AS (
    INSERT INTO {TABLE} (workspace_id, person_id, strong_until, neutral_until)
    SELECT %(workspace)s, person, strong, neutral FROM strength_new fresh
    WHERE NOT EXISTS (SELECT FROM {TABLE} old WHERE old.person_id = fresh.person) RETURNING person_id
)
INSERT INTO {Touched._meta.db_table} (workspace_id, mirror, key)
SELECT %(workspace)s, 'people', person_id FROM (SELECT * FROM gone UNION ALL SELECT * FROM changed
                                               UNION ALL SELECT * FROM made) AS all_of_them
""",  # noqa: S608
            {"workspace": scope.current()},
        )
        cursor.execute("DROP TABLE strength_new")
