"""A field of people goes for good, after a look at what goes with it, and not while anything needs it."""

from __future__ import annotations

from datetime import datetime

from guanxi.audiences import operations as audiences
from guanxi.content import operations as contents
from guanxi.content.queries import Words
from guanxi.governance.models import AuditEntry
from guanxi.people import operations as people
from guanxi.people.models import Field, GivenDefault, Import, Lent, SavedView, Trait
from guanxi.people.queries import all_role_rules
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.content import content
from tests.factories.events import touched
from tests.factories.people import checked, csv_file, make_person, make_staff, uploaded
from tests.factories.reach import everybody

__all__ = ["lumen", "owner"]
TEA = {"version": 1, "where": {"type": "trait", "trait": "trait:topic", "op": "is", "value": "Tea"}}


def test_a_field_goes_with_its_values_once_nothing_needs_it(owner: Visitor, now: datetime) -> None:
    ann = make_staff("Ann")
    topic = people.create_field(label="Topic", kind="text", by=ann, now=now)
    people.set_role_rules(
        role="leader", priority=1, fields=[people.WantedField(topic.pk, "Tea")], version=0, by=ann, now=now
    )
    lin, wu = (make_person(name, now=now) for name in ("Lin", "Wu"))
    twin = make_person("Twin", now=now, traits={"topic": "Cups"})
    people.set_role(people=[wu.pk], role="leader", put=people.Put(), now=now)
    merge = people.merge_people(keep=lin, drop=twin, by=ann, now=now)
    for name, asked in (("Tea people", {"trait:topic": "Tea"}), ("All", {"columns": "email,trait:topic,owner"})):
        people.save_view(name=name, asked=asked, by=ann, shared=True, now=now)
    file = csv_file(["e", "t"], ["x@lumen.test", "Tea"])
    of = checked(uploaded(file, {"e": "email", "t": "trait:topic"}, now=now), now)
    audience = everybody(now, TEA)
    letter = content(now, Words("en", "Hello", "About {{ person.traits.topic }}"), name="About")

    page = owner.get("role_field_delete", topic.public_id)
    for said in ("The values of 2 people", "begins with Tea", "1 view of the list that", "Everybody", "About"):
        assert said in page
    assert "Delete for good" not in page
    assert "It cannot be deleted yet" in owner.post("role_field_delete", topic.public_id, status=409, seen=2)
    assert Trait.objects.filter(field=topic).exists()
    audiences.delete_audience(audience=audience, by=ann, now=now)
    contents.delete_content(content=letter, by=ann, now=now)
    assert "more people have a value" in owner.post("role_field_delete", topic.public_id, status=409, seen=1)

    owner.post("role_field_delete", topic.public_id, seen=2)
    assert not any(model.objects.exists() for model in (Field, Trait, GivenDefault, Lent))
    assert {lin.pk, wu.pk} <= touched()
    assert [(one.fields, one.version) for one in all_role_rules() if one.row] == [([], 2)]
    assert list(SavedView.objects.values_list("name", "asked")) == [("All", {"columns": "email,owner"})]
    of = Import.objects.get(pk=of.pk)
    assert (of.state, of.mapping["columns"], of.mapping["traits"]) == ("uploaded", {"e": "email"}, {})
    entry = AuditEntry.objects.get(act="field.deleted")
    assert (entry.subject, entry.detail) == (topic.public_id, {"field": "Topic", "people": 2})
    people.undo_merge(merge=merge, by=ann, now=now)
    owner.get("role_field_delete", topic.public_id, status=404)
    owner.get("audit")
