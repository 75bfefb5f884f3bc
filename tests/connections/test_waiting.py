"""Who waits for an advisor: the reasons, the order by role and by age, whose people, and what it costs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.queries import added_and_unknown, waiting_page
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person, Strength
from guanxi.people.operations import Put
from guanxi.people.queries import BadCursor
from tests.connections.world import advisor, messenger, say
from tests.factories.people import make_person, make_staff
from tests.people.test_lists import whole_table_scans


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> Account:
    return messenger(now)


def touch(person: Person, kind: str, ago: int, now: datetime) -> None:
    connections.record_touch(person=person, kind=kind, at=now - timedelta(days=ago), now=now)


def waits(staff: Staff, now: datetime) -> list[tuple[str, str, int]]:
    return [(one.person.name, one.why, (now - one.since).days) for one in waiting_page(staff, now)[0]]


def fade(person: Person, now: datetime, strong: int, neutral: int) -> None:
    """Days from now."""
    until, then = now + timedelta(days=strong), now + timedelta(days=neutral)
    Strength.objects.create(person=person, strong_until=until, neutral_until=then)


def test_each_reason_is_said_once_by_role_then_by_age_and_only_of_ones_own(account: Account, now: datetime) -> None:
    ann, bo = advisor("Ann"), advisor("Bo")
    wrote, both, added, fell, calm, other = (
        make_person(name, now=now, owner=bo if name == "Other" else ann)
        for name in ("Wrote", "Both", "Added", "Fell", "Calm", "Other")
    )
    people.set_role(people=[fell.pk], role="leader", put=Put(), now=now)
    people.set_role(people=[both.pk], role="employee", put=Put(), now=now)
    for person, ago in ((wrote, 3), (both, 9), (other, 2)):
        touch(person, "message_in", ago, now)
    touch(wrote, "meeting", 5, now)  # before she wrote
    touch(calm, "message_in", 5, now)
    touch(calm, "meeting", 4, now)
    say(added, ann, account, (6, "half_added"), now=now)
    say(calm, ann, account, (6, "requested"), now=now)
    fade(both, now, -2, 20)
    fade(fell, now, -40, -1)
    fade(calm, now, -15, 4)
    assert waits(ann, now) == [("Fell", "weak", 1), ("Added", "added", 6), ("Wrote", "wrote", 3), ("Both", "wrote", 9)]
    assert waits(bo, now) == [("Other", "wrote", 2)]
    for role, priority in (("leader", 3), ("employee", 1)):
        people.set_role_rules(role=role, priority=priority, fields=[], version=0, by=None, now=now)
    people.add_note(person=both, text="Called back.", by=ann, now=now)
    assert [name for name, *_rest in waits(ann, now)] == ["Added", "Wrote", "Fell"]


def test_a_message_of_who_became_somebody_counts_for_them_and_so_does_a_note(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    kept, gone = make_person("Kept", now=now, owner=ann), make_person("Gone", now=now)
    touch(gone, "reply", 2, now)
    people.merge_people(keep=kept, drop=gone, by=None, now=now)
    assert waits(ann, now) == [("Kept", "wrote", 2)]
    people.add_note(person=kept, text="Answered.", by=ann, now=now)
    assert waits(ann, now) == []


def test_whom_the_advisor_does_not_know_yet_is_counted_without_a_name(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    new = make_person("New", now=now)
    say(new, ann, account, (1, "half_added"), now=now)
    assert (waits(ann, now), added_and_unknown(ann)) == ([], 1)
    say(new, ann, account, (0, "added"), now=now)
    assert added_and_unknown(ann) == 0


def test_a_note_takes_away_the_reason_before_it_and_not_the_next(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    person = make_person("Ann's", now=now, owner=ann)
    touch(person, "message_in", 9, now)
    people.add_note(person=person, text="Answered.", by=ann, now=now - timedelta(days=8))
    fade(person, now, -2, 20)
    assert waits(ann, now) == [("Ann's", "neutral", 2)]


def test_a_friend_of_another_unit_is_nobody_whom_a_manager_sees(account: Account, now: datetime) -> None:
    unit = governance.add_unit(name="East")
    max_ = make_staff("Max", "manager", unit)
    inside, outside = make_person("Inside", now=now, owner=max_), make_person("Outside", now=now)
    Person.objects.filter(pk=inside.pk).update(unit=unit)
    for person in (inside, outside):
        say(person, max_, account, (9, "added"), now=now)
        touch(person, "message_in", 2, now)
    assert waits(max_, now) == [("Inside", "wrote", 2)]


def test_who_added_an_advisor_over_two_accounts_is_one_person(account: Account, now: datetime) -> None:
    ann, new = advisor("Ann"), make_person("New", now=now)
    for one in (account, messenger(now, "Another")):
        say(new, ann, one, (1, "half_added"), now=now)
    assert added_and_unknown(ann) == 1


def test_pages_follow_each_other_and_cost_the_same(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    costs = []
    for number in range(5):
        fade(make_person(f"P{number}", now=now, owner=ann), now, -2, 20)
        if number in (0, 4):
            with CaptureQueriesContext(connection) as said:
                waiting_page(ann, now)
            costs.append(len(said))
    assert costs[0] == costs[1]
    names, after = [], ""
    while True:
        page, after = waiting_page(ann, now, after=after, size=2)
        names += [one.person.name for one in page]
        if not after:
            break
    assert names == ["P0", "P1", "P2", "P3", "P4"]
    for wrong in ("x", "1.2.3", "9.20261121T040000000000.psn_01kb0w8m3x7q2v9d5r1t4n6c8z"):
        with pytest.raises(BadCursor):
            waiting_page(ann, now, after=wrong)


def test_no_large_table_is_read_from_end_to_end(account: Account, now: datetime) -> None:
    ann = advisor("Ann")
    make_person("Mine", now=now, owner=ann)
    assert whole_table_scans(lambda: waiting_page(ann, now)) == []
    with CaptureQueriesContext(connection) as said:
        waiting_page(ann, now)
    [sql] = [one["sql"] for one in said.captured_queries if one["sql"].lstrip().startswith("WITH mine")]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan
