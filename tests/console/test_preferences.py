"""The page behind a person's own link."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from guanxi.channels import operations as channels
from guanxi.channels.models import Message
from guanxi.channels.queries import Errand, decided, preferences_link
from guanxi.governance.models import AuditEntry, Consent, ConsentEntry, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Identity, Person
from tests.console.visitors import Visitor, lumen, owner
from tests.factories import channels as make

__all__ = ["lumen", "owner"]
EMAIL = "emma.long@example.test"


@pytest.fixture
def emma(lumen: Workspace, now: datetime) -> Person:
    return make.person(now, EMAIL, name="Emma Long", language="ko")


def link_of(person: Person, lasts: timedelta = timedelta(days=1)) -> str:
    identity = Identity.objects.get(person=person)
    url = preferences_link(workspace_id=person.workspace_id, identity_id=identity.pk, until=clock.wall() + lasts)
    return url.partition("testserver")[2] or "/p/" + url.rpartition("/")[2]


def posted(person: Person, *, marketing: bool, frequency: str = "usual", language: str = "en") -> int:
    tick = {Identity.objects.get(person=person).public_id: "on"} if marketing else {}
    answer = Client().post(link_of(person), {"frequency": frequency, "language": language, **tick})
    return answer.status_code


def test_the_page_speaks_the_language_of_the_person_and_shows_no_address(emma: Person) -> None:
    page = Client().get(link_of(emma)).content.decode()
    assert 'lang="ko"' in page
    assert "Lumen" in page
    assert "e•••@example.test" in page
    assert EMAIL not in page
    assert "Emma" not in page


def test_a_no_is_a_line_of_the_ledger_with_what_they_read(emma: Person) -> None:
    before = ConsentEntry.objects.count()
    assert posted(emma, marketing=False) == 302
    line = ConsentEntry.objects.latest("pk")
    assert ConsentEntry.objects.count() == before + 1
    assert (line.granted, line.source, line.purpose) == (False, "preferences", "marketing")
    assert line.proof == {"text": "Lumen의 소식과 혜택", "language": "ko"}
    assert not Consent.objects.get().granted
    posted(emma, marketing=False)
    assert ConsentEntry.objects.count() == before + 1
    posted(emma, marketing=True)
    assert Consent.objects.get().granted


def test_language_and_frequency_are_kept(emma: Person) -> None:
    posted(emma, marketing=True, frequency="fewer", language="zh-hans")
    emma.refresh_from_db()
    assert (emma.language, emma.fewer_messages) == ("zh-hans", True)
    page = Client().get(link_of(emma) + "?saved=1").content.decode()
    assert 'value="fewer"' in page
    posted(emma, marketing=True, frequency="usual")
    emma.refresh_from_db()
    assert not emma.fewer_messages


def test_opening_the_page_changes_nothing(emma: Person) -> None:
    before = ConsentEntry.objects.count()
    for _time in range(2):
        assert Client().get(link_of(emma)).status_code == 200
    assert ConsentEntry.objects.count() == before


def test_a_link_that_was_changed_is_old_or_leads_nowhere_says_always_the_same(emma: Person) -> None:
    good = link_of(emma)
    identity = Identity.objects.get()
    nowhere = preferences_link(
        workspace_id=emma.workspace_id, identity_id=identity.pk + 1, until=clock.wall() + timedelta(days=1)
    )
    wrong = [good[:-2] + "AA", good[:-1], "/p/x", link_of(emma, timedelta(seconds=-1)), "/p/" + nowhere[-48:]]
    answers = {(answer.status_code, said(answer.content.decode())) for answer in map(Client().get, wrong)}
    assert {status for status, _said in answers} == {404}
    assert len(answers) == 1
    assert Client().post(wrong[0], {"frequency": "usual"}).status_code == 404


def said(page: str) -> str:
    """Without what differs for each visit: tokens of the form that sets the language."""
    return page.partition("<main")[2].partition("</main>")[0]


def test_the_link_of_an_erased_person_is_dead(emma: Person, now: datetime) -> None:
    good = link_of(emma)
    people.erase_person(person=emma, by=None, reason="They asked", now=now)
    assert Client().get(good).status_code == 404


def test_an_address_on_the_suppression_list_is_not_offered(emma: Person, now: datetime) -> None:
    make.suppress(EMAIL, now)
    page = Client().get(link_of(emma)).content.decode()
    assert Identity.objects.get().public_id not in page


@pytest.mark.parametrize("wrong", [{"frequency": "always"}, {"language": "tlh"}, {}])
def test_nonsense_is_refused_and_changes_nothing(emma: Person, wrong: dict[str, str]) -> None:
    before = ConsentEntry.objects.count()
    sent = {"frequency": "fewer", "language": "en"} | wrong if wrong else {}
    assert Client().post(link_of(emma), sent).status_code == 422
    emma.refresh_from_db()
    assert (ConsentEntry.objects.count(), emma.fewer_messages, emma.language) == (before, False, "ko")


def test_staff_make_a_link_and_that_is_written_down(owner: Visitor, emma: Person) -> None:
    page = owner.post("person_links", emma.public_id, status=200)
    assert "/p/" in page
    assert AuditEntry.objects.get(act="person.link_copied").subject == emma.public_id


def test_who_wants_fewer_messages_gets_one_a_month(lumen: Workspace, now: datetime) -> None:
    channels.set_cap(most=5, days=7)
    account = make.account(now)
    often, seldom = make.people(now, ["often@example.test", "seldom@example.test"])
    Person.objects.filter(pk=seldom.pk).update(fewer_messages=True)

    def decisions(at: datetime) -> dict[int, str]:
        errand = Errand(account=account, purpose="marketing", origin="brd_next", due_at=at)
        found = decided(errand, [often.pk, seldom.pk], planning=True)
        return {one.person: one.decision.reason or str(one.decision.verdict) for one in found}

    assert set(decisions(now).values()) == {"send"}
    for person in (often, seldom):
        Message.objects.create(
            origin="brd_sent",
            person=person,
            account=account,
            purpose="marketing",
            state="accepted",
            planned_at=now,
            settled_at=now,
        )
    assert decisions(now + timedelta(days=20)) == {often.pk: "send", seldom.pk: "cap"}
    assert decisions(now + timedelta(days=31)) == {often.pk: "send", seldom.pk: "send"}
