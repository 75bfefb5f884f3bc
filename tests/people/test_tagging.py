"""Tags on people: what goes where, who wins, what is remembered, and that everything can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from guanxi.events.models import Fact
from guanxi.governance.models import Staff, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person, PersonTag, Role, Tag, TagGroup, TagRefusal
from guanxi.people.operations import Put, TagRefused
from guanxi.people.operations.tagging.undoing import kept, untag_people
from guanxi.people.rules.tags import BadName, Said, Wins, agreed, split_names, tag_name
from tests.factories.people import make_person, make_staff


def group(name: str, *names: str, exclusive: bool = False, by: Staff, now: datetime) -> tuple[TagGroup, list[Tag]]:
    made = people.create_tag_group(name=name, exclusive=exclusive, by=by, now=now)
    return made, people.create_tags(group=made, names=names, by=by, now=now)


def carries(person: Person, staff: Staff | None = None) -> list[tuple[str, str]]:
    return [(one.name, one.how) for one in queries.person_tags(person, staff)]


def facts() -> list[tuple[str, str, str]]:
    return [
        (one.name, one.props["label"], one.props["how"])
        for one in Fact.objects.filter(name__startswith="tag.").order_by("pk")
    ]


def snapshot() -> list[Sequence[object]]:
    rows = PersonTag.objects.order_by("pk").values_list(
        *("pk", "person", "tag", "slot", "since", "how", "by", "reason", "rule", "expires_at")
    )
    return [*rows, *TagRefusal.objects.order_by("person", "tag").values_list("person", "tag")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("  ", "empty"), ("a\x00b", "unseen"), ("a\u202eb", "unseen"), ("x" * 31, "too_long"), ("a、b", "separator")],
)
def test_a_name_that_cannot_be_kept_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadName) as refusal:
        tag_name(text)
    assert refusal.value.reason == reason


def test_names_in_a_cell_are_told_apart_in_every_script() -> None:
    assert split_names("VIP；新客、 老客,vip ; ") == ["VIP", "新客", "老客"]
    assert tag_name("  ＶＩＰ   2026 ") == "VIP 2026"


@pytest.mark.parametrize(
    ("wins", "ours_at", "theirs_at", "winner"),
    [
        (Wins.OURS, 1, 2, "ours"),
        (Wins.CHANNEL, 2, 1, "theirs"),
        (Wins.NEWEST, 1, 2, "theirs"),
        (Wins.NEWEST, 2, 1, "ours"),
        (Wins.NEWEST, 1, 1, "ours"),
        (Wins.NEWEST, 1, None, "ours"),
        (Wins.NEWEST, None, 1, "theirs"),
        (Wins.NEWEST, None, None, "ours"),
    ],
)
def test_whose_word_counts_when_a_channel_says_something_else(
    wins: Wins, ours_at: int | None, theirs_at: int | None, winner: str
) -> None:
    def said(tag: int, day: int | None) -> Said:
        return Said(frozenset({tag}), datetime(2026, 1, day, tzinfo=UTC) if day else None)

    expected = {1} if winner == "ours" else {2}
    assert agreed(wins, said(1, ours_at), said(2, theirs_at)) == expected


def test_a_tag_of_an_exclusive_group_takes_the_place_of_the_one_before(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin = make_person(now=now)
    _group, [warm, cold] = group("Mood", "Warm", "Cold", exclusive=True, by=ann, now=now)
    _group, [vip] = group("Kind", "VIP", by=ann, now=now)
    people.tag_people(people=[lin.pk], add=[warm, vip], put=Put(by=ann), now=now)
    people.tag_people(people=[lin.pk], add=[cold], put=Put(by=ann), now=now)
    people.tag_people(people=[lin.pk], add=[cold], put=Put(by=ann), now=now)
    assert carries(lin) == [("Cold", "staff"), ("VIP", "staff")]
    assert facts() == [
        ("tag.added", "Warm", "staff"),
        ("tag.added", "VIP", "staff"),
        ("tag.removed", "Warm", "staff"),
        ("tag.added", "Cold", "staff"),
    ]
    with pytest.raises(TagRefused, match="exclusive"):
        people.tag_people(people=[lin.pk], add=[warm, cold], put=Put(by=ann), now=now)


def test_one_s_own_tags_are_seen_and_set_by_nobody_else(workspace: Workspace, now: datetime) -> None:
    ann, bob = make_staff("Ann"), make_staff("Bob")
    lin = make_person(now=now)
    mine = people.own_tag(name="Likes tea", by=ann, now=now)
    people.tag_people(people=[lin.pk], add=[mine], put=Put(by=ann), now=now)
    assert (carries(lin, ann), carries(lin, bob), carries(lin), facts()) == ([("Likes tea", "staff")], [], [], [])
    assert list(queries.tags_for(bob)) == []
    with pytest.raises(TagRefused, match="not_yours"):
        people.tag_people(people=[lin.pk], remove=[mine], put=Put(by=bob), now=now)
    with pytest.raises(TagRefused, match="not_yours"):
        people.change_tag(tag=mine, name="Tea", by=bob, now=now)


def test_a_rule_yields_to_a_hand_and_what_a_hand_took_off_stays_off(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin, wang = make_person("Lin", now=now), make_person("Wang", now=now)
    _group, [warm, cold] = group("Mood", "Warm", "Cold", exclusive=True, by=ann, now=now)
    rule = Put(how="rule", rule=7, reason="bought twice")
    people.tag_people(people=[lin.pk], add=[warm], put=Put(by=ann), now=now)
    done = people.tag_people(people=[lin.pk, wang.pk], add=[cold], put=rule, now=now)
    assert (carries(lin), carries(wang)) == ([("Warm", "staff")], [("Cold", "rule")])
    assert done[lin.pk].held_back == [cold.pk]
    people.tag_people(people=[wang.pk], remove=[cold], put=Put(by=ann), now=now)
    people.tag_people(people=[wang.pk], add=[cold], put=rule, now=now)
    assert carries(wang) == []
    assert [one.name for one in queries.refused_tags(wang)] == ["Cold"]
    people.tag_people(people=[wang.pk], add=[cold], put=Put(by=ann), now=now)
    assert (carries(wang), queries.refused_tags(wang)) == ([("Cold", "staff")], [])


def test_a_tag_for_a_time_comes_off_when_it_is_over(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin = make_person(now=now)
    _group, [vip] = group("Kind", "VIP", by=ann, now=now)
    with pytest.raises(TagRefused, match="past"):
        people.tag_people(people=[lin.pk], add=[vip], put=Put(by=ann, expires_at=now), now=now)
    put = Put(by=ann, expires_at=now + timedelta(days=1))
    people.tag_people(people=[lin.pk], add=[vip], put=put, now=now)
    assert people.tag_lane(now=now) is False
    assert people.tag_lane(now=now + timedelta(days=1)) is True
    assert (carries(lin), facts()[-1]) == ([], ("tag.removed", "VIP", "expired"))


def test_what_was_done_goes_back_exactly_and_spares_what_was_changed_since(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin, wang, zhao = (make_person(name, now=now) for name in ("Lin", "Wang", "Zhao"))
    ids = [lin.pk, wang.pk, zhao.pk]
    _group, [warm, cold] = group("Mood", "Warm", "Cold", exclusive=True, by=ann, now=now)
    _group, [vip] = group("Kind", "VIP", by=ann, now=now)
    until = now + timedelta(days=9)
    people.tag_people(people=[lin.pk], add=[warm], put=Put(by=ann, reason="called", expires_at=until), now=now)
    people.tag_people(people=[lin.pk, wang.pk], add=[vip], put=Put(how="rule", rule=7), now=now)
    before = snapshot()
    done = people.tag_people(people=ids, add=[cold], remove=[vip], put=Put(by=ann), now=now)
    notes = {person: kept(one) for person, one in done.items()}
    people.tag_people(people=[zhao.pk], add=[warm], put=Put(by=ann), now=now)
    assert untag_people(before=notes, how="staff", now=now) == {lin.pk, wang.pk}
    assert carries(zhao) == [("Warm", "staff")]
    PersonTag.objects.filter(person=zhao).delete()
    assert snapshot() == before


def test_two_tags_become_one_and_keep_the_earlier_day(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin, wang = make_person("Lin", now=now), make_person("Wang", now=now)
    one, [vip, very] = group("Kind", "VIP", "Very important", by=ann, now=now)
    early = now - timedelta(days=3)
    people.tag_people(people=[lin.pk, wang.pk], add=[very], put=Put(by=ann), now=early)
    people.tag_people(people=[lin.pk], add=[vip], put=Put(by=ann), now=now)
    assert people.merge_tags(tag=very, into=vip, by=ann, now=now) == 2
    assert sorted(PersonTag.objects.values_list("person", "tag", "since")) == [
        (lin.pk, vip.pk, early),
        (wang.pk, vip.pk, early),
    ]
    very.refresh_from_db()
    assert (very.archived_at, very.merged_into) == (now, vip)
    people.change_tag_group(group=one, exclusive=True, by=ann, now=now)
    assert set(PersonTag.objects.values_list("slot", flat=True)) == {-one.pk}


def test_a_group_becomes_exclusive_only_when_nobody_carries_two(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin = make_person(now=now)
    one, both = group("Kind", "A", "B", by=ann, now=now)
    people.tag_people(people=[lin.pk], add=both, put=Put(by=ann), now=now)
    with pytest.raises(TagRefused, match="two_of_them"):
        people.change_tag_group(group=one, exclusive=True, by=ann, now=now)
    one.refresh_from_db()
    assert one.exclusive is False


def test_tags_follow_a_merge_and_come_home_after_it(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin, twin = make_person("Lin", now=now), make_person("Lin", now=now)
    _group, [warm, cold] = group("Mood", "Warm", "Cold", exclusive=True, by=ann, now=now)
    _group, [vip] = group("Kind", "VIP", by=ann, now=now)
    people.tag_people(people=[lin.pk], add=[warm], put=Put(by=ann), now=now)
    people.tag_people(people=[twin.pk], add=[cold, vip], put=Put(by=ann), now=now)
    merge = people.merge_people(keep=lin, drop=twin, by=ann, now=now)
    assert carries(lin) == [("Warm", "staff"), ("VIP", "staff")]
    shown = queries.tags_mirrored(list(PersonTag.objects.values_list("pk", flat=True))).to_pylist()
    assert {(row["person"], row["tag"]) for row in shown} == {(lin.pk, warm.pk), (lin.pk, vip.pk)}
    people.undo_merge(merge=merge, by=ann, now=now)
    assert (carries(lin), carries(twin)) == ([("Warm", "staff")], [("Cold", "staff"), ("VIP", "staff")])


def test_a_role_is_one_and_its_change_is_a_fact(workspace: Workspace, now: datetime) -> None:
    ann = make_staff("Ann")
    lin = make_person(now=now)
    assert queries.role_of(lin).role == Role.CONSUMER
    people.set_role(people=[lin.pk], role=Role.LEADER, put=Put(by=ann), now=now)
    people.set_role(people=[lin.pk], role=Role.EMPLOYEE, put=Put(by=ann), now=now)
    assert queries.mirrored([lin.pk])["role"].to_pylist() == ["employee"]
    people.set_role(people=[lin.pk], role=Role.CONSUMER, put=Put(by=ann), now=now)
    assert queries.role_of(lin).role == Role.CONSUMER
    roles = Fact.objects.filter(name="role.changed").order_by("pk").values_list("props", flat=True)
    assert [one["role"] for one in roles] == ["leader", "employee", "consumer"]
    assert carries(lin) == []
