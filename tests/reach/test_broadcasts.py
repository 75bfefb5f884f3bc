"""A broadcast from draft to result, with the real governor, the real lake and a real mail server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries as who
from guanxi.audiences.models import Audience
from guanxi.channels import operations as channels
from guanxi.channels import queries as messages
from guanxi.channels.models import Account, Message
from guanxi.commerce.events import OrderPaid, OrderRefunded
from guanxi.content import operations as content
from guanxi.content.models import Content
from guanxi.content.queries import Words
from guanxi.events import operations as events
from guanxi.governance.models import Workspace
from guanxi.people.models import Field, Person
from guanxi.reach import operations, queries
from guanxi.reach.models import Broadcast, BroadcastAct, BroadcastState
from guanxi.reach.operations import working
from guanxi.reach.queries import Problem, Review
from guanxi.simulators import mail
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories import reach as build

HOUR = timedelta(hours=1)


@dataclass
class World:
    now: datetime
    account: Account
    content: Content

    def people(self, number: int) -> list[Person]:
        made = make.people(self.now, [f"p{each}@example.test" for each in range(number)])
        build.into_lake(made, self.now)
        return made

    def confirmed(self, *, hold_out: int = 0, name: str = "Lamps") -> Broadcast:
        return build.confirmed(
            self.now, build.everybody(self.now), self.content, self.account, hold_out=hold_out, name=name
        )


@pytest.fixture
def world(workspace: Workspace, now: datetime) -> World:
    return World(now, make.account(now), words.content(now))


@pytest.fixture
def sending(
    committed_workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, mail.MailServer]]:
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    yield World(now, make.account(now, server.smtp_port), words.content(now)), server
    server.stop()


def state(broadcast: Broadcast) -> str:
    return str(Broadcast.objects.values_list("state", flat=True).get(pk=broadcast.pk))


def acts(broadcast: Broadcast) -> list[str]:
    return list(BroadcastAct.objects.filter(broadcast=broadcast).order_by("pk").values_list("act", flat=True))


def test_the_review_says_who_gets_it_and_who_does_not_and_why(world: World) -> None:
    world.people(3)
    silent = make.person(world.now, "silent@example.test", consent=None)
    nobody = make.person(world.now)
    build.into_lake([silent, nobody], world.now)
    draft = build.draft(world.now, build.everybody(world.now), world.content, world.account)
    assert queries.review(draft, now=world.now) == Review(
        people=5, send=3, held_out=0, skipped={"no_consent": 1, "no_address": 1}
    )


def test_the_run_gives_what_the_review_said(world: World) -> None:
    people = world.people(60)
    make.suppress("p0@example.test", world.now)
    draft = build.draft(world.now, build.everybody(world.now), world.content, world.account, hold_out=20)
    said = queries.review(draft, now=world.now)
    operations.confirm(broadcast=draft, by=None, now=world.now)
    assert operations.plan_due(now=world.now)
    tally = messages.tally(draft.origin)
    assert (tally.recipients, tally.waiting, tally.held_out) == (len(people), said.send, said.held_out)
    assert messages.reasons(draft.origin, "skipped") == said.skipped == {"suppressed": 1}
    assert said.held_out > 0


def test_what_stands_in_the_way_is_named(world: World) -> None:
    korean = make.person(world.now, "minji@example.test", language="ko")
    build.into_lake([korean], world.now)
    draft = operations.save_broadcast(name="Empty", audience=None, content=None, account=None, by=None, now=world.now)
    codes = [problem.code for problem in queries.review(draft, now=world.now).problems]
    assert codes == ["no_audience", "no_content", "no_account"]
    strict = words.content(world.now, fall_back=False)
    draft = build.draft(world.now, build.everybody(world.now), strict, world.account)
    assert queries.review(draft, now=world.now).problems == (Problem("missing_language", "ko"),)
    with pytest.raises(operations.Blocked) as blocked:
        operations.confirm(broadcast=draft, by=None, now=world.now)
    assert blocked.value.problems == (Problem("missing_language", "ko"),)
    assert state(draft) == "draft"


def test_an_account_with_a_problem_and_an_empty_audience_block(world: World) -> None:
    Account.objects.update(problem="535 wrong password")
    draft = build.draft(world.now, build.everybody(world.now), world.content, Account.objects.get())
    assert queries.review(draft, now=world.now).problems == (
        Problem("empty"),
        Problem("account_problem", "535 wrong password"),
    )


def test_a_rule_that_lost_its_field_is_named_and_pauses_what_was_confirmed(world: World) -> None:
    world.people(2)
    Field.objects.create(key="city", label="City")
    rule = {"version": 1, "where": {"type": "trait", "trait": "trait:city", "op": "is_not_set"}}
    audience = build.everybody(world.now, rule)
    broadcast = build.confirmed(world.now, audience, world.content, world.account)
    later = build.draft(world.now, audience, world.content, world.account)
    Field.objects.all().delete()
    assert [problem.code for problem in queries.review(later, now=world.now).problems] == ["bad_rule"]
    assert operations.plan_due(now=world.now)
    assert state(broadcast) == "paused"
    assert BroadcastAct.objects.get(broadcast=broadcast, act="paused").reason != ""


def test_what_was_confirmed_stands(world: World) -> None:
    world.people(2)
    broadcast = world.confirmed()
    content.save_content(
        name="Other",
        variants=[Words("en", "Other", "Other")],
        fall_back=True,
        by=None,
        now=world.now,
        content=world.content,
    )
    nobody = {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
    Audience.objects.update(rule=nobody)
    operations.plan_due(now=world.now)
    rows = list(Message.objects.filter(origin=broadcast.origin))
    assert len(rows) == 2
    said = operations.compose(rows)
    assert {one.subject for one in said.values() if not hasattr(one, "reason")} == {"Hello p0", "Hello p1"}
    with pytest.raises(operations.NotDraft):
        operations.save_broadcast(
            name="Late", audience=None, content=None, account=None, by=None, now=world.now, broadcast=broadcast
        )
    with pytest.raises(operations.WrongState):
        operations.confirm(broadcast=broadcast, by=None, now=world.now)


NO_SESSION = 2**30


def test_planning_goes_on_from_the_last_whole_chunk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = world.people(25)
    broadcast = world.confirmed()
    monkeypatch.setattr(working, "CHUNK", 10)
    whole, chunks = working._plan_chunk, []

    def die_in_the_second(*given: object) -> None:
        chunks.append(given)
        if len(chunks) == 2:
            raise KeyboardInterrupt
        whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "_plan_chunk", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        operations.plan_due(now=world.now)
    broadcast.refresh_from_db()
    assert broadcast.planned_through == people[9].pk
    assert not operations.plan_due(now=world.now)  # its session lives, so its lease holds
    Broadcast.objects.update(holder=NO_SESSION)
    assert operations.plan_due(now=world.now + HOUR)
    assert Message.objects.count() == 25
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.started_at, broadcast.planned_at) == ("sending", world.now, world.now + HOUR)


def test_a_scheduled_broadcast_waits_for_its_time(world: World) -> None:
    world.people(2)
    audience = build.everybody(world.now)
    draft = operations.save_broadcast(
        name="Later",
        audience=audience,
        content=world.content,
        account=world.account,
        by=None,
        now=world.now,
        hold_out_percent=0,
        scheduled_at=world.now + HOUR,
    )
    operations.confirm(broadcast=draft, by=None, now=world.now)
    assert not operations.lane(now=world.now)
    assert operations.lane(now=world.now + HOUR)
    assert Message.objects.filter(due_at=world.now + HOUR).count() == 2


def test_pause_resume_and_cancel_are_acts_with_records(world: World) -> None:
    world.people(3)
    broadcast = world.confirmed()
    operations.pause(broadcast=broadcast, by=None, now=world.now)
    assert not operations.lane(now=world.now)
    operations.resume(broadcast=broadcast, by=None, now=world.now)
    assert state(broadcast) == BroadcastState.PLANNING
    operations.plan_due(now=world.now)
    operations.pause(broadcast=broadcast, by=None, now=world.now)
    assert channels.claim(limit=10, now=world.now + HOUR).messages == []
    operations.resume(broadcast=broadcast, by=None, now=world.now)
    assert state(broadcast) == BroadcastState.SENDING
    assert len(channels.claim(limit=2, now=world.now).messages) == 2
    operations.cancel(broadcast=broadcast, by=None, now=world.now)
    tally = messages.tally(broadcast.origin)
    assert (tally.recipients, tally.cancelled, tally.waiting) == (3, 3, 0)
    with pytest.raises(operations.WrongState):
        operations.resume(broadcast=broadcast, by=None, now=world.now)
    assert acts(broadcast) == ["confirmed", "paused", "resumed", "paused", "resumed", "cancelled"]


def test_a_whole_broadcast_is_sent_and_done(sending: tuple[World, mail.MailServer]) -> None:
    world, server = sending
    world.people(20)
    make.say("p3@example.test", False, world.now)
    broadcast = world.confirmed(hold_out=20)
    while operations.lane(now=world.now) or channels.lane(now=world.now):
        pass
    tally = messages.tally(broadcast.origin)
    assert state(broadcast) == "done"
    assert tally.accepted == len(server.mails()) == 20 - tally.held_out - 1
    assert messages.reasons(broadcast.origin, "skipped") == {"withdrawn": 1}
    assert {letter.subject[:7] for letter in server.mails()} == {"Hello p"}


def test_doubtful_messages_are_settled_by_staff(sending: tuple[World, mail.MailServer]) -> None:
    world, server = sending
    people = [make.person(world.now, f"drop.{name}@example.test") for name in ("a", "b")]
    build.into_lake(people, world.now)
    broadcast = world.confirmed()
    while operations.lane(now=world.now) or channels.lane(now=world.now):
        pass
    assert (state(broadcast), messages.tally(broadcast.origin).unknown) == ("done", 2)
    one, other = messages.doubtful(broadcast.origin)
    operations.count_as_sent(broadcast=broadcast, messages=[one], by=None, now=world.now)
    operations.send_again(broadcast=broadcast, messages=[other], by=None, now=world.now)
    assert state(broadcast) == "sending"
    while operations.lane(now=world.now) or channels.lane(now=world.now):
        pass
    assert state(broadcast) == "done"
    assert Counter(letter.recipient for letter in server.mails()) == {
        one.person.name + "@example.test": 1,
        other.person.name + "@example.test": 2,
    }
    assert acts(broadcast)[-2:] == ["counted", "sent_again"]


def bought(person: int, minor: int, at: datetime, order: int, currency: str = "CNY") -> None:
    events.announce(OrderPaid(person, order, minor, currency), at=at)


def test_sales_compare_everyone_chosen_with_everyone_held_out(world: World) -> None:
    world.people(120)
    broadcast = world.confirmed(hold_out=50)
    operations.plan_due(now=world.now)
    rows = Message.objects.filter(origin=broadcast.origin)
    chosen = list(rows.filter(state="waiting").order_by("person_id").values_list("person_id", flat=True))
    held = list(rows.filter(state="held_out").order_by("person_id").values_list("person_id", flat=True))
    rows.filter(state="waiting").update(state="accepted", settled_at=world.now)
    rows.filter(person=chosen[0]).update(state="bounced")
    for number, person in enumerate(chosen[:10]):
        bought(person, 1_000, world.now + HOUR, number)
    for number, person in enumerate(held[:4]):
        bought(person, 500, world.now + HOUR, 100 + number)
    events.announce(OrderRefunded(chosen[1], 1, 300, "CNY"), at=world.now + 2 * HOUR)
    bought(chosen[2], 7_777, world.now - HOUR, 200)  # before
    bought(chosen[2], 7_777, world.now + timedelta(days=15), 201)  # after
    bought(chosen[3], 9_999, world.now + HOUR, 202, "USD")
    build.write_lake(world.now)
    found = queries.results(broadcast_of(broadcast), now=world.now + timedelta(days=30))
    sales = found.sales
    assert sales is not None
    assert sales.until == world.now + timedelta(days=14)
    assert (sales.currency, sales.others) == ("CNY", (queries.Other("USD", 1),))
    assert sales.reached == queries.Arm(len(chosen), 10, 9_700, 9 * 1_000_000 + 700**2)
    assert sales.held_out == queries.Arm(len(held), 4, 2_000, 4 * 250_000)
    assert sales.effect is not None
    assert sales.effect.difference_minor == round(9_700 / len(chosen) - 2_000 / len(held))
    assert sales.effect.low_minor < sales.effect.difference_minor < sales.effect.high_minor
    assert found.tally.recipients == 120


def broadcast_of(broadcast: Broadcast) -> Broadcast:
    found: Broadcast = Broadcast.objects.get(pk=broadcast.pk)
    return found


def test_too_few_people_say_so_and_no_hold_out_means_no_comparison(world: World) -> None:
    world.people(10)
    broadcast = world.confirmed(hold_out=50)
    operations.plan_due(now=world.now)
    sales = queries.results(broadcast_of(broadcast), now=world.now + HOUR).sales
    assert sales is not None
    assert sales.effect is None
    plain = world.confirmed(name="All")
    operations.plan_due(now=world.now)
    assert queries.results(broadcast_of(plain), now=world.now + HOUR).sales is None


def test_an_audience_leaves_out_who_was_merged_or_erased(world: World) -> None:
    people = world.people(14)
    Person.objects.filter(pk=people[0].pk).update(merged_into=people[1])
    Person.objects.filter(pk=people[2].pk).update(salt=None)
    audience = build.everybody(world.now)
    members = who.members(audience.rule, now=world.now)["person"].to_pylist()
    assert members == [person.pk for person in people if person not in (people[0], people[2])]
    assert (audience.size, who.count(audience.rule, now=world.now)) == (12, 12)
    assert [person.pk for person in who.samples(audience.rule, now=world.now, most=3)] == members[::4]
    with pytest.raises(who.RuleError):
        audiences.save_audience(
            name="Wrong",
            rule={"version": 1, "where": {"type": "trait", "trait": "trait:shoe", "op": "is_set"}},
            by=None,
            now=world.now,
        )


def test_rules_may_ask_for_what_rooms_announce_and_what_is_kept_of_people(world: World) -> None:
    Field.objects.create(key="vip", label="VIP", kind="yes_no")
    catalogue = who.catalogue()
    assert {key: trait.kind for key, trait in catalogue.traits.items()} == {
        "vip": "flag",
        "language": "text",
        "country": "text",
    }
    bought_product = catalogue.events["product.bought"]
    assert bought_product.amount
    assert {name: spec.kind for name, spec in bought_product.properties.items()} == {
        "product": "text",
        "department": "text",
        "category": "text",
        "brand": "text",
        "quantity": "number",
    }
    assert catalogue.currency == "CNY"
