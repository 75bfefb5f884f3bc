"""From a fact to a call: nothing is lost, nothing goes where it must not, and nobody waits for a slow server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks import WebhookVerificationError

from guanxi.commerce.events import OrderPaid
from guanxi.commerce.models import Order
from guanxi.events import operations as events
from guanxi.events.operations import Happened
from guanxi.governance import queries as governance
from guanxi.governance.models import AuditEntry, Workspace
from guanxi.integrations import operations as integrations
from guanxi.integrations import queries
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.integrations.operations import EndpointRefused, calling
from guanxi.integrations.operations import telling as lanes
from guanxi.integrations.rules import Tried
from guanxi.kit import clock, keys, scope
from guanxi.kit.net.http import Client
from guanxi.people.events import LevelReached
from guanxi.people.models import Person
from tests.conftest import make_workspace
from tests.factories.people import csv_file, done, make_person, make_staff, uploaded
from tests.integrations.receiver import Receiver, Says, receivers
from tests.kit.listener import Listener

Make = Callable[..., Receiver]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time in the workspace stands still at the time on the wall, which a receiver compares signatures with."""
    frozen = clock.wall()
    monkeypatch.setattr(clock, "now", lambda: frozen + scope.clock_shift())
    return frozen


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes receivers; each may be called."""
    open_: list[Any] = []

    def make(*says: Says) -> Receiver:
        made = receivers(monkeypatch, says)
        [one] = made.__enter__()
        open_.append(made)
        return one

    yield make
    for made in open_:
        made.__exit__(None, None, None)


def endpoint(url: str, *names: str, now: datetime) -> tuple[Endpoint, str]:
    return integrations.make_endpoint(url=url, events=names or queries.NAMES, by=None, now=now)


def turn(now: datetime) -> None:
    """Turns of the lane until nothing is in the air."""
    lanes.lane(now=now)
    deadline = time.monotonic() + 10
    while Delivery.objects.filter(state="sending").exists() and time.monotonic() < deadline:
        lanes.lane(now=now)


def reached(person: Person, now: datetime) -> None:
    events.announce(LevelReached(person=person.pk, level="customer", proof="order"), at=now)


def states() -> list[tuple[str, int, int | None]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "attempts", "status"))


def test_an_event_reaches_who_asked_for_it_signed_and_without_a_word_about_the_person(
    workspace: Workspace, receiver: Make
) -> None:
    now, hears, deaf = clock.now(), receiver(Says(200, b"thanks")), receiver()
    _, secret = endpoint(hears.url, "order.paid", now=now)
    endpoint(deaf.url, "consent.given", now=now)
    emma = make_person("Emma Fischer", now=now)
    order = Order.objects.create(
        person=emma, number="A-17", placed_at=now, total_minor=4200, currency="CNY", store="Pudong"
    )
    paid = OrderPaid(
        person=emma.pk, order_id=order.pk, amount_minor=4200, currency="CNY", store="Pudong", number="A-17"
    )
    events.announce(paid, at=now)
    turn(now)
    [heard] = hears.heard
    assert heard.verified(secret) == {
        "type": "order.paid",
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "data": {"person": emma.public_id, "order": order.public_id},
    }
    assert (heard.headers["content-type"], heard.event[:4]) == ("application/json", "evt_")
    row = Delivery.objects.get()
    assert (row.state, row.status, row.answer, row.event) == ("delivered", 200, "thanks", heard.event)
    assert deaf.heard == []
    with pytest.raises(WebhookVerificationError):
        heard.verified("whsec_" + "A" * 43 + "=")


def test_a_fact_that_is_rolled_back_was_never_told(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    endpoint(receiver().url, now=now)
    with pytest.raises(RuntimeError), transaction.atomic():
        reached(make_person(now=now), now)
        assert Delivery.objects.count() == 1
        raise RuntimeError
    assert Delivery.objects.count() == 0


def test_one_row_an_event_and_endpoint(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    for _ in range(2):
        endpoint(receiver().url, now=now)
    emma = make_person(now=now)
    happened = [Happened(LevelReached(person=emma.pk, level="customer", proof="order"), now)] * 3
    events.announce_many(happened, received_at=now)
    counted = sorted(Delivery.objects.values_list("event", flat=True))
    assert (len(counted), len(set(counted))) == (6, 3)


def test_an_import_rings_once(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver()
    endpoint(hears.url, now=now)
    file = csv_file(["Name", "Mail", "Agreed"], *[[f"P{i}", f"p{i}@example.test", "yes"] for i in range(5)])
    columns = {"Name": "name", "Mail": "email", "Agreed": "consent"}
    of = uploaded(file, columns, by=make_staff("Ann"), now=now)
    assert done(of, now).created == 5
    turn(now)
    told = [json.loads(heard.body) for heard in hears.heard]
    assert [(one["type"], one["data"]) for one in told] == [
        ("import.finished", {"import": of.public_id, "state": "done"})
    ]


def test_a_call_that_fails_is_tried_again_when_it_is_time_under_the_same_id(
    workspace: Workspace, receiver: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)
    now, hears = clock.now(), receiver(Says(500), Says(503, headers={"retry-after": "900"}), Says(302), Says(204))
    _, secret = endpoint(hears.url, now=now)
    reached(make_person(now=now), now)
    waited = []
    at = now
    for _ in range(4):
        turn(at)
        row = Delivery.objects.get()
        waited.append((row.state, row.status, (row.due_at - at).total_seconds()))
        turn(row.due_at - timedelta(seconds=1)) if row.state == "waiting" else None
        at = row.due_at
    assert waited[:3] == [("waiting", 500, 5), ("waiting", 503, 900), ("waiting", 302, 1800)]
    assert (waited[3][:2], len(hears.heard)) == (("delivered", 204), 4)
    assert len({heard.event for heard in hears.heard}) == 1
    assert len({heard.body for heard in hears.heard}) == 1
    assert [heard.verified(secret)["type"] for heard in hears.heard] == ["level.reached"] * 4


def test_after_the_last_try_it_has_failed_and_can_be_sent_again(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver(*[Says(500)] * 10, Says(204))
    to, _ = endpoint(hears.url, now=now)
    reached(make_person(now=now), now)
    for _ in range(10):
        turn(Delivery.objects.get().due_at)
    turn(now + timedelta(days=30))
    assert (states(), len(hears.heard)) == ([("failed", 10, 500)], 10)
    assert integrations.replay_failed(endpoint=to, since=now + timedelta(seconds=1), now=now) == 0
    assert integrations.replay_failed(endpoint=to, since=now, now=now) == 1
    turn(now)
    assert (states(), len({heard.event for heard in hears.heard})) == ([("delivered", 1, 204)], 1)
    assert integrations.replay(delivery=Delivery.objects.get(), now=now)
    assert not integrations.replay(delivery=Delivery.objects.get(), now=now)
    turn(now)
    assert (states(), len(hears.heard)) == ([("delivered", 1, 204)], 12)


def test_gone_switches_an_endpoint_off_and_the_log_says_so(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver(Says(410))
    to, _ = endpoint(hears.url, now=now)
    reached(make_person(now=now), now)
    turn(now)
    reached(make_person(now=now), now)
    turn(now + timedelta(hours=1))
    to.refresh_from_db()
    assert (to.state, len(hears.heard), states()) == ("gone", 1, [("waiting", 1, 410)])
    entry = AuditEntry.objects.get(act="webhook.switched_off")
    assert (entry.by, entry.subject, entry.detail) == (None, to.public_id, {"state": "gone"})


def test_five_days_without_a_success_switch_an_endpoint_off(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver(Says(500), Says(204), Says(500))
    to, _ = endpoint(hears.url, now=now)
    seen = []
    for days in (0, 1, 2, 6.9, 7.1):
        at = now + timedelta(days=days)
        Delivery.objects.all().delete()
        reached(make_person(now=at), at)
        turn(at)
        to.refresh_from_db()
        seen.append(to.state)
    assert seen == ["on", "on", "on", "on", "failed"]
    integrations.switch_endpoint(endpoint=to, on=True, by=None, now=at)
    turn(at + timedelta(days=1))
    to.refresh_from_db()
    assert (to.state, to.failing_since) == ("on", at + timedelta(days=1))


def test_while_a_secret_is_rotated_both_sign_and_after_a_day_only_the_new_one(
    workspace: Workspace, receiver: Make
) -> None:
    now, hears = clock.now(), receiver()
    to, old = endpoint(hears.url, now=now)
    new = integrations.rotate_secret(endpoint=to, by=None, now=now)
    for at in (now, now + timedelta(hours=23), now + timedelta(hours=25)):
        reached(make_person(now=at), at)
        turn(at)
    assert [len(heard.headers["webhook-signature"].split(" ")) for heard in hears.heard] == [2, 2, 1]
    assert [heard.verified(new)["type"] for heard in hears.heard] == ["level.reached"] * 3
    assert hears.heard[1].verified(old)["type"] == "level.reached"
    with pytest.raises(WebhookVerificationError):
        hears.heard[2].verified(old)
    to.refresh_from_db()
    kept = bytes(to.secret or b"") + bytes(to.old_secret or b"")
    assert old.encode() not in kept
    assert new.encode() not in kept
    assert [entry.act for entry in AuditEntry.objects.order_by("number")] == ["webhook.made", "webhook.secret_rotated"]


def test_a_worker_that_dies_in_a_call_loses_nothing_and_the_call_is_made_again_under_the_same_id(
    workspace: Workspace, receiver: Make
) -> None:
    now, hears = clock.now(), receiver()
    endpoint(hears.url, now=now)
    reached(make_person(now=now), now)
    [call] = lanes.claim(limit=8, now=now)
    assert (lanes.claim(limit=8, now=now), states()) == ([], [("sending", 1, None)])
    with Client(timeout=5) as client:
        tried = calling.tried_once(client, call)  # it arrived; the receipt dies with the worker
    assert (tried.status, lanes.recover(now=now)) == (204, 0)
    Delivery.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    turn(now)
    assert (states(), [heard.event for heard in hears.heard]) == ([("delivered", 1, 204)], [call.event] * 2)
    assert lanes.settle([calling.Done(call, Tried(status=500))], now) == 1  # a receipt that comes too late
    assert states() == [("delivered", 1, 204)]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "2130706433", "localhost", "[::ffff:127.0.0.1]"])
def test_no_call_ever_connects_to_a_machine_inside(workspace: Workspace, now: datetime, host: str) -> None:
    with Listener() as listener:
        to = Endpoint.objects.create(url=f"http://{host}:{listener.port}/", events=["level.reached"], created_at=now)
        to.secret = None
        to.save()
        reached(make_person(now=now), now)
        turn(clock.now())
        assert listener.connections == 0
    row = Delivery.objects.get()
    assert (row.state, row.status, row.problem in ("forbidden", "unreachable")) == ("waiting", None, True)


def test_a_redirect_to_a_machine_inside_is_not_followed(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    with Listener() as listener:
        hears = receiver(Says(307, headers={"location": f"http://127.0.0.1:{listener.port}/"}))
        endpoint(hears.url, now=now)
        reached(make_person(now=now), now)
        turn(now)
        assert (listener.connections, states()) == (0, [("waiting", 1, 307)])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "not_https"),
        ("javascript:alert(1)", "bad_url"),
        ("https://", "bad_url"),
        ("https://exa mple.com/", "bad_url"),
        ("https://example.com:99999/", "bad_url"),
        ("https://me:secret@example.com/", "login_in_url"),
        ("https://10.0.0.1/", "inside"),
        ("https://[::1]/", "inside"),
        ("https://2130706433/", "inside"),
        ("https://0x7f.1/", "inside"),
        ("https://127.1:8443/", "inside"),
        ("https://0177.0.0.1:8443/", "inside"),
        ("https://169.254.169.254/latest", "inside"),
        ("https://localhost/", "inside"),
        ("https://例子.测试/", "bad_url"),
        ("https://example.com/" + "x" * 2000, "bad_url"),
    ],
)
def test_an_address_that_cannot_work_is_refused_when_it_is_typed(
    workspace: Workspace, now: datetime, url: str, reason: str
) -> None:
    with pytest.raises(EndpointRefused) as refusal:
        endpoint(url, now=now)
    assert (refusal.value.reason, Endpoint.objects.count()) == (reason, 0)


def test_events_are_chosen_from_those_that_there_are(workspace: Workspace, now: datetime) -> None:
    for names, reason in (((), "no_events"), (("order.paid", "all"), "unknown_event")):
        with pytest.raises(EndpointRefused) as refusal:
            integrations.make_endpoint(url="https://example.com/", events=names, by=None, now=now)
        assert refusal.value.reason == reason


def test_a_slow_endpoint_holds_up_nobody(workspace: Workspace, receiver: Make) -> None:
    now, slow, quick = clock.now(), receiver(Says(after=2)), receiver()
    endpoint(slow.url, now=now)
    endpoint(quick.url, now=now)
    emma = make_person(now=now)
    for _ in range(20):
        reached(emma, now)
    started = time.monotonic()
    while len(quick.heard) < 20 and time.monotonic() - started < 5:
        lanes.lane(now=now)
    assert (len(quick.heard), time.monotonic() - started < 2) == (20, True)
    assert len(slow.heard) == lanes.WIDTH
    turn(now)


def test_an_endpoint_that_fails_is_called_once_at_a_time(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    to, _ = endpoint(receiver().url, now=now)
    emma = make_person(now=now)
    for _ in range(9):
        reached(emma, now)
    Endpoint.objects.filter(pk=to.pk).update(failing_since=now)
    assert len(lanes.claim(limit=8, now=now)) == 1
    Endpoint.objects.filter(pk=to.pk).update(failing_since=None)
    assert len(lanes.claim(limit=8, now=now)) == 3
    assert len(lanes.claim(limit=8, now=now)) == 0


def test_what_a_receiver_says_back_is_kept_short_and_without_secrets(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver()
    _, secret = endpoint(hears.url, now=now)
    said = f"\x00no: {secret} emma@secret.example.test +86 138 0013 8000 " + "x" * 5000
    hears.says = [Says(400, said.encode())]
    reached(make_person(now=now), now)
    turn(now)
    answer = Delivery.objects.get().answer
    assert answer.startswith("no: ••• ••• ••• xxx")
    assert len(answer) <= 1024


def test_a_compressed_or_endless_answer_counts_by_its_status(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    hears = receiver(Says(200, b"\x1f\x8b", {"content-encoding": "gzip"}), Says(200, b"y" * 3_000_000))
    endpoint(hears.url, now=now)
    for _ in range(2):
        reached(make_person(now=now), now)
    turn(now)
    assert states() == [("delivered", 1, 200)] * 2
    assert sorted(len(row.answer) for row in Delivery.objects.all()) == [0, 1024]


def test_off_means_that_nothing_is_written_down_and_on_that_what_waited_leaves(
    workspace: Workspace, receiver: Make
) -> None:
    now, hears = clock.now(), receiver()
    to, _ = endpoint(hears.url, now=now)
    emma = make_person(now=now)
    reached(emma, now)
    integrations.switch_endpoint(endpoint=to, on=False, by=None, now=now)
    reached(emma, now)
    turn(now)
    assert (len(hears.heard), states()) == (0, [("waiting", 0, None)])
    integrations.switch_endpoint(endpoint=to, on=True, by=None, now=now)
    turn(now)
    assert len(hears.heard) == 1
    integrations.remove_endpoint(endpoint=to, by=None, now=now)
    assert (Endpoint.objects.count(), Delivery.objects.count()) == (0, 0)


def test_no_workspace_hears_what_happens_in_another(db: None, receiver: Make) -> None:
    now, hears = clock.now(), receiver()
    ours, other = make_workspace("ours"), make_workspace("other")
    with governance.entered(ours):
        to, _ = endpoint(hears.url, now=now)
    with governance.entered(other):
        reached(make_person(now=now), now)
        assert not queries.endpoints()
        assert not Delivery.objects.exists()
        turn(now)
        assert queries.deliveries(to) == ([], "")
    with governance.entered(ours):
        turn(now)
    assert hears.heard == []


def test_a_demo_that_lives_in_the_future_signs_with_the_time_on_the_wall(db: None, receiver: Make) -> None:
    hears = receiver()
    demo = make_workspace("demo", is_demo=True, clock_shift=timedelta(days=40))
    with governance.entered(demo):
        _, secret = endpoint(hears.url, now=clock.now())
        reached(make_person(now=clock.now()), clock.now())
        turn(clock.now())
    assert hears.heard[0].verified(secret)["type"] == "level.reached"


def test_what_was_settled_a_month_ago_is_forgotten(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    to, _ = endpoint(receiver().url, now=now)
    for state, days in (("delivered", 31), ("failed", 31), ("waiting", 31), ("delivered", 29)):
        at = now - timedelta(days=days)
        Delivery.objects.create(
            endpoint=to,
            event=keys.new("evt"),
            name="a.b",
            body="{}",
            due_at=now + timedelta(days=1),
            created_at=at,
            state=state,
        )
    lanes.lane(now=now)
    assert sorted(state for state, _, _ in states()) == ["delivered", "waiting"]


def test_telling_many_costs_as_many_questions_as_telling_one(workspace: Workspace, receiver: Make) -> None:
    now = clock.now()
    for _ in range(3):
        endpoint(receiver().url, now=now)
    people = [make_person(now=now) for _ in range(30)]

    def counted(some: list[Person]) -> int:
        facts = [Happened(LevelReached(person=one.pk, level="customer", proof="order"), now) for one in some]
        with CaptureQueriesContext(connection) as said:
            integrations.record(happened=facts, now=now)
        return len(said)

    assert counted(people[:1]) == counted(people)
    assert Delivery.objects.count() == 93


def test_a_test_event_is_sent_whatever_was_chosen(workspace: Workspace, receiver: Make) -> None:
    now, hears = clock.now(), receiver()
    to, secret = endpoint(hears.url, "order.paid", now=now)
    integrations.send_test(endpoint=to, now=now)
    turn(now)
    told = hears.heard[0].verified(secret)
    assert (told["type"], told["data"]) == ("webhook.test", {"endpoint": to.public_id})
