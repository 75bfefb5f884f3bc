"""The builder by hand and by keys: what was found is added, the hands stay on it, and steps are taken back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from guanxi.governance.models import Role
from tests.console.browser.conftest import LookedAt, SignedIn, Site
from tests.console.browser.test_broadcast import shoppers


def test_conditions_are_found_moved_and_taken_back_by_keys(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt
) -> None:
    shoppers()
    signed_in(page, Role.OPERATOR, language="zh-hans")
    page.goto(site.url("audience_new"))
    who, clauses = page.locator("#who"), page.locator("#rule fieldset.clause")
    expect(who).to_contain_text("0 人")
    page.locator(".seek").fill("gmsp")
    expect(page.locator(".offers button")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(clauses).to_have_count(2)
    expect(page.locator("[name='1-within']")).to_be_focused()
    expect(page.locator("[name='1-event']")).to_have_value("product.bought")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[name='0-event']")).to_have_value("product.bought")
    expect(page.locator("#c0 > div > .clause-acts > button").first).to_be_focused()
    page.locator("#c1 > div > .clause-acts > button").last.press("Enter")
    expect(clauses).to_have_count(1)
    expect(who).to_contain_text("12 人")
    page.get_by_role("button", name="撤销").press("Enter")
    expect(clauses).to_have_count(2)
    page.get_by_role("button", name="撤销").press("Enter")
    expect(page.locator("[name='0-event']")).to_have_value("order.paid")
    page.get_by_role("button", name="重做").press("Enter")
    expect(page.locator("[name='0-event']")).to_have_value("product.bought")
    page.get_by_role("button", name="条件组").press("Enter")
    expect(page.locator("#c2 fieldset.clause")).to_have_count(1)
    looked_at("builder")
