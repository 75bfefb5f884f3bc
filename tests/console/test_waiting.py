"""Who waits for a member of staff: the first of them at home, all of them on a page of their own."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from guanxi.connections import operations as connections
from guanxi.connections.queries import waiting_page
from guanxi.governance.models import Staff
from guanxi.kit import clock
from tests.connections.world import messenger, say
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


def test_all_who_wait_stand_on_a_page_of_their_own_with_the_reason(owner: Visitor) -> None:
    me, now = Staff.objects.get(), clock.now()
    assert "Nobody waits for you" in owner.get("waiting") and "Waiting for you" not in owner.get("home")
    for number in range(1, 7):
        person = make_person(f"Lin {number}", now=now, owner=me)
        connections.record_touch(person=person, kind="message_in", at=now - timedelta(days=10 - number), now=now)
    home, page = owner.get("home"), owner.get("waiting")
    assert "All who wait" in home and "Lin 5" in home and "Lin 6" not in home
    assert page.index("Lin 1") < page.index("Lin 6") and page.count("Wrote last") == 6
    assert "In this order: Opinion leader → Consumer → Employee; among them, who waits longest." in page
    _first, mark = waiting_page(me, now, size=5)
    rest = owner.get("waiting", after=mark)
    assert "Lin 6" in rest and "Lin 5" not in rest and "First page" in rest
    for wrong in ("x", mark[:-1]):
        owner.get("waiting", after=wrong, status=400)


def test_the_count_of_who_added_an_advisor_leads_to_those_of_this_advisor(owner: Visitor) -> None:
    me, now = Staff.objects.get(), clock.now()
    new = make_person("Lin", now=now)
    say(new, me, messenger(now), (1, "half_added"), now=now)
    asked = urlencode({"advisor": "me", "state": "pending"})
    assert f'?{asked}">1 person added you and waits to be added back</a>' in owner.get("waiting")
