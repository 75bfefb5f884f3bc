"""Each route that answers GET is a page, which is then looked at in every language, or says why it is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User
from tests.console.pages import NO_PAGE, address_of, more_pages
from tests.console.test_access import PUBLIC, ROUTES
from tests.console.world import World, make_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    workspace = governance.create_workspace(name="Lumen", slug="lumen", owner=owner, is_demo=True)
    with queries.entered(workspace):
        yield make_world()


def is_page(client: Client, address: str) -> bool:
    answer = client.get(address)
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.status_code in (200, 404) and is_html and b"<main" in answer.content


def test_each_address_is_a_page_or_says_why_it_is_none(world: World) -> None:
    stranger, owner = Client(), Client()
    owner.force_login(User.objects.get(email="owner@example.test"))
    wrong = []
    for name, route in ROUTES.items():
        if "get" in route.methods:
            client = stranger if route.who == PUBLIC else owner
            if is_page(client, address_of(name, world)) == (name in NO_PAGE):
                wrong.append(name)
    wrong += [name for name, address in more_pages(world) if not is_page(owner, address)]
    assert wrong == [], "give it a state, or a reason in NO_PAGE (tests/console/pages.py)"
