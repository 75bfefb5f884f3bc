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


PUT_IN = """line => {
  const script = document.createElement("script");
  for (const { name, value } of new DOMParser().parseFromString(line, "text/html").querySelector("script").attributes)
    script.setAttribute(name, value);
  document.head.append(script);
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
        self.line = web_snippet(site.address, made.key)
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self.address}?email=a%40example.test")
        self.page.evaluate(PUT_IN, self.line)
        self.page.wait_for_function("window.guanxi")


def arrived(page: Page, count: int) -> None:
    for _ in range(600):
        if Batch.objects.count() >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{Batch.objects.count()} batches arrived")


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
    page.wait_for_function("!localStorage.getItem('guanxi_queue')")

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
