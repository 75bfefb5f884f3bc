import psycopg
import pytest

from guanxi.config import boot
from guanxi.config.boot import Problem
from guanxi.config.installation import Installation, Misconfigured
from tests.config.conftest import run_guanxi


def as_superuser(installation: Installation, statement: str) -> None:
    with psycopg.connect(installation.cluster.url("superuser"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("role", ["app", "worker"])
def test_the_roles_of_the_processes_are_accepted(migrated: Installation, role: str) -> None:
    boot.refuse_unsafe_database(migrated.database_url("worker" if role == "worker" else "app"))


def test_a_superuser_is_refused(migrated: Installation) -> None:
    with pytest.raises(Misconfigured, match="The role postgres is a superuser"):
        boot.refuse_unsafe_database(migrated.cluster.url("superuser"))


def test_the_owner_of_the_tables_is_refused(migrated: Installation) -> None:
    with pytest.raises(Misconfigured, match="The role guanxi_owner owns the tables"):
        boot.refuse_unsafe_database(migrated.database_url("owner"))


def test_a_role_that_could_become_the_owner_is_refused(migrated: Installation) -> None:
    as_superuser(migrated, "GRANT guanxi_owner TO guanxi_worker WITH INHERIT FALSE")
    try:
        with pytest.raises(Misconfigured, match="The role guanxi_worker owns the tables"):
            boot.refuse_unsafe_database(migrated.database_url("worker"))
    finally:
        as_superuser(migrated, "REVOKE guanxi_owner FROM guanxi_worker")


def test_a_role_that_bypasses_row_level_security_is_refused(migrated: Installation) -> None:
    as_superuser(migrated, "ALTER ROLE guanxi_app BYPASSRLS")
    try:
        with pytest.raises(Misconfigured, match="The role guanxi_app bypasses row-level security"):
            boot.refuse_unsafe_database(migrated.database_url("app"))
    finally:
        as_superuser(migrated, "ALTER ROLE guanxi_app NOBYPASSRLS")


def test_an_old_server_is_refused(migrated: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "OLDEST_POSTGRES", 99)
    with pytest.raises(Misconfigured, match="PostgreSQL is version 18; Guanxi needs 99 or later"):
        boot.refuse_unsafe_database(migrated.database_url("app"))


def test_a_server_that_does_not_answer_is_refused() -> None:
    with pytest.raises(Misconfigured, match="PostgreSQL does not answer"):
        boot.refuse_unsafe_database("postgresql:///guanxi?host=/nowhere")


def test_every_table_of_a_workspace_is_locked_and_an_open_one_is_found(migrated: Installation) -> None:
    assert boot.lock_problems(migrated.database_url("app")) == []
    as_superuser(migrated, "CREATE TABLE leak (workspace_id bigint)")
    try:
        found = boot.lock_problems(migrated.database_url("app"))
    finally:
        as_superuser(migrated, "DROP TABLE leak")
    assert found == [
        Problem(
            "Row-level security is off for leak.",
            "ALTER TABLE … ENABLE ROW LEVEL SECURITY as the owner, and find out who switched it off.",
        )
    ]


def test_the_application_fills_what_a_migration_made_but_cannot_change_it(migrated: Installation) -> None:
    with psycopg.connect(migrated.database_url("app")) as connection:
        connection.execute("INSERT INTO django_session VALUES ('key', 'body', now())")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE django_session ADD more text")


def test_a_second_migration_run_leaves_append_only_tables_append_only(migrated: Installation) -> None:
    assert run_guanxi(migrated.environment, "migrate").returncode == 0
    with (
        psycopg.connect(migrated.database_url("app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM governance_consententry")
