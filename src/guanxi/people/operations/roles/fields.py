"""Fields made and renamed by staff; imports make theirs themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from pypinyin import lazy_pinyin

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import scope
from guanxi.people.models import Field, RoleField, RoleRules, TraitKind
from guanxi.people.queries.roles import field_version
from guanxi.people.rules import slug
from guanxi.people.rules.roles import FIELDS_LIMIT, BadField, choices_of, label_of


class FieldRefused(ValueError):
    """`reason`: label, choices, no_choices, kind, taken (another field has this label), too_many, changed,
    in_use, gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def create_field(*, label: str, kind: str, choices: Sequence[str] = (), by: Staff | None, now: datetime) -> Field:
    """Raises FieldRefused."""
    if kind not in TraitKind.values:
        raise FieldRefused("kind")
    label, choices = _read(label, kind, choices)
    fields_alone()
    _free(label)
    if Field.objects.count() >= FIELDS_LIMIT:
        raise FieldRefused("too_many")
    key = slug(label, "_".join(lazy_pinyin(label)), set(Field.objects.values_list("key", flat=True)))
    made: Field = Field.objects.create(key=key, label=label, kind=kind, choices=choices)
    governance.record(act="field.created", by=by, subject=made.public_id, now=now)
    return made


@transaction.atomic
def change_field(
    *,
    field: Field,
    version: str,
    by: Staff | None,
    now: datetime,
    label: str | None = None,
    choices: Sequence[str] | None = None,
) -> Field:
    """What is left out stays; who has a choice that is offered no more keeps it. `version` is what was read
    (`queries.field_version`). Raises FieldRefused."""
    fields_alone()
    held: Field = Field.objects.select_for_update().get(pk=field.pk)
    if field_version(held) != version:
        raise FieldRefused("changed")
    new_label, new_choices = _read(
        held.label if label is None else label, held.kind, held.choices if choices is None else choices
    )
    if (new_label, new_choices) == (held.label, held.choices):
        return held
    if new_label != held.label:
        _free(new_label, besides=held.pk)
    held.label, held.choices = new_label, new_choices
    held.save(update_fields=["label", "choices"])
    _empty_values(held, by, now)
    governance.record(act="field.changed", by=by, subject=held.public_id, now=now)
    return held


def _empty_values(field: Field, by: Staff | None, now: datetime) -> None:
    """Roles begin with no choice that is offered no more."""
    if field.kind != TraitKind.CHOICE:
        return
    roles = RoleField.objects.filter(field=field).exclude(value="").exclude(value__in=field.choices)
    for row in RoleRules.objects.select_for_update().filter(role__in=roles.values("role")).order_by("pk"):
        roles.filter(role=row.role).update(value="")
        row.version, row.changed_at, row.by = row.version + 1, now, by
        row.save()
        detail = {"of": row.role, "defaults": field.label}
        governance.record(act="role.settled", by=by, detail=detail, now=now)


def _read(label: str, kind: str, choices: Sequence[str]) -> tuple[str, list[str]]:
    try:
        return label_of(label), choices_of(kind, choices)
    except BadField as error:
        raise FieldRefused(error.reason) from error


def _free(label: str, besides: int = 0) -> None:
    if any(one.casefold() == label.casefold() for one in _labels(besides)):
        raise FieldRefused("taken")


def _labels(besides: int) -> list[str]:
    return list(Field.objects.exclude(pk=besides).values_list("label", flat=True))


def fields_alone() -> None:
    """Nobody else makes or renames fields of this workspace until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"guanxi.fields.{scope.current()}"])
