"""The audiences whose members are kept that a person is in."""

from __future__ import annotations

from guanxi.audiences import queries
from guanxi.audiences.models import AudienceMember
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people.models import Person

SHOWN = 20


def audiences_of(person: Person, staff: Staff) -> list[AudienceMember]:
    if not role_may(staff.role, Permission.AUDIENCES_VIEW):
        return []
    return list(queries.audiences_of(person.pk)[:SHOWN])
