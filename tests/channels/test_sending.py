"""The lane, against a real mail server: what is promised holds when servers refuse, people say no and workers die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import connection
from pydantic import BaseModel

from guanxi.channels import operations, queries, registry
from guanxi.channels.models import Account, Message
from guanxi.channels.port import DeliveryClass, Limits, Outbound, Receipt, Unknown
from guanxi.channels.queries import Errand
from guanxi.channels.registry import NoComposer
from guanxi.content.models import Content
from guanxi.events.models import Fact
from guanxi.governance import queries as governance
from guanxi.governance.models import Consent, Suppression, Workspace
from guanxi.kit import clock, leases
from guanxi.people.models import Person
from guanxi.simulators import mail
from tests.factories import channels as make
from tests.factories import content as words

ROOT = Path(__file__).resolve().parent.parent.parent
LATER = timedelta(days=1)


@dataclass
class World:
    server: mail.MailServer
    account: Account
    content: Content
    workspace: Workspace
    now: datetime

    def plan(self, people: Sequence[Person], origin: str = "cnt_a", purpose: str = "marketing") -> None:
        errand = Errand(account=self.account, purpose=purpose, origin=origin, due_at=self.now)
        ids = [person.pk for person in people]
        operations.plan(errand=errand, people=ids, content_id=self.content.pk, now=self.now)

    def work(self, now: datetime | None = None) -> None:
        while operations.lane(now=now or self.now):
            pass

    def arrived(self) -> Counter[str]:
        return Counter(one.recipient for one in self.server.mails())

    def states(self, origin: str = "cnt_a") -> dict[int, tuple[str, str]]:
        rows = Message.objects.filter(origin=origin).values_list("person_id", "state", "reason")
        return {person: (state, reason) for person, state, reason in rows}


@pytest.fixture
def world(
    committed_workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    yield World(server, make.account(now, server.smtp_port), words.content(now), committed_workspace, now)
    server.stop()


def facts(name: str) -> list[int]:
    return list(Fact.objects.filter(name=name).order_by("person").values_list("person", flat=True))


def test_a_message_arrives_with_its_words_its_links_and_its_fact(world: World) -> None:
    ann = make.person(world.now, "ann@example.test", name="Ann *Lee*")
    world.plan([ann])
    world.work()
    [letter] = world.server.mails()
    message = Message.objects.get(person=ann)
    link = queries.link(message, "unsubscribe")
    assert (letter.recipient, letter.subject) == ("ann@example.test", "Hello Ann")
    assert letter.message_id == f"<{message.public_id}@lumen.example.test>"
    assert letter.header("List-Unsubscribe") == f"<{link}>"
    assert letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert "Dear Ann *Lee*," in letter.text
    assert link in letter.text
    assert "Dear Ann *Lee*," in letter.html
    assert queries.link(message, "open") in letter.html
    assert (message.state, message.settled_at, message.attempts) == ("accepted", world.now, 1)
    assert facts("message.accepted") == [ann.pk]


def test_a_mailbox_that_does_not_exist_is_suppressed_and_a_full_one_is_not(world: World) -> None:
    gone = make.person(world.now, "bounce.gone@example.test")
    full = make.person(world.now, "full.box@example.test")
    world.plan([gone, full])
    world.work()
    assert world.states() == {gone.pk: ("bounced", "hard_bounce"), full.pk: ("bounced", "soft_bounce")}
    [entry] = Suppression.objects.all()
    assert (bytes(entry.address), entry.reason) == (make.lookup("bounce.gone@example.test"), "hard_bounce")
    assert facts("message.bounced") == sorted([gone.pk, full.pk])
    world.plan([gone, full], "cnt_b")
    assert world.states("cnt_b")[gone.pk] == ("skipped", "suppressed")


def test_a_greylisted_message_goes_later_and_once(world: World) -> None:
    person = make.person(world.now, "greylist.ann@example.test")
    world.plan([person])
    world.work()
    message = Message.objects.get(person=person)
    assert (message.state, message.attempts) == ("waiting", 1)
    assert message.due_at is not None
    assert message.due_at > world.now
    world.work(message.due_at)
    assert world.states()[person.pk][0] == "accepted"
    assert world.arrived() == {"greylist.ann@example.test": 1}


def test_a_message_whose_answer_was_lost_is_left_to_staff(world: World) -> None:
    one, other = make.people(world.now, ["drop.one@example.test", "drop.other@example.test"])
    world.plan([one, other])
    world.work()
    world.work(world.now + LATER)
    assert world.states() == {one.pk: ("unknown", "no_answer"), other.pk: ("unknown", "no_answer")}
    assert world.arrived() == {"drop.one@example.test": 1, "drop.other@example.test": 1}
    operations.count_as_sent(message=Message.objects.get(person=one), now=world.now)
    operations.send_again(message=Message.objects.get(person=other), now=world.now)
    with pytest.raises(operations.NotDoubtful):
        operations.send_again(message=Message.objects.get(person=one), now=world.now)
    world.work()
    assert world.states()[one.pk][0] == "accepted"
    assert world.arrived() == {"drop.one@example.test": 1, "drop.other@example.test": 2}


def test_a_no_between_planning_and_claiming_wins(world: World) -> None:
    said_no, bounced, eager, fine = make.people(
        world.now, [f"{name}@example.test" for name in ("no", "old", "eager", "fine")]
    )
    world.plan([said_no, bounced, eager, fine])
    make.say("no@example.test", False, world.now)
    make.suppress("old@example.test", world.now)
    for origin in ("cnt_b", "cnt_c"):
        Message.objects.create(
            origin=origin,
            person=eager,
            account=world.account,
            purpose="marketing",
            state="accepted",
            planned_at=world.now,
            settled_at=world.now,
        )
    world.work()
    assert world.states() == {
        said_no.pk: ("skipped", "withdrawn"),
        bounced.pk: ("skipped", "suppressed"),
        eager.pk: ("skipped", "cap"),
        fine.pk: ("accepted", ""),
    }
    assert world.arrived() == {"fine@example.test": 1}


def test_a_no_after_the_claim_wins_as_well(world: World) -> None:
    person = make.person(world.now, "no@example.test")
    world.plan([person])
    claim = operations.claim(limit=10, now=world.now)
    assert len(claim.messages) == 1
    make.say("no@example.test", False, world.now, person=person.pk)
    operations.deliver(messages=claim.messages, now=world.now)
    assert world.states() == {person.pk: ("waiting", "")}
    world.work()
    assert world.states() == {person.pk: ("skipped", "withdrawn")}
    assert world.arrived() == {}


def test_one_message_by_the_front_door(world: World) -> None:
    person = make.person(world.now, "ann@example.test", consent=None)
    order: dict[str, Any] = {
        "person": person,
        "account": world.account,
        "content_id": world.content.pk,
        "now": world.now,
    }
    assert operations.send(purpose="marketing", origin="cnt_m", **order).reason == "no_consent"
    message = operations.send(purpose="transactional", origin="cnt_t", **order)
    assert operations.send(purpose="transactional", origin="cnt_t", **order) == message
    with pytest.raises(NoComposer):
        operations.send(purpose="transactional", origin="nobody_1", **order)
    world.work()
    [letter] = world.server.mails()
    assert letter.header("List-Unsubscribe") == ""
    assert "nsubscribe" not in letter.text


def test_a_server_that_is_not_there_costs_nobody_an_attempt_but_one(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people = make.people(world.now, [f"p{number}@example.test" for number in range(30)])
    world.plan(people)
    gone = mail.serve(0, 0, tmp_path / "gone")
    gone.stop()
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{gone.smtp_port}")
    settings = dict(world.account.config) | {"port": gone.smtp_port}
    operations.edit_account(account=world.account, name="Mail", settings=settings)
    world.work()
    rows = Message.objects.values_list("state", "attempts")
    assert {state for state, _ in rows} == {"waiting"}
    assert sum(attempts for _, attempts in rows) <= 4  # one a connection
    assert not Message.objects.filter(due_at__lte=world.now).exists()


def test_an_account_that_needs_a_human_waits_for_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = make.people(world.now, [f"p{number}@example.test" for number in range(10)])
    world.plan(people)
    peers = os.environ["GUANXI_LOCAL_PEERS"]
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", "")
    world.work()
    world.account.refresh_from_db()
    assert world.account.problem != ""
    assert set(Message.objects.values_list("state", "attempts")) == {("waiting", 0)}
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", peers)
    operations.reconnect_account(account=world.account)
    world.work()
    assert set(world.arrived().values()) == {1}
    assert len(world.arrived()) == 10


def test_held_and_cancelled_messages_do_not_leave(world: World) -> None:
    people = make.people(world.now, [f"p{number}@example.test" for number in range(6)])
    world.plan(people[:3], "cnt_held")
    world.plan(people[3:], "cnt_stopped")
    claim = operations.claim(limit=10, now=world.now)
    assert len(claim.messages) == 6
    operations.hold(origin="cnt_held")
    operations.cancel(origin="cnt_stopped", now=world.now)
    operations.deliver(messages=claim.messages, now=world.now)
    world.work(world.now + LATER)
    assert world.arrived() == {}
    operations.release(origin="cnt_held", now=world.now)
    world.work()
    assert world.arrived() == {f"p{number}@example.test": 1 for number in range(3)}
    assert {state for state, _ in world.states("cnt_stopped").values()} == {"cancelled"}


@contextmanager
def many_workers(world: World, number: int) -> Iterator[list[BaseException]]:
    """Lanes that run at the same time, as in several processes."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with governance.entered(world.workspace):
                world.work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    yield failures
    for thread in threads:
        thread.join()


