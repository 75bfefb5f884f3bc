"""Saying who: the builder shows a rule as a sentence, gives it back unchanged, and bends none that it cannot show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, AudienceDay
from guanxi.audiences.queries import catalogue, day_of, overlap, parse_rule
from guanxi.commerce.events import ProductBought
from guanxi.console.audiences.more import said_of_channels
from guanxi.console.audiences.recipes import RECIPES, Here
from guanxi.console.audiences.rule import rule_of
from guanxi.console.audiences.shown import row_of, sketch_of
from guanxi.console.audiences.sketch import posted
from guanxi.console.audiences.words import sentences, whole
from guanxi.events import operations as events
from guanxi.events import queries as lake_queries
from guanxi.events import stopping
from guanxi.events.queries import Stopped, lake, stoppable
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Field, Person, Tag, TagGroup, TraitKind
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories import channels as make
from tests.factories.reach import into_lake, write_lake

__all__ = ["lumen", "owner"]

CUSTOMERS = {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
MEAT = {"type": "prop", "prop": "prop:department", "op": "is", "value": "MEAT"}
REGULARS = {
    "version": 1,
    "where": {
        "type": "all",
        "all": [
            {
                "type": "did",
                "event": "event:product.bought",
                "where": [MEAT, {"type": "amount", "op": "between", "value": [150, 2000]}],
                "having": [{"type": "count", "at_least": 3}],
                "within": {"type": "last_days", "days": 90},
            },
            {"type": "did_not", "event": "event:coupon.redeemed"},
        ],
    },
}
NESTED = {
    "version": 1,
    "where": {
        "type": "any",
        "any": [
            {"type": "trait", "trait": "trait:language", "op": "in", "value": ["ko", "zh-hans"]},
            {"type": "all", "all": [CUSTOMERS["where"], {"type": "did", "event": "event:order.paid"}]},
        ],
    },
}
EVENT = "event:product.bought"
LAST_MEAT = {"type": "last", "of": "prop:department", "op": "is", "value": "MEAT"}
MORE: list[dict[str, Any]] = [
    {"type": "did", "event": EVENT, "having": [{"type": "first_time", "within": {"type": "last_days", "days": 30}}]},
    {"type": "did", "event": EVENT, "having": [LAST_MEAT], "within": {"type": "before", "date": "2026-03-01"}},
    {"type": "did", "event": EVENT, "having": [{"type": "max", "of": "amount", "op": "gte", "value": 5000}]},
    {"type": "did", "event": EVENT, "having": [{"type": "sum", "of": "prop:quantity", "at_least": 10}]},
    {"type": "did_not", "event": EVENT, "within": {"type": "days_ago", "least": 30, "most": 90}},
    {
        "type": "then_not",
        "first": {"event": EVENT},
        "next": {"event": "event:order.paid"},
        "gap": {"unit": "hours", "number": 3},
        "within": {"type": "last_days", "days": 7},
    },
    {"type": "top", "percent": 5, "by": "sum", "event": EVENT, "within": {"type": "last_days", "days": 90}},
    {"type": "share", "percent": 10, "skip": 20, "seed": "spring"},
    {"type": "strength", "bands": ["weak", "strong"]},
    {"type": "role", "roles": ["leader"]},
    {"type": "member"},
    {"type": "tie", "kind": "group", "state": "ended"},
]
SAID = {
    "en": [
        "has bought a product, for the first time in the last 30 days",
        "has bought a product before 1 Mar 2026, the last department is MEAT",
        "has bought a product, the greatest amount is at least CN¥50.00",
        "has bought a product, quantity of at least 10 in total",
        "has not bought a product between 30 and 90 days ago",
        "has bought a product in the last 7 days and not paid for an order within 3 hours",
        "is in the top 5% of those who have bought a product, by amount in total in the last 90 days",
        "is among 10% of all people drawn by “spring”, after the first 20%",
        "connection is weak or strong",
        "role is Opinion leader",
        "is a member",
        "has left a group chat",
    ],
    "zh-hans": [
        "曾购买商品，首次发生于最近 30 天内",
        "2026年3月1日之前曾购买商品，最近一次的商品部门为“MEAT”",
        "曾购买商品，最大的金额至少为 ¥50.00",
        "曾购买商品，数量合计至少 10",
        "30 至 90 天前没有购买商品",
        "最近 7 天内曾购买商品，且之后 3 小时内没有支付订单",
        "最近 90 天内在购买商品的人中按总金额排前 5%",
        "属于所有人中按抽签“spring”跳过前 20% 后抽出的 10%",
        "关系强度为弱或强",
        "角色为意见领袖",
        "是会员",
        "已退出群聊",
    ],
}


def form(rows: list[dict[str, str | list[str]]], **more: str) -> dict[str, Any]:
    """What the builder sends for these rows."""
    sent: dict[str, Any] = {"join": "all", "row": [str(at) for at in range(len(rows))]} | more
    for at, row in enumerate(rows):
        sent |= {f"{at}-{name}": value for name, value in row.items()}
    return sent


BOUGHT: dict[str, str | list[str]] = {
    "kind": "event",
    "did": "did",
    "event": "product.bought",
    "where": ["0"],
    "w0-key": "prop:department",
    "w0-op": "is",
    "w0-value": "MEAT",
    "having": ["0"],
    "h0-bound": "at_least",
    "h0-number": "3",
    "h0-measure": "count",
    "within": "last_days",
    "days": "90",
}


def buyer(name: str, department: str, times: int) -> Person:
    now = clock.now()
    person = make.person(now, f"{name}@example.test", name=name.title())
    for at in range(times):
        bought = ProductBought(person.pk, at + 1, None, 990, "CNY", department=department)
        events.announce(bought, at=now)
    return person


@pytest.fixture
def shoppers(lumen: Workspace) -> list[Person]:
    people = [buyer("emma", "MEAT", 3), buyer("jonas", "MEAT", 2), buyer("minji", "DAIRY", 4)]
    into_lake(people, clock.now())
    return people


@pytest.mark.parametrize("rule", [CUSTOMERS, REGULARS, NESTED], ids=["customers", "regulars", "nested"])
def test_a_rule_comes_out_of_the_builder_as_it_went_in(lumen: Workspace, rule: dict[str, Any]) -> None:
    known = catalogue()
    sketch = sketch_of(parse_rule(rule, known), known)
    again = parse_rule(rule_of(sketch, known), known)
    assert whole(again, known) == whole(parse_rule(rule, known), known)
    assert sketch_of(again, known) == sketch


@pytest.mark.parametrize("clause", MORE, ids=[str(one["type"]) for one in MORE])
def test_every_kind_of_condition_comes_out_of_the_builder_as_it_went_in(
    lumen: Workspace, clause: dict[str, Any]
) -> None:
    test_a_rule_comes_out_of_the_builder_as_it_went_in(lumen, {"version": 1, "where": {"type": "all", "all": [clause]}})


@pytest.mark.parametrize("language", SAID)
def test_every_kind_of_condition_reads_as_a_sentence(lumen: Workspace, language: str) -> None:
    known = catalogue()
    with translation.override(language):
        assert (
            sentences(parse_rule({"version": 1, "where": {"type": "all", "all": MORE}}, known), known) == SAID[language]
        )


@pytest.mark.parametrize(
    "kind", ["sequence", "top", "share", "audience", "tag", "tie", "strength", "role", "member", "agreed"]
)
def test_every_kind_of_condition_is_added_by_a_button(owner: Visitor, kind: str) -> None:
    page = owner.post("audience_builder", status=200, **form([BOUGHT], do=f"add:{kind}"))
    assert f'name="1-kind" value="{kind}"' in page


def test_who_carries_a_tag_is_counted(lumen: Workspace, owner: Visitor, shoppers: list[Person]) -> None:
    now = clock.now()
    group = TagGroup.objects.create(name="Skin", folded="skin", created_at=now)
    tag = Tag.objects.create(group=group, name="Dry", folded="dry", created_at=now)
    [emma, *_] = shoppers
    people.tag_people(people=[emma.pk], add=[tag], put=people.Put(how="api"), now=now)
    write_lake(now)
    chosen: dict[str, str | list[str]] = {"kind": "tag", "of": [tag.public_id]}
    owner.post("audience_new", **form([chosen], name="Dry"))
    assert Audience.objects.get().size == 1
    assert "carries the tag “Skin: Dry”" in owner.get("audiences")


def test_an_audience_that_another_names_stays(owner: Visitor, shoppers: list[Person]) -> None:
    owner.post("audience_new", **form([BOUGHT], name="Meat"))
    meat = Audience.objects.get()
    naming: dict[str, str | list[str]] = {"kind": "audience", "audience": meat.public_id}
    owner.post("audience_new", **form([naming], name="Same as meat"))
    other = Audience.objects.get(name="Same as meat")
    assert other.size == 1
    assert f'class="quiet">{other.name}</a>' in owner.get("audiences")
    owner.post("audience_delete", meat.public_id)
    assert Audience.objects.count() == 2
    assert "Same as meat" in owner.get("audience", meat.public_id)
    back: dict[str, str | list[str]] = {"kind": "audience", "audience": other.public_id}
    page = owner.post("audience", meat.public_id, status=422, **form([back], name="Meat"))
    assert "lead back to each other: Meat → Same as meat → Meat" in page


def test_what_has_no_row_of_its_own_stays_as_it_is(lumen: Workspace, owner: Visitor) -> None:
    known = catalogue()
    values = {"type": "trait", "trait": "trait:language", "op": "in", "value": ["a; b", "c"]}
    rule = {"version": 1, "where": {"type": "all", "all": [CUSTOMERS["where"], {"type": "not", "not": values}]}}
    spaced = {"type": "share", "percent": 10, "skip": 0, "seed": " spring "}
    assert row_of(spaced, known).kind == "kept"
    sketch = sketch_of(parse_rule(rule, known), known)
    assert [(row.kind, row.negated) for row in sketch.rows] == [("level", False), ("kept", True)]
    assert rule_of(sketch, known) == rule
    kept = audiences.save_audience(name="Old", rule=rule, by=None, now=clock.now())
    page = owner.get("audience", kept.public_id)
    assert "language is one of a; b or c" in page
    assert 'name="1-json"' in page


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_a_sound_rule(lumen: Workspace, recipe: str) -> None:
    Field.objects.create(key="born", label="Birthday", kind=TraitKind.DATE)
    known = catalogue()
    assert parse_rule(rule_of(RECIPES[recipe].sketch(Here("MEAT", "born")), known), known)


ENGLISH = (
    "has bought a product in the last 90 days where department is MEAT and amount is between CN¥1.50 and CN¥20.00, "
    "at least 3 times"
)
CHINESE = "最近 90 天内曾购买商品（商品部门为“MEAT”，且金额介于 ¥1.50 与 ¥20.00 之间），至少 3 次"
KOREAN = "최근 90일 동안 상품 구매 이력 있음(상품 부문: MEAT, 금액: CN¥1.50 ~ CN¥20.00), 3회 이상"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", [ENGLISH, "has never used a coupon"]),
        ("zh-hans", [CHINESE, "从未使用优惠券"]),
        ("ko", [KOREAN, "쿠폰 사용 이력이 전혀 없음"]),
    ],
)
def test_a_rule_reads_as_a_sentence_of_each_language(lumen: Workspace, language: str, said: list[str]) -> None:
    known = catalogue()
    with translation.override(language):
        assert sentences(parse_rule(REGULARS, known), known) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["this month", "next month", "in May", "on 20 May", "today", "within the next 7 days"]),
        ("zh-hans", ["本月", "下个月", "5月", "5月20日", "今天", "今后 7 天内"]),
        ("ko", ["이번 달", "다음 달", "5월", "5월 20일", "오늘", "앞으로 7일 이내"]),
    ],
)
def test_a_birthday_reads_as_a_sentence_of_each_language(lumen: Workspace, language: str, said: list[str]) -> None:
    Field.objects.create(key="born", label="Birthday", kind=TraitKind.DATE)
    known = catalogue()
    falls: list[dict[str, Any]] = [
        {"type": "months_ahead", "months": 0},
        {"type": "months_ahead", "months": 1},
        {"type": "month", "month": 5},
        {"type": "month", "month": 5, "day": 20},
        {"type": "next_days", "days": 1},
        {"type": "next_days", "days": 7},
    ]
    with translation.override(language):
        for one, words in zip(falls, said, strict=True):
            rule = {"version": 1, "where": {"type": "yearly", "trait": "trait:born", "falls": one}}
            [sentence] = sentences(parse_rule(rule, known), known)
            assert words in sentence
            assert "Birthday" in sentence


def test_a_birthday_is_chosen_like_any_other_comparison(owner: Visitor, shoppers: list[Person]) -> None:
    Field.objects.create(key="born", label="Birthday", kind=TraitKind.DATE)
    assert "recipe=birthday" in owner.get("audience_new")
    page = owner.get("audience_new", recipe="birthday")
    assert '<option value="this_month" selected>comes round this month</option>' in page
    row: dict[str, Any] = {"kind": "trait", "key": "trait:born", "op": "month", "value": "2", "high": "30"}
    page = owner.post("audience_new", status=422, **form([row], name="February"))
    assert "This month has no such day." in page
    assert 'name="0-high" value="30" aria-label="Day of the month, may be empty" aria-invalid="true"' in page
    owner.post("audience_new", **form([row | {"high": "29"}], name="February"))
    falls = {"type": "month", "month": 2, "day": 29}
    assert Audience.objects.get().rule["where"]["all"] == [{"type": "yearly", "trait": "trait:born", "falls": falls}]


def test_reach_reads_as_a_phrase_without_a_doubtful_ending(lumen: Workspace) -> None:
    with translation.override("ko"):
        said = dict(said_of_channels(catalogue()))
    assert said["reachable/marketing/email"] == "이메일 마케팅 수신 가능"


def test_days_ago_are_counted_in_words(lumen: Workspace) -> None:
    known = catalogue()
    clause = {"type": "did", "event": EVENT, "within": {"type": "days_ago", "least": 1, "most": 1}}
    said = whole(parse_rule({"version": 1, "where": clause}, known), known)
    assert said == "has bought a product between 1 and 1 day ago"


def test_what_was_chosen_is_saved_and_counted(owner: Visitor, shoppers: list[Person]) -> None:
    onward = owner.post("audience_new", **form([BOUGHT], name="Meat lovers"))
    saved = Audience.objects.get()
    assert onward.endswith(saved.public_id)
    assert (saved.name, saved.size) == ("Meat lovers", 1)
    assert "Meat lovers" in owner.get("audiences")
    assert "has bought a product in the last 90 days where department is MEAT" in owner.get("audiences")


def test_the_count_is_live_and_shows_some_of_them(owner: Visitor, shoppers: list[Person]) -> None:
    fragment = owner.post("audience_count", status=200, **form([BOUGHT]))
    assert "<b>1</b> person" in fragment
    assert "Emma" in fragment
    assert "e•••@example.test" in fragment
    assert "Jonas" not in fragment


def test_an_unfinished_sentence_is_not_counted(owner: Visitor) -> None:
    unfinished = BOUGHT | {"days": ""}
    fragment = owner.post("audience_count", status=200, **form([unfinished]))
    assert "not finished yet" in fragment


def test_samples_are_people_whom_the_staff_may_see(lumen: Workspace, owner: Visitor, shoppers: list[Person]) -> None:
    north = governance.add_unit(name="North")
    Person.objects.filter(name="Emma").update(unit=north)
    owner.post("audience_new", **form([BOUGHT | {"h0-number": "2"}], name="Meat"))
    page = staff(Role.MANAGER, unit=north).get("audience_people", Audience.objects.get().public_id)
    assert "<b>2</b> people" in page
    assert "Emma" in page
    assert "Jonas" not in page


def test_buttons_add_and_remove_conditions_without_script(owner: Visitor) -> None:
    page = owner.post("audience_new", status=200, **form([BOUGHT], name="Half done", do="add:trait"))
    assert 'name="1-key"' in page
    assert 'value="Half done"' in page
    assert 'name="0-key"' not in owner.post("audience_new", status=200, **form([BOUGHT], do="remove:0"))
    assert "w1-key" in owner.post("audience_builder", status=200, **form([BOUGHT], do="narrow:0"))
    assert "w0-key" not in owner.post("audience_builder", status=200, **form([BOUGHT], do="less:0:w0"))
    assert Audience.objects.count() == 0


def test_what_names_an_audience_is_found_for_the_whole_list_at_once(owner: Visitor) -> None:
    bought = audiences.save_audience(name="Bought", rule=CUSTOMERS, by=None, now=clock.now())
    naming = {"version": 1, "where": {"type": "audience", "audience": bought.public_id}}

    def asked(names: list[str]) -> int:
        """How often the list asks the database once these name the audience and some are named by none."""
        for name in names:
            audiences.save_audience(name=name, rule=naming, by=None, now=clock.now())
            audiences.save_audience(name=f"Not {name}", rule=CUSTOMERS, by=None, now=clock.now())
        with CaptureQueriesContext(connection) as said:
            page = owner.get("audiences")
        assert f'class="quiet">{names[0]}</a> <span class="t3 num">+' in page
        return len(said)

    asked(["A1", "A2"])
    assert asked(["A0"]) == asked(["A", "A3", "A4"])


def test_more_conditions_than_fit_are_refused_and_none_is_dropped(owner: Visitor) -> None:
    row: dict[str, str | list[str]] = {"kind": "member"}
    full = owner.post("audience_builder", status=200, **form([row] * 119, do="add:member"))
    assert 'name="119-kind"' in full
    more = owner.post("audience_builder", status=200, **form([row] * 120, do="add:member"))
    assert 'name="119-kind"' in more
    assert 'name="120-kind"' not in more
    assert "These are too many conditions. At most 120 fit." in more
    saved = owner.post("audience_new", status=422, **form([row] * 120, name="Many"))
    assert 'name="119-kind"' in saved
    assert "These are too many conditions. At most 100 fit." in saved
    details = {"where": [str(at) for at in range(20)]} | {f"w{at}-key": "prop:department" for at in range(20)}
    narrow = owner.post("audience_builder", status=200, **form([BOUGHT | details], do="narrow:0"))
    assert "These are too many values. At most 20 fit." in narrow


def test_a_group_holds_conditions_of_its_own(owner: Visitor, shoppers: list[Person]) -> None:
    sent = form([{"kind": "group", "join": "any"}], name="Either") | {"row": ["0", "0.0", "0.1"]}
    sent |= {f"0.0-{name}": value for name, value in BOUGHT.items()}
    sent |= {f"0.1-{name}": value for name, value in (BOUGHT | {"w0-value": "DAIRY"}).items()}
    owner.post("audience_new", **sent)
    assert Audience.objects.get().size == 2


def test_what_is_wrong_is_said_at_its_condition(owner: Visitor) -> None:
    wrong = BOUGHT | {"w0-op": "gt"}
    page = owner.post("audience_new", status=422, **form([BOUGHT, wrong], name="Broken"))
    assert page.count("This comparison does not work here. Choose another one.") == 1
    assert page.index('value="1"') < page.index("This comparison does not work here.")
    assert Audience.objects.count() == 0


@pytest.mark.parametrize(
    "tampered",
    [
        {"row": ["0", "../../etc", "9.9", "-1"]},
        {"0-event": "no.such"},
        {"0-kind": "nonsense", "0-event": ""},
        {"0-h0-bound": "nonsense"},
        {"0-h0-number": "1e999"},
        {"0-w0-key": "prop:nothing"},
        {"0-w0-value": "x" * 10_000},
        {"0-within": "between", "0-first": "2026-13-45", "0-last": ""},
        {"0-days": "99999999"},
        {"name": "x" * 10_000},
        {"name": ""},
    ],
)
def test_a_form_that_was_tampered_with_is_refused(owner: Visitor, tampered: dict[str, Any]) -> None:
    sent = form([BOUGHT], name="Fine") | tampered
    if "row" in tampered:
        owner.post("audience_new", **sent)  # what is no row is left out
        return
    owner.post("audience_new", status=422, **sent)
    assert Audience.objects.count() == 0


def test_a_rule_whose_names_are_gone_says_so_and_can_be_written_anew(owner: Visitor) -> None:
    kept = audiences.save_audience(name="Old", rule=CUSTOMERS, by=None, now=clock.now())
    gone = {"version": 1, "where": {"type": "trait", "trait": "trait:shoe_size", "op": "is", "value": 42}}
    Audience.objects.filter(pk=kept.pk).update(rule=gone)
    assert "shoe_size” is not kept of people here" in owner.get("audience", kept.public_id)
    assert "Rule needs mending" in owner.get("audiences")
    owner.post("audience", kept.public_id, status=422, name="Old")
    owner.post("audience", kept.public_id, **form([{"kind": "level", "levels": ["customer"]}], name="Old"))
    kept.refresh_from_db()
    assert kept.rule["where"] == {"type": "all", "all": [CUSTOMERS["where"]]}


def test_names_are_text_wherever_they_stand(owner: Visitor) -> None:
    kept = audiences.save_audience(name="<script>alert(1)</script>", rule=CUSTOMERS, by=None, now=clock.now())
    for page in (owner.client.get(f"/w/lumen/audiences/{kept.public_id}"), owner.client.get("/w/lumen/audiences")):
        assert b"<script>alert" not in page.content


def test_who_may_look_may_not_change(owner: Visitor) -> None:
    kept = audiences.save_audience(name="Customers", rule=CUSTOMERS, by=None, now=clock.now())
    analyst = staff(Role.ANALYST)
    page = analyst.get("audience", kept.public_id)
    assert "level is Customer" in page
    assert "Save audience" not in page
    analyst.post("audience", kept.public_id, status=403, name="Mine")


def test_what_is_elsewhere_is_not_there(owner: Visitor) -> None:
    owner.get("audience", "aud_00000000000000000000000000", status=404)


def test_the_empty_list_offers_ready_sentences(owner: Visitor) -> None:
    assert "Bought from one department at least 3 times in 90 days, and used no coupon" in owner.get("audiences")
    assert 'value="product.bought" selected' in owner.get("audience_new", recipe="regulars")


def test_a_form_cannot_nest_deeper_than_the_builder() -> None:
    sent = QueryDict(mutable=True)
    places = [".".join(["0"] * depth) for depth in range(1, 12)]
    sent.setlist("row", places)
    sent.update({f"{place}-kind": "group" for place in places})
    rows, depth = posted(sent).rows, 0
    while rows:
        rows, depth = rows[0].rows, depth + 1
    assert depth == 10


def test_audiences_side_by_side_say_whom_they_share(lumen: Workspace, owner: Visitor, shoppers: list[Person]) -> None:
    now = clock.now()
    rules = {
        "Meat": {"type": "did", "event": EVENT, "where": [MEAT]},
        "Often": {"type": "did", "event": EVENT, "having": [{"type": "count", "at_least": 3}]},
        "Nobody": {"type": "member"},
    }
    meat, often, nobody = (
        audiences.save_audience(name=name, rule={"version": 1, "where": where}, by=None, now=now)
        for name, where in rules.items()
    )
    found = overlap([meat, often, nobody], now=now)
    emma = shoppers[0].pk
    assert found.sizes == [2, 2, 0]
    assert found.parts == {frozenset({0, 1}): 1, frozenset({0}): 1, frozenset({1}): 1}
    assert overlap([meat, often], now=now).common.to_pylist() == [emma]
    page = owner.get("audience_overlap", of=[meat.public_id, often.public_id])
    assert "… also in Often" in page
    assert "Emma" in page
    assert "Jonas" not in page
    assert "Choose at least two" in owner.get("audience_overlap", of=meat.public_id, status=422)
    owner.get("audience_overlap", of=[meat.public_id, "aud_nothing"], status=422)


def test_the_size_of_an_audience_is_drawn_over_its_days(owner: Visitor) -> None:
    kept = audiences.save_audience(name="Customers", rule=CUSTOMERS, by=None, now=clock.now())
    assert "Size over time" not in owner.get("audience", kept.public_id)
    AudienceDay.objects.all().delete()
    for back, size in ((3, 50), (1, 100), (0, 75)):
        at = clock.now() - timedelta(days=back)
        AudienceDay.objects.create(audience=kept, day=day_of(at), at=at, size=size)
    page = owner.get("audience", kept.public_id)
    assert "Between 50 and 100 people" in page
    assert 'points="0.00,16.00 66.67,1.00 100.00,8.50"' in page


def test_a_rule_comes_in_as_json_and_goes_out(owner: Visitor) -> None:
    text = json.dumps({"version": 1, "where": {"type": "not", "not": {"type": "member"}}})
    page = owner.post("audience_new", status=200, **form([BOUGHT], name="Mine", do="paste", json=text))
    assert 'name="0-kind" value="member"' in page
    assert 'name="0-not" value="1"' in page
    assert 'value="Mine"' in page
    wrong = owner.post("audience_new", status=422, **form([BOUGHT], do="paste", json='{"version": 2}'))
    assert 'name="0-kind" value="event"' in wrong
    assert '{"version": 2}</textarea>' in wrong
    assert Audience.objects.count() == 0


def test_a_question_ends_when_it_is_not_wanted_any_more(lumen: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "FIRST_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stopping, "EVERY_SECONDS", 0.05)
    with lake() as tables, stoppable(lambda: True), pytest.raises(Stopped):
        numbers = tables.register("numbers", pa.table({"n": range(200_000)}))
        others = numbers.view()
        tables.run(numbers.cross_join(others).filter((numbers.n * others.n) % 7 == 3).count().as_table())
    with lake() as tables, stoppable(lambda: True):
        assert len(tables.run(tables.people)) == 0


def test_stop_and_a_newer_question_of_the_page_end_the_one_before(
    owner: Visitor, shoppers: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    @contextmanager
    def watched(connection: Any) -> Iterator[None]:
        stop = stopping._stop.get()
        assert stop is not None
        before = stop()
        owner.post("audience_stop", status=204, asking="page-1")
        ended.append((before, stop()))
        yield

    monkeypatch.setattr(lake_queries, "watched", watched)
    for page in ("page-1", "page-2", "../1"):
        owner.post("audience_count", status=200, **form([BOUGHT], asking=page))
    assert ended == [(False, True), (False, False), (False, False)]
