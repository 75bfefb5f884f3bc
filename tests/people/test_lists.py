"""Who sees whom, how people are found, and what a page about them says."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import bulk, clock, crypto
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Identity, LevelProof, OwnKind, Person, PersonTag, Trait
from guanxi.people.operations.creating import hold_identities
from guanxi.people.queries import lists, sides, trait_wanted
from tests.factories.people import csv_file, done, make_person, make_staff, make_unit, uploaded

Wanted = queries.Wanted


def names_of(page: queries.Page) -> list[str]:
    return [person.name for person in page.people]


def test_each_role_sees_its_own_part_of_the_people(workspace: Workspace, now: datetime) -> None:
    north = make_unit("North")
    store, south = make_unit("Store", north), make_unit("South")
    ann = make_staff("Ann", "advisor", store)
    make_person("In store", now=now, unit=store)
    make_person("In north", now=now, unit=north)
    make_person("In south", now=now, unit=south)
    make_person("Of Ann", now=now, owner=ann)
    make_person("Of nobody", now=now)

    def seen(role: str, unit: Any = None) -> set[str]:
        staff = make_staff(f"{role}{unit}", role, unit, email=f"{role}{unit and unit.pk}@lumen.test")
        return set(queries.visible(staff).values_list("name", flat=True))

    everyone = {"In store", "In north", "In south", "Of Ann", "Of nobody"}
    assert [seen(role) for role in ("owner", "operator", "analyst", "auditor")] == [everyone] * 4
    assert seen("manager", north) == {"In store", "In north", "Of Ann"}
    assert seen("manager", store) == {"In store", "Of Ann"}
    assert seen("manager") == everyone
    assert (seen("integrator"), seen("advisor")) == (set(), set())
    assert set(queries.visible(ann).values_list("name", flat=True)) == {"Of Ann"}


@pytest.mark.parametrize("sort", ["name", "newest"])
def test_pages_follow_each_other_without_gap_or_repeat(workspace: Workspace, now: datetime, sort: str) -> None:
    owner = make_staff()
    for i in range(7):
        make_person(f"P{i % 3}", now=now + timedelta(minutes=i // 2))
    found, after = [], ""
    while True:
        page = queries.people_page(owner, Wanted(sort=sort), after=after, size=2)
        found += [person.pk for person in page.people]
        if not (after := page.after):
            break
    order = ("sort_key", "pk") if sort == "name" else ("-created_at", "-pk")
    assert found == list(Person.objects.order_by(*order).values_list("pk", flat=True))


def test_whoever_has_no_name_comes_after_every_name(workspace: Workspace, now: datetime) -> None:
    owner = make_staff()
    people.link_many([people.Call([("cookie", key)], now) for key in "ab"], source="web", now=now)
    for name in ("", "𠮷田", "힣", "Anna", "王小明"):
        make_person(name, now=now)
    found = []
    after = ""
    while (page := queries.people_page(owner, Wanted(sort="name"), after=after, size=2)).people:
        found += names_of(page)
        if not (after := page.after):
            break
    assert found == ["Anna", "王小明", "힣", "𠮷田", "", "", ""]
    assert names_of(queries.people_page(owner, Wanted(sort="name_back")))[:3] == [""] * 3


@pytest.mark.parametrize("mark", ["x", "1", "1~\x00", "abc~def"])
def test_a_cursor_that_was_changed_is_refused(workspace: Workspace, mark: str) -> None:
    with pytest.raises(queries.BadCursor):
        queries.people_page(make_staff(), Wanted(), after=mark)


def test_people_are_found_by_name_address_number_and_last_digits(workspace: Workspace, now: datetime) -> None:
    owner = make_staff()
    make_person("王小明", now=now, identities={"email": "wang@example.test", "phone": "138 0000 2210"})
    make_person("Anna Müller", now=now, identities={"customer_number": "C-7"})

    def found(text: str) -> list[str]:
        return names_of(queries.people_page(owner, Wanted(search=text)))

    for text in ("小明", "王", "WANG@example.test ", "+8613800002210", "13800002210", "2210"):
        assert found(text) == ["王小明"], text
    for text in ("anna", "mül ann", "C-7"):
        assert found(text) == ["Anna Müller"], text
    for text in ("明小", "nobody", "221", "???", "wang@example", "a\x00b"):
        assert found(text) == [], text


def test_people_are_found_by_an_id_of_any_kind_from_any_place(workspace: Workspace, now: datetime) -> None:
    owner = make_staff()
    OwnKind.objects.create(key="card", label="Card", trust="household", keeps="hashed", created_at=now)
    ids = {
        "a": ("plate", "沪A·12345"),
        "b": ("openid", "oX1", "wx-app"),
        "c": ("openid", "oX1", "wx-other"),
        "d": ("shop_customer", "7", "north"),
        "e": ("unionid", "u-9"),
        "f": ("card", "K-1"),
    }
    for name, one in ids.items():
        people.create_person(now=now, name=name, ids={"id": one})

    def found(text: str) -> list[str]:
        return names_of(queries.people_page(owner, Wanted(search=text)))

    assert {text: found(text) for text in ("沪a12345", "oX1", "ox1", "7", "u-9", "K-1", "k-2")} == {
        "沪a12345": ["a"],
        "oX1": ["b", "c"],
        "ox1": [],
        "7": ["d"],
        "u-9": ["e"],
        "K-1": ["f"],
        "k-2": [],
    }
    assert queries.places_of_ids() == {"openid": ["wx-app", "wx-other"], "shop_customer": ["north"]}


def test_filters_narrow_together(workspace: Workspace, now: datetime) -> None:
    store = make_unit("Store")
    ann = make_staff(unit=store)
    one = make_person("One", now=now, owner=ann)
    make_person("Two", now=now, unit=store)
    people.prove_level(level="fan", proof="follow", proofs=[people.Proof(one.pk, now)], now=now)
    assert names_of(queries.people_page(ann, Wanted(unit=store.pk))) == ["One", "Two"]
    assert names_of(queries.people_page(ann, Wanted(unit=store.pk, level="fan"))) == ["One"]
    assert names_of(queries.people_page(ann, Wanted(owner=ann.pk, level="visitor"))) == []
    assert queries.count_people(ann, Wanted(unit=store.pk)) == 2
    assert queries.level_counts(ann) == {"fan": 1, "visitor": 1}


def full_person(workspace: Workspace, now: datetime, number: int) -> Person:
    email = f"p{number}@example.test"
    person = make_person(f"P{number}", now=now, identities={"email": email, "phone": f"138000022{number:02d}"})
    address = crypto.lookup(workspace.pk, "email", email)
    governance.give_consent(channel="email", address=address, purpose="marketing", source="form", now=now)
    governance.suppress(channel="email", address=address, reason="manual", now=now)
    people.prove_level(level="fan", proof="follow", proofs=[people.Proof(person.pk, now)], now=now)
    field, _ = Field.objects.get_or_create(key="points", defaults={"label": "Points", "kind": "number"})
    Trait.objects.create(person=person, field=field, value="12.5")
    return person


def test_a_card_says_everything_with_addresses_masked(workspace: Workspace, now: datetime) -> None:
    person = full_person(workspace, now, 10)
    card = queries.card(person)
    assert [(one.kind, one.shown, one.suppressed) for one in card.identities] == [
        ("email", "p•••@example.test", "manual"),
        ("phone", "•••• 2210", ""),
    ]
    assert [(one.label, one.value) for one in card.traits] == [("Points", 12.5)]
    assert [(one.channel, one.purpose, one.granted, one.at, one.source) for one in card.consents] == [
        ("email", "marketing", True, now, "form")
    ]
    assert card.level_proof is not None
    assert (card.person.level, card.level_proof.proof, card.level_proof.since) == ("fan", "follow", now)


def test_an_erased_person_has_nothing_to_unseal(workspace: Workspace, now: datetime) -> None:
    person = full_person(workspace, now, 10)
    Person.objects.update(salt=None)
    card = queries.card(person)
    assert [one.shown for one in card.identities] == ["", "•••• 2210"]
    with pytest.raises(queries.NoAddress):
        queries.address_of(card.identities[0].id)


def test_cards_and_pages_take_as_many_queries_for_three_as_for_one(workspace: Workspace, now: datetime) -> None:
    owner = make_staff()
    counted = []
    for numbers in ((1,), (2, 3)):
        for number in numbers:
            full_person(workspace, now, number)
        ids = list(Person.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as said:
            assert len(queries.cards(ids)) == len(queries.people_page(owner, Wanted()).people) == len(ids)
        counted.append(len(said))
    assert counted[0] == counted[1] <= 11


def test_the_lake_gets_people_with_typed_traits(workspace: Workspace, now: datetime) -> None:
    person = full_person(workspace, now, 1)
    other = make_person("Plain", now=now, country="KR", language="ko")
    rows = queries.mirrored([person.pk, other.pk, 10**9]).to_pylist()
    beside = {"role": "consumer", "member": False, "strong_until": None, "neutral_until": None}
    assert sorted(rows, key=lambda row: row["person"]) == [
        {"person": person.pk, "level": "fan", "owner": None, "unit": None, "locale": "", "country": ""}
        | {"created_at": now, "traits": '{"points":12.5}'}
        | beside,
        {"person": other.pk, "level": "visitor", "owner": None, "unit": None, "locale": "ko", "country": "KR"}
        | {"created_at": now, "traits": "{}"}
        | beside,
    ]
    assert queries.mirrored([]).num_rows == 0


def test_a_lookup_answers_only_for_those_who_are_known(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now, identities={"customer_number": "7"})
    assert queries.lookup_by_identity("customer_number", ["7", "8"]) == {"7": person.pk}


def listed(staff: Staff, wanted: queries.Wanted) -> list[int]:
    found: list[int] = []
    after = ""
    while True:
        page = queries.people_page(staff, wanted, after=after, size=7)
        found += [person.pk for person in page.people]
        if not (after := page.after):
            return found


@pytest.mark.parametrize("seed", range(2))
def test_every_filter_in_every_order_gives_what_a_look_at_each_person_gives(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """With limits so low that rare and common sides, near and far ones, all occur among fifty people."""
    monkeypatch.setattr(sides, "FEW", 6)
    monkeypatch.setattr(lists, "WINDOW", 9)
    monkeypatch.setattr(lists, "MET_WITHIN", 20)
    dice, boss = random.Random(seed), make_staff("Boss")
    store, ann = make_unit("Store"), make_staff("Ann", "advisor")
    city, points = (Field.objects.create(key=key, label=key, kind=kind) for key, kind in KINDS)
    group = people.create_tag_group(name="Kind", by=boss, now=now)
    tags = people.create_tags(group=group, names=["A", "B", "C"], by=boss, now=now)
    first, second, third = tags
    known: dict[int, dict[str, Any]] = {}
    for number in range(50):
        one: dict[str, Any] = {
            "name": dice.choice(["王明", "王芳", "李明", "Anna Lee", "Ann Li", ""]),
            "level": dice.choice(["visitor", "fan"]),
            "owner": dice.choice([None, ann]),
            "unit": dice.choice([None, store]),
            "source": dice.choice(["import", "api"]),
            "added": now - timedelta(days=dice.randrange(5)),
            "seen": dice.choice([None, now - timedelta(days=dice.randrange(5))]),
            "email": dice.random() < 0.6,
            "city": dice.choice(["", "上海", "北京"]),
            "points": dice.choice(["", "2", "10", "-1.5"]),
        }
        identities = {"email": f"p{number}@example.test"} if one["email"] else {"customer_number": f"N{number}"}
        traits = {key: one[key] for key, _kind in KINDS}
        one["tags"] = {tag for tag in tags if dice.random() < 0.4}
        one["role"] = dice.choice(["consumer", "leader", "employee"])
        person = make_person(one["name"], now=one["added"], identities=identities, traits=traits, source=one["source"])
        Person.objects.filter(pk=person.pk).update(
            level=one["level"], owner=one["owner"], unit=one["unit"], last_seen_at=one["seen"]
        )
        people.tag_people(people=[person.pk], add=list(one["tags"]), put=people.Put(by=boss), now=now)
        people.set_role(people=[person.pk], role=one["role"], put=people.Put(by=boss), now=now)
        one["member"], one["close"] = dice.random() < 0.5, None
        if one["member"]:
            people.join(person=person, since=now, proof="staff", now=now)
        if dice.random() < 0.7:
            one["close"] = clock.now() + timedelta(days=dice.randint(-30, 60), seconds=len(known))
            people.hold_strength([(person.pk, one["close"] - timedelta(days=20), one["close"])])
        one["fan"] = [stretch(now, dice) for _ in range(dice.randrange(3))]
        for since, end in one["fan"]:
            LevelProof.objects.create(person=person, level="fan", proof="follow", since=since, ended_at=end)
        known[person.pk] = one | {"key": person.sort_key}
    day = timezone.localtime(now, ZoneInfo("Asia/Shanghai")).date() - timedelta(days=2)
    filters: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
        ({"level": "fan"}, lambda one: one["level"] == "fan"),
        ({"owner": ann.pk}, lambda one: one["owner"] == ann),
        ({"owner": "none"}, lambda one: one["owner"] is None),
        ({"unit": store.pk}, lambda one: one["unit"] == store),
        ({"source": "api"}, lambda one: one["source"] == "api"),
        ({"added_from": day}, lambda one: one["added"].date() >= day),
        ({"seen_to": day}, lambda one: one["seen"] is not None and one["seen"].date() <= day),
        ({"email": False}, lambda one: not one["email"]),
        ({"search": "王"}, lambda one: "王" in one["name"]),
        ({"search": "w"}, lambda one: "王" in one["name"]),
        ({"search": "ann l"}, lambda one: one["name"].startswith("Ann")),
        ({"traits": (trait_wanted(city.pk, "text", value="上海"),)}, lambda one: one["city"] == "上海"),
        (
            {"traits": (trait_wanted(points.pk, "number", least="-2", most="9"),)},
            lambda one: one["points"] in ("2", "-1.5"),
        ),
        ({"tags_any": (first.pk, second.pk)}, lambda one: {first, second} & one["tags"]),
        ({"tags_all": (first.pk, third.pk)}, lambda one: {first, third} <= one["tags"]),
        ({"tags_none": (second.pk, third.pk)}, lambda one: not {second, third} & one["tags"]),
        ({"role": "leader"}, lambda one: one["role"] == "leader"),
        ({"role": "consumer"}, lambda one: one["role"] == "consumer"),
        ({"strength": "strong"}, lambda one: band(one) == "strong"),
        ({"strength": "neutral"}, lambda one: band(one) == "neutral"),
        ({"strength": "weak"}, lambda one: band(one) == "weak"),
        ({"member": True}, lambda one: one["member"]),
        ({"member": False}, lambda one: not one["member"]),
        ({"reached": "fan", "reached_from": day}, lambda one: any(at.date() >= day for at, _end in whole(one))),
        ({"lost_to": day}, lambda one: any(end and end.date() <= day for _at, end in whole(one))),
        ({"lost": "friend"}, lambda one: False),
        ({}, lambda one: True),
    ]
    for sort in queries.ORDERS:
        for asked, fits in filters:
            more, also = dice.choice(filters)
            wanted = Wanted(**(asked | {k: v for k, v in more.items() if k not in asked}), sort=sort)
            both = not asked.keys() & more.keys()
            right = [pk for pk, one in known.items() if fits(one) and (not both or also(one))]
            assert listed(boss, wanted) == in_order(right, known, sort), wanted
            assert queries.count_people(boss, wanted) == len(right), wanted
            if sort in ("name", "unseen"):
                anns = [pk for pk in right if known[pk]["owner"] == ann]
                assert listed(ann, wanted) == in_order(anns, known, sort), wanted
        all_of_ann = [pk for pk, one in known.items() if one["owner"] == ann]
        assert listed(ann, Wanted(sort=sort)) == in_order(all_of_ann, known, sort), sort


def test_the_days_of_a_list_ask_once_in_which_zone_they_are(workspace: Workspace, now: datetime) -> None:
    boss, day = make_staff(), now.date()
    wanted = Wanted(reached="fan", reached_from=day, lost_to=day, added_from=day, seen_to=day)
    with CaptureQueriesContext(connection) as asked:
        queries.people_page(boss, wanted)
    assert sum('"timezone"' in one["sql"] for one in asked) == 1


def test_counting_stops_early_and_says_so(workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = make_staff()
    for _number in range(4):
        make_person("王伟", now=now)
    monkeypatch.setattr(sides, "FEW", 1)
    for bound, counted in ((3, (3, True)), (4, (4, False))):
        monkeypatch.setattr(lists, "LOOKED_UP_TO", bound)
        assert queries.counted(queries.find_people(boss, Wanted(search="王"))) == counted
        monkeypatch.setattr(lists, "COUNTED_UP_TO", bound)
        assert queries.counted(queries.find_people(boss, Wanted())) == counted


KINDS = (("city", "text"), ("points", "number"))


def band(one: dict[str, Any]) -> str:
    if one["close"] is None or one["close"] <= clock.now():
        return "weak"
    return "strong" if one["close"] - timedelta(days=20) > clock.now() else "neutral"


def stretch(now: datetime, dice: random.Random) -> tuple[datetime, datetime | None]:
    since = now - timedelta(days=dice.randrange(1, 6), seconds=dice.randrange(60))
    return since, dice.choice([None, since + timedelta(days=dice.randrange(1, 3), seconds=dice.randrange(60))])


def whole(one: dict[str, Any]) -> list[tuple[datetime, datetime | None]]:
    """The stretches on a level, those that meet taken as one."""
    found: list[tuple[datetime, datetime | None]] = []
    for since, end in sorted(one["fan"], key=lambda each: each[0]):
        if found and (found[-1][1] is None or since <= found[-1][1]):
            first, last = found.pop()
            found.append((first, None if last is None or end is None else max(last, end)))
        else:
            found.append((since, end))
    return found


def in_order(people: list[int], known: dict[int, dict[str, Any]], sort: str) -> list[int]:
    column, back = queries.ORDERS[sort]
    name = {"sort_key": "key", "created_at": "added", "last_seen_at": "seen"}.get(column, "close")

    def place(pk: int) -> tuple[Any, ...]:
        value = known[pk][name]
        return (False, pk) if value is None else (True, value, pk)

    return sorted(people, key=place, reverse=bool(back))


def test_addresses_that_come_move_and_go_are_followed_whoever_writes(workspace: Workspace, now: datetime) -> None:
    one, other = make_person(now=now, identities={"email": "a@example.test"}), make_person(now=now)

    def has() -> list[tuple[bool, bool]]:
        return [*Person.objects.order_by("pk").values_list("has_email", "has_phone")]

    assert has() == [(True, False), (False, False)]
    Identity.objects.update(person=other)
    assert has() == [(False, False), (True, False)]
    hold_identities(one, {"": ("phone", "+8613800002210")}, source="", now=now)
    assert has() == [(False, True), (True, False)]
    Identity.objects.all().delete()
    assert has() == [(False, False), (False, False)]


PEOPLE = 20_000


def test_lists_of_many_people_use_indexes(workspace: Workspace, now: datetime) -> None:
    ann, store = make_staff(), make_unit("Store")
    rows = [
        (f"{'王李张刘'[i % 4]}小{'明伟芳娜'[i % 3]}", str(i), "Store" if i % 50 == 0 else "") for i in range(PEOPLE)
    ]
    columns = {"Name": "name", "No": "customer_number", "Unit": "unit"}
    done(uploaded(csv_file(list(columns), *rows), columns, now=now), now)
    manager = make_staff("Max", "manager", store)
    city, points = (Field.objects.create(key=key, label=key, kind=kind) for key, kind in KINDS)
    ids = [*Person.objects.order_by("pk").values_list("pk", flat=True)]
    marked = [(pk, city.pk, f"C{pk % 3}") for pk in ids] + [(pk, points.pk, str(pk % 100)) for pk in ids]
    bulk.insert(Trait, ["person_id", "field_id", "value"], marked)
    group = people.create_tag_group(name="Kind", by=ann, now=now)
    tag, other = people.create_tags(group=group, names=["A", "B"], by=ann, now=now)
    carried = [(pk, tag.pk, tag.pk, now, "staff", "") for pk in ids[::2]]
    bulk.insert(PersonTag, ["person_id", "tag_id", "slot", "since", "how", "reason"], carried)
    common = (trait_wanted(city.pk, "text", value="C1"),)
    rare = (trait_wanted(points.pk, "number", least="99"),)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("guanxi_app",)
    first = queries.people_page(ann, Wanted())
    asked = {
        "by name": lambda: queries.people_page(ann, Wanted(), after=first.after),
        "newest": lambda: queries.people_page(ann, Wanted(sort="newest")),
        "one level": lambda: queries.people_page(ann, Wanted(level="fan")),
        "one unit": lambda: queries.people_page(ann, Wanted(unit=store.pk)),
        "of a manager": lambda: queries.people_page(manager, Wanted()),
        "an owner": lambda: queries.people_page(ann, Wanted(owner=ann.pk)),
        "a name": lambda: queries.people_page(ann, Wanted(search="张小芳")),
        "a common name": lambda: queries.people_page(ann, Wanted(search="小")),
        "behind a common name": lambda: queries.people_page(ann, Wanted(search="小"), after=first.after),
        "a common beginning": lambda: queries.people_page(ann, Wanted(search="x", sort="name_back", traits=common)),
        "a number": lambda: queries.people_page(ann, Wanted(search="777")),
        "a plate": lambda: queries.people_page(ann, Wanted(search="沪A12345")),
        "last digits": lambda: queries.people_page(ann, Wanted(search="7777")),
        **{sort: partial(queries.people_page, ann, Wanted(sort=sort)) for sort in queries.ORDERS},
        "nobody's": lambda: queries.people_page(ann, Wanted(owner="none", unit="none")),
        "a source": lambda: queries.people_page(ann, Wanted(source="staff")),
        "days": lambda: queries.people_page(ann, Wanted(added_from=now.date(), seen_to=now.date(), sort="seen")),
        "addresses": lambda: queries.people_page(ann, Wanted(email=True, phone=False)),
        "a common trait": lambda: queries.people_page(ann, Wanted(traits=common)),
        "a rare trait": lambda: queries.people_page(ann, Wanted(traits=rare)),
        "traits and a name": lambda: queries.people_page(ann, Wanted(search="王", traits=common, sort="newest")),
        "any tag": lambda: queries.people_page(ann, Wanted(tags_any=(tag.pk, other.pk))),
        "all tags": lambda: queries.people_page(ann, Wanted(tags_all=(tag.pk, other.pk), sort="newest")),
        "no tag": lambda: queries.people_page(ann, Wanted(tags_none=(tag.pk,))),
        "a role": lambda: queries.people_page(ann, Wanted(role="leader")),
        "strong": lambda: queries.people_page(ann, Wanted(strength="strong", sort="close")),
        "weak members": lambda: queries.people_page(ann, Wanted(strength="weak", member=True)),
        "no role": lambda: queries.people_page(ann, Wanted(role="consumer", sort="seen")),
        "became fans": lambda: queries.people_page(ann, Wanted(reached="fan", reached_from=now.date())),
        "lost a level": lambda: queries.people_page(ann, Wanted(lost_from=now.date(), lost_to=now.date(), search="小")),
        "sources": queries.sources,
        "cards": lambda: queries.cards([person.pk for person in first.people]),
    }
    scans = {name: found for name, ask in asked.items() if (found := whole_table_scans(ask))}
    assert scans == {}


def whole_table_scans(ask: Any) -> list[str]:
    """The large tables that are read from end to end when this is asked, and comparisons that may tell of rows of
    others, so that the lock keeps them from every index."""
    with CaptureQueriesContext(connection) as said:
        ask()
    found = []
    for query in said.captured_queries:
        if query["sql"].lstrip().startswith(("SELECT", "WITH")):
            with connection.cursor() as cursor:
                # The rows of this test are not analysed: what counts is whether the lock leaves an index to use at all.
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
                plan = "\n".join(row[0] for row in cursor.fetchall())
            found += re.findall(r"Seq Scan on (people_(?:person|identity|nameword|trait|persontag|levelproof))", plan)
            found += re.findall(r"Filter: .*( !?~~?\*? | @> | && ).*", plan)
    return found
