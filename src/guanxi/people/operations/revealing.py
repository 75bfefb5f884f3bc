"""A look at what is masked: with a reason, so many people an hour, and written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Staff
from guanxi.people.models import Identity, Person
from guanxi.people.queries.cards import unsealed
from guanxi.people.rules import REVEALS_AN_HOUR, may_reveal

HOUR = timedelta(hours=1)
ACT = "person.revealed"


class RevealRefused(ValueError):
    """`reason`: no_reason, erased, or too_many; then `wait` is how long until the next place is free."""

    def __init__(self, reason: str, wait: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


@transaction.atomic
def reveal(*, person: Person, by: Staff, why: str, reason: str, now: datetime) -> dict[int, str]:
    """Identity → its value in clear. `why` is a code of the door's list, `reason` what was written beside it.

    Raises RevealRefused.
    """
    if not why:
        raise RevealRefused("no_reason")
    Staff.objects.select_for_update().get(pk=by.pk)  # two looks at once count one after the other
    salt = Person.objects.values_list("salt", flat=True).get(pk=person.pk)
    if salt is None:
        raise RevealRefused("erased")
    seen = AuditEntry.objects.filter(act=ACT, by=by, at__gt=now - HOUR).exclude(subject=person.public_id)
    last_looks = sorted(seen.values("subject").annotate(last=Max("at")).values_list("last", flat=True))
    if not may_reveal(len(last_looks)):
        raise RevealRefused("too_many", last_looks[len(last_looks) - REVEALS_AN_HOUR] + HOUR - now)
    held = list(Identity.objects.filter(person=person, sealed__isnull=False).select_related("person").order_by("pk"))
    detail = {"why": why, "fields": sorted({one.kind for one in held})}
    governance.record(act=ACT, by=by, subject=person.public_id, reason=reason, detail=detail, now=now)
    return {one.pk: unsealed(one, one.person) for one in held}
