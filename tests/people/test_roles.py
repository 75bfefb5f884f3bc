"""Roles of people: fields of their own, what comes with a role once, and what a change of it does to nobody."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.events.models import Fact
from guanxi.governance.models import AuditEntry, Staff, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, GivenDefault, Person, Role, Trait
from guanxi.people.operations import FieldRefused, Put, RoleRefused, WantedField
from guanxi.people.operations.roles import filling
from guanxi.people.operations.tagging.putting import held
from guanxi.people.operations.tagging.undoing import kept, untag_people
from tests.commerce.importing import rejects, undo
from tests.commerce.importing import settle as settled
from tests.factories.people import make_person, make_staff


def fields(by: Staff, now: datetime) -> tuple[Field, Field]:
    topic = people.create_field(label="Topic", kind="choice", choices=["Tea", "Cooking", "tea"], by=by, now=now)
    return topic, people.create_field(label="报价", kind="number", by=by, now=now)


def settle(by: Staff, now: datetime, *wanted: tuple[Field, str], role: str = "leader", priority: int = 1) -> bool:
    rows = [WantedField(field.pk, value) for field, value in wanted]
    version = queries.role_rules(role).version
    return people.set_role_rules(role=role, priority=priority, fields=rows, version=version, by=by, now=now)


def give(person: Person, role: str, by: Staff, now: datetime) -> None:
    people.set_role(people=[person.pk], role=role, put=Put(by=by), now=now)


def traits(person: Person) -> dict[str, str]:
    return dict(Trait.objects.filter(person=person).values_list("field__label", "value"))


def told() -> list[tuple[str, str, str]]:
    rows = Fact.objects.filter(name="role.defaults_given").order_by("pk")
    return [(one.props["role"], one.props["fields"], one.props["how"]) for one in rows]


def test_a_choice_is_one_of_its_values_and_a_field_is_refused_with_the_reason(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    assert (topic.key, topic.choices, price.key, price.choices) == ("topic", ["Tea", "Cooking"], "bao_jia", [])
    for reason, given in {
        "taken": {"label": "TOPIC", "kind": "text"},
        "label": {"label": " ", "kind": "text"},
        "choices": {"label": "Shop", "kind": "choice"},
        "no_choices": {"label": "Shop", "kind": "text", "choices": ["A"]},
        "kind": {"label": "Shop", "kind": "colour"},
    }.items():
        with pytest.raises(FieldRefused) as refused:
            people.create_field(by=boss, now=now, **given)  # type: ignore[arg-type]
        assert refused.value.reason == reason
    ann = make_person("Ann", now=now, traits={"topic": "TEA"})
    assert traits(ann) == {"Topic": "Tea"}
    with pytest.raises(ValueError):
        people.create_person(name="Bo", traits={"topic": "Cars"}, now=now)
    seen = queries.field_version(topic)
    people.change_field(field=topic, version=seen, choices=["Cooking"], by=boss, now=now)
    with pytest.raises(FieldRefused) as late:
        people.change_field(field=topic, version=seen, label="Theme", by=boss, now=now)
    assert late.value.reason == "changed"
    edit = people.PersonEdit("Ann", "", "", None, None, traits={"topic": "Tea"})
    people.edit_person(person=ann, version=queries.version(ann), edit=edit, now=now)  # what she has from before, stays
    assert traits(ann) == {"Topic": "Tea"}
    assert list(AuditEntry.objects.filter(act__startswith="field.").order_by("pk").values_list("act", flat=True)) == [
        "field.created", "field.created", "field.changed",
    ]  # fmt: skip


def test_a_choice_is_read_as_it_is_kept_and_one_that_is_offered_no_more_is_no_beginning(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    shop = people.create_field(label="Shop", kind="choice", choices=["High  Street", "Quay"], by=boss, now=now)
    settle(boss, now, (shop, "high  street"), priority=3)
    assert [(one.value, one.field) for one in queries.role_rules("leader").fields] == [("High Street", shop)]
    seen = queries.field_version(shop)
    people.change_field(field=shop, version=seen, choices=["Quay"], by=boss, now=now)
    known = queries.role_rules("leader")
    assert ([one.value for one in known.fields], known.version, known.priority) == ([""], 2, 3)
    assert settle(boss, now, (shop, "Quay"), priority=3)


def test_who_loses_an_empty_field_while_a_role_is_filled_keeps_what_was_written(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = make_staff()
    topic, _price = fields(boss, now)
    ann = make_person("Ann", now=now)
    give(ann, "leader", boss, now)
    settle(boss, now, (topic, "Tea"))

    def edited_first(wanted: set[int]) -> list[int]:
        Trait.objects.create(person=ann, field=topic, value="Cooking", set_at=now)
        return held(wanted)

    monkeypatch.setattr(filling, "held", edited_first)
    assert people.fill_defaults(role="leader", version=1, by=boss, now=now) == 0
    assert (traits(ann), told()) == ({"Topic": "Cooking"}, [])


def test_who_gets_a_role_gets_its_values_once_where_nothing_stands(workspace: Workspace, now: datetime) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    assert settle(boss, now, (price, "1200.0"), (topic, "tea"))
    ann, bo = make_person("Ann", now=now), make_person("Bo", now=now, traits={"topic": "Cooking"})
    people.set_role(people=[ann.pk, bo.pk], role="leader", put=Put(by=boss), now=now)
    assert (traits(ann), traits(bo)) == ({"Topic": "Tea", "报价": "1200"}, {"Topic": "Cooking", "报价": "1200"})
    assert told() == [("leader", "bao_jia,topic", "staff"), ("leader", "bao_jia", "staff")]
    edit = people.PersonEdit("Ann", "", "", None, None, traits={"topic": ""})
    people.edit_person(person=ann, version=queries.version(ann), edit=edit, now=now)
    for role in ("leader", "consumer", "employee", "leader"):
        give(ann, role, boss, now)
    assert traits(ann) == {"报价": "1200"}  # kept through other roles; what was emptied by hand stays so
    assert len(told()) == 2


def test_what_somebody_said_of_another_beats_a_value_that_came_with_the_role(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, _price = fields(boss, now)
    told_before = make_person("Ann", now=now - timedelta(days=9), traits={"topic": "Cooking"})
    settle(boss, now, (topic, "Tea"))
    ann = make_person("Ann", now=now)
    give(ann, "leader", boss, now)
    people.merge_people(keep=ann, drop=told_before, by=boss, now=now)
    assert traits(ann) == {"Topic": "Cooking"}


def test_a_role_that_is_taken_back_takes_along_what_it_brought_and_nothing_else(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    settle(boss, now, (price, "1200"), (topic, "Tea"))
    ann = make_person("Ann", now=now)
    done = people.set_role(people=[ann.pk], role="leader", put=Put(by=boss), now=now)
    edit = people.PersonEdit("Ann", "", "", None, None, traits={"bao_jia": "900"})
    people.edit_person(person=ann, version=queries.version(ann), edit=edit, now=now)
    untag_people(before={ann.pk: kept(done[ann.pk])}, how="staff", now=now)
    assert (traits(ann), queries.role_of(ann).role) == ({"报价": "900"}, Role.CONSUMER)
    assert not GivenDefault.objects.exists()


def test_a_file_gives_what_its_columns_say_and_the_rest_with_the_role_and_goes_back(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    settle(boss, now, (price, "1200"), (topic, "Tea"))
    ann = make_person("Ann", now=now, identities={"customer_number": "C-1"})
    file = "customer_number,Topic,role\nC-1,cooking,leader\nC-2,,leader\nC-3,Cars,leader\n"
    of = people.start_import(file=io.BytesIO(file.encode()), filename="kol.csv", kind="people", by=boss, now=now)
    of = people.choose_columns(of=of, columns=queries.suggested_columns(of))
    of = settled(people.choose_options(of=of, options={}), now)
    assert rejects(of) == [(4, "not_a_choice")]
    bo = Person.objects.get(import_id=of.pk)
    assert (traits(ann), traits(bo)) == (
        {"Topic": "Cooking", "报价": "1200"},
        {"Topic": "Tea", "报价": "1200"},
    )
    undo(of, now)
    assert not Trait.objects.exists() and not GivenDefault.objects.exists() and not Person.objects.exclude(pk=ann.pk)


def test_another_value_reaches_those_who_have_the_role_only_when_asked_and_never_over_their_own(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    settle(boss, now, (topic, "Tea"))
    ann, bo, cy, di = (make_person(name, now=now) for name in ("Ann", "Bo", "Cy", "Di"))
    people.set_role(people=[one.pk for one in (ann, bo, cy)], role="leader", put=Put(by=boss), now=now)
    for who, value in ((bo, "Cooking"), (cy, "")):
        edit = people.PersonEdit(who.name, "", "", None, None, traits={"topic": value})
        people.edit_person(person=who, version=queries.version(who), edit=edit, now=now)
    give(di, "leader", boss, now)
    Trait.objects.filter(person=di).delete()
    GivenDefault.objects.filter(person=di).delete()  # had the role before it had this field
    settle(boss, now, (topic, "Cooking"), (price, "5"))
    assert [traits(one).get("Topic") for one in (ann, bo, cy, di)] == ["Tea", "Cooking", None, None]
    seen = [(one.field.label, one.empty, one.earlier, one.same, one.own) for one in queries.would_get("leader")]
    assert seen == [("Topic", 1, 1, 1, 1), ("报价", 4, 0, 0, 0)]
    with pytest.raises(RoleRefused) as late:
        people.fill_defaults(role="leader", version=1, by=boss, now=now)
    assert late.value.reason == "changed"
    assert people.fill_defaults(role="leader", version=2, by=boss, now=now) == 6
    assert [traits(one) for one in (ann, bo, cy, di)] == [
        {"Topic": "Cooking", "报价": "5"}, {"Topic": "Cooking", "报价": "5"}, {"报价": "5"},
        {"Topic": "Cooking", "报价": "5"},
    ]  # fmt: skip
    assert people.fill_defaults(role="leader", version=2, by=boss, now=now) == 0


def test_rules_of_a_role_are_refused_with_the_reason_and_over_somebody_elses_change(
    workspace: Workspace, now: datetime
) -> None:
    boss = make_staff()
    topic, price = fields(boss, now)
    assert settle(boss, now, (topic, "")) and not settle(boss, now, (topic, ""))
    refusals: dict[str, dict[str, Any]] = {
        "changed": {"version": 0},
        "priority": {"priority": 4},
        "unknown_field": {"fields": [WantedField(0)]},
        "twice": {"fields": [WantedField(topic.pk), WantedField(topic.pk)]},
        "bad_value": {"fields": [WantedField(price.pk, "dear")]},
        "nobody_is_given": {"role": "consumer", "version": 0, "fields": [WantedField(topic.pk, "Tea")]},
    }
    for reason, asked in refusals.items():
        given: dict[str, Any] = {"role": "leader", "priority": 1, "version": 1, "fields": [], **asked}
        with pytest.raises(RoleRefused) as refused:
            people.set_role_rules(by=boss, now=now, **given)
        assert refused.value.reason == reason
    assert [(one.role, one.priority) for one in queries.all_role_rules()] == [
        ("leader", 1), ("consumer", 2), ("employee", 3),
    ]  # fmt: skip
    shown = queries.shown_fields("leader", [price, topic]), queries.shown_fields("consumer", [price, topic])
    assert shown == (([topic], [price]), ([], [price]))
