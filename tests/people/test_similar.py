"""People who look alike are proposed, never merged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import DuplicateSearch, Field, Merge, Pair, Person
from guanxi.people.queries.similar import likely_pairs, name_parts, rows_of, word_of_names
from guanxi.people.rules.meanings import meanings
from tests.factories.people import make_person

GIVEN = ["Emma", "Jonas", "Luca", "Ana", "Marta", "Oskar", "Petra", "Ivan", "Nora", "Felix"]
FAMILY = ["Fischer", "Weber", "Novak", "Rossi", "Silva", "Keller", "Lindt", "Moreau"]


@pytest.mark.parametrize(
    ("name", "same"),
    [("李伟", "李玮"), ("Zoë Müller", "zoe muller"), ("김민준", "김민준 ")],
)
def test_names_are_compared_as_they_sound(name: str, same: str) -> None:
    assert name_parts(name) == name_parts(same) != ("", "")


def test_a_search_proposes_who_looks_alike_and_leaves_the_others(workspace: Workspace, now: datetime) -> None:
    Field.objects.create(key="birthday", label="Birthday", kind="date")
    Field.objects.create(key="city", label="City")
    for number, (given, family) in enumerate((g, f) for g in GIVEN for f in FAMILY):
        day = (datetime(1960, 1, 1) + timedelta(days=173 * number)).date().isoformat()
        traits = {"birthday": day, "city": f"City {number % 17}"}
        make_person(f"{given} {family}", now=now, identities={"email": f"p{number}@example.test"}, traits=traits)
    first = Person.objects.get(name="Emma Fischer")
    twin = make_person(
        "Ema Fischer", now=now, identities={"phone": "+8613900001234"},
        traits={"birthday": "1960-01-01", "city": "City 0"},
    )  # fmt: skip
    of = people.search_duplicates(by=None, now=now)
    with pytest.raises(people.SearchRefused, match="at_work"):
        people.search_duplicates(by=None, now=now)
    assert people.search_lane(now=now) and not people.search_lane(now=now)
    of.refresh_from_db()
    assert (of.state, of.people, of.found) == ("done", 81, 1)
    pair = Pair.objects.get()
    assert (pair.first, pair.second, pair.origin, pair.state) == (first, twin, "similar", "open")
    assert pair.evidence == {"for": ["name_near", "birth_same", "place_same"]} and pair.weight >= 900
    assert not Merge.objects.exists()

    people.decide_pair(pair=pair, state="distinct", by=None, now=now)
    people.search_duplicates(by=None, now=now)
    people.search_lane(now=now)
    assert DuplicateSearch.objects.latest("pk").found == 0 and Pair.objects.get().state == "distinct"


def test_what_is_mistyped_turned_or_left_out_is_proposed_and_a_frequent_name_alone_is_not() -> None:
    def born(number: int) -> str:
        return (datetime(1960, 1, 1) + timedelta(days=173 * number)).date().isoformat()

    everybody: list[dict[str, Any]] = [
        {"id": number, "name": f"{given} {family}", "birth": born(number), "place": f"town {number % 17}"}
        for number, (given, family) in enumerate((g, f) for g in GIVEN for f in FAMILY)
    ]
    everybody += [
        {"id": 100 + number, "name": "Wei Li", "birth": born(3 * number + 1), "place": f"town {number % 6}"}
        for number in range(12)
    ]
    everybody += [{"id": 120 + number, "name": "Wei Li"} for number in range(3)]
    turned = next(one for one in everybody[40:] if one["birth"][8:] <= "12" and one["birth"][8:] != one["birth"][5:7])
    year, month, day = turned["birth"].split("-")
    again = {
        5: ({"name": "Keller Emma", "place": None}, {"name_swapped", "birth_same"}),
        turned["id"]: ({"birth": f"{year}-{day}-{month}"}, {"name_same", "birth_near", "place_same"}),
        17: ({"name": "Lucca Weber"}, {"name_near", "birth_same", "place_same"}),
        28: ({"birth": everybody[28]["birth"][:7]}, {"name_same", "birth_part", "place_same"}),
        33: ({"birth": everybody[33]["birth"][:4]}, {"name_same", "birth_part", "place_same"}),
    }
    twins = [everybody[of] | {"id": 200 + of} | change for of, (change, _why) in again.items()]
    found = {(pair.one, pair.other): set(pair.why) for pair in likely_pairs(rows_of([*everybody, *twins]))}
    assert found == {(of, 200 + of): why for of, (_change, why) in again.items()}


def test_a_workspace_with_nobody_is_searched_too(workspace: Workspace, now: datetime) -> None:
    of = people.search_duplicates(by=None, now=now)
    people.search_lane(now=now)
    of.refresh_from_db()
    assert (of.state, of.people, of.found) == ("done", 0, 0)


@pytest.mark.parametrize("have", [0, 20])
def test_what_is_mistyped_or_turned_is_proposed_where_few_dates_are_known(have: int) -> None:
    names = [f"{given} {family}" for given in GIVEN for family in FAMILY]
    everybody: list[dict[str, Any]] = [{"id": number, "name": name} for number, name in enumerate(names)]
    for number in range(have):
        everybody[4 * number]["birth"] = (datetime(1960, 1, 1) + timedelta(days=173 * number)).date().isoformat()
    twins = [
        {"id": 200, "name": "Ida Papadaki", "birth": "1971-03-12"},
        {"id": 201, "name": "Ida Papadaki", "birth": "1971-12-03"},
        {"id": 202, "name": "Theodora Papadaki", "birth": "1969-07-19"},
        {"id": 203, "name": "Theodorra Papadaki", "birth": "1969-07-19"},
    ]
    found = {(pair.one, pair.other) for pair in likely_pairs(rows_of([*everybody, *twins]))}
    assert found == {(200, 201), (202, 203)}


@pytest.mark.parametrize(
    ("word", "names", "said"),
    [
        ("name_same", ("王晓敏", "王小敏"), "name_sound"),
        ("name_same", ("王晓敏", "王晓敏 "), "name_same"),
        ("name_same", ("Xiaoming Wang", "王小明"), "name_sound"),
        ("name_same", ("Zoë Müller", "zoe muller"), "name_near"),
        ("name_same", ("Zoë  Müller", "zoë MÜLLER"), "name_same"),
        ("name_swapped", ("Emma Keller", "Keller Emma"), "name_swapped"),
        ("name_same", ("김민준", "김민준"), "name_same"),
    ],
)
def test_names_that_only_sound_the_same_are_said_to(word: str, names: tuple[str, str], said: str) -> None:
    assert word_of_names(word, *names) == said


def test_fields_are_known_by_their_kind_and_by_their_usual_names() -> None:
    fields = [
        (1, "date", "sheng_ri", "生日"),
        (2, "text", "cheng_shi", "城市"),
        (3, "date", "field", "생년월일"),
        (4, "text", "birthday", "Birthday"),
        (5, "text", "field_2", "우편번호"),
        (6, "yes_no", "city", "City"),
        (7, "date", "joined", "Joined on"),
        (8, "choice", "home", "Street-Address"),
        (9, "text", "dizhi", "家庭住址"),
    ]
    found = meanings(fields)
    assert sorted(found) == [1, 2, 3, 4, 5, 8, 9]
    assert [of for of in found if found[of] == "birth"] == [1, 3, 4]
    assert [of for of in found if found[of] == "place"] == [5, 2]
    assert [of for of in found if found[of] == "other"] == [9, 8]


def test_a_search_reads_fields_that_are_called_in_chinese(workspace: Workspace, now: datetime) -> None:
    Field.objects.create(key="sheng_ri", label="生日", kind="date")
    for name in ("王晓敏", "王小敏"):
        make_person(name, now=now, traits={"sheng_ri": "1988-02-03"})
    for number, given in enumerate(GIVEN):
        make_person(f"{given} {FAMILY[number % 8]}", now=now)
    people.search_duplicates(by=None, now=now)
    people.search_lane(now=now)
    assert Pair.objects.get().evidence == {"for": ["name_sound", "birth_same"]}
