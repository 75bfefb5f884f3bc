"""The people that staff see: the list as its address says it, and one person with everything that happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.channels import operations as channels
from guanxi.channels.models import Account, Message
from guanxi.console.people.timeline import timeline
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, Staff, User, Workspace
from guanxi.people import operations as people
from guanxi.people.models import Field, Person
from guanxi.reach.models import Broadcast
from tests.commerce.importing import bring
from tests.factories import channels as make
from tests.factories import content as words

ORDERS = """order,customer,placed_at,store,product,quantity,amount
2026-118842,C-1,2026-03-03 10:00,Store 014,tea,2,19.80
2026-118842,C-1,2026-03-03 10:00,Store 014,cup,1,5
2026-118999,C-1,2026-05-01 09:00,Store 014,tea,1,9.90
"""
PRODUCTS = "number,name,department\ntea,Green tea,Drinks\ncup,Cup,Home\n"
REFUNDS = "refund,order,refunded_at,amount\nR-1,2026-118999,2026-05-04 12:00,9.90\n"
REDEMPTIONS = (
    "code,customer,redeemed_at,imported_campaign,order\nSPRING20,C-1,2026-03-03 10:00,May mailing,2026-118842\n"
)


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    workspace = governance.create_workspace(name="Lumen", owner=owner)
    with queries.entered(workspace):
        yield workspace


def staff(role: Role, **given: Any) -> Staff:
    return governance.add_staff(email=f"{role}@example.test", name=f"The {role}", role=role, **given)


@dataclass(frozen=True)
class Visitor:
    client: Client

    def get(self, name: str, *args: str, status: int = 200, **asked: str) -> str:
        answer = self.client.get(reverse(name, args=["lumen", *args]), asked)
        assert answer.status_code == status
        return " ".join(unescape(answer.content.decode()).split())

    def names(self, **asked: str) -> list[str]:
        answer = self.client.get(reverse("people", args=["lumen"]), asked)
        assert answer.status_code == 200
        return [row["name"] for row in answer.context["rows"]]


def visit(user: User, language: str = "en") -> Visitor:
    governance.set_appearance(user=user, language=language)
    client = Client()
    client.force_login(user)
    return Visitor(client)


@pytest.fixture
def owner(lumen: Workspace) -> Visitor:
    return visit(User.objects.get(email="owner@example.test"))


def known(name: str, now: datetime, **given: Any) -> Person:
    return people.create_person(now=now, name=name, **given)


@pytest.fixture
def buyer(lumen: Workspace, now: datetime) -> Person:
    identities = {"customer_number": "C-1", "email": "emma@example.test", "phone": "+8613812342210"}
    person = known("Emma Fischer", now, identities=identities, language="ko", country="DE")
    bring("products", PRODUCTS, now)
    bring("orders", ORDERS, now)
    bring("refunds", REFUNDS, now)
    bring("redemptions", REDEMPTIONS, now)
    return person


def test_a_list_shows_masked_addresses_and_never_the_plain_ones(owner: Visitor, buyer: Person) -> None:
    page = owner.get("people")
    assert "•••• 2210" in page
    assert "e•••@example.test" in page
    assert "emma@example.test" not in page
    assert "3812342210" not in page


@pytest.mark.parametrize(
    "search",
    [
        "王晓",
        "晓敏",
        "2210",
        "138 1234 2210",
        "MING@example.test",
        "C-7",
        "wang",
        "wang xiao",
        "xiaomin",
        "wxm",
        "nobody",
    ],
)
def test_people_are_found_by_what_staff_know(owner: Visitor, now: datetime, search: str) -> None:
    identities = {"customer_number": "C-7", "email": "ming@example.test", "phone": "+8613812342210"}
    known("王晓敏", now, identities=identities)
    known("Emma Wang", now)
    found = {"wang": ["Emma Wang", "王晓敏"], "nobody": []}.get(search, ["王晓敏"])
    assert owner.names(q=search) == found


def test_filters_stand_in_the_address_and_each_can_be_taken_away(owner: Visitor, buyer: Person, now: datetime) -> None:
    unit = governance.add_unit(name="Store 014")
    advisor = staff(Role.ADVISOR, unit=unit)
    known("Anna", now, owner=advisor)
    known("Bert", now, unit=unit)
    assert owner.names() == ["Anna", "Bert", "Emma Fischer"]
    assert owner.names(level="customer") == ["Emma Fischer"]
    assert owner.names(owner=advisor.public_id) == ["Anna"]
    assert owner.names(unit=unit.public_id, sort="newest") == ["Bert", "Anna"]
    page = owner.get("people", unit=unit.public_id, owner=advisor.public_id, q="an")
    assert "Owner is The advisor" in page
    assert f'href="?q=an&unit={unit.public_id}" aria-label="Remove filter: Owner is The advisor"' in page


def test_every_filter_is_a_sentence_that_can_be_taken_away(owner: Visitor, now: datetime) -> None:
    for key, label, kind in (("city", "City", "text"), ("points", "Points", "number"), ("vip", "VIP", "yes_no")):
        Field.objects.create(key=key, label=label, kind=kind)
    known("Anna", now, identities={"email": "a@example.test"}, traits={"city": "上海", "points": "9", "vip": "yes"})
    known("Bert", now - timedelta(days=40), source="staff", identities={"phone": "+8613812342210"},
          traits={"city": "北京", "points": "100"})  # fmt: skip
    month = f"{now - timedelta(days=30):%Y-%m-%d}"
    cases: list[tuple[dict[str, Any], list[str], str]] = [
        ({"owner": "none"}, ["Anna", "Bert"], "Owner is nobody"),
        ({"source": "staff"}, ["Bert"], "Source: By hand"),
        ({"added_from": month}, ["Anna"], "Added from"),
        ({"added_to": month}, ["Bert"], "Added up to"),
        ({"seen_from": month}, [], "Last seen from"),
        ({"reached": "friend", "reached_from": month}, [], "Reached Friend from"),
        ({"lost_to": month}, [], "Lost a level up to"),
        ({"email": "yes"}, ["Anna"], "Has an e-mail address"),
        ({"phone": "no"}, ["Anna"], "Has no phone"),
        ({"trait:city": "上海"}, ["Anna"], "City: 上海"),
        ({"trait:vip": "yes"}, ["Anna"], "VIP: Yes"),
        ({"least:points": "10"}, ["Bert"], "Points: from 10 on"),
        ({"least:points": "1", "most:points": "9.5"}, ["Anna"], "Points: from 1 to 9.5"),
    ]
    for asked, found, said in cases:
        assert owner.names(**asked) == found, asked
        page = owner.get("people", **asked)
        assert f'aria-label="Remove filter: {said}' in page, asked
        assert 'href="?" aria-label="Remove filter' in page, asked


def test_pages_follow_each_other_by_a_mark_that_shows_no_inner_id(owner: Visitor, now: datetime) -> None:
    names = [f"P{number:02}" for number in range(60)]
    for number, name in enumerate(names):
        known(name, now + timedelta(minutes=number))
    first = owner.client.get(reverse("people", args=["lumen"]))
    second = owner.client.get(reverse("people", args=["lumen"]) + first.context["next"])
    assert [row["name"] for page in (first, second) for row in page.context["rows"]] == names
    assert "after=psn_" in first.context["next"]
    assert second.context["next"] == ""
    newest = owner.client.get(reverse("people", args=["lumen"]), {"sort": "newest"})
    assert [row["name"] for row in newest.context["rows"]] == names[:9:-1]


@pytest.mark.parametrize("wrong", ["x", "1~a", "psn_00000000000000000000000000~a", "~"])
def test_a_changed_mark_leads_to_the_beginning_or_is_refused_with_words(
    owner: Visitor, buyer: Person, wrong: str
) -> None:
    answer = owner.client.get(reverse("people", args=["lumen"]), {"level": "customer", "after": wrong}, follow=True)
    assert answer.redirect_chain[0][0].endswith("/people?level=customer&sort=name")
    assert "This list begins anew" in answer.content.decode()
    owner.get("person", buyer.public_id, before=wrong, status=400)


WRONG = [{"level": "vip"}, {"sort": "age"}, {"email": "maybe"}, {"trait:nix": "1"}]
WRONG += [
    {"added_from": "yesterday"},
    {"seen_to": "0001-01-01"},
    {"source": "a\x01"},
    {"reached": "visitor"},
    {"lost_to": "x"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_an_old_address_leads_to_the_whole_list_with_words(
    owner: Visitor, buyer: Person, wrong: dict[str, str]
) -> None:
    answer = owner.client.get(reverse("people", args=["lumen"]), wrong, follow=True)
    assert (answer.status_code, "This list begins anew" in answer.content.decode()) == (200, True)


def test_a_person_that_is_not_there_is_not_found(owner: Visitor, buyer: Person) -> None:
    owner.get("people", status=404, person="x")


def queries_of(view: Callable[[], object]) -> int:
    view()
    with CaptureQueriesContext(connection) as counted:
        view()
    return len(counted)


def test_three_people_take_as_many_queries_as_one(owner: Visitor, buyer: Person, now: datetime) -> None:
    alone = queries_of(lambda: owner.names())
    for number in (2, 3):
        known(f"P{number}", now, identities={"email": f"p{number}@example.test", "phone": f"+861381234000{number}"})
    assert queries_of(lambda: owner.names()) == alone
    assert alone < 30


def test_more_orders_take_no_more_queries(owner: Visitor, buyer: Person, now: datetime) -> None:
    few = queries_of(lambda: owner.get("person", buyer.public_id))
    more = "\n".join(f"N-{n},C-1,2026-06-0{n} 10:00,Store 014,tea,1,5" for n in range(1, 9))
    bring("orders", ORDERS.split("\n")[0] + "\n" + more + "\n", now)
    assert queries_of(lambda: owner.get("person", buyer.public_id)) == few


def test_an_advisor_sees_their_own_people_only(lumen: Workspace, buyer: Person, now: datetime) -> None:
    advisor = staff(Role.ADVISOR)
    mine = known("Mine", now, owner=advisor)
    here = visit(advisor.user)
    assert here.names() == ["Mine"]
    assert here.names(q="2210") == []
    here.get("person", mine.public_id)
    here.get("person", buyer.public_id, status=404)
    here.get("people", person=buyer.public_id, status=404)


def test_a_manager_sees_the_unit_and_below(lumen: Workspace, now: datetime) -> None:
    north = governance.add_unit(name="North")
    store = governance.add_unit(name="Store", parent=north)
    known("Below", now, unit=store)
    known("Elsewhere", now, unit=governance.add_unit(name="South"))
    assert visit(staff(Role.MANAGER, unit=north).user).names() == ["Below"]


def test_a_person_page_says_the_level_with_its_proof_money_and_consent(
    owner: Visitor, buyer: Person, now: datetime
) -> None:
    make.say("emma@example.test", True, datetime(2026, 3, 2, 4, 0, tzinfo=UTC))
    page = owner.get("person", buyer.public_id)
    assert "Customer since 3 Mar 2026: paid order 2026-118842" in page
    assert "CN¥24.80" in page  # 34.70 paid, 9.90 given back
    assert "Marketing: agreed" in page
    assert "2 Mar 2026 · test" in page
    assert "Korean" in page
    assert "Germany" in page
    assert "emma@example.test" not in page


def test_suppression_is_said_before_consent(owner: Visitor, buyer: Person, now: datetime) -> None:
    make.say("emma@example.test", True, now)
    make.suppress("emma@example.test", now, "hard_bounce")
    page = owner.get("person", buyer.public_id)
    assert "On the suppression list: the mailbox does not exist." in page
    assert page.index("Gets nothing") < page.index("Marketing: agreed")


def test_the_products_of_an_order_are_folded_into_it(lumen: Workspace, buyer: Person) -> None:
    items = timeline(buyer, Staff.objects.earliest("pk")).items
    assert [(item.title, item.more, [line.product for line in item.lines]) for item in items] == [
        ("Refund for order 2026-118999", "−CN¥9.90", []),
        ("Paid order 2026-118999", "CN¥9.90 · Store 014", ["Green tea"]),
        ("Used coupon SPRING20", "With order 2026-118842 · imported campaign May mailing", []),
        ("Level reached: Customer", "paid order 2026-118842", []),
        ("Paid order 2026-118842", "CN¥24.80 · Store 014", ["Green tea", "Cup"]),
    ]


def test_older_pages_hold_the_rest_once(lumen: Workspace, buyer: Person) -> None:
    whole = timeline(buyer, Staff.objects.earliest("pk")).items
    pages, mark = [], ""
    while True:
        page = timeline(buyer, Staff.objects.earliest("pk"), before=mark, size=2)
        pages += page.items
        mark = page.older
        if not mark:
            break
    assert pages == whole


def test_a_filter_shows_its_kind_only(owner: Visitor, buyer: Person) -> None:
    assert [item.title for item in timeline(buyer, Staff.objects.earliest("pk"), kind="levels").items] == [
        "Level reached: Customer"
    ]
    assert "Paid order" not in owner.get("person", buyer.public_id, show="levels").split("story")[1]
    owner.get("person", buyer.public_id, show="everything", status=404)


def message(
    person: Person, account: Account, broadcast: Broadcast, state: str, now: datetime, reason: str = ""
) -> Message:
    sent: Message = Message.objects.create(
        origin=broadcast.public_id,
        person=person,
        account=account,
        purpose="marketing",
        state=state,
        reason=reason,
        planned_at=now,
        address=make.lookup("emma@example.test"),
    )
    return sent


def test_what_was_not_sent_stands_in_the_timeline_with_its_reason(buyer: Person, now: datetime) -> None:
    account, letter = make.account(now), words.content(now)
    for name, state, reason in [("Spring", "skipped", "no_consent"), ("Tea", "held_out", "")]:
        broadcast = Broadcast.objects.create(name=name, account=account, content=letter, created_at=now, updated_at=now)
        message(buyer, account, broadcast, state, now, reason)
    sent = Broadcast.objects.create(name="Cups", account=account, content=letter, created_at=now, updated_at=now)
    row = message(buyer, account, sent, "accepted", now)
    channels.opened(message=row, now=now + timedelta(hours=1))
    channels.unsubscribe(message=row, now=now + timedelta(hours=2))
    assert [item.title for item in timeline(buyer, Staff.objects.earliest("pk"), kind="messages").items] == [
        "Unsubscribed by the link in “Cups”",
        "“Cups” was probably opened",
        "“Spring” was not sent: no marketing consent",
        "Held out of “Tea”",
    ]


def test_the_demo_says_what_is_invented(owner: Visitor, lumen: Workspace, buyer: Person) -> None:
    said = "names, addresses and consent here are invented"
    assert said not in owner.get("person", buyer.public_id)
    Workspace.objects.filter(pk=lumen.pk).update(is_demo=True)
    assert said in owner.get("person", buyer.public_id)


def test_an_empty_list_teaches_what_to_do(owner: Visitor, lumen: Workspace) -> None:
    assert "Import people" in owner.get("people")
    assert "Nobody fits" in owner.get("people", q="someone")
    advisor = visit(staff(Role.ADVISOR).user).get("people")
    assert "as soon as you are named their owner" in advisor
    assert "Import people" not in advisor


def test_the_list_shows_a_person_beside_it_under_one_address(owner: Visitor, buyer: Person) -> None:
    page = owner.get("people", person=buyer.public_id)
    assert "Customer since 3 Mar 2026" in page
    assert f'id="{buyer.public_id}"' in page


def test_a_name_from_a_file_stays_text(owner: Visitor, now: datetime) -> None:
    person = known("<script>alert(1)</script>", now)
    assert "<script>alert" not in owner.client.get(reverse("people", args=["lumen"])).content.decode()
    assert "<script>alert" not in owner.client.get(reverse("person", args=["lumen", person.public_id])).content.decode()


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "2026年3月3日"), ("ko", "2026. 3. 3.")])
def test_dates_follow_the_language(lumen: Workspace, buyer: Person, language: str, said: str) -> None:
    here = visit(User.objects.get(email="owner@example.test"), language)
    assert said in here.get("person", buyer.public_id)


def test_the_form_of_the_filter_sends_what_is_left_empty_too(owner: Visitor) -> None:
    empty = dict.fromkeys(
        ["sort", "owner", "unit", "source", "added_from", "added_to", "seen_from", "seen_to", "email", "phone"], ""
    )
    answer = owner.client.get(reverse("people", args=["lumen"]), {**empty, "level": "customer"})
    assert answer.status_code == 200
    assert "Level is Customer" in answer.content.decode()


def test_of_hundreds_of_ids_the_first_are_shown_and_the_rest_is_folded(owner: Visitor, now: datetime) -> None:
    ids = {f"e{n}": ("email", f"p{n:02}@example.test") for n in range(25)}
    lin = people.create_person(now=now, name="Lin", ids=ids)
    few = people.create_person(now=now, name="Kim", ids={"p": ("plate", "京A12345")})
    page = owner.get("person", lin.public_id)
    assert page.count("<summary>15 more</summary>") == 2
    first = page[page.index("May I write to them?") : page.index("<summary>15 more</summary>")]
    assert first.count('<div class="reach">') == 10 and page.count('<div class="reach">') == 25
    assert " more</summary>" not in owner.get("person", few.public_id)
