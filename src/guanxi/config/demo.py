"""The demo workspace: a real grocer's year that goes on while you look at it, with invented people in it.

Everything comes in through the doors that users have. `load` can be killed anywhere and called again.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, TagRule
from guanxi.channels import operations as channels
from guanxi.channels.models import Account
from guanxi.config import demo_clear, demo_roles, demo_slice, demo_story, demo_ties
from guanxi.config.demo_slice import Delivery
from guanxi.content import operations as content
from guanxi.content.models import Content
from guanxi.content.queries import Words
from guanxi.events import operations as events
from guanxi.events import queries as lake
from guanxi.governance import operations as governance
from guanxi.governance.models import (
    Staff,
    Unit,
    User,
    Workspace,
)
from guanxi.governance.queries import entered
from guanxi.kit import scope
from guanxi.kit.rows import WorkspaceRow
from guanxi.people import operations as people
from guanxi.people.models import Import, ImportState, Tag, TagGroup
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast

PREFIX = "lumen"
_UNTIL = re.compile(rf"^{PREFIX}-[a-z]+-until-(\d{{4}}-\d{{2}}-\d{{2}})\.parquet$")


class DemoStuck(Exception):
    """The shipped data did not come in; the message says which file."""


def load(now: datetime, *, again: bool = True) -> Workspace:
    """The demo workspace, made or finished; `now` is the time on the wall. Without `again`, one that was cleared stays
    as it is."""
    workspace = _workspace(now)
    if not workspace.is_demo and not again:
        return workspace
    if not workspace.is_demo:
        Workspace.objects.filter(pk=workspace.pk).update(is_demo=True, created_at=now)
        workspace.refresh_from_db()
    with entered(workspace):
        here = now + workspace.clock_shift
        _organise()
        for delivery in (
            demo_slice.people(demo_story.STORES, demo_story.ADVISORS),
            demo_slice.PRODUCTS,
            demo_slice.COUPONS,
        ):
            _bring(workspace, delivery, here, until=None)
        play(workspace, here)
        demo_ties.bring_ties(_owner(), here)
        _prepare_broadcast(here)
        _give_tags(here)
        _note_things()
        demo_roles.bring_roles(_owner(), here)
    return workspace


def _note_things() -> None:
    """What clearing will take for the demo's own."""
    names = [*demo_story.REGIONS, *demo_story.STORES]
    given = [told for _group, _one, tags in demo_story.TAGS for told in tags.values()]
    emails = [demo_story.OWNER[0], *(email for email, *_rest in demo_story.STAFF)]
    rows = (
        Import.objects.filter(filename__startswith=f"{PREFIX}-", by=_owner()),
        Unit.objects.filter(name__in=names),
        Staff.objects.filter(user__email__in=emails),
        Audience.objects.filter(name__in=[demo_story.AUDIENCE_NAME, *(one for one, _rule, _why in given)]),
        TagGroup.objects.filter(name__in=[name for name, _exclusive, _tags in demo_story.TAGS]),
        Tag.objects.filter(name__in=[name for _group, _one, tags in demo_story.TAGS for name in tags]),
        TagRule.objects.filter(because__in=[why for _name, _rule, why in given]),
        Content.objects.filter(name=demo_story.CONTENT_NAME),
        Broadcast.objects.filter(name=demo_story.BROADCAST_NAME),
        Account.objects.filter(name=demo_story.ACCOUNT_NAME),
    )
    for found in rows:
        governance.note_demo(found.values_list("public_id", flat=True))


def play(workspace: Workspace, now: datetime) -> bool:
    """Import the days that are over at `now`, the workspace's own time; says whether there was anything."""
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    played = [_bring(workspace, delivery, now, until=today) for delivery in demo_slice.HAPPENINGS]
    return any(played)


