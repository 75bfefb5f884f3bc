"""Sending to many: who gets it and who not is known before, what came of it after, and nothing goes out by mistake."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account, Message, MessageState
from guanxi.console.reach.words import in_words
from guanxi.content.models import Content
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Workspace
from guanxi.kit import clock
from guanxi.people.models import Person
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast
from guanxi.reach.queries import Arm, Effect, Sales
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories.reach import draft, everybody, into_lake

__all__ = ["lumen", "owner"]


@pytest.fixture
def people(owner: Visitor) -> list[Person]:
    """Three who agreed, one who said nothing, one without an address, one whose address is suppressed."""
    now = clock.now()
    some = make.people(now, ["a@example.test", "b@example.test", "c@example.test", "x@example.test"])
    some += [make.person(now, "silent@example.test", consent=None), make.person(now, name="No address")]
    make.suppress("x@example.test", now)
    into_lake(some, now)
    return some


@pytest.fixture
def parts(people: list[Person]) -> tuple[Audience, Content, Account]:
    now = clock.now()
    return everybody(now), words.content(now), make.account(now)


def seen() -> str:
    return clock.now().isoformat()


def test_a_broadcast_is_written_step_by_step(owner: Visitor, parts: tuple[Audience, Content, Account]) -> None:
    audience, content, account = parts
    onward = owner.post("broadcast_new", name="Lamps", audience=audience.public_id)
    broadcast = Broadcast.objects.get()
    assert onward.endswith(f"{broadcast.public_id}/content")
    chosen = {"content": content.public_id, "account": account.public_id}
    assert owner.post("broadcast_content", broadcast.public_id, **chosen).endswith("/when")
    assert owner.post("broadcast_when", broadcast.public_id, start="now", hold_out_percent="0").endswith("/review")
    broadcast.refresh_from_db()
    assert (broadcast.audience, broadcast.content, broadcast.account) == parts
    assert (broadcast.hold_out_percent, broadcast.scheduled_at, broadcast.state) == (0, None, "draft")


def test_the_review_says_who_gets_it_and_who_not_and_why(
    owner: Visitor, parts: tuple[Audience, Content, Account]
) -> None:
    broadcast = draft(clock.now(), *parts)
    page = owner.get("broadcast_review", broadcast.public_id)
    assert "Send to 3 people" in page
    for reason in ("no marketing consent", "no e-mail address", "address on the suppression list"):
        assert f"Left out: {reason}" in page or "Left out:" in page
    assert "Counted now" in page
    assert "Nobody is held out" in page


def test_problems_block_and_lead_to_where_they_are_mended(owner: Visitor, people: list[Person]) -> None:
    now = clock.now()
    made = reach.save_broadcast(name="Lamps", audience=everybody(now), content=None, account=None, by=None, now=now)
    page = owner.get("broadcast_review", made.public_id)
    assert "Choose what to say." in page
    assert f"/broadcasts/{made.public_id}/content" in page
    assert "Send to" not in page
    refused = owner.post("broadcast_send", made.public_id, status=409, seen=seen())
    assert "Nothing was sent." in refused
    made.refresh_from_db()
    assert made.state == "draft"


def test_what_changed_after_the_look_is_looked_at_again(
    owner: Visitor, parts: tuple[Audience, Content, Account]
) -> None:
    broadcast = draft(clock.now(), *parts)
    earlier = (clock.now() - timedelta(hours=1)).isoformat()
    for looked in (earlier, "", "never", "2026-13-99T99:99"):
        page = owner.post("broadcast_send", broadcast.public_id, status=409, seen=looked)
        assert "changed after you looked" in page
    broadcast.refresh_from_db()
    assert broadcast.state == "draft"


def test_it_is_sent_once_and_then_stands(owner: Visitor, parts: tuple[Audience, Content, Account]) -> None:
    broadcast = draft(clock.now(), *parts)
    owner.post("broadcast_send", broadcast.public_id, seen=seen())
    broadcast.refresh_from_db()
    assert broadcast.state == "planning"
    owner.post("broadcast_send", broadcast.public_id, status=409, seen=seen())
    owner.post("broadcast_delete", broadcast.public_id, status=409)
    owner.post("broadcast_when", broadcast.public_id, status=409, start="now", hold_out_percent="50")
    assert "Choosing recipients" in owner.get("broadcast", broadcast.public_id)


def test_it_can_be_paused_resumed_and_stopped_and_nothing_out_of_turn(
    owner: Visitor, parts: tuple[Audience, Content, Account]
) -> None:
    broadcast = draft(clock.now(), *parts)
    owner.post("broadcast_send", broadcast.public_id, seen=seen())
    owner.post("broadcast_resume", broadcast.public_id, status=409)
    owner.post("broadcast_pause", broadcast.public_id)
    assert "Resume" in owner.get("broadcast", broadcast.public_id)
    owner.post("broadcast_resume", broadcast.public_id)
    owner.post("broadcast_cancel", broadcast.public_id)
    refused = owner.post("broadcast_pause", broadcast.public_id, status=409)
    assert "the broadcast is now “Stopped”" in refused


def planned(parts: tuple[Audience, Content, Account]) -> Broadcast:
    broadcast = draft(clock.now(), *parts)
    reach.confirm(broadcast=broadcast, by=None, now=clock.now())
    reach.lane(now=clock.now())
    broadcast.refresh_from_db()
    return broadcast


def test_progress_is_asked_for_while_it_moves_and_then_the_page_once(
    owner: Visitor, parts: tuple[Audience, Content, Account]
) -> None:
    broadcast = planned(parts)
    assert "every 2s" in owner.get("broadcast_progress", broadcast.public_id)
    Broadcast.objects.update(state="done")
    answer = owner.client.get(f"/w/lumen/broadcasts/{broadcast.public_id}/progress")
    assert answer.headers["HX-Refresh"] == "true"
    assert b"every 2s" not in answer.content


def test_what_came_back_is_told_by_its_reason(owner: Visitor, parts: tuple[Audience, Content, Account]) -> None:
    broadcast = planned(parts)
    first, *rest = Message.objects.filter(state="waiting").order_by("pk")
    Message.objects.filter(pk=first.pk).update(state=MessageState.BOUNCED, reason="hard_bounce")
    Message.objects.filter(pk__in=[one.pk for one in rest]).update(state=MessageState.BOUNCED, reason="soft_bounce")
    page = owner.get("broadcast", broadcast.public_id)
    told = page[page.index("Why some came back") :]
    assert re.findall(r"the mailbox [\w ]+", told)[:2] == [
        "the mailbox takes nothing now",
        "the mailbox does not exist",
    ]


def test_staff_decide_about_messages_whose_fate_is_not_known(
    owner: Visitor, parts: tuple[Audience, Content, Account]
) -> None:
    broadcast = planned(parts)
    Message.objects.filter(state="waiting").update(state=MessageState.UNKNOWN, detail="timeout", settled_at=clock.now())
    first, second, _third = Message.objects.filter(state="unknown").order_by("pk")
    assert "timeout" in owner.get("broadcast", broadcast.public_id)
    owner.post("broadcast_doubtful", broadcast.public_id, do="sent", message=[first.public_id])
    owner.post("broadcast_doubtful", broadcast.public_id, do="again", message=[second.public_id])
    owner.post("broadcast_doubtful", broadcast.public_id, do="again", message=["msg_of_another"])
    states = (
        Message.objects.filter(person__in=[first.person, second.person]).order_by("pk").values_list("state", flat=True)
    )
    assert list(states) == ["accepted", "waiting"]


def test_a_manager_sees_figures_of_all_but_names_of_the_own_unit_only(
    owner: Visitor, parts: tuple[Audience, Content, Account], people: list[Person]
) -> None:
    broadcast = planned(parts)
    north = governance.add_unit(name="North")
    Person.objects.filter(pk=people[0].pk).update(unit=north, name="Emma")
    Message.objects.filter(state="waiting").update(state=MessageState.UNKNOWN)
    page = staff(Role.MANAGER, unit=north).get("broadcast", broadcast.public_id)
    assert "Emma" in page
    assert page.count("Somebody of another unit") == 2
    assert "Send again" not in page


@pytest.mark.parametrize(
    "given",
    [
        {"start": "later", "scheduled_at": ""},
        {"start": "later", "scheduled_at": "2001-01-01T10:00"},
        {"start": "later", "scheduled_at": "tomorrow"},
        {"start": "later", "scheduled_at": "9999-12-31T23:59"},
        {"start": "sometime"},
        {"hold_out_percent": "51"},
        {"hold_out_percent": "-1"},
    ],
)
def test_a_time_or_share_that_cannot_be_is_refused(
    owner: Visitor, parts: tuple[Audience, Content, Account], given: dict[str, str]
) -> None:
    broadcast = draft(clock.now(), *parts)
    sent = {"start": "now", "scheduled_at": "", "hold_out_percent": "10"} | given
    owner.post("broadcast_when", broadcast.public_id, status=422, **sent)


@pytest.mark.parametrize("sent", [{}, {"name": "x" * 10_000}, {"name": "Lamps", "audience": "aud_of_another"}])
def test_a_broadcast_without_a_name_or_audience_is_not_begun(owner: Visitor, sent: dict[str, Any]) -> None:
    owner.post("broadcast_new", status=422, **sent)
    assert Broadcast.objects.count() == 0


def test_names_are_text_wherever_they_stand(owner: Visitor, parts: tuple[Audience, Content, Account]) -> None:
    broadcast = draft(clock.now(), *parts, name="<img src=x onerror=alert(1)>")
    for address in ("", f"/{broadcast.public_id}/review", f"/{broadcast.public_id}/audience"):
        assert b"<img src=x" not in owner.client.get(f"/w/lumen/broadcasts{address}").content


ARM = Arm(people=400, buyers=100, total_minor=1_000_000, squares=0)


def sales(effect: Effect | None, held_out: Arm = ARM) -> Sales:
    return Sales(clock.now(), clock.now(), "USD", ARM, held_out, effect)


def test_the_effect_is_told_without_promising_more_than_the_figures_hold(lumen: Workspace) -> None:
    broadcast = Broadcast(hold_out_percent=10)
    sure = in_words(sales(Effect(250, 100, 400)), broadcast)
    assert (sure.headline, sure.sure) == ("+$2.50 a person", True)
    assert "With 95 % confidence the difference is between $1.00 and $4.00." in sure.detail
    chance = in_words(sales(Effect(-20, -100, 60)), broadcast)
    assert (chance.headline, chance.sure) == ("-$0.20 a person", False)
    assert "may well be chance" in chance.detail
    few = in_words(sales(None, Arm(9, 1, 100, 0)), broadcast)
    assert few.headline == "Not enough people yet"
    assert "needs at least 30 people; the smaller one has 9" in few.detail
    nobody_bought = in_words(sales(None, Arm(40, 0, 0, 0)), Broadcast())
    assert nobody_bought.headline == "Not enough people yet"
    assert in_words(None, Broadcast(hold_out_percent=0)).headline == "Not measured"
    assert in_words(None, Broadcast(hold_out_percent=10, state="planning")).headline == "Not known yet"
    assert in_words(None, Broadcast(hold_out_percent=10, state="cancelled")).headline == "Not measured"


def questions(visitor: Visitor, route: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        visitor.get(route)
    return len(asked)


@pytest.mark.parametrize("route", ["audiences", "contents", "broadcasts"])
def test_a_longer_list_asks_no_more_questions(
    owner: Visitor, parts: tuple[Audience, Content, Account], route: str
) -> None:
    draft(clock.now(), *parts)
    few = questions(owner, route)
    for _ in range(3):
        draft(clock.now(), everybody(clock.now()), words.content(clock.now()), parts[2])
    assert questions(owner, route) == few


def test_lists_go_on_page_by_page(owner: Visitor) -> None:
    for at in range(51):
        words.content(clock.now() + timedelta(seconds=at), name=f"Content {at:02}")
    first = owner.get("contents")
    assert "Content 50" in first
    assert "Content 00" not in first
    [after] = re.findall(r"\?after=(cnt_\w+)", first)
    assert "Content 00" in owner.get("contents", after=after)
    owner.get("contents", status=404, after="cnt_gone")
