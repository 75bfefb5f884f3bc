"""Friends and group chats on pages, as far as the reader may see who it is."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import GroupChat
from guanxi.connections.operations import GroupTold
from guanxi.governance.models import Role, Staff
from tests.connections.world import advisor, messenger, say, some_people
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


@pytest.fixture
def account(lumen: None, now: datetime) -> Account:
    return messenger(now)


def test_who_invited_a_member_is_a_link_for_who_may_see_them(owner: Visitor, account: Account, now: datetime) -> None:
    ann = staff(Role.ADVISOR)
    host, guest = make_person("Host", now=now), make_person("Guest", now=now, owner=Staff.objects.get(role="advisor"))
    told = [
        GroupTold(account.pk, "wrA", "created", now, owner=guest.owner_id),
        GroupTold(account.pk, "wrA", "member_joined", now, person=guest.pk, by_person=host.pk),
    ]
    connections.note_group_facts(told, now=now, source="wecom")
    for route, of in (("group", GroupChat.objects.get().public_id), ("person", guest.public_id)):
        for reader, sees in ((owner, True), (ann, False)):
            page = reader.get(route, of)
            assert "Invited by a member" in page
            assert (f'/people/{host.public_id}">Host</a>)' in page) == sees, (route, sees)
            assert ("Host" in page) == sees


def test_more_inviters_take_no_more_queries(owner: Visitor, account: Account, now: datetime) -> None:
    def asked(guests: int) -> int:
        some = some_people(now, 2 * guests)
        told = [
            GroupTold(account.pk, f"wr{guests}", "member_joined", now, person=one.pk, by_person=other.pk)
            for one, other in zip(some[:guests], some[guests:], strict=True)
        ]
        connections.note_group_facts(told, now=now, source="wecom")
        of = GroupChat.objects.get(external_id=f"wr{guests}").public_id
        with CaptureQueriesContext(connection) as queries:
            assert owner.get("group", of).count("Invited by a member") == guests
        return len(queries)

    asked(2)
    assert asked(1) == asked(3)


def test_the_remark_goes_with_the_name(owner: Visitor, account: Account, now: datetime) -> None:
    ann, bo = staff(Role.ADVISOR), advisor("Bo")
    [person] = some_people(now)
    say(person, Staff.objects.get(name="The advisor"), account, (9, "added"), now=now, remark="Lin Wei")
    assert "Lin Wei" in ann.get("friends")
    connections.hand_over_friends(giver=Staff.objects.get(name="The advisor"), takers=[bo], by=None, now=now)
    page = ann.get("friends")
    assert "Somebody whom you may not see" in page and "Lin Wei" not in page
    assert "Lin Wei" in owner.get("friends")
