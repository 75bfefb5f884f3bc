"""Close to an advisor: many people at once are as close as the page of each says, and audiences find them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from guanxi.audiences.queries import members
from guanxi.connections import queries
from guanxi.connections.models import Bond
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Role
from guanxi.people.operations import Put
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake

BANDS = ("weak", "neutral", "strong")


def test_who_is_close_to_an_advisor_is_the_same_for_many_at_once_as_for_each(
    workspace: Workspace, now: datetime
) -> None:
    chance, north = Random(8), governance.add_unit(name="North")
    boss, lin, wang = make_staff("Boss"), make_staff("Lin", unit=north), make_staff("Wang", unit=north)
    crowd = [make_person(f"P{number}", now=now) for number in range(24)]
    for person in crowd:
        for staff in chance.sample([boss, lin, wang], chance.randint(0, 3)):
            at, total = now - timedelta(days=chance.choice([0, 3, 20, 400, 10_000])), chance.uniform(0.2, 4)
            Bond.objects.create(
                person=person, staff=staff, at=at.timestamp(), employee=total / 2, consumer=total,
                opinion_leader=total * 1.2, inward=chance.randint(0, 2), outward=chance.randint(0, 2),
                channels=chance.choice(["", "email", "email,shop", "email,shop,web"]), days="",
            )  # fmt: skip
    for keep, drop in (crowd[:2], crowd[2:4]):
        people.merge_people(keep=keep, drop=drop, by=boss, now=now)
        crowd.remove(drop)
    for person, role in ((crowd[0], Role.LEADER), (crowd[2], Role.EMPLOYEE)):
        tag = people.role_tag(role, now=now)
        assert tag is not None
        people.tag_people(people=[person.pk], add=[tag], put=Put(by=boss), now=now)
    write_lake(now)
    shown = {one.pk: {each.staff: each for each in queries.closeness(one, now).advisors} for one in crowd}
    of_both = {
        pk: max((BANDS.index(of[staff].band) for staff in (lin, wang) if staff in of), default=0)
        for pk, of in shown.items()
    }
    assert set(of_both.values()) == {0, 1, 2}
    known = {person: (strong, neutral) for person, strong, neutral in queries.closest([lin.pk], now)}
    for pk, of in shown.items():
        if lin in of and of[lin].band != "weak":
            strong, neutral = known.pop(pk)
            assert abs(strong - (of[lin].strong_until or now)) < timedelta(seconds=1)
            assert abs(neutral - (of[lin].neutral_until or now)) < timedelta(seconds=1)
    assert known == {}
    for band in BANDS:
        where = {"type": "strength", "bands": [band], "of": [north.public_id]}
        found = members({"version": 1, "where": where}, now=now)["person"].to_pylist()
        assert found == [pk for pk, at in of_both.items() if BANDS[at] == band]
