"""Segment's own package for browsers, unchanged, with our address where theirs would be."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from playwright.sync_api import Page

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, EventName, SourceKind
from guanxi.acquisition.operations import seen
from guanxi.people.models import Identity, Person
from tests import optional
from tests.acquisition.sending import applied, in_lake, refusals
from tests.console.browser.conftest import Site
from tests.console.browser.test_web_script import arrived

SCRIPT = optional.NODE_PACKAGES / "@segment" / "analytics-next" / "dist" / "umd" / "index.js"
SEND = """async ([host, writeKey]) => {
  const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL: host });
  await analytics.page("Home");
  await analytics.track("Product Viewed", { category: "tea", price: 12.5 });
  await analytics.identify("C-1", { city: "Shanghai", email: "lei@example.test" });
}"""


def test_segment_analytics_next(page: Page, site: Site) -> None:
    optional.needs("analytics-next")
    seen._read.clear()
    address = f"http://localhost:{urlsplit(site.address).port}"
    now = datetime.now(UTC)
    key = acquisition.make_source(name="Shop", kind=SourceKind.BROWSER, origins=[address], by=None, now=now).key
    page.goto(f"{address}/v1/guanxi-1.js")  # a page without the policy of the console
    page.add_script_tag(path=str(SCRIPT))
    page.evaluate(SEND, [address, key])
    arrived(page, 3)
    applied(now)
    assert refusals() == []
    [event] = in_lake(now)
    assert (event["name"], event["props"]) == ("track.product_viewed", {"category": "tea", "price": 12.5})
    assert set(EventName.objects.values_list("key", flat=True)) == {"visit.page", "track.product_viewed", "identify"}
    [person] = Person.objects.filter(merged_into=None)
    kinds = Identity.objects.filter(person=person).values_list("kind", flat=True)
    assert sorted(kinds) == ["cookie", "customer_number", "email"]
    assert Batch.objects.filter(applied_at=None).count() == 0
