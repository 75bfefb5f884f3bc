import pytest
from django.db import DatabaseError, connection, transaction

from guanxi.governance import queries as governance
from guanxi.governance.models import Unit, Workspace
from guanxi.kit import scope
from tests.conftest import make_workspace


def raw_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM governance_unit ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def test_a_query_outside_a_workspace_raises(db: None) -> None:
    with pytest.raises(scope.NoWorkspace):
        Unit.objects.count()


def test_each_lock_alone_hides_the_rows_of_another_workspace(workspace: Workspace) -> None:
    Unit.objects.create(name="North", path="1/")
    with governance.entered(make_workspace("other")):
        Unit.objects.create(name="South", path="2/")
        assert [unit.name for unit in Unit.objects.all()] == ["South"]
        assert raw_names() == ["South"]
    assert raw_names() == ["North"]


def test_without_a_scope_the_database_shows_nothing(db: None) -> None:
    with governance.entered(make_workspace()):
        Unit.objects.create(name="North", path="1/")
    assert raw_names() == []


def test_a_row_cannot_be_written_into_another_workspace(workspace: Workspace) -> None:
    other = make_workspace("other")
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Unit.objects.create(name="Smuggled", path="1/", workspace_id=other.pk)


def test_the_scope_survives_an_error_inside_a_transaction(workspace: Workspace) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
    Unit.objects.create(name="North", path="1/")
    assert raw_names() == ["North"]


def test_the_application_role_can_neither_change_the_schema_nor_the_consent_ledger(workspace: Workspace) -> None:
    for statement in (
        "CREATE TABLE evil (id int)",
        "DELETE FROM governance_consententry",
        "UPDATE governance_consententry SET granted = true",
        "TRUNCATE governance_unit",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
