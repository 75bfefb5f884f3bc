"""Settings of strength: looked at, saved, and refused over somebody else's change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from guanxi.connections import queries
from guanxi.connections.models import Bond
from guanxi.connections.queries import fitting
from guanxi.console.people.strength import closeness
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from tests.connections.test_fitting import drawn
from tests.console.visitors import Visitor, lumen, owner, visitor
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]
KINDS = tuple(queries.StrengthValues().weights)


def test_what_moves_is_seen_first_and_who_saves_over_another_is_refused(owner: Visitor) -> None:
    values: dict[str, Any] = {**queries.StrengthValues().values(), "order": 0.8, "version": 0}
    assert "Nobody changes bands." in owner.post("strength", status=200, act="look", **values)
    assert queries.strength_settings().version == 0
    owner.post("strength", act="save", **values)
    assert "They ordered: 1.5 → 0.8" in owner.get("audit")
    page = owner.post("strength", status=409, act="save", **{**values, "order": 0.9})
    assert "Somebody saved meanwhile." in page and 'name="version" value="1"' in page
    assert "At least one kind" in owner.post("strength", status=422, **{**values, **dict.fromkeys(KINDS, 0)})
    assert queries.strength_settings().rules.weights["order"] == 0.8


def test_edges_are_proposed_from_data_taken_by_a_person_and_refused_without_enough(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Too few to learn from: 0 people" in owner.get("strength_fit")
    some = drawn(4_000, 0.6)
    monkeypatch.setattr(fitting, "cases", lambda *_given: some)
    page = owner.get("strength_fit")
    fit = queries.strength_fit(datetime.now(UTC))
    assert f"<b>{fit.strong_above:g}</b>" in page and "Use these edges" in page
    edges: dict[str, Any] = {"weak_below": f"{fit.weak_below:.2f}", "strong_above": f"{fit.strong_above:.2f}"}
    assert "Something changed" in owner.post("strength_fit", status=409, version=1, **edges)
    owner.post("strength_fit", version=0, **edges)
    known = queries.strength_settings()
    assert (known.rules.strong_above, known.fitted["cases"]) == (fit.strong_above, 4_000)
    assert "The edges were fitted on 4,000 people" in owner.get("strength")


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_year_that_is_a_slip_is_refused_wherever_a_day_is_typed(owner: Visitor, now: datetime, day: str) -> None:
    lin = make_person("Lin", now=now).public_id
    said = "This day is before 1900 or after 2199. Check the year."
    assert said in owner.post("person_touch", lin, status=422, kind="meeting", day=day)
    assert said in owner.post("person_join", lin, status=422, since=day)
    owner.post("person_platform", lin, platform="weibo", followers="12", as_of=day)
    assert '<b class="num">12</b>' not in owner.get("person", lin)


def days(owner: Visitor, first: str, last: str, status: int) -> str:
    asked: dict[str, Any] = {"from": first, "to": last}
    return owner.get("ladder", status=status, **asked)


def test_days_of_the_ladder_that_do_not_go_together_are_said_on_its_page(owner: Visitor) -> None:
    turned = days(owner, "2026-10-02", "2026-10-01", 422)
    assert "The first day is after the last." in turned and "The last 90 days are shown." in turned
    assert "That is more than two years." in days(owner, "2020-01-01", "2026-10-01", 422)
    days(owner, "2026-10-01", "2026-10-01", 200)


def test_the_page_of_an_opinion_leader_begins_with_whom_they_reach(owner: Visitor, now: datetime) -> None:
    lin = make_person("Lin", now=now)
    owner.post("person_platform", lin.public_id, platform="weibo", followers="128000", handle="linsays")
    owner.post("person_platform", lin.public_id, platform="zhihu", followers="many")
    page = owner.get("person", lin.public_id)
    assert '<b class="num">128,000</b> Weibo' in page and "Write how many they are, in digits." in page
    assert page.index("Followers on platforms</h3>") > page.index("Strength</h3>")
    owner.post("person_role", lin.public_id, role="leader")
    page = owner.get("person", lin.public_id)
    assert page.index("Followers on platforms</h3>") < page.index("Strength</h3>")
    owner.post("person_platform_remove", lin.public_id, platform="weibo")
    assert "Nothing is known of them elsewhere." in owner.get("person", lin.public_id)


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Followers on all platforms"), ("zh-hans", "全平台粉丝数"), ("ko", "전체 플랫폼 팔로워")],
)
def test_followers_are_named_and_written_in_the_readers_language(
    owner: Visitor, now: datetime, language: str, name: str
) -> None:
    lin, boss = make_person("Lin", now=now), User.objects.get(email="owner@example.test")
    governance.set_appearance(user=boss, language="ko" if language == "en" else "en")
    visitor("owner@example.test").post("person_platform", lin.public_id, platform="weibo", followers="193000")
    governance.set_appearance(user=boss, language=language)
    here = visitor("owner@example.test")
    assert f"<dt>{name}</dt><dd>193,000</dd>" in here.get("person", lin.public_id)
    asked: dict[str, Any] = {"cols": "trait:followers_total", "least:followers_total": "5"}
    page = here.get("people", **asked)
    assert page.count(name) >= 3 and "193,000" in page and ">193000" not in page
    assert name in here.get("roles") and name in here.get("audience_offers", find=name)


EARLY = datetime(2026, 11, 25, 19, 5, tzinfo=UTC)
"""Five past three of the 26th in Shanghai."""
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("zone", "seen", "now", "said"),
    [
        ("Asia/Shanghai", EARLY, EARLY + MINUTE, "today"),
        ("Asia/Shanghai", EARLY, EARLY + timedelta(hours=6), "today"),
        ("Asia/Shanghai", EARLY, EARLY + timedelta(hours=21), "1 day ago"),
        ("America/Los_Angeles", EARLY, EARLY + MINUTE, "today"),
        ("America/Los_Angeles", EARLY, EARLY + timedelta(hours=12), "today"),
        ("America/Los_Angeles", None, EARLY + MINUTE, "today"),
        ("Asia/Shanghai", EARLY + timedelta(days=3), EARLY + timedelta(days=3), "4 days ago"),
    ],
)
def test_a_visit_was_on_the_day_that_the_workspace_had(
    owner: Visitor, zone: str, seen: datetime | None, now: datetime, said: str
) -> None:
    person = make_person("Lin", now=EARLY)
    person.last_seen_at = seen
    sums = {"at": EARLY.timestamp(), "employee": 0.2, "consumer": 0.2, "opinion_leader": 0.2}
    Bond.objects.create(
        person=person, **sums, inward=1, outward=0, channels="web", days=f"{EARLY.timestamp() // 86400:.0f}"
    )
    with timezone.override(zone):
        [brand] = closeness(person, now)["all"]
        assert brand.because == f"Because: was on the site or in the app {said}."
        with translation.override("zh-hans"):
            [brand] = closeness(person, now)["all"]
            assert said != "today" or brand.because == "原因：今天访问过网站或应用。"
        with translation.override("ko"):
            [brand] = closeness(person, now)["all"]
            assert said != "today" or brand.because == "이유: 오늘 사이트나 앱을 방문함."
