"""What a site told of a person stands in their timeline beside orders and messages, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from guanxi.acquisition.operations import seen
from guanxi.console.people.timeline import Item, timeline
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from guanxi.people.models import Person
from tests.acquisition.sending import applied, sent, shop
from tests.conftest import forget_files
from tests.factories.people import make_staff
from tests.factories.reach import write_lake

WHO = {"userId": "C-1", "anonymousId": "v-1"}


def told(minutes: int, **more: Any) -> dict[str, Any]:
    at = (clock.wall() - timedelta(minutes=minutes)).isoformat()
    return WHO | {"type": "track", "timestamp": at, "messageId": f"m{minutes}"} | more


def test_what_a_site_told_stands_in_the_timeline_in_words(workspace: Workspace) -> None:
    seen._read.clear()
    page = {"path": "/cart", "title": "Your cart", "url": "https://shop.example/cart", "step": 2}
    paid = {"revenue": 39.9, "currency": "CNY", "items": 3, "gift": True, "lines": [1]}
    sent(
        shop(),
        [
            told(5, event="Product Viewed", properties={"category": "tea", "price": 12.5}),
            told(4, type="page", name="Cart", properties=page),
            told(3, type="screen"),
            told(2, type="group", groupId="G-1"),
            told(1, event="订单完成", properties=paid),
        ],
    )
    applied(clock.now())
    write_lake(clock.now())
    [person] = Person.objects.filter(merged_into=None)
    ann = make_staff()
    site = timeline(person, ann, kind="site").items
    assert [(item.title, item.more) for item in site] == [
        ("订单完成", "CN¥39.90 · items: 3 · gift: Yes"),
        ("Joined a group", "G-1"),
        ("Saw a screen", ""),
        ("Saw the page “Cart”", "url: https://shop.example/cart · step: 2"),
        ("Product Viewed", "category: tea · price: 12.5"),
    ]
    assert {item.title for item in timeline(person, ann).items} > {item.title for item in site}
    pages: list[Item] = []
    mark = ""
    while True:
        part = timeline(person, ann, kind="site", before=mark, size=2)
        pages, mark = pages + part.items, part.older
        if not mark:
            break
    assert pages == site
    forget_files()
