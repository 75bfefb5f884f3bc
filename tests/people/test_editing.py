"""People made and edited by staff."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from guanxi.governance.models import Workspace
from guanxi.kit import names
from guanxi.kit.addresses import BadAddress
from guanxi.kit.cells import BadCell
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Identity, NameWord, Person, Trait
from guanxi.people.operations import IdentityChange, IdentityTaken, PersonChanged, PersonEdit
from guanxi.people.rules.kinds import BadId


@pytest.fixture
def emma(workspace: Workspace, now: datetime) -> Person:
    Field.objects.create(key="birthday", label="Birthday", kind="date")
    Field.objects.create(key="visits", label="Visits", kind="number")
    identities = {"email": "emma@example.test", "phone": "+8613812342210"}
    return people.create_person(now=now, name="Emma Fischer", identities=identities, traits={"visits": "1,200"})


def edit(person: Person, now: datetime, **given: Any) -> None:
    version = given.pop("version", queries.version(person))
    kept = {"name": person.name, "country": "", "language": "", "owner": None, "unit": None}
    people.edit_person(person=person, version=version, edit=PersonEdit(**kept | given), now=now, dial_country="CN")


def held(person: Person) -> dict[str, str]:
    ids = {one.pk: one.kind for one in Identity.objects.filter(person=person)}
    return {ids[pk]: value for pk, value in queries.addresses_of(list(ids)).items()}


def identity(person: Person, kind: str) -> int:
    return Identity.objects.get(person=person, kind=kind).pk


def test_a_new_name_is_found_by_its_words_and_the_old_one_no_more(emma: Person, now: datetime) -> None:
    edit(emma, now, name="王晓敏", country="CN", language="zh-hans")
    saved = Person.objects.get(pk=emma.pk)
    assert (saved.name, saved.sort_key, saved.country, saved.language) == ("王晓敏", "wangxiaomin", "CN", "zh-hans")
    words = set(NameWord.objects.filter(person=emma).values_list("word", flat=True))
    assert words == names.words("王晓敏") and {"王", "晓", "敏", "王晓", "晓敏"} < words


def test_addresses_come_go_and_are_replaced_and_what_is_not_named_stays(emma: Person, now: datetime) -> None:
    changes = {
        "a": IdentityChange("email", "NEW@example.test", identity(emma, "email")),
        "b": IdentityChange("customer_number", "C-1"),
    }
    edit(emma, now, identities=changes)
    assert held(emma) == {"email": "new@example.test", "phone": "+8613812342210", "customer_number": "C-1"}
    edit(emma, now, identities={"c": IdentityChange("phone", old=identity(emma, "phone"))})
    assert held(emma) == {"email": "new@example.test", "customer_number": "C-1"}


def test_an_address_typed_again_stays_the_row_that_it_was(emma: Person, now: datetime) -> None:
    before = identity(emma, "email")
    twice = {
        "a": IdentityChange("email", " Emma@Example.test ", before),
        "b": IdentityChange("email", "emma@example.test"),
        "c": IdentityChange("phone", "138 1234 9999"),
        "d": IdentityChange("phone", "+86 138 1234 9999"),
    }
    edit(emma, now, identities=twice)
    assert identity(emma, "email") == before
    assert Identity.objects.filter(person=emma, kind="phone").count() == 2


def test_an_address_of_someone_else_is_refused_and_nothing_is_changed(emma: Person, now: datetime) -> None:
    other = people.create_person(now=now, identities={"email": "other@example.test"})
    changes = {"mine": IdentityChange("email", "OTHER@example.test", identity(emma, "email"))}
    with pytest.raises(IdentityTaken) as taken:
        edit(emma, now, name="Someone", identities=changes)
    assert (taken.value.place, taken.value.person) == ("mine", other.pk)
    assert held(emma)["email"] == "emma@example.test"
    assert Person.objects.get(pk=emma.pk).name == "Emma Fischer"
    with pytest.raises(IdentityTaken):
        people.create_person(now=now, name="Third", identities={"phone": "+8613812342210"})
    assert not Person.objects.filter(name="Third").exists()


def test_nobody_can_take_an_identity_from_another_person_by_its_id(emma: Person, now: datetime) -> None:
    other = people.create_person(now=now, identities={"email": "other@example.test"})
    edit(emma, now, identities={"x": IdentityChange("email", old=identity(other, "email"))})
    assert held(other) == {"email": "other@example.test"}


def test_two_editors_do_not_overwrite_each_other(emma: Person, now: datetime) -> None:
    seen = queries.version(emma)
    edit(emma, now, traits={"birthday": "2001-02-03"})
    with pytest.raises(PersonChanged):
        edit(emma, now, name="Late", version=seen)
    assert Person.objects.get(pk=emma.pk).name == "Emma Fischer"


def test_fields_keep_their_kind_and_one_that_stays_keeps_its_import(emma: Person, now: datetime) -> None:
    Trait.objects.filter(person=emma).update(import_id=7)
    edit(emma, now, traits={"visits": "1200", "birthday": "2001年2月3日"})
    rows = Trait.objects.filter(person=emma).order_by("field__key").values_list("field__key", "value", "import_id")
    assert list(rows) == [("birthday", "2001-02-03", None), ("visits", "1200", 7)]
    edit(emma, now, traits={"visits": ""})
    assert list(Trait.objects.filter(person=emma).values_list("field__key", flat=True)) == ["birthday"]


def test_what_cannot_be_read_changes_nothing(emma: Person, now: datetime) -> None:
    with pytest.raises(BadCell):
        edit(emma, now, name="X", traits={"visits": "many"})
    with pytest.raises(BadAddress):
        edit(emma, now, name="X", identities={"a": IdentityChange("email", "nobody")})
    assert Person.objects.get(pk=emma.pk).name == "Emma Fischer"


def test_ids_of_other_kinds_come_and_go_by_hand(emma: Person, now: datetime) -> None:
    plate, wecom = IdentityChange("plate", "沪A·12345"), IdentityChange("wecom", "wm-1", within="corp-1")
    edit(emma, now, identities={"a": plate, "b": wecom})
    one, other = (Identity.objects.get(person=emma, kind=kind) for kind in ("plate", "wecom"))
    assert queries.addresses_of([one.pk, other.pk]) == {one.pk: "沪A12345", other.pk: "wm-1"}
    assert (other.within, bytes(other.lookup)) == ("corp-1", queries.id_key("wecom", "wm-1", "corp-1"))
    edit(emma, now, identities={"a": IdentityChange("plate", old=one.pk), "b": IdentityChange("device", "d-1")})
    assert sorted(Identity.objects.values_list("kind", flat=True)) == ["device", "email", "phone", "wecom"]
    for kind, value, within, reason in (
        ("wecom", "wm-2", "", "place_missing"),
        ("plate", "A-1", "", "bad_plate"),
        ("unionid", "u", "app", "place_unknown"),
        ("device", "d\x07", "", "control_character"),
        ("device", "d" * 121, "", "too_long"),
        ("member", "7", "", "unknown_kind"),
    ):
        with pytest.raises(BadId, match=reason):
            edit(emma, now, identities={"a": IdentityChange(kind, value, within=within)})
