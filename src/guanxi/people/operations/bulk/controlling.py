"""Start, stop, go on, take back: verbs that only set the state; the worker's lane does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission, may
from guanxi.kit import cells
from guanxi.people import queries
from guanxi.people.events import ChangeTakenBack
from guanxi.people.models import Bulk, BulkAct, BulkState, Field, Role
from guanxi.people.operations.tagging.putting import slot_of
from guanxi.people.queries import BULK_WORKING, Wanted
from guanxi.people.rules import canonical

PICKED_AT_MOST = 500
SUPPRESSES = Permission.CHANNELS_MANAGE
"""Who keeps the suppression list by hand also does it for many."""


class BulkRefused(ValueError):
    """`reason`: nobody, too_many_picked, not_allowed, no_such_value, bad_value,
    two_of_a_group, not_running, not_stopped, too_late."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def start_bulk(*, act: str, value: Mapping[str, Any], chosen: Wanted | Sequence[str], by: Staff, now: datetime) -> Bulk:
    """`chosen`: everyone who fits a filter, or public ids. `value`: {"owner": id or None}, {"unit": id or None},
    {"field": id, "value": text}, {"add": ids, "remove": ids}, {"role": role}, or nothing. Raises BulkRefused."""
    if not may(by.role, Permission.PEOPLE_BULK) or (act == BulkAct.SUPPRESS and not may(by.role, SUPPRESSES)):
        raise BulkRefused("not_allowed")
    if not isinstance(chosen, Wanted) and not 0 < len(chosen) <= PICKED_AT_MOST:
        raise BulkRefused("too_many_picked" if chosen else "nobody")
    of: Bulk = Bulk.objects.create(
        act=BulkAct(act),
        value=_checked(act, value, by),
        chosen={"filter": msgspec.to_builtins(chosen)}
        if isinstance(chosen, Wanted)
        else {"people": list(dict.fromkeys(chosen))},
        by=by,
        created_at=now,
    )
    governance.record(act="bulk.started", by=by, subject=of.public_id, detail={"change": str(of.act)}, now=now)
    return of


def _checked(act: str, value: Mapping[str, Any], by: Staff) -> dict[str, Any]:
    match act:
        case BulkAct.OWNER:
            if value["owner"] is not None and not queries.owners_for(by).filter(pk=value["owner"]).exists():
                raise BulkRefused("no_such_value")
            return {"owner": value["owner"]}
        case BulkAct.UNIT:
            nowhere = value["unit"] is None and not queries.bound_to_unit(by)
            if not nowhere and not queries.units_for(by).filter(pk=value["unit"]).exists():
                raise BulkRefused("no_such_value")
            return {"unit": value["unit"]}
        case BulkAct.TAG:
            return _tags(list(value["add"]), list(value["remove"]))
        case BulkAct.ROLE if value["role"] in Role.values:
            return {"role": str(value["role"])}
        case BulkAct.ROLE:
            raise BulkRefused("no_such_value")
        case BulkAct.TRAIT:
            field = Field.objects.filter(pk=value["field"]).first()
            if field is None:
                raise BulkRefused("no_such_value")
            text = str(value["value"]).strip()
            try:
                return {"field": field.pk, "value": canonical(text, field.kind, field.choices)[:200] if text else ""}
            except cells.BadCell as error:
                raise BulkRefused("bad_value") from error
        case _:
            return {}


def _tags(add: list[int], remove: list[int]) -> dict[str, Any]:
    """Tags of groups, each once, in their order. Of an exclusive group nobody can carry two."""
    known = {tag.pk: tag for tag in queries.tags_for(None).filter(pk__in=[*add, *remove])}
    if not known or not known.keys() >= {*add, *remove} or any(known[pk].archived_at for pk in add):
        raise BulkRefused("no_such_value")
    if {*add} & {*remove} or len({slot_of(known[pk]) for pk in add}) < len({*add}):
        raise BulkRefused("two_of_a_group")
    return {"add": list(dict.fromkeys(add)), "remove": list(dict.fromkeys(remove))}


@transaction.atomic
def stop_bulk(*, of: Bulk, by: Staff, now: datetime) -> Bulk:
    """After the people who are being changed now; what was changed stays. Raises BulkRefused."""
    of = _locked(of)
    if of.state not in BULK_WORKING:
        raise BulkRefused("not_running")
    of.state, of.finished_at = BulkState.STOPPED, of.finished_at or now
    of.save(update_fields=["state", "finished_at"])
    governance.record(act="bulk.stopped", by=by, subject=of.public_id, now=now)
    return of


@transaction.atomic
def resume_bulk(*, of: Bulk, by: Staff, now: datetime) -> Bulk:
    """Where it stopped. Raises BulkRefused."""
    of = _locked(of)
    if of.state not in (BulkState.STOPPED, BulkState.FAILED):
        raise BulkRefused("not_stopped")
    of.state, of.problem = BulkState.UNDOING if of.undone_at else BulkState.RUNNING, ""
    of.finished_at = of.finished_at if of.undone_at else None
    of.save(update_fields=["state", "problem", "finished_at"])
    governance.record(act="bulk.resumed", by=by, subject=of.public_id, now=now)
    return of


@transaction.atomic
def undo_bulk(*, of: Bulk, by: Staff, now: datetime) -> Bulk:
    """Within seven days; what was changed again since stays as it is. Raises BulkRefused."""
    of = _locked(of)
    if not queries.may_undo_bulk(of, now):
        raise BulkRefused("too_late")
    of.state, of.through, of.undone_at = BulkState.UNDOING, 0, now
    of.save(update_fields=["state", "through", "undone_at"])
    events.tell(ChangeTakenBack(of.public_id, by.public_id), at=now)
    governance.record(act="bulk.undone", by=by, subject=of.public_id, now=now)
    return of


def _locked(of: Bulk) -> Bulk:
    found: Bulk = Bulk.objects.select_for_update().select_related(None).get(pk=of.pk)
    return found
