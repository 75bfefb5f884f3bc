"""An operator says who, writes what, looks at who gets it, and sends: with keys and mouse, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from guanxi.audiences.models import Audience
from guanxi.commerce.events import ProductBought
from guanxi.content.models import Content
from guanxi.events import operations as events
from guanxi.governance.models import Role
from guanxi.kit import clock
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast
from tests.console.browser.conftest import LookedAt, SignedIn, Site
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories.reach import draft, everybody, into_lake, write_lake


def shoppers() -> None:
    """Twelve who bought meat three times, one of them without consent."""
    now = clock.now()
    people = [make.person(now, f"p{at}@example.test", consent=at > 0 or None, name=f"Person {at}") for at in range(12)]
    for person in people:
        for _ in range(3):
            events.announce(ProductBought(person.pk, 1, None, 990, "CNY", department="MEAT"), at=now)
    into_lake(people, now)
    write_lake(now)


def test_an_audience_is_built_as_a_sentence_with_a_live_count(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt
) -> None:
    shoppers()
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("audiences"))
    looked_at("audiences-empty")
    page.get_by_text("Bought from one department").click()
    who = page.locator("#who")
    expect(who).to_contain_text("12 people")
    page.locator("[name='0-h0-number']").fill("4")
    expect(who).to_contain_text("Nobody fits")
    page.locator("[name='0-h0-number']").fill("3")
    expect(who).to_contain_text("12 people")
    page.get_by_role("button", name="Their level").click()
    expect(page.locator("fieldset.clause")).to_have_count(3)
    expect(page.locator("[name='0-w0-value']")).to_have_value("MEAT")
    page.get_by_role("button", name="Remove condition 3").click()
    expect(page.locator("fieldset.clause")).to_have_count(2)
    page.get_by_label("Name").fill("Regulars")
    page.get_by_role("button", name="Save audience").click()
    expect(page.get_by_role("status")).to_contain_text("Saved. 12 people fit now.")
    expect(who).to_contain_text("12 people")
    looked_at("audience")
    assert Audience.objects.get().size == 12


def test_a_content_is_previewed_before_it_is_saved(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt
) -> None:
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("content_new"))
    page.get_by_label("Name", exact=True).fill("Welcome")
    page.locator("#subject-en").fill("Hello")
    page.locator("#body-en").fill("Dear **{{ person.name }}**")
    page.get_by_role("button", name="Preview").first.click()
    expect(page.frame_locator("iframe.letter").locator("strong")).to_have_text("Kim Minji")
    page.get_by_role("button", name="Save content").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    looked_at("content")
    assert Content.objects.count() == 1


def test_a_broadcast_is_looked_over_and_sent(site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt) -> None:
    shoppers()
    now = clock.now()
    everybody(now)
    words.content(now)
    make.account(now)
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("broadcast_new"))
    page.get_by_label("Name", exact=True).fill("Lamps")
    page.get_by_text("Everybody").click()
    page.get_by_role("button", name="Next: what to say").click()
    page.get_by_text("New lamps").click()
    looked_at("broadcast-content")
    page.get_by_role("button", name="Next: when").click()
    page.get_by_label("Hold out, in percent").fill("0")
    looked_at("broadcast-when")
    page.get_by_role("button", name="Next: review").click()
    expect(page.locator("main")).to_contain_text("Left out: no marketing consent")
    looked_at("broadcast-review")
    page.get_by_role("button", name="Send to 11 people").press("Enter")
    expect(page.locator("main")).to_contain_text("Choosing recipients")
    reach.lane(now=clock.now())
    expect(page.locator("main")).to_contain_text("0 of 11")
    looked_at("broadcast")
    page.get_by_role("button", name="Stop for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop for good").click()
    expect(page.locator("h1 ~ .chip")).to_have_text("Stopped")
    assert Broadcast.objects.get().state == "cancelled"


def test_everything_works_without_script(site: Site, page: Page, signed_in: SignedIn) -> None:
    shoppers()
    signed_in(page, Role.OPERATOR)
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(site.url("audience_new", query="?recipe=regulars"))
    plain.get_by_role("button", name="What is known of them").click()
    expect(plain.locator("fieldset.clause")).to_have_count(3)
    plain.get_by_role("button", name="Remove condition 3").click()
    plain.get_by_role("button", name="Count the people").click()
    expect(plain.locator("#who")).to_contain_text("12 people")
    plain.get_by_label("Name").fill("Regulars")
    plain.get_by_role("button", name="Save audience").click()
    expect(plain.get_by_role("status")).to_contain_text("Saved. 12 people fit now.")
    context.close()


def test_the_settings_of_channels_look_right(site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt) -> None:
    account = make.account(clock.now())
    signed_in(page, Role.OWNER, language="ko")
    page.goto(site.url("channels"))
    looked_at("channels")
    page.goto(site.url("channel", account.public_id))
    looked_at("channel")


def test_lists_and_results_look_right_in_chinese(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt
) -> None:
    shoppers()
    now = clock.now()
    draft(now, everybody(now), words.content(now), make.account(now))
    signed_in(page, Role.ANALYST, language="zh-hans", theme="dark")
    for name in ("audiences", "contents", "broadcasts"):
        page.goto(site.url(name))
        looked_at(f"{name}-zh")
