from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from django.conf import settings
from django.db.models import Count, Max

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.commerce.models import Order, OrderLine, Refund
from guanxi.config import demo, demo_slice, demo_story
from guanxi.connections.models import Friendship, GroupChat
from guanxi.content.models import Variant
from guanxi.governance import operations as governance
from guanxi.governance.models import Consent, Staff, Unit, User, Workspace
from guanxi.governance.queries import entered
from guanxi.loyalty.models import Redemption
from guanxi.people import operations as people
from guanxi.people.models import Identity, Import, Membership, Person
from guanxi.reach.models import Broadcast
from tests.config.conftest import NOON
from tests.conftest import make_workspace, use


def state() -> dict[str, Any]:
    return {
        model.__name__: model.objects.count()
        for model in (Person, Order, OrderLine, Refund, Redemption, Staff, Unit, Import, Account, Audience, Broadcast)
    }


def slice_count(name: str, condition: str = "true") -> int:
    path = demo_slice.DATA / f"{name}.parquet"
    with duckdb.connect() as engine:
        found = engine.execute(f"SELECT count(*) FROM read_parquet('{path}') WHERE {condition}").fetchall()
    return int(found[0][0])


def test_the_year_lies_around_today_and_keeps_its_weekdays(lumen: Workspace) -> None:
    moved = demo_slice.shift(NOON.date())
    assert moved % timedelta(weeks=1) == timedelta(0)
    assert timedelta(0) <= NOON.date() - (demo_slice.DAY_270 + moved) <= timedelta(days=6)
    last = Order.objects.aggregate(last=Max("placed_at"))["last"]
    assert datetime(2026, 11, 20, 5, tzinfo=UTC) < last < datetime(2026, 11, 21, 5, tzinfo=UTC)
    past = f"placed_at + to_days({moved.days}) < TIMESTAMP '2026-11-21'"
    assert OrderLine.objects.count() == slice_count("orders", past)


def test_everything_came_in_by_imports_that_are_done(lumen: Workspace) -> None:
    done = Import.objects.order_by("pk").values_list("kind", "state", "filename", "rejected")
    assert (
        list(done)
        == [
            ("people", "done", "lumen-people.parquet", 0),
            ("products", "done", "lumen-products.parquet", 0),
            ("coupons", "done", "lumen-coupons.parquet", 0),
            ("orders", "done", "lumen-orders-until-2026-11-21.parquet", 0),
            ("refunds", "done", "lumen-refunds-until-2026-11-21.parquet", 0),
            ("redemptions", "done", "lumen-redemptions-until-2026-11-21.parquet", 0),
        ][: Import.objects.count()]
    )
    assert Person.objects.filter(level="customer").count() == 20
    assert not Identity.objects.filter(kind="email", sealed=None).exists()
    assert Consent.objects.filter(granted=True).exists()


def test_a_broadcast_waits_for_its_review(lumen: Workspace) -> None:
    draft = Broadcast.objects.values_list("state", "hold_out_percent", "account__config__port", "audience__rule")
    assert list(draft) == [("draft", 10, 2525, demo_story.AUDIENCE_RULE)]
    assert set(Variant.objects.values_list("language", flat=True)) == {"en", "zh-hans", "ko"}


def test_advisors_hold_people_of_their_own_store(lumen: Workspace) -> None:
    held = Person.objects.exclude(owner=None).values_list("owner__unit", "unit").distinct()
    assert held and all(store == unit for store, unit in held)
    assert Person.objects.filter(unit=None).count() == 0
    assert Staff.objects.values("role").annotate(n=Count("id")).filter(role="owner", n=1).exists()


