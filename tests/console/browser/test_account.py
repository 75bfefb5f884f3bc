"""The page of one's own login, looked at in each language."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from guanxi.governance import operations as governance
from guanxi.governance.models import Role
from guanxi.kit import clock
from tests.console.browser.conftest import LookedAt, SignedIn, Site


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_the_account_is_a_page_that_everyone_can_use(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, language: str
) -> None:
    signed_in(page, Role.ADVISOR, language=language)
    page.goto(site.url("home"))
    looked_at(f"home-without-password-{language}")
    page.locator('.banner a[href="/account#password"]').click()
    expect(page).to_have_url(f"{site.address}{reverse('account')}#password")
    looked_at(f"account-{language}")
    page.locator("[name=password]").fill("short")
    page.locator("[name=password]").press("Enter")
    expect(page.locator(".errorlist, .error")).to_have_count(1)
    looked_at(f"account-refused-{language}")
    page.locator("[name=password]").fill("river lamp seven umbrellas")
    page.locator("[name=password]").press("Enter")
    expect(page.locator("[name=current]")).to_be_visible()
    looked_at(f"account-with-password-{language}")


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_a_forgotten_phone_is_signed_out_with_one_press(
    site: Site, page: Page, looked_at: LookedAt, language: str
) -> None:
    user, password = site.users[Role.ADVISOR], "river lamp seven umbrellas"
    governance.set_password(user=user, current="", password=password, now=clock.wall())
    governance.set_appearance(user=user, language=language, theme="dark")
    for agent in ("iPhone Safari", "Windows Chrome"):
        other = Client(headers={"user-agent": agent})
        assert other.post("/sign-in", {"email": user.email, "password": password}).status_code == 302
    page.goto(f"{site.address}/sign-in?next=/account")
    for _ in range(6):
        page.locator("[name=email]").fill(user.email)
        page.locator("[name=password]").fill("wrong")
        with page.expect_navigation():
            page.locator("[name=password]").press("Enter")
    expect(page.locator(".banner.danger")).to_be_visible()
    looked_at(f"sign-in-waits-{language}")
    cache.clear()
    page.locator("[name=email]").fill(user.email)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("[aria-labelledby=sessions] li")).to_have_count(3)
    looked_at(f"account-sessions-{language}")
    page.locator("[aria-labelledby=sessions] li button").first.click()
    expect(page.locator("[aria-labelledby=sessions] li")).to_have_count(2)
    expect(page.locator(".banner.ok")).to_be_visible()
