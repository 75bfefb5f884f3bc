"""The demo's data go, and nothing that staff made goes with them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience
from guanxi.channels.models import Account, Message
from guanxi.channels.models import Notice as Returned
from guanxi.commerce.models import Order, Product
from guanxi.config import demo, demo_clear, demo_roles, demo_story
from guanxi.console import proof
from guanxi.content.models import Content
from guanxi.events import lake
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.events import ConsentWithdrawn
from guanxi.governance.models import AuditEntry, Consent, DemoClearing, Notice, Staff, Unit, User, Workspace
from guanxi.governance.queries import entered
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery
from guanxi.kit import clock
from guanxi.loyalty.models import Coupon, Redemption
from guanxi.people import operations as people
from guanxi.people import queries as people_queries
from guanxi.people.models import Field, Import, Person, PersonTag, RoleField, RoleRules
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast
from guanxi.simulators import mail_store
from tests.config.conftest import NOON
from tests.factories.people import csv_file, done, uploaded


def own_things(owner: Staff) -> None:
    """What staff made themselves, some of it on top of what the demo brought."""
    now = clock.now()
    rows = csv_file(["name", "email"], ["Own Person", "own@shop.test"])
    done(uploaded(rows, {"name": "name", "email": "email"}, now=now, by=owner, filename="own.csv"), now)
    rule = {"version": 1, "where": {"type": "level", "levels": ["visitor"]}}
    mine = audiences.save_audience(name="Mine", rule=rule, by=owner, now=now)
    letter, account = Content.objects.get(), Account.objects.get(kind="email")
    reach.save_broadcast(name="Mine", audience=mine, content=letter, account=account, by=owner, now=now)
    people.add_note(person=Person.objects.exclude(name="Own Person")[0], by=owner, text="Likes tea", now=now)


def cleared(workspace: Workspace) -> None:
    owner = Staff.objects.get(user__email=demo_story.OWNER[0])
    governance.clear_demo(workspace=workspace, by=owner, people=20, now=NOON)
    while demo_clear.clear_when_asked(now=NOON):
        pass
    workspace.refresh_from_db()


def in_lake(workspace: Workspace) -> set[int]:
    while events.write_lake(now=NOON):
        pass
    table = lake.opened(workspace.pk, "events")
    return set() if table is None else set(table.to_pyarrow_table(columns=["person"])["person"].to_pylist())


def test_everything_that_the_demo_brought_goes_and_what_staff_made_stays(lumen: Workspace) -> None:
    governance.play_forward(workspace=lumen)
    owner = Staff.objects.get(user__email=demo_story.OWNER[0])
    own_things(owner)
    cleared(lumen)
    own = Person.objects.get()
    assert own.name == "Own Person"
    empty = (Order, Product, Coupon, Redemption, Message, Consent, Unit, Field)
    assert {model.__name__: model._default_manager.count() for model in empty} == {one.__name__: 0 for one in empty}
    assert [one.filename for one in Import.objects.all()] == ["own.csv"]
    assert [one.name for one in Audience.objects.all()] == ["Mine"]
    assert [one.name for one in Broadcast.objects.all()] == ["Mine"]
    # Their own broadcast stands on them.
    assert (Content.objects.count(), Account.objects.count()) == (1, 1)
    assert [one.user.email for one in Staff.objects.filter(is_active=True)] == [demo_story.OWNER[0]]
    assert (lumen.is_demo, lumen.clock_shift) == (False, timedelta(0))
    assert AuditEntry.objects.get(act="demo.cleared").detail == {"people": 20}
    assert Notice.objects.filter(staff=owner, kind="demo.cleared").count() == 1
    assert in_lake(lumen) <= {own.pk}
    assert {path.name for path in (settings.FILES / str(lumen.pk) / "imports").iterdir()} <= {
        Import.objects.get().public_id
    }


def test_roles_of_the_demo_reach_only_its_own_people_and_a_priority_of_staff_stays(lumen: Workspace) -> None:
    owner, now = Staff.objects.get(user__email=demo_story.OWNER[0]), clock.now()
    seen = people_queries.role_rules("leader").version
    people.set_role_rules(role="leader", priority=2, fields=[], version=seen, by=owner, now=now)
    RoleField.objects.all().delete()
    PersonTag.objects.filter(slot=0).delete()
    own = [people.create_person(now=now, name=f"Own {at}", owner=owner) for at in range(3)]
    demo_roles.bring_roles(owner, now)
    assert RoleField.objects.exists() and not PersonTag.objects.filter(person__in=own)
    cleared(lumen)
    assert dict(RoleRules.objects.values_list("role", "priority"))["leader"] == 2


def test_what_others_were_told_the_inbox_and_the_logins_go_too(lumen: Workspace) -> None:
    owner = Staff.objects.get(user__email=demo_story.OWNER[0])
    endpoint, _secret = integrations.make_endpoint(
        url="https://shop.example/hooks", events=["consent.withdrawn"], name="Shop", by=owner, now=NOON
    )
    own = people.create_person(now=NOON, name="Own Person")
    for person in (Person.objects.exclude(pk=own.pk)[0], own):
        events.announce(ConsentWithdrawn(person.pk, "email", "marketing"), at=NOON)
    staying, going = (User.objects.get(email=email) for email, *_rest in demo_story.STAFF[:2])
    another = governance.create_workspace(name="Another", owner=staying)
    folder = settings.HOME / demo_story.MAIL_FOLDER
    store = mail_store.Store(folder)
    store.add(sender="a@x.test", recipients=["ann@example.test"], raw=b"Subject: Hello\r\n\r\nHello")
    cleared(lumen)
    assert [json.loads(one.body)["data"]["person"] for one in Delivery.objects.filter(endpoint=endpoint)] == [
        own.public_id
    ]
    assert store.total() == 0
    store.close()
    assert set(User.objects.filter(pk__in=[staying.pk, going.pk])) == {staying}
    with entered(another):
        assert Staff.objects.get().user == staying


def test_a_turn_that_breaks_is_done_again_by_the_next_one(lumen: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Staff.objects.get(user__email=demo_story.OWNER[0])
    governance.clear_demo(workspace=lumen, by=owner, people=20, now=NOON)
    monkeypatch.setattr(demo_clear, "PEOPLE", 8)
    demo_clear.clear_when_asked(now=NOON)
    assert (Person.objects.count(), DemoClearing.objects.get().removed) == (12, 8)

    def broken(*_given: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr(demo_clear, "remove", broken)
        demo_clear.clear_when_asked(now=NOON)
    assert (Person.objects.count(), DemoClearing.objects.get().removed) == (12, 8)
    while demo_clear.clear_when_asked(now=NOON):
        pass
    assert (Person.objects.count(), DemoClearing.objects.get().removed) == (0, 20)


def test_what_was_cleared_stays_away_until_it_is_asked_for(lumen: Workspace) -> None:
    cleared(lumen)
    assert demo.load(NOON, again=False).is_demo is False
    assert not Person.objects.exists()
    assert demo.load(NOON).is_demo is True
    assert Person.objects.count() == 20


def test_the_page_says_what_goes_and_wants_the_name(lumen: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "is_fresh", lambda *_given: True)
    client = Client()
    client.force_login(Staff.objects.get(user__email=demo_story.OWNER[0]).user)
    url = reverse("demo_clear", args=[lumen.slug])
    counts = {str(label): count for label, count in client.get(url).context["going"]}
    assert (counts["People"], counts["Orders"], counts["Units"]) == (20, Order.objects.count(), Unit.objects.count())
    assert client.post(url, {"typed": "something"}).status_code == 422
    assert client.get(url).context["staying"] == []
    account = Account.objects.get(kind="email")
    Returned.objects.create(account=account, external_id=b"x", kind="other", at=NOON)
    assert client.get(url).context["staying"] == [account.name]
    assert not DemoClearing.objects.exists()
    assert client.post(url, {"typed": lumen.name}).status_code == 302
    assert DemoClearing.objects.get().people == 20
