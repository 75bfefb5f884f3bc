"""An import, an audience and a broadcast, from Home to the result, with keys alone. Focus is seen at every stop, and
nothing holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FileChooser, Page, expect

from guanxi.audiences.models import Audience
from guanxi.governance.models import Role
from guanxi.kit import clock
from guanxi.people.models import Person
from guanxi.reach.models import Broadcast
from tests.console.browser.conftest import SignedIn, Site
from tests.console.browser.test_broadcast import shoppers
from tests.console.browser.test_imports import file, work
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories.reach import everybody

__all__ = ["file"]

FAR = 150
PARTS = 8  # stops inside one field: day, month, year, hour, minute …
POINTED = """
  window.pointed = 0;
  for (const kind of ["mousedown", "pointerdown", "touchstart"]) addEventListener(kind, () => { window.pointed += 1; }, true);
"""  # noqa: E501
# Who has the focus, by what is read out, and whether a ring, a frame or another ground shows it.
FOCUSED = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const seen = (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  const shown = one.type === "file" ? one.closest(".drop") ?? one : one;
  const box = shown.getBoundingClientRect();
  const name = one.getAttribute("aria-label") || [...(one.labels ?? [])].map((label) => label.innerText).join(" ") || one.innerText || one.title || one.name;
  const ringed = [one, shown, one.closest("label"), one.nextElementSibling].some((place) => place && seen(getComputedStyle(place)));
  const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { name: name.trim().replace(/\\s+/g, " "), kind: one.type || one.localName, ringed, inView, html: one.outerHTML.slice(0, 140) };
}"""  # noqa: E501


@dataclass
class Keys:
    """A person at the keyboard of a page."""

    page: Page
    unseen: set[str] = field(default_factory=set)

    def to(self, name: str, kind: str = "") -> None:
        """Tab on to what is called this; the end of the page leads to its beginning."""
        wanted = re.compile(name)
        held = 0
        before = ""
        for _ in range(FAR):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUSED)
            if at is None:
                continue
            held, before = (held + 1 if at["html"] == before else 0), at["html"]
            assert held < PARTS, f"the focus is held by {at['html']}"
            if held == 0 and not self._shows(at):  # a part of a field has its own ring
                self.unseen.add(at["html"])
            if wanted.search(at["name"]) and (not kind or at["kind"] == kind):
                return
        pytest.fail(f"no way to {name!r} on {self.page.url}")

    def _shows(self, at: dict[str, Any]) -> bool:
        """Soon: a page that just opened is being laid out, and this machine may have more to do."""
        for _ in range(20):
            if at["ringed"] and at["inView"]:
                return True
            self.page.wait_for_timeout(100)
            at = self.page.evaluate(FOCUSED) or at
        return False

    def press(self, name: str, key: str = "Enter") -> None:
        self.to(name)
        self.page.keyboard.press(key)

    def write(self, name: str, text: str) -> None:
        self.to(name)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)


@pytest.fixture
def keys(site: Site, page: Page, signed_in: SignedIn) -> Iterator[Keys]:
    page.add_init_script(POINTED)
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("home"))
    keys = Keys(page)
    yield keys
    assert keys.unseen == set()
    assert page.evaluate("window.pointed") == 0


def test_an_import_by_keyboard(keys: Keys, file: Path) -> None:
    page = keys.page
    choosers = list[FileChooser]()
    page.on(
        "filechooser", lambda one: choosers.append(one)
    )  # long before one opens: a browser is told late when it is busy
    keys.press("^Imports$")
    page.wait_for_url("**/imports")
    keys.press("^New import$")
    page.wait_for_url("**/imports/new")
    keys.to("", kind="file")
    page.keyboard.press("Space")
    for _ in range(300):
        if choosers:
            break
        page.wait_for_timeout(100)
    choosers[0].set_files(file)
    keys.press("^Next: columns")
    page.wait_for_url("**/columns")
    keys.press("^Next: check the file")
    page.wait_for_url("**/check")
    work()
    expect(page.get_by_text("117 rows can come in")).to_be_visible()
    keys.press("^Next: duplicates and consent")
    page.wait_for_url("**/options")
    keys.press("^Next: run")
    page.wait_for_url("**/run")
    keys.press("^Import 117 rows")
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()
    work()
    expect(page.get_by_text("117 rows came in")).to_be_visible()
    assert Person.objects.count() == 117


def test_an_audience_by_keyboard(keys: Keys) -> None:
    shoppers()
    page = keys.page
    keys.press("^Audiences$")
    page.wait_for_url("**/audiences")
    keys.press("^Bought from one department")
    page.wait_for_url("**recipe=**")
    expect(page.locator("#who")).to_contain_text("12 people")
    keys.write("^Name$", "Regulars")
    keys.press("^Their level$")
    expect(page.locator("fieldset.clause")).to_have_count(3)
    keys.press("^Remove condition 3")
    expect(page.locator("fieldset.clause")).to_have_count(2)
    keys.press("^Save audience")
    expect(page.get_by_role("status")).to_contain_text("Saved. 12 people fit now.")
    assert Audience.objects.get().name == "Regulars"


def test_a_broadcast_by_keyboard(keys: Keys) -> None:
    shoppers()
    now = clock.now()
    everybody(now)
    words.content(now)
    make.account(now)
    page = keys.page
    keys.press("^Broadcasts$")
    page.wait_for_url("**/broadcasts")
    keys.press("^New broadcast$")
    page.wait_for_url("**/broadcasts/new")
    keys.write("^Name$", "Lamps")
    keys.press("Everybody", key="Space")
    keys.press("^Next: what to say")
    page.wait_for_url("**/content")
    keys.press("New lamps", key="Space")
    keys.press("^Next: when")
    page.wait_for_url("**/when")
    keys.write("^Hold out, in percent", "0")
    keys.press("^Next: review")
    page.wait_for_url("**/review")
    keys.press("^Send to 11 people")
    expect(page.locator("main")).to_contain_text("Choosing recipients")
    assert Broadcast.objects.get().state == "planning"
