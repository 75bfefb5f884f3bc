"""Whoever leaves hands their people over: to a colleague, or to nobody, so that their unit sees to them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.people import queries
from guanxi.people.events import PeopleHandedOver
from guanxi.people.models import Bulk, BulkAct
from guanxi.people.operations.bulk import start_bulk
from guanxi.people.queries import Wanted


class HandoverRefused(ValueError):
    """`reason`: still_active, holds_no_people or at_work."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def hand_over(*, giver: Staff, taker: Staff | None, by: Staff, now: datetime) -> Bulk | None:
    """A change of many people that the worker carries out; None when `giver` owns nobody. Raises HandoverRefused.

    Whoever keeps other ties of `giver` hears of it in this transaction.

    It can be stopped and taken back like any other; access that is given again later takes nobody back.
    """
    # Before the audit trail, like everybody who holds both, so that nobody waits in a circle.
    both = Staff.objects.filter(pk__in=[giver.pk, *([taker.pk] if taker else [])])
    list(both.order_by("pk").select_for_update(no_key=True))
    if Staff.objects.filter(pk=giver.pk, is_active=True).exists():
        raise HandoverRefused("still_active")
    if taker is not None and not queries.takers().filter(pk=taker.pk).exists():
        raise HandoverRefused("holds_no_people")
    if queries.handovers([giver]):
        raise HandoverRefused("at_work")
    value = {"owner": taker.pk if taker else None}
    of = None
    if queries.held_by([giver]):
        of = start_bulk(act=BulkAct.OWNER, value=value, chosen=Wanted(owner=giver.pk), by=by, now=now)
    handed = PeopleHandedOver(
        giver.public_id, taker.public_id if taker else "", by.public_id, of.public_id if of else ""
    )
    events.tell(handed, at=now)
    if of is None:
        return None
    detail = {"to": taker.public_id if taker else "", "change": of.public_id}
    governance.record(act="staff.handed_over", by=by, subject=giver.public_id, detail=detail, now=now)
    return of