def test_the_cap_holds_for_broadcasts_that_overlap(world: World) -> None:
    operations.set_cap(most=2, days=7)
    people = make.people(world.now, [f"p{number}@example.test" for number in range(60)])
    for origin in ("cnt_a", "cnt_b", "cnt_c"):  # planned as if none knew of the others
        Message.objects.bulk_create(
            Message(
                origin=origin,
                person=person,
                account=world.account,
                purpose="marketing",
                content_id=world.content.pk,
                state="waiting",
                due_at=world.now,
                planned_at=world.now,
            )
            for person in people
        )
    with many_workers(world, 4) as failures:
        pass
    assert failures == []
    assert world.arrived() == {f"p{number}@example.test": 2 for number in range(60)}
    assert Counter(Message.objects.values_list("state", "reason")) == {("accepted", ""): 120, ("skipped", "cap"): 60}


def test_killed_workers_lose_nothing_and_repeat_nothing(world: World) -> None:
    people = make.people(world.now, [f"p{number}@example.test" for number in range(300)])
    world.plan(people)
    for killed_at in (50, 150):
        _kill_a_sender(world, killed_at)
        tally = queries.tally("cnt_a")
        assert tally.recipients == tally.accepted + tally.unknown + tally.waiting == 300
    _until_noticed()
    world.work()
    tally = queries.tally("cnt_a")
    assert tally.waiting == 0
    assert tally.accepted + tally.unknown == 300
    assert tally.unknown <= 2 * 8
    arrived = world.arrived()
    assert set(arrived.values()) == {1}
    assert set(world.server.store.copies().values()) == {1}
    doubtful = {message.person_id for message in queries.doubtful("cnt_a")}
    lost = {person.pk for person in people if not arrived[f"{person.name}@example.test"]}
    assert lost <= doubtful
    assert set(Message.objects.filter(state="unknown").values_list("reason", flat=True)) <= {"interrupted"}


