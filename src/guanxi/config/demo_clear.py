"""The demo goes: everything that came in by its files and everything about its people, chunk by chunk; what staff made
themselves stays. Each turn is one transaction, and the next one looks what is left: killed anywhere, it goes on.

The consent ledger and the audit log are never changed; their lines stay, with the keyed hash of invented addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce
from operator import or_
from shutil import rmtree
from time import sleep
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from guanxi.audiences.models import Audience, TagRule
from guanxi.channels.models import Account, Message
from guanxi.channels.models import Notice as Returned
from guanxi.config import demo_story
from guanxi.connections.models import FriendFact, FriendFactKind, FriendHandover, GroupChat, GroupMembership
from guanxi.content.models import Content
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import (
    Consent,
    ConsentEntry,
    DemoClearing,
    DemoThing,
    Role,
    Staff,
    Suppression,
    Unit,
    User,
    Workspace,
)
from guanxi.governance.queries import entered
from guanxi.integrations.models import Delivery
from guanxi.kit import bulk, clock, scope
from guanxi.kit.personal import Who
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models import (
    BulkRow,
    Field,
    Identity,
    Import,
    ImportChange,
    ImportReject,
    Person,
    RoleField,
    RoleRules,
    Tag,
    TagGroup,
    Trait,
)
from guanxi.people.operations import attachments
from guanxi.people.operations.imports import files
from guanxi.people.queries import USUAL
from guanxi.reach.models import Broadcast
from guanxi.simulators import mail_store

PEOPLE = 200


def clear_when_asked(*, now: datetime) -> bool:
    """The worker's turn in the current workspace."""
    with transaction.atomic():
        asked = DemoClearing.objects.filter(finished_at=None).order_by("pk")
        clearing = asked.select_for_update(skip_locked=True).first()
        if clearing is None:
            return False
        if not any(step(clearing, now) for step in (people_go, files_go)):
            beside_goes()
            workspace = Workspace.objects.get(pk=scope.current())
            governance.end_demo(clearing=clearing, workspace=workspace, now=clock.wall())
    return True


def clear_now(workspace: Workspace, now: datetime) -> None:
    """In the foreground, with the worker or without it."""
    with entered(workspace):
        governance.clear_demo(workspace=workspace, by=None, people=0, now=now)
        while DemoClearing.objects.filter(finished_at=None).exists():
            if not clear_when_asked(now=now):
                sleep(0.5)  # the worker has it in hand


def brought(model: type[models.Model], things: Sequence[str] | None = None) -> models.QuerySet[Any]:
    """The rows of this model that the demo named as its own."""
    marks = DemoThing.objects.values("thing")
    return model._default_manager.filter(public_id__in=marks if things is None else things)


def people_go(clearing: DemoClearing, now: datetime) -> bool:
    came = brought(Import).values_list("pk", flat=True)
    ids = dict(Person.objects.filter(import_id__in=list(came)).order_by("pk").values_list("pk", "public_id")[:PEOPLE])
    if not ids:
        return False
    addresses = [bytes(one) for one in Identity.objects.filter(person__in=ids).values_list("lookup", flat=True)]
    for kept in (Consent, Suppression):
        kept.objects.extra(**bulk.any_of("address", addresses)).delete()
    attachments.forget_files(Who(people=tuple(ids), public_ids=tuple(ids.values())), now)
    BulkRow.objects.filter(person__in=ids).delete()
    told_of(list(ids.values())).delete()
    events.forget(people=list(ids))
    remove(Person, list(ids))
    clearing.removed += len(ids)
    clearing.save(update_fields=["removed"])
    return True


def files_go(clearing: DemoClearing, now: datetime) -> bool:
    """One file: what came in by it and is used by nothing else, what undo kept, and the file."""
    of = brought(Import).order_by("-pk").first()
    if of is None:
        return False
    events.retract(import_id=of.pk, now=now)
    for model in with_import():
        mine = list(model._default_manager.filter(import_id=of.pk).values_list("pk", flat=True))
        standing = held(model, mine)
        remove(model, [pk for pk in mine if pk not in standing])
    keys = [one["key"] for one in of.mapping.get("new_fields", [])]
    used = Trait.objects.filter(field__key__in=keys).values("field")
    Field.objects.filter(key__in=keys).exclude(pk__in=used).delete()
    ImportReject.objects.filter(of=of).delete()
    ImportChange.objects.filter(of=of).delete()
    folder = files.folder(of.public_id)
    of.delete()
    rmtree(folder, ignore_errors=True)
    return True


def with_import() -> list[Any]:
    """The models whose rows know by which file they came in; not the ledger, which nobody may change."""
    rows = [model for model in apps.get_models() if issubclass(model, WorkspaceRow) and model is not ConsentEntry]
    return [model for model in rows if any(field.name == "import_id" for field in model._meta.concrete_fields)]