def play_when_due(*, now: datetime) -> bool:
    """The worker's turn in the current workspace."""
    workspace = Workspace.objects.get(pk=scope.current())
    if not (workspace.is_demo and workspace.slug == demo_story.SLUG and Import.objects.exists()):
        return False
    return play(workspace, now)


def next_day(workspace: Workspace, now: datetime) -> Workspace:
    """Move the demo's clock by a day, and play it; `now` is the time on the wall."""
    governance.play_forward(workspace=workspace)
    workspace.refresh_from_db()
    with entered(workspace):
        play(workspace, now + workspace.clock_shift)
    return workspace


@transaction.atomic
def clear() -> None:
    """Remove the demo workspace with everything in it. Needs the role that owns the tables: ledgers are append-only."""
    workspace = Workspace.objects.filter(slug=demo_story.SLUG, is_demo=True).first()
    if workspace is None:
        return
    pk = workspace.pk
    with entered(workspace), connection.cursor() as cursor:
        users = list(Staff.objects.values_list("user", flat=True))
        for model in apps.get_models():
            if issubclass(model, WorkspaceRow):
                cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE workspace_id = %s', [pk])  # noqa: S608
    workspace.delete()
    for user in users:
        demo_clear.remove_login(user)
    for home in (settings.FILES, settings.LAKE):
        shutil.rmtree(Path(home) / str(pk), ignore_errors=True)


@transaction.atomic
def _workspace(now: datetime) -> Workspace:
    known = Workspace.objects.filter(slug=demo_story.SLUG).first()
    if known is not None:
        return known
    email, name = demo_story.OWNER
    owner = User.objects.filter(email=email).first() or User.objects.create_user(email=email, name=name)
    workspace = governance.create_workspace(
        name=demo_story.NAME, owner=owner, slug=demo_story.SLUG, **demo_story.SETTINGS
    )
    workspace.created_at = now  # The year is placed around this moment, and stays where it is on later starts.
    workspace.save(update_fields=["created_at"])
    return workspace


@transaction.atomic
def _organise() -> None:
    if Unit.objects.exists():
        return
    units: dict[str, Unit] = {}
    for region, stores in demo_story.REGIONS.items():
        units[region] = governance.add_unit(name=region)
        for store in stores:
            units[store] = governance.add_unit(name=store, parent=units[region])
    for email, name, role, unit in demo_story.STAFF:
        governance.add_staff(email=email, name=name, role=role, unit=units.get(unit))


def _owner() -> Staff:
    owner: Staff = Staff.objects.get(user__email=demo_story.OWNER[0])
    return owner


def _bring(workspace: Workspace, delivery: Delivery, now: datetime, *, until: date | None) -> bool:
    """Finish a delivery that was begun, or import what has been added since the last one."""
    deliveries = Import.objects.filter(kind=delivery.kind, filename__startswith=f"{PREFIX}-").order_by("pk")
    last: Import | None = deliveries.last()
    if last is not None and last.state in (
        ImportState.UPLOADED,
        ImportState.CHECKING,
        ImportState.CHECKED,
        ImportState.RUNNING,
    ):
        _finish(last, delivery, now)
        return True
    if last is not None and not delivery.at:
        return False
    since = _reached(last)
    if since and until and since >= until:
        return False
    made = workspace.created_at.astimezone(ZoneInfo(workspace.timezone)).date()
    name = f"{PREFIX}-{delivery.kind}-until-{until}.parquet" if until else f"{PREFIX}-{delivery.kind}.parquet"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        if not demo_slice.write(delivery, path, moved=demo_slice.shift(made), since=since, until=until):
            return False
        with path.open("rb") as file:
            of = people.start_import(file=file, filename=name, kind=delivery.kind, by=_owner(), now=now)
            governance.note_demo([of.public_id])
    _finish(of, delivery, now)
    return True


def _reached(last: Import | None) -> date | None:
    found = _UNTIL.match(last.filename) if last else None
    return date.fromisoformat(found[1]) if found else None