def _until_noticed() -> None:
    """The database needs a moment to see that a client is gone; nobody waits for the lease to end."""
    held = Message.objects.filter(state__in=["claimed", "sending"])
    deadline = time.monotonic() + 60
    while held.exclude(leases.free()).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _kill_a_sender(world: World, after: int) -> None:
    """Let a process of its own send until so many mails have arrived, then kill it as the kernel would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.channels.sender", str(world.workspace.pk), world.now.isoformat()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )
    try:
        deadline = time.monotonic() + 60
        while world.server.store.total() < after:
            assert process.poll() is None, "the sender ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


class _NoSettings(BaseModel):
    pass


class _Lossy:
    """A vendor that takes everything and loses every first answer."""

    limits = Limits(message_bytes=None, parallel=2)

    def __init__(self, delivery_class: DeliveryClass, taken: list[str]) -> None:
        self.delivery_class = delivery_class
        self._taken = taken

    def send(self, outbound: Outbound) -> Receipt:
        self._taken.append(outbound.key)
        if self._taken.count(outbound.key) == 1:
            raise Unknown("the answer was lost")
        return Receipt(vendor_id=outbound.key)


class _LossyPlugin:
    kind: ClassVar[str] = "lossy"
    label: ClassVar[str] = "Lossy"
    identity_kind: ClassVar[str] = "email"
    config: ClassVar[type[BaseModel]] = _NoSettings
    delivery_class: ClassVar[DeliveryClass]

    def __init__(self, delivery_class: DeliveryClass) -> None:
        self.taken: list[str] = []
        type(self).delivery_class = delivery_class

    @contextmanager
    def open(self, config: BaseModel) -> Iterator[_Lossy]:
        yield _Lossy(self.delivery_class, self.taken)


@pytest.mark.parametrize(("delivery_class", "state", "sent"), [("A", "accepted", 2), ("B", "unknown", 1)])
def test_only_a_vendor_that_knows_our_key_is_told_again(
    world: World, delivery_class: str, state: str, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = _LossyPlugin(DeliveryClass(delivery_class))
    plugins = registry._plugins() | {"lossy": plugin}
    monkeypatch.setattr(registry, "_plugins", lambda: plugins)
    account = Account.objects.create(kind="lossy", name="Lossy", created_at=world.now)
    person = make.person(world.now, "ann@example.test", consent=None)
    order: dict[str, Any] = {"person": person, "account": account, "content_id": world.content.pk, "now": world.now}
    monkeypatch.setattr(registry, "_composers", {"cnt": lambda them: {m.pk: registry.Words(text="Hi") for m in them}})
    message = operations.send(purpose="transactional", origin="cnt_x", **order)
    world.work()
    world.work(world.now + LATER)
    message.refresh_from_db()
    assert (message.state, len(plugin.taken)) == (state, sent)


def test_an_account_whose_plugin_is_gone_stands_in_nobodys_way(world: World) -> None:
    Account.objects.create(kind="pigeon", name="Pigeon", created_at=world.now)
    ann = make.person(world.now, "ann@example.test")
    world.plan([ann])
    world.work()
    assert world.states() == {ann.pk: ("accepted", "")}


def test_a_message_that_cannot_be_written_fails_and_stands_in_nobodys_way(world: World) -> None:
    fine, broken = make.people(world.now, ["fine@example.test", "broken@example.test"])
    world.plan([fine])
    world.plan([broken], "cnt_b")
    Message.objects.filter(person=broken).update(content_id=world.content.pk + 1)
    world.work()
    assert world.states() == {fine.pk: ("accepted", "")}
    assert world.states("cnt_b") == {broken.pk: ("failed", "content")}


def test_unsubscribing_withdraws_consent_for_that_address_once(world: World) -> None:
    ann = make.person(world.now, "ann@example.test")
    world.plan([ann])
    world.work()
    message = Message.objects.get(person=ann)
    for _ in range(2):
        operations.unsubscribe(message=message, now=world.now)
    assert list(Consent.objects.values_list("channel", "purpose", "granted")) == [("email", "marketing", False)]
    assert (facts("message.unsubscribed"), facts("consent.withdrawn")) == ([ann.pk], [ann.pk])
    world.plan([ann], "cnt_b")
    assert world.states("cnt_b") == {ann.pk: ("skipped", "withdrawn")}
    assert queries.tally("cnt_a").unsubscribed == 1


def test_an_opening_counts_the_first_time(world: World) -> None:
    ann = make.person(world.now, "ann@example.test")
    world.plan([ann])
    message = Message.objects.get(person=ann)
    operations.opened(message=message, now=world.now)
    operations.opened(message=message, now=world.now + LATER)
    message.refresh_from_db()
    assert (message.opened_at, facts("message.opened")) == (world.now, [ann.pk])


def test_a_token_names_its_message_and_works_for_one_use_only(world: World) -> None:
    world.plan([make.person(world.now, "ann@example.test")])
    message: Message = Message.objects.get()
    token = queries.link(message, "unsubscribe").rpartition("/")[2]
    assert queries.read_token(token, "unsubscribe") == queries.Link(world.workspace.pk, message.pk)
    picture = queries.link(message, "open").rpartition("/")[2].removesuffix(".gif")
    assert picture != token
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    for bad in (picture, changed, token[:-1], token + "A", "", "é" * 43, "=" * 43, "A" * 43):
        with pytest.raises(queries.BadLink):
            queries.read_token(bad, "unsubscribe")


def test_a_secret_is_sealed_and_an_edit_without_it_keeps_it(world: World) -> None:
    account = world.account
    settings = dict(account.config) | {"username": "lumen", "password": "canary-s3cret"}
    operations.edit_account(account=account, name="Mail", settings=settings)
    operations.edit_account(account=account, name="Post", settings=settings | {"password": ""})
    account.refresh_from_db()
    assert "password" not in account.config
    assert b"canary" not in bytes(account.secret or b"")
    assert queries.configured(account)["password"] == "canary-s3cret"
    with pytest.raises(operations.BadAccount) as refused:
        operations.edit_account(account=account, name="Post", settings=settings | {"port": 0, "password": "canary-2"})
    assert set(refused.value.problems) == {"port"}
    assert "canary" not in str(refused.value)


def test_no_minute_gets_more_messages_than_the_vendor_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    operations.edit_account(account=world.account, name="Mail", settings=world.account.config | {"per_minute": 30})
    start, clock_at = datetime(2026, 11, 25, tzinfo=UTC), [0.0]
    monkeypatch.setattr(clock, "wall", lambda: start + timedelta(seconds=clock_at[0]))
    world.plan(make.people(world.now, [f"p{n}@example.test" for n in range(70)]))
    left: list[tuple[float, int]] = []
    for step in range(400):
        clock_at[0] = step / 2
        before = Message.objects.filter(state="accepted").count()
        operations.lane(now=world.now)
        left.append((clock_at[0], Message.objects.filter(state="accepted").count() - before))
    assert sum(count for _, count in left) == 70
    most = max(sum(count for at, count in left if begin <= at < begin + 60) for begin, _ in left)
    assert 28 <= most <= 30
