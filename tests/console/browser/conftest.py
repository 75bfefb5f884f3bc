"""A real server and Chromium for the pages. Each page that a test looks at keeps the promises of every page.

    def test_staff_are_listed(site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt) -> None:
        signed_in(page, Role.OWNER)
        page.goto(site.url("staff"))
        looked_at("staff")

`looked_at` wants no CSP violation, no console error, no axe finding (WCAG 2.2 AA) in light and dark, and nothing wider
than a phone of 390 px; with GUANXI_SCREENSHOTS=<folder> it also leaves pictures there.

What axe finds comes of the elements and their styles, and of words where it looks for names and room. So a page with
the very elements of one that was looked at before, as in another language, is asked for names and room only.
GUANXI_FULL=1 asks every rule of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from django.urls import reverse
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, User, Workspace
from tests.optional import CHROMIUM, needs

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ALL_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SIZES = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}}
NAMES = {
    Role.OWNER: "Lin Yao",
    Role.MANAGER: "Han Jiwoo",
    Role.OPERATOR: "Zhou Ke",
    Role.ADVISOR: "Tom Becker",
    Role.ANALYST: "Mina Park",
    Role.AUDITOR: "Wei Chen",
    Role.INTEGRATOR: "Ada Fischer",
}
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
# Which kinds of elements there are, and how many of each: their classes, whatever attributes they have, and the state
# that these tell.
ELEMENTS = """() => {
  const told = (one) => one.getAttributeNames().sort().map((name) =>
    /^aria-(?!label|desc|controls|owns|value)/.test(name) ? name + one.getAttribute(name) : name);
  return [...document.querySelectorAll("*")].map((one) =>
    `${one.localName} ${one.className.baseVal ?? one.className} ${told(one)}`).sort().join("\\n");
}"""
NAMES_OF = (
    "area-alt aria-command-name aria-input-field-name aria-meter-name aria-progressbar-name aria-toggle-field-name "
    "aria-tooltip-name button-name document-title frame-title frame-title-unique html-has-lang html-lang-valid "
    "image-alt input-button-name input-image-alt label link-name object-alt role-img-alt select-name summary-name "
    "svg-img-alt valid-lang"
)
NAMES_AND_ROOM = {
    "runOnly": {"type": "rule", "values": [*NAMES_OF.split(), "target-size", "scrollable-region-focusable"]}
}
FULL = os.environ.get("GUANXI_FULL") == "1"
WATCH = "document.addEventListener('securitypolicyviolation', event => console.error('CSP ' + event.violatedDirective))"
# Without transitions: under reduced motion a colour still takes 0.01 ms to change, one frame after that of its parent.
PUT_ON = """async theme => {
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important }");
  document.adoptedStyleSheets = [still];
  const before = document.documentElement.dataset.theme || "";
  document.documentElement.dataset.theme = theme;
  await new Promise(requestAnimationFrame);
  return before;
}"""

SignedIn = Callable[..., User]
LookedAt = Callable[..., None]


@dataclass
class Site:
    """A running server with one workspace; its scope holds in the test."""

    address: str
    workspace: Workspace
    users: dict[Role, User]

    def url(self, name: str, *args: Any, query: str = "") -> str:
        return self.address + reverse(name, args=[self.workspace.slug, *args]) + query


@dataclass
class Complaints:
    """What the browser's console said against the pages."""

    said: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        page = message.page
        answered = message.text.startswith("Failed to load resource") and message.location.get("url") == (
            page.url if page else ""
        )  # a page that answers 4xx on purpose
        if not answered:
            self.said.append(message.text)


def pytest_runtest_setup() -> None:
    needs("chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", *quiet]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "Asia/Shanghai"}


@contextmanager
def serving(static: Any, **given: Any) -> Iterator[Site]:
    """A server that runs in this process; `static` wraps it to answer for static files."""
    server = LiveServerThread("127.0.0.1", static)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None
    owner = User.objects.create_user(email="owner@example.test", name=NAMES[Role.OWNER])
    workspace = governance.create_workspace(name="Lumen Retail", slug="lumen", owner=owner, **given)
    with queries.entered(workspace):
        users = {Role.OWNER: owner}
        for role, name in NAMES.items():
            if role != Role.OWNER:
                users[role] = governance.add_staff(email=f"{role}@example.test", name=name, role=role).user
        yield Site(f"http://{server.host}:{server.port}", workspace, users)
    server.terminate()


@pytest.fixture
def site(committed: None) -> Iterator[Site]:
    with serving(StaticFilesHandler) as site:
        yield site


def watched(context: BrowserContext) -> Complaints:
    heard = Complaints()
    context.on("console", heard.hear)
    context.on("weberror", lambda error: heard.said.append(str(error.error)))
    context.add_init_script(WATCH)
    return heard


@pytest.fixture
def complaints(context: BrowserContext) -> Complaints:
    return watched(context)


@pytest.fixture
def signed_in(site: Site) -> SignedIn:
    """`signed_in(page, role, language="zh-hans", theme="dark")` gives the page's browser a session."""

    def sign_in(page: Page, role: Role = Role.OWNER, *, language: str = "en", theme: str = "light") -> User:
        user = site.users[role]
        governance.set_appearance(user=user, language=language, theme=theme)
        client = Client()
        client.force_login(user)
        cookies = [
            {"name": name, "value": morsel.value, "url": site.address} for name, morsel in client.cookies.items()
        ]
        page.context.add_cookies(cookies)  # type: ignore[arg-type]
        return user

    return sign_in


@pytest.fixture(scope="session")
def looked_over() -> set[str]:
    """The elements of the pages of which axe was asked everything."""
    return set()


@pytest.fixture
def looked_at(page: Page, complaints: Complaints, looked_over: set[str]) -> LookedAt:
    """`looked_at("imports")` holds the open page to what every page promises; `name` names its pictures."""

    def look(name: str) -> None:
        page.wait_for_load_state("load")
        elements = page.evaluate(ELEMENTS)
        is_new = FULL or elements not in looked_over
        looked_over.add(elements)
        found = {
            "light": axe_findings(page, "light", ALL_RULES) if is_new else [],
            "dark": axe_findings(page, "dark", COLOURS) if is_new else [],
        }
        picture(page, name)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        found["phone"] = axe_findings(page, "light", SIZES if is_new else NAMES_AND_ROOM)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        picture(page, f"{name}-390")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        assert {"axe": found, "wider by": too_wide, "console": complaints.said} == {
            "axe": {"light": [], "dark": [], "phone": []},
            "wider by": 0,
            "console": [],
        }

    return look


def axe_findings(page: Page, theme: str, rules: dict[str, Any]) -> list[str]:
    before = page.evaluate(PUT_ON, theme)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    results = page.evaluate("rules => axe.run(document, rules)", rules | {"resultTypes": ["violations"]})
    page.evaluate(PUT_ON, before)
    return [
        f"{found['id']}: {node['html']} {node['failureSummary']}"
        for found in results["violations"]
        for node in found["nodes"]
    ]


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("GUANXI_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
