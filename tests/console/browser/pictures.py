"""The pictures of the README and of docs/tour.md, taken in the demo while its first story is lived:

GUANXI_README_PICTURES=docs/pictures .venv/bin/pytest tests/console/browser/test_first_story.py
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Page

from tests.console.browser.conftest import DESKTOP, PHONE, PUT_ON

SIZE = {"width": 1280, "height": 800}
QUALITY = 80

SPEAK = """language => fetch("/language", {method: "POST", body: new URLSearchParams({
  language, csrfmiddlewaretoken: document.querySelector("meta[name=csrf-token]").content})})"""


def folder() -> Path | None:
    named = os.environ.get("GUANXI_README_PICTURES")
    return Path(named) if named else None


def take(page: Page, name: str, *, theme: str = "light", phone: bool = False) -> None:
    if (kept := folder()) is None:
        return
    page.set_viewport_size(PHONE if phone else SIZE)  # type: ignore[arg-type]
    before = page.evaluate(PUT_ON, theme)
    page.wait_for_timeout(300)
    line = page.context.new_cdp_session(page)
    shot = line.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (kept / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    line.detach()
    page.evaluate(PUT_ON, before)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]


def take_the_rest(page: Page) -> None:
    """Pages of the demo that its story does not pass."""
    if folder() is None:
        return
    match = re.match(r"(https?://[^/]+)(/w/[^/]+)", page.url)
    assert match
    home, inside = match[1], match[1] + match[2]
    result = page.url
    page.goto(f"{inside}/people")
    page.goto(page.locator("a.name.when-wide").nth(3).evaluate("one => one.href"))
    take(page, "people-beside")
    page.keyboard.press("Control+k")
    page.keyboard.type("alice")
    page.wait_for_timeout(700)
    take(page, "palette")
    for name in ("health", "audit", "channels"):
        page.goto(inside + reverse(name, args=["-"]).removeprefix("/w/-"))
        take(page, name)
    page.get_by_role("link", name="The demo's mail server").first.click()
    page.get_by_role("link", name="Domain and signature").click()
    page.wait_for_load_state()
    take(page, "channel-domain")
    page.goto(home + reverse("api_reference_of_tag", args=["people"]))
    take(page, "api-reference")
    page.goto(f"{inside}/content")
    page.get_by_role("link", name="A Sunday roast for our regulars").first.click()
    page.wait_for_load_state("networkidle")
    take(page, "content")
    page.goto(f"{home}/account")
    take(page, "account", theme="dark")
    page.goto(f"{inside}/people")
    page.evaluate(SPEAK, "zh-hans")
    page.goto(f"{inside}/")
    take(page, "home-zh")
    take(page, "home-zh-phone", phone=True)
    page.goto(result)
    take(page, "broadcast-result-zh-dark", theme="dark")
    page.evaluate(SPEAK, "ko")
    page.goto(f"{inside}/people")
    take(page, "people-ko-phone", phone=True, theme="dark")
    page.goto(f"{inside}/audiences")
    take(page, "audiences-ko")
    page.evaluate(SPEAK, "en")
