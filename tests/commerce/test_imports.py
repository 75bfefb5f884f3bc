import json
from datetime import UTC, datetime
from typing import Any

import pytest

from guanxi.commerce.models import Order, OrderLine, Product, Refund
from guanxi.events import operations as events
from guanxi.events import queries as lake
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Import, LevelProof, Person
from guanxi.people.operations.imports.undoing import steps_of
from guanxi.people.registry import import_kind
from tests.commerce.importing import bring, counts, rejects, undo

ORDERS = """order,customer,placed_at,store,product,quantity,amount
A-1,7,2026-03-01 10:00,North,tea,2,19.80
A-1,7,2026-03-01 10:00,North,cup,1,5
B-1,8,2026-03-02T09:30:00+00:00,South,tea,1,9.90
"""
PRODUCTS = "number,name,department,category,brand\ntea,Green tea,Drinks,Tea,Hill\ncup,Cup,Home,Ware,Clay\n"


@pytest.fixture(autouse=True)
def buyers(workspace: Workspace, now: datetime) -> list[Person]:
    return [people.create_person(now=now, name=f"P{number}", identities={"customer_number": number}) for number in "78"]


def in_lake(now: datetime, *columns: str) -> list[tuple[Any, ...]]:
    events.write_lake(now=now)
    with lake.lake() as tables:
        rows = tables.run(tables.events.order_by("occurred_at", "name", "amount_minor").select("name", *columns))
    return [tuple(row.values()) for row in rows.to_pylist()]


def levels() -> list[tuple[str, str]]:
    return list(Person.objects.order_by("name").values_list("name", "level"))


def proofs() -> list[tuple[str, str, bool]]:
    rows = LevelProof.objects.order_by("person__name", "since").values_list("person__name", "label", "ended_at")
    return [(name, label, ended is None) for name, label, ended in rows]


def test_orders_come_in_whole_and_prove_their_buyers(now: datetime) -> None:
    bring("products", PRODUCTS, now)
    of = bring("orders", ORDERS, now)
    assert counts(of) == (3, 0, 0, 0)
    assert list(
        Order.objects.order_by("number").values_list("number", "person__name", "placed_at", "store", "total_minor")
    ) == [
        ("A-1", "P7", datetime(2026, 3, 1, 2, 0, tzinfo=UTC), "North", 2480),
        ("B-1", "P8", datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "South", 990),
    ]
    assert set(
        OrderLine.objects.values_list("order__number", "line", "product__number", "quantity", "amount_minor")
    ) == {
        ("A-1", "tea", "tea", 2, 1980),
        ("A-1", "cup", "cup", 1, 500),
        ("B-1", "tea", "tea", 1, 990),
    }
    assert levels() == [("P7", "customer"), ("P8", "customer")]
    assert proofs() == [("P7", "A-1", True), ("P8", "B-1", True)]


def test_orders_are_told_to_the_lake_with_what_was_bought(now: datetime) -> None:
    bring("products", PRODUCTS, now)
    of = bring("orders", ORDERS, now)
    rows = in_lake(now, "amount_minor", "import_id", "props")
    green = {"product": "Green tea", "department": "Drinks", "category": "Tea", "brand": "Hill"}
    cup = {"product": "Cup", "department": "Home", "category": "Ware", "brand": "Clay"}
    assert [(*row[:-1], json.loads(row[-1])) for row in rows if row[0] != "level.reached"] == [
        ("order.paid", 2480, of.pk, {"store": "North", "lines": 2, "number": "A-1"}),
        ("product.bought", 500, of.pk, cup | {"quantity": 1}),
        ("product.bought", 1980, of.pk, green | {"quantity": 2}),
        ("order.paid", 990, of.pk, {"store": "South", "lines": 1, "number": "B-1"}),
        ("product.bought", 990, of.pk, green | {"quantity": 1}),
    ]


def test_the_same_file_twice_adds_nothing(now: datetime) -> None:
    bring("orders", ORDERS, now)
    before = in_lake(now, "event_id")
    assert counts(bring("orders", ORDERS, now)) == (0, 0, 3, 0)
    assert in_lake(now, "event_id") == before


