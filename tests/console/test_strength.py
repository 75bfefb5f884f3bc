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
from tests.connections.test_fitting import drawn
from tests.console.visitors import Visitor, lumen, owner
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
