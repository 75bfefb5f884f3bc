"""The suppression list, in each language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from guanxi.governance.models import Role
from guanxi.kit import clock
from guanxi.people import operations as people
from tests.console.browser.conftest import LookedAt, SignedIn, Site
from tests.factories import channels as make


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_the_list_keeps_its_promises(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, language: str
) -> None:
    people.create_person(now=clock.now(), identities={"email": "emma@example.test"})
    for address, reason in (("emma", "hard_bounce"), ("angry", "complaint"), ("asked", "manual")):
        make.suppress(f"{address}@example.test", clock.now(), reason)
    signed_in(page, Role.OWNER, language=language)
    page.goto(site.url("suppressions"))
    looked_at(f"suppressions-{language}")
