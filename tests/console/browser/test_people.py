"""Staff look for people and at one of them: by mouse, by keyboard, on a phone, without script."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from guanxi.channels.models import Message
from guanxi.channels.queries import link
from guanxi.governance import operations as governance
from guanxi.governance.models import Consent, Role, Staff
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Field, Person
from guanxi.reach.models import Broadcast
from tests.commerce.importing import bring
from tests.console.browser.conftest import PHONE, LookedAt, SignedIn, Site
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories.reach import into_lake

NAMES = ("王晓敏", "김서연", "Emma Fischer", "李建国", "陈思远", "박민준", "赵雨桐", "Jonas Weber", "刘芳", "周子墨")
PRODUCTS = "number,name,department\ntea,Green tea,Drinks\ncup,Cup,Home\n"
LANGUAGES = ("en", "zh-hans", "ko")


@pytest.fixture
def emma(site: Site) -> Person:
    """One of ten people; she bought forty times and had two messages."""
    now = clock.now()
    store = governance.add_unit(name="Store 014")
    advisor = Staff.objects.get(role=Role.ADVISOR)
    for number, name in enumerate(NAMES):
        identities = {
            "customer_number": f"C-{number}",
            "email": f"p{number}@example.test",
            "phone": f"+861381234{2210 + number}",
        }
        people.create_person(
            now=now - timedelta(days=number), name=name, identities=identities, owner=advisor, unit=store, language="ko"
        )
    make.say("p2@example.test", True, now - timedelta(days=90))
    bring("products", PRODUCTS, now)
    rows = "\n".join(
        f"O-{n},C-2,{now - timedelta(days=40 - n):%Y-%m-%d} 10:00,Store 014,{product},1,{n}.50"
        for n in range(40)
        for product in ("tea", "cup")
    )
    bring("orders", f"order,customer,placed_at,store,product,quantity,amount\n{rows}\n", now)
    into_lake([], now)
    found: Person = Person.objects.get(name="Emma Fischer")
    return found


@pytest.fixture
def message(emma: Person) -> Message:
    now = clock.now()
    account, letter = make.account(now), words.content(now)
    for name, state, reason in (("Spring tea", "accepted", ""), ("Summer cups", "skipped", "cap")):
        broadcast = Broadcast.objects.create(name=name, account=account, content=letter, created_at=now, updated_at=now)
        Message.objects.create(
            origin=broadcast.public_id,
            person=emma,
            account=account,
            purpose="marketing",
            state=state,
            reason=reason,
            planned_at=now,
            address=make.lookup("p2@example.test"),
        )
    sent: Message = Message.objects.get(state="accepted")
    return sent


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_keep_their_promises_in_each_language(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, message: Message, language: str
) -> None:
    signed_in(page, Role.OWNER, language=language)
    page.goto(site.url("home"))
    looked_at(f"home-{language}")
    page.goto(site.url("people", query=f"?level=customer&person={message.person.public_id}"))
    looked_at(f"people-{language}")
    page.goto(site.url("person", message.person.public_id))
    looked_at(f"person-{language}")


def test_an_empty_workspace_teaches(site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt) -> None:
    signed_in(page)
    page.goto(site.url("home"))
    expect(page.get_by_role("link", name="Import people")).to_be_visible()
    looked_at("home-empty")
    page.goto(site.url("people"))
    looked_at("people-empty")


def test_a_person_opens_beside_the_list_and_the_address_follows(
    site: Site, page: Page, signed_in: SignedIn, emma: Person
) -> None:
    signed_in(page)
    page.goto(site.url("people"))
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Emma Fischer").click()
    beside = page.get_by_role("complementary", name="Emma Fischer")
    expect(beside).to_contain_text("Customer since")
    expect(page).to_have_url(re.compile(f"person={emma.public_id}"))
    page.get_by_role("link", name="王晓敏").click()
    expect(page.get_by_role("complementary", name="王晓敏")).to_be_visible()
    expect(page.locator("tr.on")).to_have_count(1)
    page.get_by_role("complementary").get_by_role("link", name="Close").click()
    expect(page.get_by_role("complementary")).to_have_count(0)
    assert page.evaluate("window.same") is True
    page.go_back()
    expect(page.get_by_role("complementary", name="王晓敏")).to_be_visible()


def test_search_and_filters_by_keyboard(site: Site, page: Page, signed_in: SignedIn, emma: Person) -> None:
    signed_in(page)
    page.goto(site.url("people"))
    search = page.get_by_role("searchbox", name="Search people")
    search.focus()
    page.keyboard.type("晓敏")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(site.url("people"))
    page.get_by_role("button", name="Filter").focus()
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Level", exact=True).select_option("customer")
    page.get_by_role("button", name="Show these people").press("Enter")
    expect(page.get_by_text("Level is Customer")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Remove filter: Level is Customer").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(10)


def test_older_things_come_below_and_an_order_unfolds(
    site: Site, page: Page, signed_in: SignedIn, emma: Person
) -> None:
    signed_in(page)
    page.goto(site.url("person", emma.public_id))
    expect(page.get_by_text("Paid order O-39")).to_be_visible()
    expect(page.get_by_text("Paid order O-0", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Paid order O-0", exact=True)).to_be_visible()
    expect(page.get_by_text("Paid order O-39")).to_be_visible()
    expect(page.get_by_role("link", name="Older")).to_have_count(0)
    page.get_by_text("2 products").first.click()
    expect(page.get_by_text("Green tea").first).to_be_visible()


def test_on_a_phone_a_name_leads_to_the_whole_page(site: Site, page: Page, signed_in: SignedIn, emma: Person) -> None:
    signed_in(page, Role.ADVISOR)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(site.url("people"))
    page.get_by_role("link", name="Emma Fischer").click()
    expect(page.get_by_role("heading", name="Emma Fischer", level=1)).to_be_visible()


def test_everything_reads_and_works_without_script(
    site: Site, page: Page, browser: Browser, signed_in: SignedIn, message: Message
) -> None:
    signed_in(page)
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        plain = context.new_page()
        plain.goto(site.url("people"))
        plain.get_by_role("link", name="Emma Fischer").click()
        plain.get_by_role("complementary").get_by_role("link", name="Open the whole page").click()
        plain.get_by_role("link", name="Older").click()
        expect(plain.get_by_text("Paid order O-0", exact=True)).to_be_visible()
        plain.get_by_role("link", name="Messages").click()
        expect(plain.get_by_text("“Summer cups” was not sent: had enough messages lately")).to_be_visible()
        plain.goto(site.address + "/u/" + link(message, "unsubscribe").rpartition("/")[2])
        plain.get_by_role("button").first.click()
    assert list(Consent.objects.values_list("granted", flat=True)) == [False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_unsubscribing_keeps_the_promises_of_every_page(
    site: Site, page: Page, looked_at: LookedAt, message: Message, language: str
) -> None:
    Person.objects.update(language=language)
    page.goto(site.address + "/u/" + link(message, "unsubscribe").rpartition("/")[2])
    expect(page.locator("html")).to_have_attribute("lang", language)
    looked_at(f"unsubscribe-{language}")
    page.get_by_role("button").first.click()
    looked_at(f"unsubscribed-{language}")
    page.goto(site.address + "/u/broken")
    looked_at(f"unsubscribe-broken-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_by_hand_keep_their_promises(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, emma: Person, language: str
) -> None:
    for kind in ("text", "number", "date", "yes_no"):
        Field.objects.create(key=kind, label=f"Field of {kind}", kind=kind)
    signed_in(page, Role.OPERATOR, language=language)
    page.goto(site.url("person_new"))
    looked_at(f"person-new-{language}")
    page.goto(site.url("person_edit", emma.public_id))
    looked_at(f"person-edit-{language}")
    page.goto(site.url("person", emma.public_id))
    page.locator("textarea[name=text]").fill("Likes tea.\n\nAsks for the blue cups each time she comes by.")
    page.locator("form:has(textarea[name=text]) button[type=submit]").click()
    page.locator(".written").wait_for()
    looked_at(f"person-note-{language}")
