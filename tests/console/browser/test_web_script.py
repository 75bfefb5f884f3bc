"""The script for websites in a browser: silent before consent, and nothing lost after it."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from playwright.sync_api import Page

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, Source, SourceKind
from guanxi.acquisition.operations import seen
from guanxi.acquisition.queries import web_snippet
from guanxi.people.models import Identity, Person
from tests.acquisition.sending import applied, in_lake
from tests.console.browser.conftest import Site

COOKIE = "document.cookie.match(/guanxi_visitor=([\\w-]+)/)?.[1] || ''"
KEPT = "Object.keys(localStorage).length"


PUT_IN = """lines => {
  for (const line of new DOMParser().parseFromString(lines, "text/html").querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of line.attributes) script.setAttribute(name, value);
    script.text = line.text;
    document.head.append(script);
  }
}"""


class Shop:
    """A page of another origin with the line that its source shows; `door` is where events go."""

    def __init__(self, page: Page, site: Site) -> None:
        seen._read.clear()
        # A page of this server without the policy of the console: browsers keep others away from this machine.
        self.address = f"http://localhost:{urlsplit(site.address).port}/v1/guanxi-1.js"
        self.page, self.door = page, f"{site.address}/v1/batch"
        shop = self.address.removesuffix("/v1/guanxi-1.js")
        made = acquisition.make_source(
            name="Shop", kind=SourceKind.BROWSER, origins=[shop], by=None, now=datetime.now(UTC)
        )
        self.lines = web_snippet(site.address, made.key)
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self.address}?email=a%40example.test")
        self.page.evaluate(PUT_IN, self.lines)
        self.page.wait_for_function("'visitor' in guanxi")


def arrived(page: Page, count: int) -> None:
    for _ in range(600):
        if Batch.objects.count() >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{Batch.objects.count()} batches arrived")


def delivered(page: Page) -> None:
    page.wait_for_function("!localStorage.getItem('guanxi_queue')")


def test_nothing_is_kept_or_sent_before_consent_and_nothing_is_lost_after_it(page: Page, site: Site) -> None:
    shop = Shop(page, site)
    page.evaluate("guanxi.track('Product Viewed', { category: 'tea' })")
    page.wait_for_timeout(1500)
    assert (page.evaluate(COOKIE), page.evaluate(KEPT), Batch.objects.count()) == ("", 0, 0)

    page.evaluate("guanxi.consent(true)")
    arrived(page, 1)
    visitor = page.evaluate(COOKIE)
    assert len(visitor) > 20

    broken = lambda route: route.abort()  # noqa: E731
    page.route(shop.door, broken)
    page.evaluate("guanxi.identify('C-1', { city: 'Shanghai' }); guanxi.track('Product Added', {})")
    page.wait_for_timeout(1500)
    page.unroute(shop.door, broken)
    shop.open()
    arrived(page, 2)
    delivered(page)

    now = datetime.now(UTC)
    applied(now)
    assert sorted(row["name"] for row in in_lake(now)) == ["track.product_added", "track.product_viewed"]
    [person] = Person.objects.filter(merged_into=None)
    kinds = Identity.objects.filter(person=person).order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["cookie", "customer_number"]
    assert page.evaluate(COOKIE) == visitor

    page.evaluate("guanxi.reset()")
    assert page.evaluate(COOKIE) not in ("", visitor)
    page.evaluate("guanxi.consent(false)")
    assert page.evaluate(COOKIE) == ""
    assert page.evaluate("Object.keys(localStorage)") == ["guanxi_consent"]


def test_a_page_of_another_address_gets_nothing_in(page: Page, site: Site) -> None:
    shop = Shop(page, site)
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.url == shop.door else None)
    Source.objects.update(origins=["https://other.example"])
    page.evaluate("guanxi.consent(true)")
    for _ in range(600):
        if answers:
            break
        page.wait_for_timeout(50)
    assert (answers[:1], Batch.objects.count()) == ([403], 0)


def test_what_is_too_large_holds_up_nothing_else(page: Page, site: Site) -> None:
    Shop(page, site)
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.text.startswith("guanxi:") else None)
    page.evaluate("guanxi.consent(true); guanxi.track('Fat', { text: 'x'.repeat(70000) })")
    arrived(page, 1)  # the page itself
    page.evaluate("guanxi.track('Small'); guanxi.identify('C-1')")
    delivered(page)
    page.evaluate("for (let n = 0; n < 40; n++) guanxi.track('Two', { n, text: '\u8336'.repeat(700) })")
    delivered(page)
    now = datetime.now(UTC)
    applied(now)
    told = [row["name"] for row in in_lake(now)]
    assert (told.count("track.two"), told.count("track.small"), told.count("track.fat")) == (40, 1, 0)
    assert Identity.objects.filter(kind="customer_number", plain="C-1").exists()
    assert [one for one in said if "32 KB" in one and "Fat" in one]
    assert max(Batch.objects.values_list("size", flat=True)) < 50_000
    assert page.evaluate("localStorage.getItem('guanxi_queue')") is None


def test_what_waits_goes_out_with_the_page_as_far_as_browsers_let_it(page: Page, site: Site) -> None:
    shop = Shop(page, site)
    page.evaluate("guanxi.consent(true)")
    delivered(page)
    page.evaluate("for (let n = 0; n < 40; n++) guanxi.track('Two', { n, text: '\u8336'.repeat(700) })")
    before = Batch.objects.count()
    page.goto("about:blank")
    arrived(page, before + 1)
    shop.open()
    delivered(page)
    now = datetime.now(UTC)
    applied(now)
    assert [row["name"] for row in in_lake(now)].count("track.two") == 40


def test_a_page_may_call_before_the_script_is_there_and_with_anything(page: Page, site: Site) -> None:
    shop = Shop(page, site)
    broken: list[str] = []
    page.on("pageerror", lambda problem: broken.append(str(problem)))
    for before in (True, False):
        call = f"<script>guanxi.consent(true); guanxi.track('Inline', {{ before: {str(before).lower()} }})</script>"
        stub, line = shop.lines.split("\n")
        shop.lines = "\n".join([stub, call, line] if before else [stub, line, call])
        shop.open()
        shop.lines = f"{stub}\n{line}"
        delivered(page)
    page.evaluate(
        "const me = {}; me.me = me; guanxi.track('Circle', me); guanxi.page('Circle', me); guanxi.track('Last')"
    )
    delivered(page)
    now = datetime.now(UTC)
    applied(now)
    assert sorted(row["name"] for row in in_lake(now)) == ["track.inline"] * 2 + ["track.last"]
    assert broken == []
