import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from guanxi.kit import postgres
from guanxi.kit.postgres import Cluster, ClusterFailed

SOURCE = Path(postgres.__file__).parents[2]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("home"), fast=True)
    cluster.start(dies_with_parent=True)
    yield cluster
    cluster.remove()


@pytest.fixture
def owned_table(cluster: Cluster) -> Iterator[str]:
    with psycopg.connect(cluster.url("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)")
        yield "note"
        owner.execute("DROP TABLE note")


def test_no_role_can_step_around_row_level_security(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("superuser")) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
            "WHERE rolname LIKE 'guanxi%' ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("guanxi_app", True, False, False, False, False),
        ("guanxi_owner", True, False, False, False, False),
        ("guanxi_worker", True, False, False, False, False),
    ]


@pytest.mark.parametrize("role", ["app", "worker"])
def test_the_app_and_the_worker_read_and_write_what_the_owner_made(
    cluster: Cluster, owned_table: str, role: postgres.Role
) -> None:
    with psycopg.connect(cluster.url(role)) as connection:
        connection.execute("INSERT INTO note (body) VALUES ('first'), ('second')")
        connection.execute("UPDATE note SET body = 'changed' WHERE body = 'first'")
        connection.execute("DELETE FROM note WHERE body = 'second'")
        connection.execute("CREATE TEMP TABLE incoming (body text)")
        assert connection.execute("SELECT body FROM note").fetchall() == [("changed",)]


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize(
    "statement", ["TRUNCATE note", "DROP TABLE note", "ALTER TABLE note ADD more text", "CREATE TABLE mine (id int)"]
)
def test_the_app_and_the_worker_define_and_truncate_nothing(
    cluster: Cluster, owned_table: str, role: postgres.Role, statement: str
) -> None:
    with psycopg.connect(cluster.url(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_databases_hold_text_in_utf8_with_letters_beyond_ascii(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("owner")) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute(
            "SELECT current_setting('server_encoding'), lower('ÄÉ'), array_length(show_trgm('王小明'), 1) > 0"
        ).fetchone()
    assert row == ("UTF8", "äé", True)


def test_databases_come_and_go(cluster: Cluster) -> None:
    cluster.create_database("guanxi_more")
    cluster.create_database("guanxi_more")
    with psycopg.connect(cluster.url("app", "guanxi_more")) as connection:
        assert connection.execute("SELECT current_database(), current_user").fetchone() == ("guanxi_more", "guanxi_app")
    cluster.drop_database("guanxi_more")
    cluster.drop_database("guanxi_more")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(cluster.url("app", "guanxi_more"))


def test_a_wrong_password_is_refused_even_on_the_socket(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url("app"), password="wrong")


def test_the_server_listens_on_no_address_and_hides_its_socket_and_passwords(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("superuser")) as connection:
        settings = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert settings is not None
    listen, socket_folder = settings
    assert listen == ""
    assert stat.S_IMODE(Path(socket_folder).stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster.home / "postgres" / "cluster.json").stat().st_mode) == 0o600


def test_the_shipped_tools_run_against_it(cluster: Cluster) -> None:
    dump = subprocess.run([cluster.binary("pg_dump"), cluster.url("owner")], capture_output=True, text=True, check=True)
    assert "PostgreSQL database dump complete" in dump.stdout


def test_a_second_start_keeps_the_data_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, fast=True)
    cluster.start(dies_with_parent=True)
    try:
        with psycopg.connect(cluster.url("owner")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(_server_pid(cluster), signal.SIGKILL)
        cluster.start(dies_with_parent=True)
        cluster.start(dies_with_parent=True)
        with psycopg.connect(cluster.url("app")) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]
        cluster.stop()
        cluster.stop()
        assert not cluster.is_running()
    finally:
        cluster.remove()
    assert not (tmp_path / "postgres").exists()


def test_a_tied_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from guanxi.kit.postgres import Cluster; "
        "Cluster(Path(sys.argv[1]), fast=True).start(dies_with_parent=True); print('up', flush=True); time.sleep(60)"
    )
    cluster = Cluster(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, env=environment) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        pid = _server_pid(cluster)
        starter.kill()
    try:
        assert _ended(pid)
    finally:
        cluster.remove()


def test_a_home_with_a_very_long_path_works(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    cluster = Cluster(home, fast=True)
    cluster.start(dies_with_parent=True)
    try:
        with psycopg.connect(cluster.url("app")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.remove()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, fast=True)
    cluster.start(dies_with_parent=True)
    try:
        cluster.stop()
        data = cluster.log_file().with_name("data")
        (data / "postgresql.conf").write_text("no_such_setting = on\n")
        with pytest.raises(ClusterFailed, match="no_such_setting"):
            cluster.start(dies_with_parent=True)
    finally:
        cluster.remove()


def test_the_address_of_a_cluster_that_was_never_started_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterFailed, match="Run `guanxi up` first"):
        Cluster(tmp_path).url("app")


def test_an_ordinary_user_needs_nothing_outside_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root, a child becomes `nobody`; the interpreter and the binaries may lie where nobody cannot reach."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        package = postgres._packaged_binaries().parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, place / part.name)
        monkeypatch.setattr(postgres, "_packaged_binaries", lambda: place / package.name / "pginstall" / "bin")
        home = place / "home"
        home.mkdir()
        uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
        os.chown(home, uid, -1)
        child = os.fork()
        if child == 0:
            os._exit(_start_as(uid, home))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert {path.name for path in (home / "postgres").iterdir()} >= {"cluster.json", "data", "server.log", "socket"}


def _start_as(uid: int, home: Path) -> int:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(uid)
    cluster = Cluster(home, fast=True)
    try:
        cluster.start(dies_with_parent=True)
        with psycopg.connect(cluster.url("app")) as connection:
            answer = connection.execute("SELECT current_user").fetchone()
        cluster.stop()
        return 0 if answer == ("guanxi_app",) else 1
    except (ClusterFailed, psycopg.Error, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _server_pid(cluster: Cluster) -> int:
    return int(cluster.log_file().with_name("data").joinpath("postmaster.pid").read_text().split()[0])


def _ended(pid: int, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
