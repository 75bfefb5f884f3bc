"""What is told of people, staff and accounts is looked at before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from guanxi.channels.models import Account
from guanxi.governance.models import Staff
from guanxi.people import queries as people
from guanxi.people.models import IdentityKind, Person

AHEAD = timedelta(minutes=10)
"""Clocks of vendors differ by so much from ours; what lies further ahead has not happened."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was told at this place of the list was not written. `reason`: unknown_person, unknown_advisor,
    unknown_account, unknown_group, oneself, invited_by_themselves, in_future, bad_kind, cycle."""

    at: int
    reason: str


@dataclass(frozen=True)
class Parties:
    """Who is there: person → who they are now, advisors, accounts, and which person each advisor is themselves."""

    people: Mapping[int, int]
    staff: Mapping[int, Staff]
    accounts: Mapping[int, Account]
    selves: Mapping[int, int]

    def fault(self, *, person: int | None = None, staff: int | None = None, account: int | None = None) -> str:
        if person is not None and person not in self.people:
            return "unknown_person"
        if staff is not None and staff not in self.staff:
            return "unknown_advisor"
        if account is not None and account not in self.accounts:
            return "unknown_account"
        if person is not None and staff is not None and self.selves.get(staff) == self.people[person]:
            return "oneself"
        return ""


def parties(
    *, people_ids: Collection[int] = (), staff: Collection[int] = (), accounts: Collection[int] = ()
) -> Parties:
    there = Person.objects.filter(pk__in=set(people_ids), erased_at=None)
    known = {pk: into or pk for pk, into in there.values_list("pk", "merged_into")}
    advisors = {one.pk: one for one in Staff.objects.filter(pk__in=set(staff)).select_related("user")}
    return Parties(known, advisors, Account.objects.in_bulk(set(accounts)), _selves(advisors))


def _selves(staff: Mapping[int, Staff]) -> dict[int, int]:
    """Whom a member of staff is among the people, by the address that they sign in with."""
    emails = {pk: one.user.email for pk, one in staff.items()}
    found = people.lookup_by_identity(IdentityKind.EMAIL, sorted(set(emails.values()))) if emails else {}
    return {pk: found[email] for pk, email in emails.items() if email in found}


def has_not_happened(at: datetime, now: datetime) -> bool:
    return at > now + AHEAD
