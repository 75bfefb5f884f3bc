"""A tie is what the times say, in whatever order and however often they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.connections.models import FriendFactKind, FriendSource, FriendState, JoinedBy, LeftBy
from guanxi.connections.rules import (
    WECOM_ADD_WAYS,
    WECOM_JOIN_SCENES,
    WECOM_QUIT_SCENES,
    Claim,
    GroupHappening,
    Happening,
    Holding,
    Span,
    Turn,
    dealt,
    group_standing,
    holdings,
    makes_a_cycle,
    span,
    standing,
)

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return DAY + timedelta(days=day)


def state(*told: tuple[int, str]) -> str:
    return standing([Happening(at(day), kind) for day, kind in told]).state


moments = st.integers(0, 6).map(at)
happenings = st.lists(
    st.builds(Happening, moments, st.sampled_from(FriendFactKind.values), st.sampled_from(["", "scan", "inherited"])),
    min_size=1,
    max_size=8,
)
turns = st.lists(st.builds(Turn, moments, st.booleans()), min_size=1, max_size=8)
told_of_groups = st.lists(
    st.builds(
        GroupHappening,
        moments,
        st.sampled_from(["created", "renamed", "notice_changed", "owner_changed", "dismissed"]),
        st.sampled_from(["", "Tea", "Cups"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)


def again(history: list[Any], shuffle: Any) -> list[Any]:
    """The same history in another order, with parts of it told twice."""
    return list(shuffle(history + shuffle(history)[: len(history) // 2]))


@given(happenings, st.randoms(use_true_random=False))
def test_a_friendship_told_in_any_order_and_twice_is_the_same(history: list[Happening], random: Any) -> None:
    shuffled = again(history, lambda some: random.sample(some, len(some)))
    assert standing(shuffled) == standing(history)
    assert holdings(1, shuffled) == holdings(1, history)


@given(turns, st.randoms(use_true_random=False))
def test_a_follow_told_in_any_order_and_twice_is_the_same(history: list[Turn], random: Any) -> None:
    assert span(again(history, lambda some: random.sample(some, len(some)))) == span(history)


@given(told_of_groups, st.randoms(use_true_random=False))
def test_a_group_told_in_any_order_and_twice_is_the_same(history: list[GroupHappening], random: Any) -> None:
    shuffled = again(history, lambda some: random.sample(some, len(some)))
    assert group_standing(shuffled) == group_standing(history)


@given(happenings)
def test_only_an_end_after_the_last_beginning_ends_it(history: list[Happening]) -> None:
    after = max(one.at for one in history) + timedelta(days=1)
    assert standing([*history, Happening(after, "added")]).state == "active"
    blocked = any(one.kind == "blocked" for one in history)
    gone = standing([*history, Happening(after, "added"), Happening(after, "removed_by_friend")]).state
    assert gone == "deleted_by_them", blocked


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ([(1, "added")], "active"),
        ([(1, "requested")], "pending"),
        ([(1, "half_added"), (2, "added")], "active"),
        ([(2, "removed_by_friend"), (1, "added")], "deleted_by_them"),
        ([(1, "removed_by_friend")], "deleted_by_them"),
        ([(1, "removed_by_friend"), (2, "added")], "active"),
        ([(1, "added"), (2, "removed_by_friend"), (3, "removed_by_staff")], "deleted_by_them"),
        ([(1, "added"), (2, "removed_by_staff"), (3, "removed_by_friend")], "deleted_by_us"),
        ([(1, "added"), (2, "blocked")], "blocked"),
        ([(1, "added"), (2, "blocked"), (3, "removed_by_staff")], "blocked"),
        ([(1, "added"), (2, "blocked"), (3, "unblocked")], "active"),
        ([(1, "added"), (2, "blocked"), (3, "added")], "active"),
        ([(1, "added"), (2, "handed_over")], "handed_over"),
        ([(1, "added"), (1, "removed_by_staff")], "deleted_by_us"),
        ([(1, "unblocked")], "pending"),
    ],
)
def test_whoever_left_first_ended_it(told: list[tuple[int, str]], then: str) -> None:
    assert state(*told) == then


def test_since_is_the_beginning_of_the_friendship_that_stands() -> None:
    told = [
        Happening(at(1), "requested"),
        Happening(at(2), "added", "scan"),
        Happening(at(3), "added", "card"),
        Happening(at(4), "removed_by_friend"),
        Happening(at(6), "added", "group"),
        Happening(at(7), "blocked"),
    ]
    last = standing(told)
    assert (last.state, last.since, last.state_at, last.first_at, last.source) == (
        "blocked", at(6), at(7), at(1), "group"
    )  # fmt: skip
    assert (standing(told[:3]).since, standing(told[:1]).since) == (at(2), at(1))


def test_the_history_of_who_held_a_person_says_why_and_from_whom() -> None:
    first = [Happening(at(1), "added"), Happening(at(5), "handed_over", other=2)]
    second = [Happening(at(5), "taken", "inherited", 1), Happening(at(9), "removed_by_friend")]
    third = [Happening(at(9), "taken", "handed_over", 2)]
    assert holdings(1, first) == [Holding(1, at(1), at(5), "added", 0, "handed_over")]
    assert holdings(2, second) == [Holding(2, at(5), at(9), "inherited", 1, "removed_by_friend")]
    assert holdings(3, third) == [Holding(3, at(9), None, "handed_over", 2)]


def test_an_end_without_a_beginning_is_remembered_as_one() -> None:
    assert span([Turn(at(4), False)]) == Span(at(4), None, at(4))
    assert span([Turn(at(4), False), Turn(at(1), True)]) == Span(at(1), at(1), at(4))
    assert span([Turn(at(5), True), Turn(at(4), False), Turn(at(1), True), Turn(at(6), True)]) == Span(
        at(1), at(5), None
    )


def test_a_referral_never_closes_a_ring() -> None:
    bringers = {3: 2, 2: 1}
    assert makes_a_cycle(3, 1, bringers)
    assert not makes_a_cycle(3, 4, bringers)
    assert not makes_a_cycle(3, 4, {3: 2, 2: 3})
    assert Claim(7, at(1)).comes_before(Claim(1, at(2)))
    assert Claim(1, at(1)).comes_before(Claim(2, at(1)))


def test_every_word_of_the_rules_has_words_on_screen() -> None:
    assert set(WECOM_ADD_WAYS.values()) <= set(FriendSource.values)
    assert set(WECOM_JOIN_SCENES.values()) <= set(JoinedBy.values)
    assert set(WECOM_QUIT_SCENES.values()) <= set(LeftBy.values)
    told = {standing([Happening(at(1), "added"), Happening(at(2), kind)]).state for kind in FriendFactKind.values}
    assert told | {"pending"} == set(FriendState.values)


@given(st.lists(st.integers(), unique=True), st.lists(st.integers(), unique=True, min_size=1, max_size=50))
def test_friends_are_dealt_once_each_and_no_taker_has_two_more_than_another(some: list[int], takers: list[int]) -> None:
    shares = dealt(some, takers)
    sizes = [len(share) for share in shares.values()]
    assert sorted(one for share in shares.values() for one in share) == sorted(some)
    assert list(shares) == takers and max(sizes) - min(sizes) <= 1
