"""Two steps and passkeys in a real browser, with an authenticator that Chromium plays."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from guanxi.governance import operations as governance
from guanxi.governance.models import Passkey, Role, User
from guanxi.kit import clock
from tests.console.browser.conftest import LookedAt, SignedIn, Site

PASSWORD = "river lamp seven umbrellas"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def at_localhost(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Browsers make no passkeys for an IP address."""
    site.address = site.address.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(settings, "BASE_URL", site.address)
    return site


@pytest.fixture
def device(page: Page) -> str:
    """A passkey device that says yes by itself; its id for what Chromium's debugger is asked."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return str(made["authenticatorId"])


def signs_in_by_password(page: Page, site: Site, user: User) -> None:
    page.goto(f"{site.address}/sign-in?next=/account")
    page.locator("[name=email]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_an_app_is_set_up_and_asked_for(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, language: str
) -> None:
    signed_in(page, Role.OWNER, language=language)
    page.goto(f"{site.address}/account")
    looked_at(f"account-one-step-{language}")
    page.locator("a[href='/account/app']").click()
    page.wait_for_load_state("load")
    assert page.locator("img.qr").evaluate("one => one.complete && one.naturalWidth > 0")
    page.locator("details summary").first.click()
    looked_at(f"account-app-{language}")
    page.locator("[name=code]").fill("000000")
    page.locator("[name=code]").press("Enter")
    expect(page.locator(".errorlist, .error")).to_have_count(1)
    looked_at(f"account-app-refused-{language}")


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_a_passkey_is_made_and_signs_in(
    at_localhost: Site, page: Page, device: str, looked_at: LookedAt, language: str
) -> None:
    user = at_localhost.users[Role.ADVISOR]
    governance.set_password(user=user, current="", password=PASSWORD, now=clock.wall())
    governance.set_appearance(user=user, language=language, theme="light")
    signs_in_by_password(page, at_localhost, user)
    page.locator("form[data-passkey] [name=name]").fill("Laptop")
    page.locator("form[data-passkey] button").click()
    expect(page.locator(".codes li")).to_have_count(10)
    expect(page.locator("[data-print]")).to_be_visible()
    looked_at(f"recovery-codes-{language}")
    page.locator("a[href='/account#two-steps']").click()
    expect(page.locator("[aria-labelledby=passkeys] li")).to_contain_text("Laptop")
    looked_at(f"account-two-steps-{language}")
    page.context.clear_cookies()
    page.goto(f"{at_localhost.address}/sign-in?next=/account")  # the quiet question answers itself here
    expect(page).to_have_url(f"{at_localhost.address}/account")
    assert Passkey.objects.get().used_at is not None


def test_a_passkey_is_the_second_step(at_localhost: Site, page: Page, device: str, looked_at: LookedAt) -> None:
    user = at_localhost.users[Role.ADVISOR]
    governance.set_password(user=user, current="", password=PASSWORD, now=clock.wall())
    signs_in_by_password(page, at_localhost, user)
    page.locator("form[data-passkey] button").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.context.clear_cookies()
    page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    signs_in_by_password(page, at_localhost, user)
    expect(page).to_have_url(f"{at_localhost.address}/sign-in/second")
    looked_at("second-step-passkey")
    page.locator("form[data-passkey] button").click()
    expect(page).to_have_url(f"{at_localhost.address}/account")


def test_a_refused_passkey_is_told_on_the_page(at_localhost: Site, page: Page, looked_at: LookedAt) -> None:
    page.add_init_script(
        "navigator.credentials.get = async () => { throw new DOMException('no', 'NotAllowedError') };"
        "delete PublicKeyCredential.isConditionalMediationAvailable"
    )
    page.goto(f"{at_localhost.address}/sign-in")
    page.locator("form[data-passkey] button").click()
    expect(page.locator("[data-says]")).to_contain_text("The passkey was not used.")
    looked_at("sign-in-passkey-cancelled")
