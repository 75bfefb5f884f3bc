"""How the installation is: what is late, silent or full, and what to do about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

import guanxi
from guanxi.acquisition import queries as acquisition
from guanxi.channels import queries as channels
from guanxi.console.access import StaffRequest, may
from guanxi.console.templatetags.figures import locale
from guanxi.events import queries as events
from guanxi.governance.models import Heartbeat
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.integrations import queries as integrations
from guanxi.kit import clock
from guanxi.kit.schema import schema
from guanxi.people import queries as people

SILENT_AFTER = timedelta(minutes=2)
# A part says that it lives when a turn is over, and a large import makes a long turn.
PART_SILENT_AFTER = timedelta(minutes=15)
# A part that an older version had is not missed.
FORGOTTEN_AFTER = timedelta(days=7)
LATE_AFTER = timedelta(minutes=10)
LAKE_BEHIND_AFTER = timedelta(minutes=5)
BACKUP_OLD_AFTER = timedelta(days=1)
LEAST_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Line:
    """`todo` is empty when all is well."""

    label: str
    told: str
    todo: str = ""
    url: str = ""


@may(Permission.HEALTH_VIEW)
@require_safe
def health(request: StaffRequest) -> HttpResponse:
    wall = clock.wall()
    groups = [
        (
            _("At work here"),
            [
                _messages(request),
                _webhooks(request),
                _imports(),
                _erasures(request),
                _sent_events(request, wall),
                _lake(request.now),
                _upkeep(wall),
            ],
        ),
        (_("This installation"), [_worker(wall), _disk(), _database(), _tables(), _backup(wall)]),
    ]
    todo = sum(1 for _label, lines in groups for line in lines if line.todo)
    context = {"groups": groups, "todo": todo, "version": guanxi.__version__, "lanes": _lanes(wall), "at": wall}
    return render(request, "settings/health.html", context)


def _messages(request: StaffRequest) -> Line:
    queue = channels.queue(request.now)
    waited = _since(queue.oldest_due_at, request.now)
    told = _("Waiting: %(waiting)s. Not known whether they left: %(unknown)s.") % {
        "waiting": _number(queue.states["waiting"]),
        "unknown": _number(queue.states["unknown"]),
    }
    todo = ""
    if waited > LATE_AFTER:
        todo = _("One that may leave has waited for %(time)s. See whether a channel needs attention.") % {
            "time": _spell(waited)
        }
    return Line(_("Messages"), told, todo, reverse("channels", args=[request.workspace.slug]))


def _webhooks(request: StaffRequest) -> Line:
    queue = integrations.queue(request.now)
    waited, troubled = _since(queue.oldest_due_at, request.now), len(integrations.troubled())
    told = _("Waiting: %(waiting)s. Failed: %(failed)s.") % {
        "waiting": _number(queue.states["waiting"]),
        "failed": _number(queue.states["failed"]),
    }
    todo = ""
    if troubled:
        todo = ngettext(
            "%(shown)s endpoint fails or was switched off. Look at its deliveries.",
            "%(shown)s endpoints fail or were switched off. Look at their deliveries.",
            troubled,
        ) % {"shown": troubled}
    elif waited > LATE_AFTER:
        todo = _("One that may leave has waited for %(time)s. See whether the worker runs.") % {"time": _spell(waited)}
    return Line(_("Webhooks"), told, todo, reverse("webhooks", args=[request.workspace.slug]))


def _imports() -> Line:
    running = sum(people.imports_at_work().values())
    said = ngettext("%(shown)s import is at work.", "%(shown)s imports are at work.", running)
    return Line(_("Imports"), said % {"shown": _number(running)} if running else _("None is at work."))


def _erasures(request: StaffRequest) -> Line:
    """One that could not run is somebody who asked to be forgotten and is not, wholly."""
    states, stuck = people.erasures_by_state(), people.stuck_erasure()
    told = _("On the way: %(count)s.") % {"count": _number(states["waiting"] + states["working"])}
    if stuck is None:
        return Line(_("Erasures"), told)
    failed = ngettext(
        "%(shown)s erasure could not run. Look why, and try again.",
        "%(shown)s erasures could not run. Look why, and try again.",
        states["failed"],
    ) % {"shown": _number(states["failed"])}
    page = reverse("erasure", args=[request.workspace.slug, stuck.public_id])
    return Line(_("Erasures"), told, failed, page if role_may(request.staff.role, Permission.PEOPLE_ERASE) else "")


def _sent_events(request: StaffRequest, wall: datetime) -> Line:
    """What sites, shops and apps sent and nobody has applied yet."""
    waits = acquisition.waiting()
    waited = _since(waits.oldest_at, wall)
    told = ngettext(
        "%(shown)s request waits to be applied.", "%(shown)s requests wait to be applied.", waits.batches
    ) % {"shown": _number(waits.batches)}
    todo = ""
    if waits.full:
        todo = _("There is no room for more: sources are told to send again later. See the disk and the worker.")
    elif waited > LATE_AFTER:
        todo = _("The oldest has waited for %(time)s. See whether the worker runs.") % {"time": _spell(waited)}
    page = reverse("sources", args=[request.workspace.slug])
    may_open = role_may(request.staff.role, Permission.SOURCES_MANAGE)
    return Line(_("Events of sources"), told, todo, page if may_open else "")


def _lake(now: datetime) -> Line:
    backlog = events.backlog()
    behind = _since(backlog.oldest_at, now)
    if not backlog.facts:
        return Line(_("Lake"), _("It holds everything that happened."))
    told = _("%(count)s facts are on their way, the oldest for %(time)s.") % {
        "count": _number(backlog.facts),
        "time": _spell(behind),
    }
    late = _("Audiences count without the newest facts. Look at the end of logs/worker.log and at the disk.")
    return Line(_("Lake"), told, late if behind > LAKE_BEHIND_AFTER else "")


def _upkeep(wall: datetime) -> Line:
    state = events.upkeep()
    if state.waiting:
        told = ngettext(
            "%(shown)s month is being sorted anew. Audiences count on meanwhile.",
            "%(shown)s months are being sorted anew. Audiences count on meanwhile.",
            state.waiting,
        ) % {"shown": _number(state.waiting)}
    elif state.last_at:
        told = _("Its months are in order. One was sorted anew %(time)s ago.") % {
            "time": _spell(_since(state.last_at, wall))
        }
    else:
        told = _("Its months are in order.")
    return Line(_("Upkeep of the lake"), told)


def _worker(wall: datetime) -> Line:
    ages = [age for _name, age in _beats(wall)]
    if not ages:
        return Line(_("Worker"), _("It was never heard of."), _restart())
    if min(ages) > SILENT_AFTER:
        return Line(_("Worker"), _("It has been silent for %(time)s.") % {"time": _spell(min(ages))}, _restart())
    if max(ages) > PART_SILENT_AFTER:
        said = _("A part of it has been silent for %(time)s.") % {"time": _spell(max(ages))}
        return Line(_("Worker"), said, _restart())
    return Line(_("Worker"), _("All its parts are at work."))


def _restart() -> str:
    return _("Look at the end of logs/worker.log in the home folder, then restart Guanxi.")


def _beats(wall: datetime) -> list[tuple[str, timedelta]]:
    rows = Heartbeat.objects.filter(process__startswith="worker:", at__gt=wall - FORGOTTEN_AFTER).order_by("process")
    return [(row.process.removeprefix("worker:"), _since(row.at, wall)) for row in rows]


def _lanes(wall: datetime) -> list[tuple[str, str, bool]]:
    return [(name, _spell(age), age <= PART_SILENT_AFTER) for name, age in _beats(wall)]


def _disk() -> Line:
    free = shutil.disk_usage(settings.HOME if settings.HOME.exists() else "/").free
    told = _("%(size)s are free.") % {"size": _size(free)}
    little = _("Free some space: below 1 GB imports, backups and the database may fail.")
    return Line(_("Disk"), told, little if free < LEAST_FREE_BYTES else "")


def _database() -> Line:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    told = _("It takes %(size)s, in PostgreSQL %(version)s.") % {"size": _size(size), "version": version.split()[0]}
    return Line(_("Database"), told)


def _tables() -> Line:
    found = schema()
    if found.unknown:
        return Line(_("Tables"), _("They are of a newer Guanxi."), _("Install the newer version again."))
    if found.missing:
        return Line(_("Tables"), _("They are of an older Guanxi."), _("Run: guanxi upgrade"))
    return Line(_("Tables"), _("They are of this version."))


def _backup(wall: datetime) -> Line:
    noted = Heartbeat.objects.filter(process="backup").first()
    run = _("Run: guanxi backup --to FILE.tar, best every night by a timer, and keep the file on another machine.")
    if noted is None:
        return Line(_("Last backup"), _("None was ever made."), run)
    age = _since(noted.at, wall)
    told = _("%(time)s ago, %(size)s.") % {"time": _spell(age), "size": _size(noted.detail.get("bytes", 0))}
    return Line(_("Last backup"), told, run if age > BACKUP_OLD_AFTER else "")


def _since(at: datetime | None, now: datetime) -> timedelta:
    return max(now - at, timedelta(0)) if at else timedelta(0)


def _spell(span: timedelta) -> str:
    return format_timedelta(span, locale=locale(), threshold=1.5)


def _number(count: int) -> str:
    return format_decimal(count, locale=locale())


def _size(count: int) -> str:
    if count >= 1024**3:
        return f"{format_decimal(round(count / 1024**3, 1), locale=locale())} GB"
    return f"{format_decimal(round(count / 1024**2, 1), locale=locale())} MB"