def _finish(of: Import, delivery: Delivery, now: datetime) -> None:
    """Walk an import through the steps that are left of: columns, options, check, run."""
    while of.state != ImportState.DONE:
        before = (of.state, of.done_rows)
        match of.state:
            case ImportState.UPLOADED:
                people.choose_columns(of=of, columns=delivery.columns)
                people.choose_options(of=of, options=delivery.options)
                people.check_import(of=of)
            case ImportState.CHECKED:
                people.run_import(of=of, now=now)
            case ImportState.CHECKING | ImportState.RUNNING:
                people.work_import(import_id=of.pk, now=now)
            case _:
                raise DemoStuck(f"{of.filename}: {of.problem or of.get_state_display()}")
        of.refresh_from_db()
        if (of.state, of.done_rows) == before:
            # Somebody else is at it, or was killed at it: the lease goes to us, and who is alive notices.
            Import.objects.filter(pk=of.pk).update(lease_until=None)
    governance.read_notices(staff=_owner(), now=now, subject=of.public_id)  # nobody waits for what comes by itself


def _give_tags(now: datetime) -> None:
    """Groups, tags and the rules that give them; the worker gives them to whoever fits."""
    for name, exclusive, tags in demo_story.TAGS:
        group = TagGroup.objects.filter(name=name).first() or people.create_tag_group(
            name=name, exclusive=exclusive, by=_owner(), now=now
        )
        for tag_name, (audience_name, where, because) in tags.items():
            if Tag.objects.filter(group=group, name=tag_name).exists():
                continue
            with transaction.atomic():
                [tag] = people.create_tags(group=group, names=[tag_name], by=_owner(), now=now)
                audience = audiences.save_audience(
                    name=audience_name, rule={"version": 1, "where": where}, by=_owner(), now=now
                )
                audiences.make_tag_rule(audience=audience, tag=tag, because=because, by=_owner(), now=now)


def _prepare_broadcast(now: datetime) -> None:
    _fill_lake(now)  # An audience is counted over the lake.
    account = _account(now)
    audience = Audience.objects.filter(name=demo_story.AUDIENCE_NAME).first() or audiences.save_audience(
        name=demo_story.AUDIENCE_NAME, rule=demo_story.AUDIENCE_RULE, by=_owner(), now=now
    )
    letter = Content.objects.filter(name=demo_story.CONTENT_NAME).first() or content.save_content(
        name=demo_story.CONTENT_NAME,
        variants=[Words(language, subject, body) for language, (subject, body) in demo_story.VARIANTS.items()],
        fall_back=True,
        by=_owner(),
        now=now,
    )
    if not Broadcast.objects.filter(name=demo_story.BROADCAST_NAME).exists():
        reach.save_broadcast(
            name=demo_story.BROADCAST_NAME, audience=audience, content=letter, account=account, by=_owner(), now=now
        )


def _account(now: datetime) -> Account | None:
    """The demo's own mail server; its port may be another at each start."""
    host, _, port = settings.DEMO_SMTP.rpartition(":")
    if not host:
        return None
    here: dict[str, Any] = {"host": host, "port": int(port)}
    box, _, box_port = settings.DEMO_IMAP.rpartition(":")
    if box:
        here |= demo_story.RETURNED | {"box_host": box, "box_port": int(box_port)}
    account: Account | None = Account.objects.filter(name=demo_story.ACCOUNT_NAME).first()
    if account is None:
        return channels.connect_account(
            kind="email", name=demo_story.ACCOUNT_NAME, settings=demo_story.MAIL | here, now=now
        )
    kept = {field: value for field, value in account.config.items() if value}
    wanted = demo_story.MAIL | kept | here
    if any(account.config.get(field) != value for field, value in wanted.items() if field != "box_password"):
        channels.edit_account(account=account, name=account.name, settings=wanted)
    return account


def _fill_lake(now: datetime) -> None:
    while lake.waiting() and events.write_lake(now=now):
        pass