def test_what_cannot_come_in_is_named_with_its_reason(now: datetime) -> None:
    of = bring(
        "orders",
        "order,customer,placed_at,store,product,quantity,amount\n"
        "A,7,2026-03-01,,tea,1,1.234\n"  # 2: no amount of money
        "A,7,2026-03-01,,cup,1,1.00\n"  # 3: its order is broken
        "B,9,2026-03-01,,tea,1,1.00\n"  # 4: nobody
        "C,7,2026-03-01,,tea,1,1.00\n"
        "C,7,2026-03-01,,tea,1,1.00\n"  # 6: the same line twice
        "D,7,2026-03-01,North,tea,1,1.00\n"  # 7: its sister disagrees
        "D,8,2026-03-01,North,cup,1,1.00\n"  # 8: another buyer
        "E,,2026-03-01,,tea,1,1.00\n"  # 9: nobody named
        "F,7,yesterday,,tea,1,1.00\n"  # 10
        "G,7,2026-03-01,,tea,-1,1.00\n"  # 11
        ",7,2026-03-01,,tea,1,1.00\n",  # 12
        now,
    )
    assert rejects(of) == [
        (2, "not_an_amount"),
        (3, "order_incomplete"),
        (4, "unknown_person"),
        (6, "line_repeated"),
        (7, "order_incomplete"),
        (8, "order_differs"),
        (9, "no_person"),
        (10, "not_a_date"),
        (11, "not_a_quantity"),
        (12, "required"),
    ]
    assert list(Order.objects.values_list("number", flat=True)) == ["C"]
    assert of.check_report["rejected"] == 10


def test_an_unknown_product_is_added_bare_or_refused_with_its_order(now: datetime) -> None:
    of = bring("orders", ORDERS, now, options={"unknown_product": "reject"})
    assert rejects(of) == [(2, "unknown_product"), (3, "order_incomplete"), (4, "unknown_product")]
    bring("orders", ORDERS, now)
    assert list(Product.objects.order_by("number").values_list("number", "name")) == [("cup", ""), ("tea", "")]


def test_one_proof_is_enough_and_the_earliest_order_gives_it(now: datetime) -> None:
    header = "order,customer,placed_at,product,amount\n"
    bring("orders", header + "".join(f"M-{n},7,2026-05-{n:02},tea,1\n" for n in range(1, 29)), now)
    assert proofs() == [("P7", "M-1", True)]
    bring("orders", header + "OLD,7,2026-01-01,tea,1\nNEW,7,2026-06-01,tea,1\n", now)
    assert proofs() == [("P7", "OLD", True), ("P7", "M-1", True)]


def test_a_whole_refund_ends_the_proof_and_the_next_order_takes_over(now: datetime) -> None:
    bring("orders", "order,customer,placed_at,product,amount\nA,7,2026-01-01,tea,5\nB,7,2026-02-01,tea,5\n", now)
    of = bring("refunds", "refund,order,refunded_at,amount\nR1,A,2026-01-03,2\nR2,A,2026-01-04,3\n", now)
    assert counts(of) == (2, 0, 0, 0)
    assert proofs() == [("P7", "A", False), ("P7", "B", True)]
    bring("refunds", "refund,order,refunded_at,amount\nR3,B,2026-02-03,5\n", now)
    assert proofs() == [("P7", "A", False), ("P7", "B", False)]
    assert levels() == [("P7", "visitor"), ("P8", "visitor")]


def test_never_more_comes_back_than_was_paid(now: datetime) -> None:
    bring("orders", ORDERS, now)
    of = bring(
        "refunds",
        "refund,order,refunded_at,amount\n"
        "R1,A-1,2026-03-04,20\nR2,A-1,2026-03-05,5\nR3,A-1,2026-03-06,4.80\nR4,B-1,2026-03-06,0\nR5,X,2026-03-06,1\n",
        now,
    )
    assert rejects(of) == [(3, "more_than_left"), (5, "nothing_refunded"), (6, "unknown_order")]
    assert list(Order.objects.order_by("number").values_list("refunded_minor", flat=True)) == [2480, 0]
    assert counts(bring("refunds", "refund,order,refunded_at,amount\nR1,A-1,2026-03-04,20\n", now)) == (0, 0, 1, 0)


