"""The pages of staff, looked at in each language: invited, let go, handed over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from guanxi.governance.models import Role, Staff
from guanxi.kit import clock
from guanxi.people import operations as people
from tests.console.browser.conftest import LookedAt, SignedIn, Site


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_someone_is_invited_and_someone_leaves(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, language: str
) -> None:
    leaver = Staff.objects.get(user=site.users[Role.ADVISOR])
    people.create_person(name="Ada Novak", owner=leaver, now=clock.now())
    signed_in(page, Role.OWNER, language=language)
    page.goto(site.url("staff_new"))
    page.locator("[name=name]").fill("Nina Roth")
    page.locator("[name=email]").fill("nina@example.test")
    looked_at(f"staff-new-{language}")
    page.locator("main button.p").click()
    link = page.locator("#invitation").inner_text().strip().replace("http://127.0.0.1:8000", site.address)
    looked_at(f"invitation-{language}")
    page.goto(site.url("security"))
    looked_at(f"security-{language}")
    page.goto(site.url("staff_member", leaver.public_id))
    looked_at(f"member-{language}")
    page.locator("main a.btn.d").click()
    looked_at(f"leave-{language}")
    page.locator("[name=to]").select_option("later")
    page.locator("main form button").click()
    expect(page.locator(".banner.warn")).to_be_visible()
    looked_at(f"member-without-access-{language}")
    page.goto(site.url("staff"))
    looked_at(f"staff-{language}")
    page.context.clear_cookies()
    page.goto(link)
    expect(page.locator("[name=name]")).to_have_value("Nina Roth")
    looked_at(f"come-in-{language}")
