"""When people were last seen: by what they do themselves, never by what is done to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.commerce.importing import bring
from tests.factories.people import make_person, undone

ORDERS = """order,customer,placed_at,product,quantity,amount
A,C-1,2026-05-01 09:00,tea,1,5
B,C-1,2026-03-03 10:00,tea,1,5
"""
PRODUCTS = "number,name\ntea,Tea\n"


def seen(person: Person) -> datetime | None:
    person.refresh_from_db()
    return person.last_seen_at


def test_a_later_sign_counts_an_earlier_or_near_one_does_not(workspace: Workspace, now: datetime) -> None:
    person, gone = make_person(now=now), make_person("Gone", now=now)
    Person.objects.filter(pk=gone.pk).update(erased_at=now)
    people.saw({person.pk: now, gone.pk: now, 10**9: now})
    for moment in (now - timedelta(days=1), now + timedelta(minutes=59)):
        people.saw({person.pk: moment})
        assert (seen(person), seen(gone)) == (now, None)
    later = now + timedelta(hours=2)
    people.saw({person.pk: later})
    assert seen(person) == later


def test_the_last_order_of_a_file_is_a_sign_until_the_file_is_taken_back(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now, identities={"customer_number": "C-1"})
    people.saw({person.pk: datetime(2026, 4, 1, tzinfo=UTC)})
    bring("products", PRODUCTS, now)
    of = bring("orders", ORDERS, now)
    assert seen(person) == datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
    undone(of, now)
    assert seen(person) == datetime(2026, 4, 1, tzinfo=UTC)
