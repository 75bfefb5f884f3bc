"""More friends than one request hands over: some at a time, each once, whatever happens meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import FriendFact, FriendHandover, Friendship, GroupChat, HandoverPart
from guanxi.connections.operations import FriendsKept, FriendTold, GroupTold
from guanxi.connections.operations.handover import controlling, giving, working
from guanxi.connections.queries import friends_changing_hands
from guanxi.connections.rules import HELD
from guanxi.events.models import Fact
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Notice, Staff, Workspace
from guanxi.kit import bulk, clock, keys
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_staff

ROOT = Path(__file__).parents[2]
NAMES = ("Ann", "Bo", "Cy", "Di")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, so that seven are many."""
    monkeypatch.setattr(working, "CHUNK", 2)
    monkeypatch.setattr(controlling, "AT_ONCE", 2)


@pytest.fixture
def seven(workspace: Workspace, few: None, now: datetime) -> list[Person]:
    """Friends of Ann."""
    ann, account = advisor("Ann"), messenger(now)
    for name in NAMES[1:]:
        advisor(name)
    found = some_people(now, 7)
    for person in found:
        say(person, ann, account, (9, "added"), now=now)
    return found


def one(name: str) -> Staff:
    return Staff.objects.get(name=name)


def owner() -> Staff:
    return Staff.objects.filter(name="Owner").first() or make_staff("Owner")


def start(now: datetime, *takers: str, **given: object) -> FriendHandover:
    of = connections.hand_over_friends(
        giver=one("Ann"), takers=[one(name) for name in takers], by=owner(), now=now, **given,  # type: ignore[arg-type]
    )  # fmt: skip
    assert of is not None
    return of


def turns(of: FriendHandover, now: datetime, number: int = 99) -> FriendHandover:
    for _turn in range(number):
        if not connections.handover_lane(now=now):
            break
    of.refresh_from_db()
    return of


def held() -> dict[str, list[int]]:
    """Who has which of the seven."""
    rows = Friendship.objects.filter(state__in=HELD).order_by("person__name").values_list("staff__name", "person__name")
    shown: dict[str, list[int]] = {}
    for staff, person in rows:
        shown.setdefault(staff, []).append(int(person.split()[-1]))
    return shown


def leave(name: str) -> None:
    governance.set_active(staff=one(name), active=False, by=owner())


