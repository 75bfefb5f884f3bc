"""People who look alike are proposed, never merged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import DuplicateSearch, Field, Merge, Pair, Person
from guanxi.people.queries.similar import likely_pairs, name_parts, rows_of
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
