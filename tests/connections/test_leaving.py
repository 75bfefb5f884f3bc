"""Nobody's friends are left behind when an advisor goes."""

from __future__ import annotations

from datetime import datetime

from guanxi.connections.models import Friendship
from guanxi.connections.queries import FriendsWanted, friends_page, held_friends
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_staff


def test_the_friends_of_a_leaver_go_where_their_people_go(workspace: Workspace, now: datetime) -> None:
    owner, ann, bo, account = make_staff("Owner"), advisor("Ann"), advisor("Bo"), messenger(now)
    for person in some_people(now, 3):
        say(person, ann, account, (9, "added"), now=now)
    governance.set_active(staff=ann, active=False, by=owner)
    assert people.hand_over(giver=ann, taker=None, by=owner, now=now) is None
    assert held_friends([ann, bo]) == {ann.pk: 3}
    assert people.hand_over(giver=ann, taker=bo, by=owner, now=now) is None
    assert held_friends([ann, bo]) == {bo.pk: 3}
    assert set(Friendship.objects.filter(staff=bo).values_list("source", flat=True)) == {"inherited"}


def test_each_role_has_a_list_of_friends_that_it_may_see(workspace: Workspace, now: datetime) -> None:
    account, unit = messenger(now), governance.add_unit(name="East")
    ann, bo, manager = advisor("Ann"), advisor("Bo"), make_staff("Max", "manager", unit)
    one, two = some_people(now, 2)
    type(one).objects.filter(pk=one.pk).update(unit=unit)
    for person, staff in ((one, ann), (two, ann), (two, bo)):
        say(person, staff, account, (9, "added"), now=now)

    def sees(staff: object, **wanted: object) -> int:
        return len(friends_page(staff, FriendsWanted(**wanted))[0])  # type: ignore[arg-type]

    everybody = make_staff("Owner")
    assert [sees(one) for one in (everybody, manager, ann, bo, make_staff("Iris", "integrator"))] == [3, 1, 2, 1, 0]
    assert (sees(everybody, advisor=bo.pk), sees(everybody, state="blocked")) == (1, 0)
    first, mark = friends_page(everybody, FriendsWanted(), size=2)
    second, end = friends_page(everybody, FriendsWanted(), size=2, after=mark)
    assert ({row.pk for row in first + second}, end) == ({*Friendship.objects.values_list("pk", flat=True)}, "")