def test_loading_again_changes_nothing_but_the_port_of_the_mail_server(
    lumen: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state()
    monkeypatch.setattr(settings, "DEMO_SMTP", "127.0.0.1:2626")
    assert demo.load(NOON + timedelta(hours=1)).pk == lumen.pk
    assert state() == before
    assert Account.objects.get(kind="email").config["port"] == 2626


def test_the_next_day_brings_the_purchases_of_the_day_that_is_over(lumen: Workspace) -> None:
    demo.next_day(lumen, NOON)
    assert Workspace.objects.get(pk=lumen.pk).clock_shift == timedelta(days=1)
    past = f"placed_at + to_days({demo_slice.shift(NOON.date()).days}) < TIMESTAMP '2026-11-22'"
    assert OrderLine.objects.count() == slice_count("orders", past)
    before = state()
    assert demo.play_when_due(now=NOON + timedelta(days=1)) is False
    assert state() == before


def test_the_clock_plays_the_rest_of_the_year_and_then_stops(lumen: Workspace) -> None:
    assert demo.play_when_due(now=NOON + timedelta(days=300)) is True
    assert OrderLine.objects.count() == slice_count("orders")
    assert (Refund.objects.count(), Redemption.objects.count()) == (slice_count("refunds"), slice_count("redemptions"))
    assert demo.play_when_due(now=NOON + timedelta(days=400)) is False


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_load_that_was_killed_is_finished_by_the_next(
    committed: None, a_small_slice: None, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    work, calls = people.work_import, []

    def killed(**given: Any) -> None:
        calls.append(given)
        if len(calls) > after:
            raise KeyboardInterrupt
        work(**given)

    monkeypatch.setattr(people, "work_import", killed)
    with pytest.raises(KeyboardInterrupt):
        demo.load(NOON)
    monkeypatch.setattr(people, "work_import", work)
    with entered(demo.load(NOON + timedelta(hours=2))):
        assert OrderLine.objects.exists()
        assert set(Import.objects.values_list("state", "rejected")) == {("done", 0)}
        assert Import.objects.values("filename").distinct().count() == Import.objects.count()
        assert Broadcast.objects.count() == 1


def test_clearing_removes_the_demo_and_nothing_else(lumen: Workspace, now: datetime) -> None:
    other = make_workspace("other")
    with entered(other):
        people.create_person(now=now, name="Someone")
        governance.add_staff(email=demo_story.STAFF[0][0], name="Works here too", role="analyst")
    use(os.environ["GUANXI_DATABASE_OWNER_URL"])
    demo.clear()
    use(os.environ["GUANXI_DATABASE_URL"])
    assert list(Workspace.objects.values_list("slug", flat=True)) == ["other"]
    assert list(User.objects.values_list("email", flat=True)) == [demo_story.STAFF[0][0]]
    assert not any(state().values())
    with entered(other):
        assert (Person.objects.count(), Staff.objects.count()) == (1, 1)


def test_the_shipped_slice_is_small_invented_where_it_must_be_and_has_an_audience() -> None:
    assert sum(file.stat().st_size for file in demo_slice.DATA.glob("*.parquet")) <= 4_000_000
    assert slice_count("people") == 500
    assert slice_count("people", "email <> '' AND email NOT LIKE '%@example.test'") == 0
    assert slice_count("people", "phone <> '' AND phone NOT SIMILAR TO '\\(\\d{3}\\) 555-01\\d\\d'") == 0
    assert 10 <= slice_count("people", "email LIKE 'bounce.%'") <= 25
    assert 0.65 <= slice_count("people", "marketing_consent = 'yes'") / 500 <= 0.75
    orders, products, redemptions = (
        f"read_parquet('{demo_slice.DATA / name}.parquet')" for name in ("orders", "products", "redemptions")
    )
    regulars = (
        f"customer IN (SELECT customer FROM {orders} JOIN {products} USING (product) WHERE department = 'MEAT' AND "
        "placed_at BETWEEN TIMESTAMP '2017-06-30' AND TIMESTAMP '2017-09-27' GROUP BY customer HAVING count(*) >= 3) "
        f"AND customer NOT IN (SELECT customer FROM {redemptions} WHERE redeemed_at < TIMESTAMP '2017-09-27')"
    )
    assert 100 <= slice_count("people", regulars) <= 200


def test_the_demo_shows_ties_and_says_that_they_are_invented(lumen: Workspace) -> None:
    assert Friendship.objects.exists()
    assert GroupChat.objects.count() == len(demo_story.GROUPS)
    assert 0.1 < Membership.objects.filter(ended_at=None).count() / Person.objects.count() < 0.5
    assert Membership.objects.exclude(ended_at=None).exists()
    recorded = Account.objects.exclude(kind="email").values_list("name", "is_active")
    assert len(recorded) == 2
    assert all("(invented)" in name and not active for name, active in recorded)
