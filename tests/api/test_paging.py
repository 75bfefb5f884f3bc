"""Pages of a list: nothing twice, nothing left out, whatever is added meanwhile."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.api.v1.examples import REQUESTS
from guanxi.api.v1.examples import ids as examples
from guanxi.api.v1.shapes import packed
from guanxi.content import operations as contents
from guanxi.content.models import Content
from guanxi.content.queries import Words
from guanxi.governance.models import ApiKey, Workspace
from guanxi.kit import clock, keys
from guanxi.people import operations as people
from guanxi.people.models import NameWord, Person
from tests.api.callers import Caller, caller, key_of
from tests.api.test_document import BY_ID
from tests.api.worlds import World


@pytest.fixture
def calls(workspace: Workspace) -> Caller:
    return caller()


def add(kind: str, name: str) -> None:
    now = clock.now()
    if kind == "contents":
        contents.save_content(name=name, variants=[Words("en", "a", "b")], fall_back=False, by=None, now=now)
    else:
        people.create_person(now=now, name=name)


def walk(calls: Caller, path: str, limit: int, between: Any) -> list[str]:
    found, after = list[str](), ""
    while True:
        ApiKey.objects.update(busy_until=None)
        mark = f"&after={after}" if after else ""
        part = calls.get(f"{path}limit={limit}{mark}")
        found += [one["id"] for one in part["data"]]
        assert part["has_more"] == (part["next_cursor"] is not None)
        if not part["has_more"]:
            return found
        assert len(part["data"]) == limit
        after = part["next_cursor"]
        between()


@pytest.mark.parametrize("path", ["/contents?", "/people?", "/people?sort=newest&"])
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(many=st.integers(0, 9), limit=st.integers(1, 4), seed=st.integers(0, 999))
def test_what_was_there_is_found_once_while_more_comes(
    calls: Caller, path: str, many: int, limit: int, seed: int
) -> None:
    chance, kind = random.Random(seed), path[1:].partition("?")[0]
    for model in (Content, NameWord, Person):
        model.objects.all().delete()
    for _ in range(many):
        add(kind, chance.choice("abcdefg"))
    before = walk(calls, path, 200, lambda: None)
    coming = list("abcdefg"[: chance.randrange(8)])

    def more() -> None:
        if coming:
            add(kind, coming.pop(chance.randrange(len(coming))))

    found = walk(calls, path, limit, more)
    assert len(found) == len(set(found))
    assert [one for one in found if one in before] == before


# The marks of these that each list takes. Those without any are of a member, sealed, or
# hold a name.
MARKS = {
    "list_notices": "ntc", "list_people": "", "list_timeline": "packed moment", "list_notes": "packed nte",
    "list_friends": "frd", "list_friend_handovers": "fho", "list_follows": "flw", "list_groups": "grp",
    "list_members": "", "list_referrals": "ref", "list_merges": "mrg", "list_duplicates": "dup", "list_exports": "pex",
    "list_files": "fil", "list_fields": "fld", "list_bulks": "blk", "list_people_exports": "exp",
    "list_imports": "imp", "list_audiences": "aud", "list_audience_people": "psn", "list_audience_members": "psn",
    "list_contents": "cnt", "list_broadcasts": "brd", "list_doubtful": "msg", "list_channels": "acc",
    "list_suppressions": "sup", "list_webhooks": "end", "list_deliveries": "dlv", "list_sources": "src",
    "list_sent_events": "evn", "list_arrivals": "", "list_staff": "stf", "list_units": "unt",
    "list_waiting": "waiting psn", "list_audit_entries": "packed number",
}  # fmt: skip
IDS = {one[:3]: one for one in vars(examples).values() if isinstance(one, str) and keys.PATTERN.match(one)}


def marks(world: World) -> dict[str, str]:
    """Of every kind of list."""
    here, at = world.real(IDS), "2026-11-21T04:00:00+00:00"
    two = {"number": "7", "moment": f"{at}~{'0' * 32}", "nte": f"{at}~{here['nte']}", "stf": f"{at}~{here['stf']}"}
    packed = {f"packed {kind}": urlsafe_b64encode(one.encode()).decode().rstrip("=") for kind, one in two.items()}
    waiting = {f"waiting {kind}": f"1.20261121T040000000000.{here[kind]}" for kind in ("psn", "stf")}
    return {kind: one for kind, one in here.items() if kind in MARKS.values()} | packed | waiting


def test_no_list_takes_the_mark_of_another(world: World) -> None:
    calls, taken = key_of(world.boss)[1], {}
    for name, (_method, path, told) in BY_ID.items():
        if "after" not in {one["name"] for one in told.get("parameters", ())}:
            continue
        address = path.removeprefix("/api/v1").format(**world.real(dict(REQUESTS[name].path)))
        kinds = []
        for kind, mark in marks(world).items():
            ApiKey.objects.update(busy_until=None)
            answer = calls.send("GET", f"{address}?after={mark}")
            if answer.status_code == 200:
                kinds.append(kind)
            else:
                assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), (name, kind)
        taken[name] = ", ".join(kinds)
    assert taken == MARKS


@pytest.mark.parametrize("path", ["/people", "/contents"])
def test_a_longer_list_asks_no_more(calls: Caller, path: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            calls.get(path)
        return len(queries)

    add(path[1:], "a")
    one = asked()
    for name in ("b", "c"):
        add(path[1:], name)
    assert asked() == one


NO_TIMES = [
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-14:00",
    "2026-12-01T10:00:00",
    "99999-01-01T00:00:00Z",
]


@pytest.mark.parametrize("time", NO_TIMES)
def test_a_mark_whose_time_is_in_no_calendar_is_refused(calls: Caller, time: str) -> None:
    somebody = people.create_person(now=clock.now(), name="Ada").public_id
    paths = [
        (f"/people?sort={sort}&", f"{somebody}~{time}") for sort in ("newest", "oldest", "seen", "unseen", "close")
    ]
    paths += [
        (f"/people/{somebody}/timeline?", f"{time}~{'0' * 32}"),
        (f"/people/{somebody}/notes?", f"{time}~{keys.new('not')}"),
    ]
    for path, mark in paths:
        assert calls.get(f"{path}after={packed(mark)}", 400)["code"] == "bad_cursor", path


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_the_first_and_the_last_time_of_the_calendar_are_marks(calls: Caller, time: str) -> None:
    somebody = people.create_person(now=clock.now(), name="Ada").public_id
    for sort in ("newest", "oldest", "seen", "unseen", "close"):
        calls.get(f"/people?sort={sort}&after={packed(f'{somebody}~{time}')}")
    calls.get(f"/people/{somebody}/timeline?after={packed(time + '~' + '0' * 32)}")
