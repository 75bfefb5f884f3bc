"""What every row of a workspace has in common."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection, migrations, models

from guanxi.kit import scope

WORKSPACE_IS_SET = "workspace_id = NULLIF(current_setting('guanxi.workspace', true), '')::bigint"
Row = TypeVar("Row", bound=models.Model, covariant=True)


class WorkspaceManager(models.Manager[Row]):
    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(workspace_id=scope.current())


class WorkspaceRow(models.Model):
    """A row that belongs to one workspace and is found only inside its scope."""

    workspace_id = models.BigIntegerField(default=scope.current, editable=False)

    objects = WorkspaceManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Reserve ids, so that a value can be sealed with the id of its row before the row is written."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) once, "
            "generate_series(1, %s)",
            [f'"{table}"', count],
        )
        return [row[0] for row in cursor.fetchall()]


class LockRows(migrations.RunSQL):
    """Row-level security for tables of workspace rows: what the setting does not name is not there."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        super().__init__(
            [sql for table in tables for sql in _lock(table)], [sql for table in tables for sql in _unlock(table)]
        )

    def deconstruct(self) -> Any:
        return self.__class__.__name__, list(self.tables), {}


def _lock(table: str) -> list[str]:
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'CREATE POLICY workspace ON "{table}" USING ({WORKSPACE_IS_SET})',
    ]


def _unlock(table: str) -> list[str]:
    return [f'DROP POLICY workspace ON "{table}"', f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY']


REVOKE_CHANGES = """
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'guanxi_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM guanxi_app;
END IF; END $$
"""


class AppendOnly(migrations.RunSQL):
    """The application may add rows to these tables, never change or remove one."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        names = ", ".join(f'"{table}"' for table in tables)
        super().__init__(
            REVOKE_CHANGES.format(names),
            migrations.RunSQL.noop,
        )

    def deconstruct(self) -> Any:
        return self.__class__.__name__, list(self.tables), {}


REVOKE_UPDATES = """
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'guanxi_app') THEN
    REVOKE UPDATE, TRUNCATE ON {} FROM guanxi_app;
END IF; END $$
"""


class NeverChanged(migrations.RunSQL):
    """The application may add rows to these tables and remove them with what they tell of, never change one."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        names = ", ".join(f'"{table}"' for table in tables)
        super().__init__(REVOKE_UPDATES.format(names), migrations.RunSQL.noop)

    def deconstruct(self) -> Any:
        return self.__class__.__name__, list(self.tables), {}
