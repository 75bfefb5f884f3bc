"""Tags and roles come in with people, and go back with them."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from guanxi.audiences import operations as audiences
from guanxi.events.models import Fact
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Field, PersonTag, Role, Tag, TagGroup
from guanxi.people.operations import Put
from tests.commerce.importing import bring, counts, rejects, settle, undo
from tests.factories.people import make_person, make_staff, uploaded

FILE = """customer_number,name,标签,role
C-1,Ann,VIP; Taste: Green、季节：春季,KOL
C-2,Bo,"vip,Taste: Black",consumer
C-3,Cy,Taste: Green;Taste: Black,
C-4,Di,a name that is far longer than thirty characters,
C-5,Ed,,boss
C-6,Flo,Old,
C-7,Guy,,
"""


def state() -> list[Any]:
    return [
        list(PersonTag.objects.order_by("pk").values()),
        list(Tag.objects.filter(role="").order_by("pk").values()),
        list(TagGroup.objects.order_by("pk").values()),
        Fact.objects.filter(name__in=["tag.added", "tag.removed", "role.changed"]).count(),
    ]


def carried() -> list[tuple[str, str, str]]:
    rows = PersonTag.objects.order_by("person__name", "tag__name", "how")
    return list(rows.values_list("person__name", "tag__name", "how"))


def test_tags_and_roles_of_a_file_come_in_once_and_go_back_exactly(workspace: Workspace, now: datetime) -> None:
    boss = make_staff()
    ann = make_person("Ann", now=now, identities={"customer_number": "C-1"})
    taste = people.create_tag_group(name="Taste", by=boss, now=now, exclusive=True)
    green, black = people.create_tags(group=taste, names=["Green", "Black"], by=boss, now=now)
    [old] = people.create_tags(
        group=people.create_tag_group(name="Past", by=boss, now=now), names=["Old"], by=boss, now=now
    )
    people.change_tag(tag=old, by=boss, now=now, archived=True)
    people.tag_people(people=[ann.pk], add=[black], put=Put(by=boss), now=now)
    before = state()
    of = bring("people", FILE, now)
    assert counts(of) == (2, 1, 0, 4)
    assert rejects(of) == [(4, "two_of_a_group"), (5, "bad_tag"), (6, "bad_role"), (7, "archived_tag")]
    assert carried() == [
        ("Ann", "Green", "import"), ("Ann", "VIP", "import"), ("Ann", "leader", "import"), ("Ann", "春季", "import"),
        ("Bo", "Black", "import"), ("Bo", "VIP", "import"),
    ]  # fmt: skip
    groups = Tag.objects.filter(name__in=["VIP", "春季"]).order_by("name").values_list("name", "group__name")
    assert list(groups) == [("VIP", "Imported"), ("春季", "季节")]
    assert Fact.objects.filter(name="role.changed", import_id=of.pk).get().props["role"] == Role.LEADER
    again = bring("people", FILE, now)
    assert counts(again) == (0, 0, 3, 4)
    undo(again, now)
    undo(of, now)
    assert state() == before
    assert green.pk not in PersonTag.objects.values_list("tag", flat=True)


def test_unknown_tags_are_left_out_or_refused_as_the_operator_says(workspace: Workspace, now: datetime) -> None:
    text = "customer_number,tags\nC-1,New\n"
    assert counts(bring("people", text, now, options={"unknown_tag": "reject"})) == (0, 0, 0, 1)
    assert counts(bring("people", text, now, options={"unknown_tag": "leave"})) == (1, 0, 0, 0)
    assert not Tag.objects.exists()
    assert counts(bring("people", text, now)) == (0, 1, 0, 0)
    assert Tag.objects.get().group.name == "Imported"  # type: ignore[union-attr]


def test_what_somebody_did_since_stays_when_the_file_goes_back(workspace: Workspace, now: datetime) -> None:
    boss = make_staff()
    of = bring("people", "customer_number,name,tags\nC-1,Ann,VIP\nC-2,Bo,VIP\n", now)
    vip = Tag.objects.get(name="VIP")
    ann = make_person("Zoe", now=now)
    people.tag_people(people=[ann.pk], add=[vip], put=Put(by=boss), now=now)
    undo(of, now)
    assert carried() == [("Zoe", "VIP", "staff")]


def test_a_tag_or_field_that_an_audience_came_to_ask_for_stays_when_the_file_goes_back(
    workspace: Workspace, now: datetime
) -> None:
    text = b"Number,Tags,Shoe,Hat\nC-1,VIP;New,42,55\n"
    columns = {"Number": "customer_number", "Tags": "tags", "Shoe": "new:text", "Hat": "new:text"}
    of = settle(uploaded(io.BytesIO(text), columns, now=now), now)
    tagged = {"type": "tag", "tags": [Tag.objects.get(name="VIP").public_id]}
    told = {"type": "trait", "trait": "trait:shoe", "op": "is_set"}
    rule = {"version": 1, "where": {"type": "any", "any": [tagged, told]}}
    audiences.save_audience(name="Some", rule=rule, by=None, now=now)
    undo(of, now)
    assert list(Tag.objects.values_list("name", flat=True)) == ["VIP"]
    assert list(Field.objects.values_list("key", flat=True)) == ["shoe"]
    assert carried() == []
