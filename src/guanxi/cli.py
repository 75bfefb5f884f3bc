"""The command `guanxi`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from guanxi.config import boot, doctor, prepare, supervisor
from guanxi.config.installation import Installation, Misconfigured
from guanxi.kit.crypto import ensure_root_key
from guanxi.kit.postgres import ClusterFailed

WEB_WORKERS = 2
# A plain view spends its time in PostgreSQL; four threads a process keep two cores busy with 8 connections.
WEB_THREADS = 4
STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    wish, passed_on = parser.parse_known_args(arguments)
    if passed_on and not wish.passes_on:
        parser.error(f"unrecognized arguments: {' '.join(passed_on)}")
    wish.passed_on = passed_on
    run: Callable[[argparse.Namespace, Installation], int | None] = wish.run
    try:
        return run(wish, Installation.here()) or 0
    except (Misconfigured, ClusterFailed) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guanxi", description="An open-source social CRM.")
    parser.set_defaults(passes_on=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything on this machine and keep it running")
    up.add_argument("--demo", action="store_true", help="with the demo workspace and its mail server")
    up.add_argument("--email", help="whom the printed sign-in link is for (the first login)")
    up.add_argument(
        "--reload", action="store_true", help="the web server follows changes of the source (for developers)"
    )
    _add_address(up)
    up.set_defaults(run=_up)

    migrate = commands.add_parser("migrate", help="bring the tables up to date")
    migrate.set_defaults(run=_migrate)

    upgrade = commands.add_parser("upgrade", help="bring the tables up to date, after a look at what that takes")
    upgrade.add_argument("--check", action="store_true", help="only look, and say what stands in the way")
    upgrade.set_defaults(run=_upgrade)

    check = commands.add_parser("doctor", help="say what is wrong and how to mend it")
    check.set_defaults(run=_doctor)

    save = commands.add_parser("backup", help="write rows, lake and uploaded files into one file, while all goes on")
    save.add_argument("--to", required=True, type=Path, metavar="FILE.tar")
    save.add_argument("--with-key", action="store_true", help="with the root key: whoever has the file can read it all")
    save.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="make a new installation of a backup")
    restore.add_argument("--from", required=True, type=Path, metavar="FILE.tar", dest="source")
    restore.add_argument("--home", type=Path, metavar="EMPTY", help="its home folder (GUANXI_HOME when left out)")
    restore.add_argument("--without-key", action="store_true", help="although the root key is lost")
    restore.set_defaults(run=_restore)

    web = commands.add_parser("web", help="run the web server alone")
    web.add_argument("--reload", action="store_true", help="start again when a source file changes (for developers)")
    _add_address(web)
    web.set_defaults(run=_web)

    worker = commands.add_parser("worker", help="run the worker alone")
    worker.set_defaults(run=_worker)

    workspace = commands.add_parser("workspace", help="make a workspace and print a sign-in link for its owner")
    workspace.add_argument("--name", required=True)
    workspace.add_argument("--email", required=True, help="the owner's address")
    workspace.add_argument("--slug", help="its name in addresses (from the name when left out)")
    workspace.add_argument("--country", default="CN", help="two letters, for phone numbers without a country")
    workspace.add_argument("--timezone", default="Asia/Shanghai")
    workspace.add_argument("--currency", default="CNY")
    workspace.add_argument("--language", default="en", choices=["en", "zh-hans", "ko"])
    workspace.set_defaults(run=_workspace)

    link = commands.add_parser("signin-link", help="print a link that signs in once")
    link.add_argument("--email", help="whom it is for (the first login when left out)")
    link.add_argument("--one-step", action="store_true", help="remove the second step of this login: all of it is lost")
    link.set_defaults(run=_signin_link)

    demo = commands.add_parser("demo", help="the demo workspace")
    demo_commands = demo.add_subparsers(required=True, metavar="WHAT")
    load = demo_commands.add_parser("load", help="make it, or finish what was begun")
    load.add_argument("--unless-cleared", action="store_true", help="leave a demo that was cleared as it is")
    load.set_defaults(run=_demo_load)
    next_day = demo_commands.add_parser("next-day", help="move its clock by a day and play that day")
    next_day.set_defaults(run=_demo_next_day)
    clear = demo_commands.add_parser("clear", help="remove what the demo brought; what staff made stays")
    clear.add_argument("--workspace", action="store_true", help="remove the workspace with everything in it")
    clear.set_defaults(run=_demo_clear)

    audit = commands.add_parser("audit", help="the log of who did what")
    audit_commands = audit.add_subparsers(required=True, metavar="WHAT")
    verify = audit_commands.add_parser("verify", help="look for entries that were changed, removed or moved")
    verify.add_argument("--workspace", metavar="SLUG", help="one workspace (all of them when left out)")
    verify.add_argument("--kept", metavar="COUNT:HASH", help="a head that an earlier verify printed, kept elsewhere")
    verify.set_defaults(run=_audit_verify)

    lake = commands.add_parser("lake", help="the files that hold every event")
    lake_commands = lake.add_subparsers(required=True, metavar="WHAT")
    rebuild = lake_commands.add_parser("rebuild", help="make them anew from what came in")
    rebuild.add_argument("--workspace", metavar="SLUG", help="one workspace (all of them when left out)")
    rebuild.set_defaults(run=_lake_rebuild)

    bench = commands.add_parser("bench", help="measure against baselines, in a database of its own")
    bench.add_argument("--size", choices=["small", "full"], default="small")
    bench.add_argument("--only", help="one measurement")
    bench.add_argument("--results", type=Path, default=Path("bench", "results.json"))
    bench.add_argument("--keep", type=Path, metavar="DIR", help="make the crowd for audiences once, in this folder")
    bench.set_defaults(run=_bench)

    simulate = commands.add_parser("simulate", help="run a server that speaks like a vendor's")
    simulators = simulate.add_subparsers(required=True, metavar="WHAT")
    mail = simulators.add_parser("mail", help="a mail server with an inbox to look at", add_help=False)
    mail.set_defaults(run=_simulate_mail, passes_on=True)
    return parser


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def _up(wish: argparse.Namespace, installation: Installation) -> None:
    supervisor.up(installation, supervisor.Wish(wish.host, wish.port, wish.demo, wish.email, wish.reload))


def _migrate(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        prepare.migrate(installation)


def _upgrade(wish: argparse.Namespace, installation: Installation) -> int:
    from guanxi.config import upgrade

    with installation.database():
        steps, waiting = upgrade.look(installation, datetime.now(UTC))
        for step in steps:
            print(f"{'wrong' if step.problems else 'fine ':5}  {step.told}")
            for problem in step.problems:
                print(f"       {problem.what}\n       → {problem.mend}")
        if any(step.problems for step in steps):
            return 1
        if waiting and not wish.check:
            supervisor.migrate(installation)
            print(f"Done: {waiting} migrations are applied.")
    return 0


def _doctor(wish: argparse.Namespace, installation: Installation) -> int:
    findings = doctor.examine(installation, datetime.now(UTC))
    for finding in findings:
        print(f"{'wrong' if finding.problems else 'fine ':5}  {finding.check}")
        for problem in finding.problems:
            print(f"       {problem.what}\n       → {problem.mend}")
    return 1 if any(finding.problems for finding in findings) else 0


def _backup(wish: argparse.Namespace, installation: Installation) -> int:
    from guanxi.config import backup

    target = wish.to.expanduser().resolve()
    return _stoppable(lambda: backup.backup(installation, target, with_key=wish.with_key, now=datetime.now(UTC)))


def _restore(wish: argparse.Namespace, installation: Installation) -> int:
    from guanxi.config import restore

    home = wish.home.expanduser().resolve() if wish.home else installation.home
    there = Installation(home, {**installation.environment, "GUANXI_HOME": str(home)})
    return _stoppable(lambda: restore.restore(there, wish.source, without_key=wish.without_key))


def _stoppable(work: Callable[[], None]) -> int:
    """SIGTERM and a closed terminal end it as Ctrl-C does; it tidies up first."""

    def interrupt(signal_number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for each in supervisor.ENDING_SIGNALS:
        signal.signal(each, interrupt)
    try:
        work()
    except KeyboardInterrupt:
        print("Stopped. Nothing half-made is left.", file=sys.stderr)
        return STOPPED
    return 0


def _web(wish: argparse.Namespace, installation: Installation) -> None:
    boot.refuse_unsafe_database(installation.database_url("app"))
    os.environ["GUANXI_PROCESS"] = "web"
    installation.connect_django("app")
    boot.refuse_other_schema()
    prepare.compile_messages()
    prepare.collect_static()
    command = _reloading_server(wish) if wish.reload else _server(wish)
    os.execv(command[0], command)  # noqa: S606


def _server(wish: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", wish.host, "--port", str(wish.port)]
    command += ["--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers"]
    command += ["--log-config", str(Path(boot.__file__).with_name("granian_logging.json"))]
    return [*command, "--workers-kill-timeout", "3", "--no-ws", "guanxi.config.wsgi:application"]


def _reloading_server(wish: argparse.Namespace) -> list[str]:
    return [sys.executable, "-m", "django", "runserver", "--skip-checks", f"{wish.host}:{wish.port}"]


def _worker(wish: argparse.Namespace, installation: Installation) -> None:
    boot.refuse_unsafe_database(installation.database_url("worker"))
    os.environ["GUANXI_PROCESS"] = "worker"
    installation.connect_django("worker")
    boot.refuse_other_schema()
    prepare.compile_messages()
    from guanxi.config import worker

    worker.main()


def _workspace(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        installation.connect_django("app")
        from guanxi.config import sign_in

        settings = {name: getattr(wish, name) for name in ("country", "timezone", "currency", "language")}
        owner = sign_in.make_workspace(name=wish.name, email=wish.email, slug=wish.slug, **settings)
        print(f"Sign in as {owner.email}, once: {sign_in.link_for(owner, datetime.now(UTC))}")


def _signin_link(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        installation.connect_django("app")
        from guanxi.config import sign_in

        user = sign_in.find(wish.email)
        if wish.one_step:
            sign_in.forget_second_step(user)
        print(f"Sign in as {user.email}, once: {sign_in.link_for(user, datetime.now(UTC))}")


def _demo_load(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        ensure_root_key(installation.root_key_file())
        installation.connect_django("app")
        from guanxi.config import demo

        try:
            demo.load(datetime.now(UTC), again=not wish.unless_cleared)
        except demo.DemoStuck as error:
            raise Misconfigured(f"The demo cannot be loaded: {error}") from error


def _demo_next_day(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        installation.connect_django("app")
        from guanxi.config import demo, demo_story
        from guanxi.governance.models import Workspace

        workspace = Workspace.objects.filter(slug=demo_story.SLUG, is_demo=True).first()
        if workspace is None:
            raise Misconfigured("There is no demo workspace. Make it with `guanxi up --demo`.")
        demo.next_day(workspace, datetime.now(UTC))


def _demo_clear(wish: argparse.Namespace, installation: Installation) -> None:
    with installation.database():
        installation.connect_django("owner" if wish.workspace else "app")
        from guanxi.config import demo, demo_clear, demo_story
        from guanxi.governance.models import Workspace

        workspace = Workspace.objects.filter(slug=demo_story.SLUG, is_demo=True).first()
        if workspace is None:
            raise Misconfigured("There is no demo workspace. Make it with `guanxi up --demo`.")
        if wish.workspace:
            demo.clear()
        else:
            demo_clear.clear_now(workspace, datetime.now(UTC))


def _audit_verify(wish: argparse.Namespace, installation: Installation) -> int:
    with installation.database():
        installation.connect_django("app")
        from guanxi.config import audit

        return audit.verify(slug=wish.workspace, kept=wish.kept)


def _lake_rebuild(wish: argparse.Namespace, installation: Installation) -> int:
    with installation.database():
        installation.connect_django("app")
        from guanxi.config import lakes

        return lakes.rebuild(slug=wish.workspace)


def _bench(wish: argparse.Namespace, installation: Installation) -> int:
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-") as home, _scratch(Path(home)):
        from guanxi.bench import report

        if wish.only and wish.only not in report.MEASUREMENTS:
            raise Misconfigured(f"There is no measurement {wish.only}. There are: {', '.join(report.MEASUREMENTS)}.")
        return 0 if report.run(wish.size, wish.only, wish.results, wish.keep) else 1


@contextmanager
def _scratch(home: Path) -> Iterator[None]:
    """An empty installation that goes away: nothing that this machine keeps is read or written."""
    for name in [name for name in os.environ if name.startswith("GUANXI_")]:
        del os.environ[name]
    scratch = Installation(home, dict(os.environ))
    scratch.cluster.start(dies_with_parent=True)
    try:
        ensure_root_key(scratch.root_key_file())
        supervisor.migrate(scratch)
        scratch.connect_django("app")
        os.environ["GUANXI_DATABASE_OWNER_URL"] = scratch.database_url("owner")
        os.environ["GUANXI_DATABASE_SUPERUSER_URL"] = scratch.cluster.url("superuser")
        yield
    finally:
        scratch.cluster.remove()


def _simulate_mail(wish: argparse.Namespace, installation: Installation) -> int:
    from guanxi.simulators import mail

    return mail.main(wish.passed_on)


if __name__ == "__main__":
    sys.exit(main())
