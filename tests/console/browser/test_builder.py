"""The builder by hand and by keys: what was found is added, the hands stay on it, and steps are taken back."""

from __future__ import annotations

import re

from playwright.sync_api import Dialog, Page, expect

from guanxi.audiences import operations as audiences
from guanxi.governance.models import Role
from guanxi.kit import clock
from tests.console.browser.conftest import Complaints, LookedAt, SignedIn, Site
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


def test_what_a_choice_changes_comes_back(site: Site, page: Page, signed_in: SignedIn, complaints: Complaints) -> None:
    shoppers()
    measures = [{"type": "count", "at_least": 4}, {"type": "days", "at_least": 3}]
    rule = {"version": 1, "where": {"type": "did", "event": "event:product.bought", "having": measures}}
    kept = audiences.save_audience(name="Often", rule=rule, by=None, now=clock.now())
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("audience", kept.public_id))
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    bounds, numbers = page.locator("select[name^='0-h'][name$='-bound']"), page.locator("[name='0-h0-number']")
    expect(bounds).to_have_count(2)
    page.locator("[name='0-did']").select_option("did_not")
    expect(bounds).to_have_count(0)
    expect(undo).to_be_enabled()
    page.locator("[name='0-did']").select_option("did")
    expect(bounds).to_have_count(2)
    expect(numbers).to_have_value("4")
    page.locator("[name='0-within']").select_option("last_days")
    expect(page.locator("[name='0-days']")).to_have_value("90")
    page.locator("[name='0-event']").select_option("order.paid")
    expect(page.get_by_role("button", name="Add a detail")).to_be_visible()
    for event, within in [("product.bought", "last_days"), ("product.bought", "ever")]:
        undo.click()
        expect(page.locator("[name='0-event']")).to_have_value(event)
        expect(page.locator("[name='0-within']")).to_have_value(within)
    undo.click()
    expect(bounds).to_have_count(0)
    undo.click()
    expect(bounds).to_have_count(2)
    expect(undo).to_be_disabled()
    expect(redo).to_be_enabled()
    assert not complaints.said


def test_what_was_written_is_neither_overwritten_nor_left_without_a_word(
    site: Site, page: Page, signed_in: SignedIn, complaints: Complaints
) -> None:
    shoppers()
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("audience_new"))
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    who, text = page.locator("#who"), page.locator("#exact-json")
    expect(who).to_contain_text("0 people")
    page.locator("[name='0-event']").select_option("product.bought")
    expect(who).to_contain_text("12 people")
    expect(text).to_have_value(re.compile("event:product.bought"))
    page.locator("#exact summary").click()
    text.fill("{}")
    page.locator("[name='0-within']").select_option("last_days")
    expect(page.locator("[name='0-days']")).to_be_visible()
    with page.expect_response(re.compile("count")):
        page.locator("[name='0-days']").fill("1")
    expect(page.locator("#who > .answer:not(.old)")).to_be_visible()
    expect(text).to_have_value("{}")
    crumb = page.locator("a.crumb")
    crumb.click()
    expect(page.locator("#builder")).to_be_visible()
    assert asked == ["beforeunload"]
    page.locator("[name=name]").fill("Bought")
    page.get_by_role("button", name="Save audience").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bought")
    page.locator("a.crumb").click()
    expect(page.locator("td a.name")).to_have_text("Bought")
    assert asked == ["beforeunload"]
    assert not complaints.said
