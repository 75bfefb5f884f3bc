"""The first page: figures of the people one may see, the work that is open, and the way to a first broadcast."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.console.home.views import import_row
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, Staff, User, Workspace
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


def test_an_empty_workspace_shows_the_way_that_the_role_walks(lumen: Workspace) -> None:
    way = ["Import people", "Make an audience", "Write content", "Send a broadcast"]
    assert steps(Role.OWNER) == [(step, False) for step in way]
    assert steps(Role.INTEGRATOR) == [("Import people", False)]
    assert steps(Role.ADVISOR) == []


def test_steps_tick_themselves_off_and_leave_when_all_are_done(lumen: Workspace, now: datetime) -> None:
    people.create_person(now=now, name="Emma")
    assert [done for _step, done in steps(Role.OWNER)] == [True, False, False, False]
    letter, audience, account = words.content(now), reach.everybody(now), make.account(now)
    reach.draft(now, audience, letter, account)
    assert steps(Role.OWNER) == []


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
    assert "on its way into the counts" in shown(Role.OWNER)
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