def beside_goes() -> None:
    """What was set up beside the files, unless something that staff made stands on it."""
    free(brought(Broadcast))
    free(brought(Content))
    free(brought(TagRule))
    free(brought(Audience))
    free(brought(Tag))
    free(brought(TagGroup))
    used = Trait.objects.values("field")
    remove(Field, list(brought(Field).exclude(pk__in=used).values_list("pk", flat=True)))
    # What somebody settled otherwise than the demo stays: another priority, or a second change.
    usual = (models.Q(role=role, priority=priority) for role, priority in USUAL.items())
    as_it_came = RoleRules.objects.filter(reduce(or_, usual), version=1)
    as_it_came.exclude(role__in=RoleField.objects.values("role")).delete()
    own = GroupMembership.objects.filter(person__isnull=False).values("group")
    remove(GroupChat, list(brought(GroupChat).exclude(pk__in=own).values_list("pk", flat=True)))
    for account in brought(Account):
        if Message.objects.filter(account=account).exists() or Returned.objects.filter(account=account).exists():
            Account.objects.filter(pk=account.pk).update(is_active=False)
        else:
            free(brought(Account, [account.public_id]))
    members = brought(Staff).exclude(role=Role.OWNER)
    remove(FriendHandover, list(handed_over(members).values_list("pk", flat=True)))
    users = list(members.values_list("user", flat=True))
    free(members, or_else=lambda one: Staff.objects.filter(pk=one.pk).update(is_active=False))
    for user in users:
        remove_login(user)
    mail_store.empty(settings.HOME / demo_story.MAIL_FOLDER)
    free(brought(Unit).order_by("-path"))


def handed_over(members: models.QuerySet[Staff]) -> models.QuerySet[FriendHandover]:
    """Hand-overs of theirs of which no friend is there any more."""
    friends = FriendFact.objects.filter(
        kind=FriendFactKind.HANDED_OVER, at=models.OuterRef("at"), friendship__staff=models.OuterRef("giver")
    )
    return FriendHandover.objects.filter(~models.Exists(friends), giver__in=members)


def told_of(public_ids: list[str]) -> models.QuerySet[Delivery]:
    """What other systems were told of these people."""
    return Delivery.objects.extra(where=["body::jsonb #>> '{data,person}' = ANY(%s)"], params=[public_ids])


def remove_login(user: int) -> None:
    """Unless it has a place somewhere: the key of that place refuses, for row-level security does not bind keys."""
    with suppress(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for relation in User._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel) and not issubclass(relation.related_model, WorkspaceRow):
                table, column = relation.related_model._meta.db_table, relation.field.attname
                cursor.execute(f'DELETE FROM "{table}" WHERE "{column}" = %s', [user])  # noqa: S608
        cursor.execute(f'DELETE FROM "{User._meta.db_table}" WHERE id = %s', [user])  # noqa: S608


def free(rows: models.QuerySet[Any], or_else: Callable[[Any], object] = lambda one: None) -> None:
    """Remove each, unless something that stays needs it."""
    for one in list(rows):
        if held(type(one), [one.pk]) or (isinstance(one, Unit) and in_use(one)):
            or_else(one)
        else:
            remove(type(one), [one.pk])


def in_use(unit: Unit) -> bool:
    return Person.objects.filter(unit=unit).exists()


def remove(model: type[models.Model], ids: list[int]) -> None:
    """These rows with all that stands on them; a link that may be empty becomes empty."""
    if not ids:
        return
    for relation in pointing(model):
        child, column = relation.related_model, relation.field.attname
        theirs = child._default_manager.filter(**{f"{column}__in": ids})
        if relation.on_delete is models.SET_NULL:
            if theirs.exists():  # what nobody may change is not even asked to
                theirs.update(**{column: None})
        else:
            remove(child, list(theirs.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{model._meta.db_table}" WHERE workspace_id = %s AND id = ANY(%s)',  # noqa: S608
            [scope.current(), ids],
        )


def held(model: type[models.Model], ids: list[int]) -> set[int]:
    """Those that something protects."""
    found: set[int] = set()
    for relation in pointing(model):
        if relation.on_delete is models.PROTECT:
            column = relation.field.attname
            standing = relation.related_model._default_manager.filter(**{f"{column}__in": ids})
            found.update(standing.values_list(column, flat=True))
    return found


def pointing(model: type[models.Model]) -> list[Any]:
    found = model._meta.get_fields(include_hidden=True)
    return [
        one for one in found if isinstance(one, models.ManyToOneRel) and issubclass(one.related_model, WorkspaceRow)
    ]
