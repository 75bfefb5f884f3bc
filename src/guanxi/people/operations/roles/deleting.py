"""A field is deleted, with what people have in it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk, scope
from guanxi.people.models import Field, GivenDefault, Import, ImportState, Lent, RoleField, RoleRules, SavedView, Trait
from guanxi.people.operations.imports.states import may_change
from guanxi.people.operations.roles.fields import FieldRefused, fields_alone
from guanxi.people.queries.field_losses import asks, field_losses, shows


@transaction.atomic
def delete_field(*, field: Field, by: Staff | None, now: datetime, seen: int | None = None) -> int:
    """How many people had a value, which cannot be brought back. `seen` is how many whoever decided was told of. Views
    that are filtered by it go, too; roles, columns of views and files that wait go on without it.

    Raises FieldRefused: in_use, changed (more people have a value by now), gone.
    """
    fields_alone()
    held = Field.objects.select_for_update().filter(pk=field.pk).first()
    if held is None:
        raise FieldRefused("gone")
    losses = field_losses(held)
    if losses.uses:
        raise FieldRefused("in_use")
    if seen is not None and losses.people > seen:
        raise FieldRefused("changed")
    _leave_roles(held, by, now)
    _leave_views(held, by, now)
    _leave_files(held)
    _empty(held)
    held.delete()
    detail = {"field": held.label, "people": losses.people}
    governance.record(act="field.deleted", by=by, subject=held.public_id, detail=detail, now=now)
    return losses.people


def _leave_roles(field: Field, by: Staff | None, now: datetime) -> None:
    """Who has the page of such a role open hears of it."""
    roles = RoleField.objects.filter(field=field).values("role")
    RoleRules.objects.filter(role__in=roles).update(version=F("version") + 1, changed_at=now, by=by)


def _leave_views(field: Field, by: Staff | None, now: datetime) -> None:
    for view in SavedView.objects.select_for_update().order_by("pk"):
        if asks(view.asked, field):
            if view.shared:
                governance.record(act="view.deleted", by=by, subject=view.public_id, now=now)
            view.delete()
        elif shows(view.asked, field):
            columns = view.asked["columns"].split(",")
            view.asked["columns"] = ",".join(one for one in columns if one != f"trait:{field.key}")
            view.save(update_fields=["asked"])


def _leave_files(field: Field) -> None:
    """A file that has not come in, or not all of it, leaves the column out; what has not begun is checked again."""
    ended = (ImportState.DONE, ImportState.UNDONE)
    for of in Import.objects.exclude(state__in=ended).filter(mapping__traits__has_key=field.key).select_for_update():
        columns = {name: key for name, key in of.mapping["columns"].items() if key != f"trait:{field.key}"}
        traits = {key: kind for key, kind in of.mapping["traits"].items() if key != field.key}
        of.mapping |= {"columns": columns, "traits": traits}
        if may_change(of):
            of.check_report, of.problem, of.state = {}, {}, ImportState.UPLOADED
        of.save(update_fields=["mapping", "check_report", "problem", "state"])


def _empty(field: Field) -> None:
    mine = [scope.current(), field.pk]
    people = bulk.numbers(
        f"SELECT person_id FROM {Trait._meta.db_table} WHERE workspace_id = %s AND field_id = %s",  # noqa: S608
        mine,
    )
    with connection.cursor() as cursor:
        for table in (Trait, GivenDefault):
            name = table._meta.db_table
            cursor.execute(f"DELETE FROM {name} WHERE workspace_id = %s AND field_id = %s", mine)  # noqa: S608
    Lent.objects.filter(what=f"trait:{field.pk}").delete()
    events.touch("people", people.to_numpy())
