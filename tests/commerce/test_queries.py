from datetime import UTC, datetime
from typing import Any

import pytest

from guanxi.commerce import queries
from guanxi.commerce.models import Order
from guanxi.commerce.queries import BoughtLine, OrderLabel, Totals
from guanxi.governance.models import Workspace
from guanxi.kit.money import Money
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.commerce.importing import bring

ORDERS = """order,customer,placed_at,store,product,quantity,amount,currency
A,7,2026-03-01T02:00:00Z,North,tea,2,19.80,
A,7,2026-03-01T02:00:00Z,North,cup,1,5,
B,7,2026-03-03T02:00:00Z,South,tea,1,9.90,
C,7,2026-03-02T02:00:00Z,South,tea,1,1500,KRW
"""


@pytest.fixture
def buyer(workspace: Workspace, now: datetime) -> Person:
    person = people.create_person(now=now, identities={"customer_number": "7"})
    bring("products", "number,name,department\ntea,Green tea,Drinks\ncup,,\n", now)
    bring("orders", ORDERS, now)
    bring("refunds", "refund,order,refunded_at,amount\nR,A,2026-03-04,4.80\n", now)
    return person


def ids(*numbers: str) -> list[int]:
    return [Order.objects.get(number=number).pk for number in numbers]


def test_totals_are_net_of_refunds_in_the_reporting_currency_and_say_what_they_leave_out(
    buyer: Person, now: datetime
) -> None:
    assert queries.totals(buyer) == Totals(3, Money(2990, "CNY"), datetime(2026, 3, 3, 2, tzinfo=UTC), 1)
    nobody = people.create_person(now=now)
    assert queries.totals(nobody) == Totals(0, Money(0, "CNY"), None, 0)


def test_lines_of_orders_are_the_dearest_first(buyer: Person) -> None:
    order, other = ids("A", "C")
    assert queries.order_lines([order, other]) == {
        order: [
            BoughtLine("Green tea", "Drinks", 2, Money(1980, "CNY")),
            BoughtLine("cup", "", 1, Money(500, "CNY")),
        ],
        other: [BoughtLine("Green tea", "Drinks", 1, Money(1500, "KRW"))],
    }


def test_labels_say_number_store_and_money(buyer: Person) -> None:
    order = Order.objects.get(number="A")
    assert queries.labels([order.pk]) == {
        order.pk: OrderLabel(order.public_id, "A", "North", Money(2480, "CNY"), Money(480, "CNY"))
    }


@pytest.mark.parametrize("numbers", [("A",), ("A", "B", "C")])
def test_any_number_of_orders_takes_one_query(
    buyer: Person, numbers: tuple[str, ...], django_assert_num_queries: Any
) -> None:
    wanted = ids(*numbers)
    with django_assert_num_queries(1):
        queries.order_lines(wanted)
    with django_assert_num_queries(1):
        queries.labels(wanted)
