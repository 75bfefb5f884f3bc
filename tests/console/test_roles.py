"""Settings of roles: fields made and given to a role, what it begins with, and the page of a person by their role."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.people import queries
from guanxi.people.models import Field, Trait
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]


def made(owner: Visitor, label: str, kind: str, choices: str = "") -> str:
    owner.post("role_field_new", label=label, kind=kind, choices=choices)
    return str(Field.objects.get(label=label).public_id)


def test_a_field_is_made_given_to_a_role_and_fills_who_gets_it(owner: Visitor, now: datetime) -> None:
    topic, until = made(owner, "Topic", "choice", "Tea\nCooking"), made(owner, "Contract until", "date")
    assert "There is a field of this name already." in owner.post(
        "role_field_new", status=422, label="topic", kind="text", choices=""
    )
    owner.post("role", "leader", version=0, priority=1, add=topic)
    tea: dict[str, Any] = {f"value_{topic}": "Tea", f"place_{topic}": "1"}
    owner.post("role", "leader", version=1, priority=1, add=until, **tea)
    first = owner.get("role", "leader")
    assert first.index(">Topic</legend>") < first.index(">Contract until</legend>")
    places: dict[str, Any] = {f"value_{topic}": "Tea", f"place_{topic}": 2, f"place_{until}": 1}
    bad = owner.post("role", "leader", status=422, version=2, priority=1, **places, **{f"value_{until}": "soon"})
    assert "This is not a date." in bad
    owner.post("role", "leader", version=2, priority=2, **places)
    assert "someone else changed this role" in owner.post("role", "leader", status=409, version=2, priority=3, **places)
    known = queries.role_rules("leader")
    assert [(one.field.label, one.value) for one in known.fields] == [("Contract until", ""), ("Topic", "Tea")]
    lin = make_person("Lin", now=now)
    assert "Topic" not in owner.get("person", lin.public_id) + owner.get("person_edit", lin.public_id)
    owner.post("person_role", lin.public_id, role="leader")
    page = owner.get("person", lin.public_id)
    assert '<dt translate="no">Topic</dt><dd>Tea</dd>' in page and "Came with the role: Topic" in page
    assert f'name="trait_{Field.objects.get(label="Contract until").key}"' in owner.get("person_edit", lin.public_id)
    assert "Opinion leader, Priority: 1 → 2, Fields: Contract until, Topic" in owner.get("audit")


def test_a_form_that_was_opened_under_another_role_loses_nothing(owner: Visitor, now: datetime) -> None:
    topic = made(owner, "Topic", "text")
    owner.post("role", "leader", version=0, priority=1, add=topic)
    lin = make_person("Lin", now=now, traits={"topic": "Tea"})
    version = queries.version(lin)
    owner.post("person_role", lin.public_id, role="leader")
    assert "someone else changed" in owner.post(
        "person_edit", lin.public_id, status=409, name="Lin W.", version=version
    )
    owner.post("person_edit", lin.public_id, name="Lin W.", version=queries.version(lin))
    assert Trait.objects.get(person=lin).value == "Tea"


def test_those_who_have_the_role_are_filled_after_a_look(owner: Visitor, now: datetime) -> None:
    lin = make_person("Lin", now=now)
    owner.post("person_role", lin.public_id, role="leader")
    topic = made(owner, "Topic", "text")
    owner.post("role", "leader", version=0, priority=1, add=topic)
    begins: dict[str, Any] = {f"value_{topic}": "Tea"}
    owner.post("role", "leader", version=1, priority=1, **begins)
    page = owner.get("role", "leader")
    assert "Empty, would get it" in page and "Fill them now" in page and not Trait.objects.exists()
    for stale in ("1", "2" * 5_000, "-2"):
        owner.post("role_fill", "leader", version=stale)
    assert not Trait.objects.exists()
    owner.post("role_fill", "leader", version=2)
    page = owner.get("role", "leader")
    assert "1 value written." in page and "Fill them now" not in page
    assert Trait.objects.get(person=lin).value == "Tea"
