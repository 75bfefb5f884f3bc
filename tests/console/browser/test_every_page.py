"""Every page of the console, in each language and theme, on a desk and on a phone. The table of routes drives the walk:
a new route is walked by itself (tests/console/pages.py).

What axe finds comes of the elements and their styles, and of words where it looks for names and room. So in another
language, a page that has the elements of the English one is asked for names and room only.

GUANXI_WEIGHTS=file.md keeps the table of weights; GUANXI_FULL=1 asks axe every rule of every page, in the dark as well,
and weighs every language.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from guanxi.console.gallery import views as gallery
from guanxi.governance import operations as governance
from guanxi.governance.models import Role
from guanxi.people.models import Person
from tests.console.browser.conftest import (
    ALL_RULES,
    COLOURS,
    ELEMENTS,
    FULL,
    NAMES_AND_ROOM,
    PHONE,
    SIZES,
    Complaints,
    Site,
    axe_findings,
    serving,
    watched,
)
from tests.console.browser.eyes import CUT, WORDS, Reader, told_by_rows
from tests.console.pages import pages
from tests.console.world import World, make_world

LANGUAGES = ("en", "zh-hans", "ko")
DESK, NARROWEST = {"width": 1280, "height": 800}, {"width": 320, "height": 700}
HEAVIEST_KIB = 120
WIDEST = """() => {
  const far = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth);
  return far.slice(-2).map((one) => one.outerHTML.slice(0, 120));
}"""
PARTS = 2


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The static files as `guanxi web` serves them: named by their content, compressed beforehand."""
    root = tmp_path_factory.mktemp("static")
    backend = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    with override_settings(STATIC_ROOT=root, STORAGES=settings.STORAGES | {"staticfiles": backend}):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture
def shop(pressed: None, committed: None) -> Iterator[tuple[Site, World]]:
    with serving(lambda application: application, is_demo=True) as site:
        yield site, make_world()


@dataclass
class Walk:
    """One browser that looks at pages in one language, signed in or not; `cold`, it loads each page wholly anew.

    `seen`: the elements of each page, as axe was asked every rule about them.
    """

    context: BrowserContext
    cold: bool
    seen: dict[str, str]
    page: Page = field(init=False)
    heard: Complaints = field(init=False)
    bytes: float = 0
    heaviest: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heard = watched(self.context)
        self.page = self.context.new_page()
        line: CDPSession = self.context.new_cdp_session(self.page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": self.cold})
        line.on("Network.loadingFinished", self._weigh)

    def _weigh(self, answer: dict[str, Any]) -> None:
        self.bytes += answer["encodedDataLength"]

    def look(self, name: str, url: str, language: str, reader: Reader | None) -> list[str]:
        page, self.bytes, wrong = self.page, 0, []
        self.heard.said.clear()
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        answer = page.goto(url, wait_until="load")
        if not (answer and answer.headers.get("content-type", "").startswith("text/html") and page.url == url):
            return [f"is no page, but leads to {page.url}: give it a state, or a reason in NO_PAGE"]
        if page.locator("html").get_attribute("lang") != language:
            wrong.append(f"speaks {page.locator('html').get_attribute('lang')}")
        texts = page.evaluate(WORDS)
        self.heaviest[name] = self.bytes / 1024
        if self.heaviest[name] > HEAVIEST_KIB:
            wrong.append(f"weighs {self.heaviest[name]:.0f} KiB")
        wrong += [f"English: {text}" for text in (reader.english(texts) if reader else [])]
        wrong += [f"{one} (desk)" for one in page.evaluate(CUT)]
        elements = page.evaluate(ELEMENTS)
        is_new = FULL or self.seen.get(name) != elements
        self.seen.setdefault(name, elements)
        if is_new:
            wrong += [f"axe, light: {one}" for one in axe_findings(page, "light", ALL_RULES)]
            wrong += [f"axe, dark: {one}" for one in axe_findings(page, "dark", ALL_RULES if FULL else COLOURS)]
        for size in (NARROWEST, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            if (wider := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                wrong.append(f"{wider} px wider than {size['width']}: {page.evaluate(WIDEST)}")
        wrong += [f"{one} (phone)" for one in page.evaluate(CUT)]
        wrong += [f"axe, phone: {one}" for one in axe_findings(page, "light", SIZES if is_new else NAMES_AND_ROOM)]
        return wrong + [f"the console says {one}" for one in self.heard.said]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_keeps_the_promises_of_every_page(
    shop: tuple[Site, World], browser: Browser, browser_context_args: dict[str, Any], part: int
) -> None:
    site, world = shop
    owner = site.users[Role.OWNER]
    told = told_by_rows() | {one["name"] for one in gallery.PEOPLE}
    wrong: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    seen: dict[str, str] = {}
    for language in LANGUAGES:
        governance.set_appearance(user=owner, language=language, theme="light")
        Person.objects.filter(public_id=world.things.person).update(language=language)
        reader = Reader(language, told) if language != "en" else None
        client = Client()
        client.force_login(owner)
        session = {key: morsel.value for key, morsel in client.cookies.items()}
        for without_login, cookies in ((True, {settings.LANGUAGE_COOKIE_NAME: language}), (False, session)):
            # One window at a time: what lies behind another is not drawn, and axe would wait for a frame.
            with browser.new_context(**browser_context_args) as context:
                context.add_cookies([{"name": k, "value": v, "url": site.address} for k, v in cookies.items()])
                walk = Walk(context, cold=FULL or language == LANGUAGES[0], seen=seen)
                for name, address in [*pages(world, without_login)][part::PARTS]:
                    if (only := os.environ.get("GUANXI_ONLY")) and only not in name:
                        continue
                    found = walk.look(name, site.address + address, language, reader)
                    weights[name] = max(weights.get(name, 0), walk.heaviest.get(name, 0))
                    if found:
                        wrong[f"{name} ({language})"] = found
    keep(weights)
    assert wrong == {}, "\n".join(f"{page}\n    " + "\n    ".join(found) for page, found in wrong.items())


def keep(weights: dict[str, float]) -> None:
    lines = [f"| {name} | {kib:.1f} |" for name, kib in sorted(weights.items(), key=lambda one: -one[1])]
    table = "\n".join(["| page | KiB, cold |", "|---|---|", *lines]) + "\n"
    print(table)
    if file := os.environ.get("GUANXI_WEIGHTS"):
        with Path(file).open("a") as kept:
            kept.write(table)
