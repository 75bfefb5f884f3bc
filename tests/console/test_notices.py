"""What staff are told when something that they started is over, and a bell that asks only while something runs."""

from __future__ import annotations

from datetime import datetime

from guanxi.governance.models import Notice, Role, Staff
from guanxi.people import operations as people
from guanxi.people.queries import Wanted
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories.people import csv_file, done, make_person, uploaded

__all__ = ["lumen", "owner"]


def told() -> list[tuple[str, str, str, dict[str, int]]]:
    return list(Notice.objects.order_by("pk").values_list("staff__name", "kind", "name", "detail"))


def test_who_started_an_import_is_told_what_became_of_it(owner: Visitor, now: datetime) -> None:
    boss = Staff.objects.get()
    rows = csv_file(["name", "email"], ["Bo", "bo@example.test"], ["Al", "nonsense"])
    of = done(uploaded(rows, {"name": "name", "email": "email"}, now=now, by=boss), now)
    assert told() == [("Lin Yao", "import.done", "people.csv", {"came": 1, "rejected": 1})]
    assert "1 rows came in, 1 stayed out" in owner.get("notices")
    notice = Notice.objects.get()
    assert owner.post("notice_open", notice.public_id) == f"/w/lumen/imports/{of.public_id}"
    assert Notice.objects.get().read_at is not None


def test_the_bell_asks_again_only_while_something_of_ones_own_runs(owner: Visitor, now: datetime) -> None:
    boss, other = Staff.objects.get(), staff(Role.OPERATOR)
    make_person("Anna", now=now)
    assert "hx-trigger" not in owner.get("notices_bell")
    people.start_bulk(act="owner", value={"owner": boss.pk}, chosen=Wanted(), by=boss, now=now)
    assert 'hx-trigger="every 30s"' in owner.get("notices_bell")
    assert "hx-trigger" not in other.get("notices_bell")
    while people.bulk_lane(now=now):
        pass
    page = owner.get("notices_bell")
    assert "hx-trigger" not in page and "unread" in page
    assert told() == [("Lin Yao", "bulk.done", "owner", {"changed": 1, "skipped": 0, "restored": 0})]
    assert "unread" not in other.get("notices_bell")


def test_all_can_be_marked_as_read_and_nobody_opens_those_of_others(owner: Visitor, now: datetime) -> None:
    boss, other = Staff.objects.get(), staff(Role.OPERATOR)
    for _number in range(3):
        people.start_bulk(act="owner", value={"owner": None}, chosen=Wanted(), by=boss, now=now)
    while people.bulk_lane(now=now):
        pass
    other.post("notice_open", Notice.objects.latest("pk").public_id, status=404)
    other.post("notices_read")
    assert Notice.objects.filter(read_at=None).count() == 3
    owner.post("notices_read")
    assert Notice.objects.filter(read_at=None).count() == 0
