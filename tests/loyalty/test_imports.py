from datetime import UTC, datetime

import pytest

from guanxi.commerce.models import Product
from guanxi.events import operations as events
from guanxi.events import queries as lake
from guanxi.governance.models import Workspace
from guanxi.loyalty.models import Coupon, CouponProduct, Redemption
from guanxi.people import operations as people
from tests.commerce.importing import bring, counts, rejects, undo

COUPONS = "coupon,product,campaign\nSPRING,tea,M1\nSPRING,cup,M1\nSPRING,tea,M2\nSPRING,tea,M1\nBARE,,\n"
REDEMPTIONS = (
    "coupon,customer,redeemed_at,campaign\n"
    "SPRING,7,2026-03-01,M1\n"
    "SPRING,7,2026-03-01,M2\n"
    "SPRING,7,2026-03-01,M1\n"
    "NEW,8,2026-03-02,\n"
    "SPRING,9,2026-03-02,M1\n"
)


@pytest.fixture(autouse=True)
def buyers(workspace: Workspace, now: datetime) -> None:
    for number in "78":
        people.create_person(now=now, name=f"P{number}", identities={"customer_number": number})


def used() -> list[tuple[str, str, str, datetime]]:
    rows = Redemption.objects.order_by("at", "imported_campaign")
    return list(rows.values_list("coupon__code", "person__name", "imported_campaign", "at"))


def test_a_coupon_is_good_for_products_by_the_mailings_that_carried_it(now: datetime) -> None:
    of = bring("coupons", COUPONS, now)
    assert counts(of) == (4, 0, 1, 0)
    assert set(CouponProduct.objects.values_list("coupon__code", "product__number", "imported_campaign")) == {
        ("SPRING", "tea", "M1"),
        ("SPRING", "cup", "M1"),
        ("SPRING", "tea", "M2"),
    }
    assert set(Coupon.objects.values_list("code", flat=True)) == {"SPRING", "BARE"}
    assert counts(bring("coupons", COUPONS, now)) == (0, 0, 5, 0)


def test_redemptions_come_in_once_and_true_repeats_need_a_number(now: datetime) -> None:
    of = bring("redemptions", REDEMPTIONS, now)
    assert (counts(of), rejects(of)) == ((3, 0, 0, 2), [(4, "redemption_repeated"), (6, "unknown_person")])
    day = datetime(2026, 2, 28, 16, tzinfo=UTC)
    expected = [
        ("SPRING", "P7", "M1", day),
        ("SPRING", "P7", "M2", day),
        ("NEW", "P8", "", datetime(2026, 3, 1, 16, tzinfo=UTC)),
    ]
    assert used() == expected
    assert counts(bring("redemptions", REDEMPTIONS, now)) == (0, 0, 3, 2)
    assert used() == expected


def test_numbered_redemptions_may_be_alike(now: datetime) -> None:
    text = "redemption,coupon,customer,redeemed_at\nR1,A,7,2026-03-01\nR2,A,7,2026-03-01\nR2,A,8,2026-03-01\n"
    of = bring("redemptions", text, now)
    assert (counts(of), rejects(of)) == ((2, 0, 0, 1), [(4, "duplicate_in_file")])


def test_an_unknown_order_or_coupon_is_named(now: datetime) -> None:
    bring("coupons", "coupon\nA\n", now)
    bring("orders", "order,customer,placed_at,product,amount\nO-1,7,2026-03-01,tea,5\n", now)
    of = bring(
        "redemptions",
        "coupon,customer,redeemed_at,order\nA,7,2026-03-01,O-1\nA,7,2026-03-02,O-2\nB,7,2026-03-03,O-1\n",
        now,
        options={"unknown_coupon": "reject"},
    )
    assert rejects(of) == [(3, "unknown_order"), (4, "unknown_coupon")]
    assert list(Redemption.objects.values_list("coupon__code", "order__number")) == [("A", "O-1")]


def test_a_redemption_is_told_to_the_lake(now: datetime) -> None:
    bring("redemptions", REDEMPTIONS, now)
    events.write_lake(now=now)
    with lake.lake() as tables:
        rows = tables.run(tables.events.filter(tables.events.name == "coupon.redeemed").select("coupon_id"))
    assert sorted(rows["coupon_id"].to_pylist()) == sorted(Redemption.objects.values_list("coupon", flat=True))


def test_undo_keeps_coupons_that_somebody_has_used_since(now: datetime) -> None:
    coupons = bring("coupons", COUPONS, now)
    bring("redemptions", REDEMPTIONS, now)
    undo(coupons, now)
    assert set(Coupon.objects.values_list("code", flat=True)) == {"SPRING", "NEW"}
    assert CouponProduct.objects.count() == 3


def test_undoing_redemptions_leaves_no_trace(now: datetime) -> None:
    bring("coupons", COUPONS, now)
    of = bring("redemptions", REDEMPTIONS, now)
    undo(of, now)
    assert (Redemption.objects.count(), Coupon.objects.count(), Product.objects.count()) == (0, 2, 2)