@pytest.mark.parametrize("chunk", [1, 3, 200])
def test_the_friends_end_with_the_same_takers_however_many_go_at_a_time(
    seven: list[Person], now: datetime, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", chunk)
    of = turns(start(now, "Bo", "Cy"), now + timedelta(minutes=1))
    assert (of.state, of.total, of.friends, of.left_out) == ("done", 7, 7, 0)
    assert of.shares == [[one("Bo").pk, 4, 0], [one("Cy").pk, 3, 0]]
    assert held() == {"Bo": [0, 2, 4, 6], "Cy": [1, 3, 5]}
    assert set(FriendFact.objects.filter(kind__in=["taken", "handed_over"]).values_list("at", flat=True)) == {now}
    assert Fact.objects.filter(name="friend.handed_over").count() == 7
    assert not Fact.objects.filter(name="level.lost").exists()
    turns(connections.return_friends(of=of, by=owner(), now=now), now)
    of.refresh_from_db()
    assert (of.state, of.returned, of.kept, held()) == ("undone", 7, 0, {"Ann": [*range(7)]})
    assert not HandoverPart.objects.exists()


def test_who_comes_later_stays_and_who_went_meanwhile_is_left_out(seven: list[Person], now: datetime) -> None:
    ann, account, later = one("Ann"), Account.objects.get(), now + timedelta(minutes=5)
    of = turns(start(now, "Bo"), now, 1)
    assert (of.state, of.friends, held()) == ("running", 2, {"Ann": [2, 3, 4, 5, 6], "Bo": [0, 1]})
    [new] = [people.create_person(now=now, name="Person 7")]
    say(new, ann, account, (0, "added"), now=later)
    say(seven[2], ann, account, (0, "removed_by_friend"), now=later)
    say(seven[3], ann, account, (0, "removed_by_staff"), now=now + timedelta(minutes=2))
    say(seven[3], ann, account, (0, "added"), now=later)
    turns(of, later)
    assert (of.state, of.total, of.friends, of.left_out) == ("done", 7, 5, 2)
    assert held() == {"Ann": [3, 7], "Bo": [0, 1, 4, 5, 6]}
    detail = {"to": one("Bo").public_id, "friends": 5, "groups": 0}
    assert [entry.detail for entry in AuditEntry.objects.filter(act="friends.handed_over")] == [detail]
    assert [(row.kind, row.detail) for row in Notice.objects.all()] == [
        ("handover.done", {"friends": 5, "left_out": 2})
    ]


def test_it_stops_goes_on_and_is_alone_meanwhile(seven: list[Person], now: datetime) -> None:
    earlier = start(now - timedelta(days=1), "Di", friends=[Friendship.objects.order_by("-pk")[0].pk])
    of = turns(start(now, "Bo"), now, 1)
    with pytest.raises(FriendsKept, match="at_work"):
        start(now, "Cy")
    for other in (earlier, of):
        with pytest.raises(FriendsKept, match="at_work"):
            connections.return_friends(of=other, by=None, now=now)
    assert friends_changing_hands([one("Ann"), one("Bo")]) == {one("Ann").pk: of}
    connections.stop_handover(of=of, by=owner(), now=now)
    assert (turns(of, now).state, of.friends) == ("stopped", 2)
    with pytest.raises(FriendsKept, match="not_running"):
        connections.stop_handover(of=of, by=owner(), now=now)
    other = turns(
        start(now, "Cy", friends=list(Friendship.objects.filter(person=seven[2]).values_list("pk", flat=True))), now
    )
    assert other.state == "done"
    connections.resume_handover(of=of, by=owner(), now=now)
    assert (turns(of, now).state, of.total, of.friends, of.left_out) == ("done", 6, 5, 1)
    assert held() == {"Bo": [0, 1, 3, 4, 5], "Cy": [2], "Di": [6]}
    with pytest.raises(FriendsKept, match="not_stopped"):
        connections.resume_handover(of=of, by=owner(), now=now)
    acts = AuditEntry.objects.filter(act__startswith="handover.").order_by("number")
    assert list(acts.values_list("act", "subject")) == [
        (f"handover.{what}", one("Ann").public_id) for what in ("started", "stopped", "resumed")
    ]


def test_a_taker_who_leaves_stops_it_until_they_are_back(seven: list[Person], now: datetime) -> None:
    of = turns(start(now, "Bo", "Cy"), now, 1)
    leave("Cy")
    assert (turns(of, now).state, of.problem, of.friends) == ("stopped", "taker_left", 2)
    assert [row.kind for row in Notice.objects.all()] == ["handover.stopped"]
    assert [row.by for row in AuditEntry.objects.filter(act="handover.stopped")] == [None]
    with pytest.raises(FriendsKept, match="inactive"):
        connections.resume_handover(of=of, by=owner(), now=now)
    governance.set_active(staff=one("Cy"), active=True, by=owner())
    connections.resume_handover(of=of, by=owner(), now=now)
    assert (turns(of, now).state, of.problem, of.friends) == ("done", "", 7)


def test_a_giver_who_leaves_stops_it_and_the_rest_goes_with_their_people(seven: list[Person], now: datetime) -> None:
    of = turns(start(now, "Bo"), now, 2)
    Person.objects.filter(pk=seven[0].pk).update(owner=one("Ann"))
    leave("Ann")
    change = people.hand_over(giver=one("Ann"), taker=one("Cy"), by=owner(), now=now + timedelta(hours=1))
    of.refresh_from_db()
    assert change and (of.state, of.problem, of.friends) == ("stopped", "giver_left", 4)
    rest = FriendHandover.objects.get(change=change.public_id)
    turns(rest, now + timedelta(hours=1), 1)
    while people.bulk_lane(now=now):
        pass
    change.refresh_from_db()
    assert held() == {"Ann": [6], "Bo": [0, 1, 2, 3], "Cy": [4, 5]}
    with pytest.raises(FriendsKept, match="giver_left"):
        people.undo_bulk(of=change, by=owner(), now=now + timedelta(hours=2))
    governance.set_active(staff=one("Ann"), active=True, by=owner())
    people.undo_bulk(of=change, by=owner(), now=now + timedelta(hours=2))
    turns(rest, now + timedelta(hours=2))
    assert (rest.state, rest.returned, held()) == ("undone", 2, {"Ann": [4, 5, 6], "Bo": [0, 1, 2, 3]})


def test_nobody_comes_back_to_a_giver_without_access(seven: list[Person], now: datetime) -> None:
    leave("Ann")
    few, many = (
        start(now - timedelta(hours=1), "Di", friends=[Friendship.objects.order_by("-pk")[0].pk]),
        start(now, "Bo"),
    )
    turns(many, now)
    for of in (few, many):
        with pytest.raises(FriendsKept, match="giver_left"):
            connections.return_friends(of=of, by=owner(), now=now)
    assert held() == {"Bo": [0, 1, 2, 3, 4, 5], "Di": [6]}
    governance.set_active(staff=one("Ann"), active=True, by=owner())
    turns(connections.return_friends(of=many, by=owner(), now=now), now, 1)
    leave("Ann")
    assert (turns(many, now).state, many.problem, many.returned) == ("stopped", "giver_left", 2)
    with pytest.raises(FriendsKept, match="giver_left"):
        connections.resume_handover(of=many, by=owner(), now=now)
    governance.set_active(staff=one("Ann"), active=True, by=owner())
    connections.resume_handover(of=many, by=owner(), now=now)
    assert turns(many, now).state == "undone"
    connections.return_friends(of=few, by=owner(), now=now)
    assert held() == {"Ann": [*range(7)]}


def test_what_breaks_on_the_way_breaks_nothing_and_goes_on(
    seven: list[Person], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = turns(start(now, "Bo"), now, 1)
    with monkeypatch.context() as broken:
        broken.setattr(giving, "_keep_words", lambda *_: 1 / 0)
        assert (turns(of, now).state, of.problem, of.friends) == ("failed", "unexpected", 2)
    assert held() == {"Ann": [2, 3, 4, 5, 6], "Bo": [0, 1]}
    connections.resume_handover(of=of, by=None, now=now)
    assert (turns(of, now).state, of.friends, held()) == ("done", 7, {"Bo": [*range(7)]})
    turns(connections.return_friends(of=of, by=None, now=now), now, 1)
    of.refresh_from_db()
    assert (of.state, of.returned) == ("undoing", 2)
    connections.stop_handover(of=of, by=None, now=now)
    connections.resume_handover(of=of, by=None, now=now)
    assert (turns(of, now).state, of.returned, held()) == ("undone", 7, {"Ann": [*range(7)]})


def test_many_group_chats_go_and_come_back_some_at_a_time(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (working, controlling):
        monkeypatch.setattr(module, "GROUPS", 2)
    ann, bo, cy, account = advisor("Ann"), advisor("Bo"), advisor("Cy"), messenger(now)
    told = [GroupTold(account.pk, f"wr{at}", "created", now - timedelta(days=9), owner=ann.pk) for at in range(5)]
    connections.note_group_facts(told, now=now, source="wecom")

    def owners() -> list[int | None]:
        return list(GroupChat.objects.order_by("pk").values_list("owner", flat=True))

    of = turns(start(now, "Bo", "Cy"), now)
    assert (of.state, of.groups, of.shares) == ("done", 5, [[bo.pk, 0, 3], [cy.pk, 0, 2]])
    assert owners() == [bo.pk, cy.pk, bo.pk, cy.pk, bo.pk]
    turns(connections.return_friends(of=of, by=None, now=now + timedelta(hours=1)), now + timedelta(hours=1))
    assert owners() == [ann.pk] * 5


def test_a_hand_over_of_an_earlier_version_can_be_taken_back(seven: list[Person], now: datetime) -> None:
    of = turns(start(now, "Bo"), now)
    FriendHandover.objects.filter(pk=of.pk).update(shares=[[one("Bo").pk, 7]], finished_at=None)
    of.refresh_from_db()
    turns(connections.return_friends(of=of, by=None, now=now), now)
    of.refresh_from_db()
    assert (of.state, of.returned, held()) == ("undone", 7, {"Ann": [*range(7)]})


def test_two_who_became_one_go_once_and_come_back(seven: list[Person], now: datetime) -> None:
    merge = people.merge_people(keep=seven[0], drop=seven[1], by=owner(), now=now - timedelta(hours=1))
    of = turns(start(now, "Bo", "Cy"), now)
    assert (of.total, of.friends, of.left_out) == (6, 6, 0)
    assert held() == {"Bo": [0, 3, 5], "Cy": [2, 4, 6]}
    turns(connections.return_friends(of=of, by=None, now=now + timedelta(hours=1)), now + timedelta(hours=1))
    of.refresh_from_db()
    assert (of.returned, of.kept) == (6, 0)
    assert Friendship.objects.filter(staff__name="Ann", state__in=HELD, person__merged_into=None).count() == 6
    people.undo_merge(merge=merge, by=owner(), now=now + timedelta(hours=2))
    assert held()["Ann"][0] == 0


FRIENDS, CHUNK, KILLED_AT = 60, 3, 9


def killed(of: FriendHandover) -> int:
    """Let a worker go on until it has dealt with some; gives how many it left behind it."""
    command = [sys.executable, "-m", "tests.connections.handover_worker", str(of.workspace_id), str(CHUNK)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})
    deadline = time.monotonic() + 90
    while of.friends < KILLED_AT:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
        of.refresh_from_db()
    process.kill()
    assert process.wait() == -9
    of.refresh_from_db()
    return of.friends


def test_each_friend_goes_once_however_the_worker_dies(
    committed_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 10)
    monkeypatch.setattr(controlling, "AT_ONCE", 10)
    now, ann, bo = clock.now(), advisor("Ann"), advisor("Bo")
    account = messenger(now)
    rows = [(keys.new("psn"), f"P {n}", f"p{n}", "visitor", "", "", "", now) for n in range(FRIENDS)]
    columns = ["public_id", "name", "sort_key", "level", "country", "language", "source", "created_at"]
    bulk.insert(Person, columns, rows)
    told = [FriendTold(pk, ann.pk, account.pk, "added", now) for pk in Person.objects.values_list("pk", flat=True)]
    connections.note_friend_facts(told, now=now, source="wecom")

    def held_by(staff: Staff) -> int:
        return Friendship.objects.filter(staff=staff, state__in=HELD).count()

    of = start(clock.now(), "Bo")
    went = killed(of)
    assert (of.state, held_by(ann), held_by(bo)) == ("running", FRIENDS - went, went)
    turns(of, clock.now())
    assert (of.state, of.friends, of.shares) == ("done", FRIENDS, [[bo.pk, FRIENDS, 0]])
    assert Fact.objects.filter(name="friend.handed_over").count() == FRIENDS
    connections.return_friends(of=of, by=None, now=clock.now())
    turns(of, clock.now())
    assert (of.state, of.returned, of.kept, held_by(ann)) == ("undone", FRIENDS, 0, FRIENDS)
