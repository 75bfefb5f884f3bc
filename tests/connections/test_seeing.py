"""An advisor sees whom they own and their friends, as long as they are; and what a page shows of ties."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.operations import FollowTold, GroupTold, Referral
from guanxi.connections.queries import ties
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person
from guanxi.people.queries import Wanted
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_person, make_staff
from tests.people.test_lists import whole_table_scans


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> Account:
    return messenger(now)


def test_an_advisor_sees_a_friend_until_the_friendship_ends(account: Account, now: datetime) -> None:
    ann, bo = advisor("Ann"), advisor("Bo")
    mine = make_person("Mine", now=now, owner=ann)
    [friend] = some_people(now)

    def sees() -> list[str]:
        found = queries.people_page(ann, Wanted())
        assert queries.count_people(ann, Wanted()) == len(found.people)
        return [one.name for one in found.people]

    assert sees() == [mine.name]
    say(friend, bo, account, (9, "added"), now=now)
    say(friend, ann, account, (9, "requested"), now=now)
    assert sees() == [mine.name]
    say(friend, ann, account, (8, "added"), now=now)
    say(mine, ann, account, (8, "added"), now=now)
    assert sees() == [mine.name, friend.name]
    say(friend, ann, account, (7, "removed_by_friend"), now=now)
    assert sees() == [mine.name]


@contextmanager
def alone(index: str) -> Iterator[None]:
    """Of its table, no plan may use another: of a few rows all are as good, and earlier tests would decide."""
    with closing(psycopg.connect(os.environ["GUANXI_DATABASE_SUPERUSER_URL"], autocommit=True)) as superuser:
        others = superuser.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indisvalid AND indexrelid <> %(index)s::regclass "
            "AND indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = %(index)s::regclass) "
            "RETURNING indexrelid",
            {"index": index},
        ).fetchall()
        try:
            yield
        finally:
            back = "UPDATE pg_index SET indisvalid = true WHERE indexrelid = ANY(%s)"
            superuser.execute(back, [[one for (one,) in others]])


def test_a_list_of_ones_own_reads_no_table_from_end_to_end(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    for sort in queries.ORDERS:
        wanted = Wanted(sort=sort)
        assert whole_table_scans(lambda wanted=wanted: queries.people_page(ann, wanted)) == []
    with alone("friend_of_own"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("guanxi_app",)
        sql, given = queries.visible(ann).query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", given)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using friend_of_own" in plan
    assert "Seq Scan" not in plan


def test_a_page_says_who_had_a_person_before_and_why(account: Account, now: datetime) -> None:
    owner, ann, bo = make_staff("Owner"), advisor("Ann"), advisor("Bo")
    [person] = some_people(now)
    say(person, ann, account, (9, "added"), now=now, source="scan", remark="tea")
    governance.set_active(staff=ann, active=False, by=owner)
    ann.refresh_from_db()
    connections.hand_over_friends(giver=ann, takers=[bo], by=owner, now=now)
    first, second = ties(person, owner).friends
    assert (first.friendship.staff, first.friendship.state, first.friendship.remark) == (bo, "active", "tea")
    assert (second.friendship.staff, second.friendship.state) == (ann, "handed_over")
    [before] = first.before
    assert (before.advisor, before.since, before.until, before.why, before.ended_by) == (
        "Ann", now - timedelta(days=9), now, "added", "handed_over"
    )  # fmt: skip
    assert [(held.advisor, held.why, held.whence) for held in first.history] == [
        ("Ann", "added", ""), ("Bo", "inherited", "Ann")
    ]  # fmt: skip


def test_whom_a_person_brought_is_counted_by_levels_and_named_to_who_may_see_them(
    workspace: Workspace, now: datetime
) -> None:
    owner, ann = make_staff("Owner"), advisor("Ann")
    top, one, two, below, deep = some_people(now, 5)
    Person.objects.filter(pk__in=[top.pk, one.pk]).update(owner=ann)
    edges = [(top, one), (top, two), (one, below), (below, deep)]
    told = [Referral(a.pk, b.pk, "invite", now - timedelta(days=9 - at)) for at, (a, b) in enumerate(edges)]
    connections.refer(told, now=now, source="api")
    assert ties(top, owner).levels == [2, 1, 1]
    assert [each.person for each in ties(top, owner).brought] == [two, one]
    assert [each.person for each in ties(top, ann).brought] == [None, one]
    assert [each.person for each in ties(below, owner).bringers] == [one]
    people.merge_people(keep=top, drop=one, by=owner, now=now)
    assert ties(top, owner).levels == [2, 1]
    assert {each.person for each in ties(top, owner).brought} == {two, below}


def test_the_ties_of_a_page_take_the_same_queries_however_many_there_are(
    account: Account, now: datetime, django_assert_num_queries: Any
) -> None:
    owner = make_staff("Owner")
    person, *others = some_people(now, 4)

    def add(number: int) -> None:
        say(person, advisor(f"Advisor {number}"), account, (9, "added"), now=now)
        group = GroupTold(account.pk, f"wr{number}", "member_joined", now, person=person.pk, by_person=others[0].pk)
        connections.note_group_facts([group], now=now, source="wecom")
        follow = FollowTold(person.pk, messenger(now, f"Account {number}").pk, True, now)
        connections.note_follows([follow], now=now, source="wecom")
        connections.refer([Referral(person.pk, others[number].pk, "card", now)], now=now, source="api")

    add(0)
    with django_assert_num_queries(9):
        assert len(ties(person, owner).friends) == 1
    add(1)
    add(2)
    with django_assert_num_queries(9):
        shown = ties(person, owner)
    assert (len(shown.friends), len(shown.groups), len(shown.follows), shown.levels) == (3, 3, 3, [3])
