"""The first page: figures of the people one may see, the work that is open, and the way to a first broadcast."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from guanxi.channels.models import Account, Check
from guanxi.commerce.models import Order
from guanxi.console.home.views import import_row
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, Staff, User, Workspace
from guanxi.kit import clock
from guanxi.kit.money import Money
from guanxi.people import operations as people
from guanxi.people.models import Import, ImportState, Level, Person
from guanxi.reach.models import Broadcast
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories import reach

HOME = "/w/lumen/"


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    workspace = governance.create_workspace(name="Lumen", owner=owner)
    with queries.entered(workspace):
        yield workspace


def visit(role: Role) -> Client:
    member = Staff.objects.filter(role=role).first() or governance.add_staff(
        email=f"{role}@example.test", name=role, role=role
    )
    client = Client()
    client.force_login(member.user)
    return client


def shown(role: Role) -> str:
    answer = visit(role).get(HOME)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def steps(role: Role) -> list[tuple[str, bool]]:
    return [(step["label"], step["done"]) for step in visit(role).get(HOME).context["steps"]]


WAY = [
    "Connect a channel and test it",
    "Import people",
    "Bring their consent",
    "Make an audience",
    "Write content",
    "Send a broadcast",
]


def test_an_empty_workspace_shows_the_way_that_the_role_walks(lumen: Workspace) -> None:
    assert steps(Role.OWNER) == [(step, False) for step in WAY]
    assert [step for step, _done in steps(Role.INTEGRATOR)] == WAY[:3]
    assert [step for step, _done in steps(Role.OPERATOR)] == WAY[1:]
    assert steps(Role.ADVISOR) == []


def test_steps_tick_themselves_off_and_leave_when_all_are_done(lumen: Workspace, now: datetime) -> None:
    people.create_person(now=now, name="Emma")
    assert [done for _step, done in steps(Role.OWNER)] == [False, True, False, False, False, False]
    governance.give_consent(channel="email", address=b"a" * 16, purpose="marketing", source="form", now=now)
    letter, audience, account = words.content(now), reach.everybody(now), make.account(now)
    broadcast = reach.draft(now, audience, letter, account)
    assert [done for _step, done in steps(Role.OWNER)] == [False, True, True, True, True, False]
    Check.objects.create(account=account, kind="connection", at=now)
    Broadcast.objects.filter(pk=broadcast.pk).update(state="done")
    assert steps(Role.OWNER) == []


def test_the_steps_can_be_hidden_and_shown_again(lumen: Workspace) -> None:
    client = visit(Role.OWNER)
    client.post(reverse("set_frame"), {"steps": "hidden"})
    page = client.get(HOME).content.decode()
    assert "Bring their consent" not in page and "Show the first steps" in page


def test_what_needs_somebody_is_told_to_who_can_do_it(lumen: Workspace, now: datetime) -> None:
    account = make.account(now)
    Account.objects.filter(pk=account.pk).update(problem="password refused")
    uploaded(now)
    Broadcast.objects.create(name="Spring", state="paused", created_at=now, updated_at=now)
    needed = {role: [one["words"] for one in visit(role).get(HOME).context["needs"]] for role in Role}
    mail = f"{account.name} cannot send: password refused"
    file = "people.csv is not imported yet: Choose columns"
    assert needed == {
        Role.OWNER: [mail, "Spring is paused", file],
        Role.OPERATOR: ["Spring is paused", file],
        Role.INTEGRATOR: [mail, file],
        **{role: [] for role in (Role.MANAGER, Role.ADVISOR, Role.ANALYST, Role.AUDITOR)},
    }


def test_yesterday_is_the_workspaces_own_day(lumen: Workspace) -> None:
    midnight = timezone.localtime(clock.now(), ZoneInfo(lumen.timezone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    for minutes, number in ((1, "today"), (-1, "late"), (-24 * 60 + 1, "early"), (-24 * 60 - 1, "before")):
        at = midnight + timedelta(minutes=minutes)
        person = people.create_person(now=at, name=number)
        Order.objects.create(
            number=number, person=person, placed_at=at, currency="CNY", total_minor=1_000, refunded_minor=100
        )
    seen = visit(Role.OWNER).get(HOME).context["yesterday"]
    assert (seen["people"], seen["orders"], seen["sales"]) == (2, 2, Money(1_800, "CNY"))
    assert visit(Role.ADVISOR).get(HOME).context["yesterday"].keys() == {"day", "people"}
    assert visit(Role.INTEGRATOR).get(HOME).context["yesterday"] is None


def test_figures_count_the_people_whom_one_may_see(lumen: Workspace, now: datetime) -> None:
    advisor = governance.add_staff(email="advisor@example.test", name="Tom", role=Role.ADVISOR)
    for number in range(4):
        people.create_person(now=now, name=f"P{number}", owner=advisor if number == 0 else None)
    Person.objects.filter(owner=None, name="P3").update(level=Level.CUSTOMER)
    levels = visit(Role.OWNER).get(HOME).context["levels"]
    assert [(row["label"], row["count"], row["share"]) for row in levels] == [
        ("Customer", 1, "25%"),
        ("Friend", 0, "0%"),
        ("Fan", 0, "0%"),
        ("Interactor", 0, "0%"),
        ("Visitor", 3, "75%"),
    ]
    assert visit(Role.ADVISOR).get(HOME).context["people"] == 1


def test_it_says_whether_the_counts_are_up_to_date(lumen: Workspace, now: datetime) -> None:
    people.create_person(now=now, name="Emma")
    assert "way into the counts" in shown(Role.OWNER)
    while events.write_lake(now=now):
        pass
    assert "Counts are up to date" in shown(Role.OWNER)


def uploaded(now: datetime) -> Import:
    table = io.BytesIO(b"name,email\nLin,lin@example.test\n")
    return people.start_import(file=table, filename="people.csv", kind="people", by=None, now=now)


def test_a_running_import_shows_how_far_it_is(lumen: Workspace, now: datetime) -> None:
    of = uploaded(now)
    Import.objects.filter(pk=of.pk).update(state=ImportState.RUNNING, done_rows=1204, total_rows=8000)
    page = shown(Role.OPERATOR)
    assert "1,204 / 8,000" in page
    assert 'hx-trigger="every 3s"' in page
    assert "people.csv" not in shown(Role.ANALYST)


def test_a_finished_import_does_not_keep_asking(lumen: Workspace, now: datetime) -> None:
    of = uploaded(now)
    Import.objects.filter(pk=of.pk).update(state=ImportState.DONE)
    of.refresh_from_db()
    assert import_row(of, "lumen")["is_running"] is False
    assert 'hx-trigger="every 3s"' not in shown(Role.OWNER)


def test_broadcasts_are_for_those_who_may_see_them(lumen: Workspace, now: datetime) -> None:
    Broadcast.objects.create(name="Spring greetings", created_at=now, updated_at=now)
    assert "Spring greetings" in shown(Role.MANAGER)
    assert "Spring greetings" not in shown(Role.ADVISOR)


def test_only_the_owner_of_a_demo_plays_the_next_day(lumen: Workspace) -> None:
    url = reverse("demo_next_day", args=["lumen"])
    assert "Play the next day" not in shown(Role.OWNER)
    assert visit(Role.OWNER).post(url).status_code == 404
    Workspace.objects.filter(pk=lumen.pk).update(is_demo=True)
    assert "Play the next day" in shown(Role.OWNER)
    assert "Play the next day" not in shown(Role.OPERATOR)
    assert visit(Role.OPERATOR).post(url).status_code == 403
    assert visit(Role.OWNER).post(url).status_code == 302
    lumen.refresh_from_db()
    assert lumen.clock_shift == timedelta(days=1)


def ordered(person: Person, at: datetime, minor: int = 1_000) -> None:
    Order.objects.create(
        number=f"{person.pk}-{at}", person=person, placed_at=at, currency="CNY", total_minor=minor, refunded_minor=0
    )


def test_an_advisor_is_told_whom_to_turn_to_until_there_is_a_note(lumen: Workspace) -> None:
    tom = governance.add_staff(email="advisor@example.test", name="Tom", role=Role.ADVISOR)
    now = clock.now()
    buyer, away, once, other = (
        people.create_person(now=now, name=name, owner=owner)
        for name, owner in (("Buyer", tom), ("Away", tom), ("Once", tom), ("Other", None))
    )
    for person in (buyer, other):
        ordered(person, now - timedelta(hours=3), 3_400)
    for days in (40, 50, 60):
        ordered(away, now - timedelta(days=days))
    ordered(once, now - timedelta(days=40))

    def told() -> list[tuple[str, list[str]]]:
        groups = visit(Role.ADVISOR).get(HOME).context["turn_to"]
        return [(one["label"], [row["name"] for row in one["rows"]]) for one in groups]

    assert told() == [("Bought lately", ["Buyer"]), ("Stayed away", ["Away"])]
    people.add_note(person=buyer, by=tom, text="Thanked", now=now)
    assert told() == [("Stayed away", ["Away"])]
    people.add_note(person=away, by=tom, text="Called", now=now)
    assert told() == []
    assert "Nobody waits for you today." in shown(Role.ADVISOR)
    assert visit(Role.MANAGER).get(HOME).context["turn_to"] is None


def test_a_manager_sees_how_the_own_units_did_beside_the_week_before(lumen: Workspace) -> None:
    north, south = governance.add_unit(name="North"), governance.add_unit(name="South")
    governance.add_staff(email="manager@example.test", name="Han", role=Role.MANAGER, unit=north)
    today = timezone.localtime(clock.now(), ZoneInfo(lumen.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    for unit in (north, south):
        person = people.create_person(now=clock.now(), name=unit.name, unit=unit)
        for days, minor in ((-0.1, 9_000), (1, 3_000), (6.9, 3_000), (8, 5_000), (15, 9_000)):
            ordered(person, today - timedelta(days=days), minor)
    week = visit(Role.MANAGER).get(HOME).context["week"]
    assert (week["orders"], week["sales"], week["change"], week["free"]) == (2, Money(6_000, "CNY"), "+20%", 1)
    assert [(row.unit, row.people, row.change) for row in week["units"]] == [(north, 1, "+20%")]
    page = visit(Role.MANAGER).get(HOME).content.decode()
    assert "/people?owner=none" in page and f"/people?owner=none&amp;unit={north.public_id}" in page
    assert visit(Role.OWNER).get(HOME).context["week"]["orders"] == 4
    assert {role: visit(role).get(HOME).context["week"] for role in (Role.ADVISOR, Role.AUDITOR, Role.INTEGRATOR)} == {
        Role.ADVISOR: None, Role.AUDITOR: None, Role.INTEGRATOR: None,
    }  # fmt: skip
