"""Tags in the console: on the page of a person, in settings, in the list."""

from __future__ import annotations

from datetime import datetime

from guanxi.audiences import operations as audiences
from guanxi.governance.models import Staff
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Tag, TagGroup
from tests.api.callers import key_of
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


def test_a_group_is_made_filled_changed_merged_and_emptied(owner: Visitor) -> None:
    owner.post("tags", name="Mood", exclusive="on")
    group = TagGroup.objects.get()
    owner.post("tags_new", group.public_id, names="Warm; Cold、 Icy")
    assert [tag.name for tag in queries.tags_for(None)] == ["Warm", "Cold", "Icy"]
    assert "warm is there already." in owner.post("tags_new", group.public_id, status=422, names="Hot; warm")
    assert "30 characters" in owner.post("tags_new", group.public_id, status=422, names="x" * 31)
    cold, icy = Tag.objects.get(name="Cold"), Tag.objects.get(name="Icy")
    owner.post("tag", icy.public_id, name="Frosty")
    owner.post("tag_merge", icy.public_id, into=cold.public_id)
    assert "It became Cold." in owner.get("tag", icy.public_id)
    owner.post("tag_archive", cold.public_id)
    assert "archived" in owner.get("tags")
    owner.post("tag_delete", cold.public_id)
    assert Tag.objects.filter(pk=cold.pk).exists(), "another became it"
    owner.post("tag_group_remove", group.public_id)
    assert "Only an empty group goes" in owner.get("tag_group", group.public_id)


def test_a_tag_that_an_audience_asks_for_stays(owner: Visitor, now: datetime) -> None:
    boss = Staff.objects.get()
    mood = people.create_tag_group(name="Mood", by=boss, now=now)
    [warm, cold] = people.create_tags(group=mood, names=["Warm", "Cold"], by=boss, now=now)
    tagged = {"type": "not", "not": {"type": "tag", "tags": [warm.public_id]}}
    rule = {"version": 1, "where": {"type": "all", "all": [{"type": "member"}, tagged]}}
    kept = audiences.save_audience(name="Not warm", rule=rule, by=boss, now=now)
    owner.post("tag_delete", warm.public_id)
    assert "These audiences ask for it: Not warm." in owner.get("tag", warm.public_id)
    calls = key_of(boss)[1]
    told = calls.delete(f"/tags/{warm.public_id}", 409)
    assert (told["code"], "“Not warm”" in told["detail"]) == ("conflict", True)
    calls.delete(f"/tags/{cold.public_id}")
    audiences.delete_audience(audience=kept, by=boss, now=now)
    calls.delete(f"/tags/{warm.public_id}")


def test_a_person_is_tagged_by_name_and_found_by_it(owner: Visitor, now: datetime) -> None:
    boss = Staff.objects.get()
    lin = make_person("Lin", now=now)
    make_person("Wang", now=now)
    kind = people.create_tag_group(name="Kind", by=boss, now=now)
    [vip] = people.create_tags(group=kind, names=["VIP"], by=boss, now=now)
    owner.post("tag_add", lin.public_id, name="kind: vip")
    owner.post("tag_add", lin.public_id, name="likes tea", own="yes")
    owner.post("tag_add", lin.public_id, name="Nothing")
    page = owner.get("person", lin.public_id)
    assert "VIP" in page and "likes tea" in page and "There is no tag “Nothing”." in page
    assert 'value="Kind: VIP"' in owner.get("tag_options", name="vi")
    for asked, seen in ({"tags_all": "VIP"}, "Lin"), ({"tags_none": vip.public_id}, "Wang"), ({"role": "leader"}, ""):
        page = owner.get("people", **asked, cols="tags,role")
        assert [name for name in ("Lin", "Wang") if f">{name}<" in page] == [seen] * bool(seen), asked
    assert "which is not there" in owner.get("people", tags_any="Nobody")
    owner.post("person_role", lin.public_id, role="leader")
    assert queries.role_of(lin).role == "leader"
    assert f">{lin.name}<" in owner.get("people", role="leader")
    owner.post("tag_remove", lin.public_id, tag=vip.public_id)
    assert [one.name for one in queries.person_tags(lin, boss)] == ["likes tea"]