def test_products_are_filled_in_and_never_emptied(now: datetime) -> None:
    bring("products", PRODUCTS, now)
    of = bring("products", "number,name,brand\ntea,White tea,\ncup,Cup,Clay\npot,Pot,Clay\n", now)
    assert counts(of) == (1, 1, 1, 0)
    assert Product.objects.values_list("name", "department", "brand").get(number="tea") == (
        "White tea",
        "Drinks",
        "Hill",
    )
    undo(of, now)
    assert list(Product.objects.order_by("number").values_list("number", "name")) == [
        ("cup", "Cup"),
        ("tea", "Green tea"),
    ]


def test_undoing_orders_leaves_no_trace(now: datetime) -> None:
    bring("products", PRODUCTS, now)
    before = in_lake(now, "person")
    of = bring("orders", ORDERS, now)
    assert undo(of, now) == {"removed": 4, "kept": {}}
    assert (Order.objects.count(), OrderLine.objects.count(), Product.objects.count()) == (0, 0, 2)
    assert (levels(), proofs()) == ([("P7", "visitor"), ("P8", "visitor")], [])
    assert in_lake(now, "person") == before


def test_undo_hands_the_proof_to_the_orders_that_stay(now: datetime) -> None:
    header = "order,customer,placed_at,product,amount\n"
    early = bring("orders", header + "A,7,2026-01-01,tea,1\n", now)
    bring("orders", header + "B,7,2026-02-01,tea,1\n", now)
    undo(early, now)
    assert (levels()[0], proofs()) == (("P7", "customer"), [("P7", "B", True)])


def test_undo_keeps_an_order_that_was_refunded_since_with_its_facts(now: datetime) -> None:
    of = bring("orders", ORDERS, now)
    bring("refunds", "refund,order,refunded_at,amount\nR1,A-1,2026-03-04,20\n", now)
    assert undo(of, now)["kept"] == {"has_dependents": 3}
    assert list(Order.objects.values_list("number", "refunded_minor", "import_id")) == [("A-1", 2000, None)]
    assert proofs() == [("P7", "A-1", True)]
    names = [row[0] for row in in_lake(now, "import_id") if row[0] != "level.reached"]
    assert names == ["order.paid", "product.bought", "product.bought", "order.refunded"]


def test_undoing_refunds_gives_the_money_and_the_level_back(now: datetime) -> None:
    bring("orders", "order,customer,placed_at,product,amount\nA,7,2026-01-01,tea,5\nB,7,2026-02-01,tea,5\n", now)
    of = bring("refunds", "refund,order,refunded_at,amount\nR1,A,2026-01-03,5\nR2,B,2026-02-04,5\n", now)
    assert levels()[0] == ("P7", "visitor")
    undo(of, now)
    assert levels()[0] == ("P7", "customer")
    assert proofs() == [("P7", "A", True)]
    assert (Refund.objects.count(), set(Order.objects.values_list("refunded_minor", flat=True))) == (0, {0})


@pytest.mark.parametrize("done", [1, 2])
def test_an_undo_that_an_older_version_began_is_done_whole(now: datetime, done: int) -> None:
    bring("orders", "order,customer,placed_at,product,amount\nA,7,2026-01-01,tea,5\n", now)
    of = bring("refunds", "refund,order,refunded_at,amount\nR1,A,2026-01-03,5\n", now)
    people.undo_import(of=of, now=now)
    # It took refunds back first, and put proofs back in its second step.
    steps = [*import_kind("refunds").undo_steps(), steps_of(of)[0]]
    for step in steps[:done]:
        step.take_back(import_id=of.pk, after=0, limit=10, now=now)
    report = {"step": done, "after": 0, "removed": 1, "restored": done - 1, "kept": {}}
    Import.objects.filter(pk=of.pk).update(undo_report=report)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, of.undo_report["kept"], levels()[0]) == ("undone", {}, ("P7", "customer"))
    assert proofs() == [("P7", "A", True)]


def test_an_order_that_has_not_happened_yet_is_rejected(now: datetime) -> None:
    lines = "order,customer,placed_at,product,quantity,amount\n"
    of = bring("orders", lines + "A,7,2027-03-01,cup,1,1.00\nB,7,0001-01-01,cup,1,1.00\n", now)
    assert rejects(of) == [(2, "in_the_future"), (3, "not_a_date")]
