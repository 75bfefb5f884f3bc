"""Every page of the console, from the table of routes: a new route is among them by itself.

Routes that answer GET and are no page say why; pages that exist only for a thing in some state name that thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.kit import clock
from tests.console.test_access import PUBLIC, ROUTES
from tests.console.world import World

NO_PAGE = {
    "healthz": "an answer for machines",
    "readyz": "an answer for machines",
    "metrics": "an answer for machines",
    "api_openapi": "an answer for machines",
    "intake_script": "what pages of sites load",
    "intake_settings": "an answer for machines",
    "start": "leads on to the workspace when there is one",
    "second_step": "owed only after a first one; tests/console/browser/test_account.py looks at it",
    "account_app_qr": "a picture",
    "opened": "a picture of one pixel",
    "content_preview": "a letter, shown in a frame",
    "import_sample": "a file to take away",
    "import_rejected": "a file to take away",
    "file": "a file to take away",
    "person_export_file": "a file to take away",
    "export_file": "a file to take away",
    "tag_options": "a piece of the page person",
    "notices_bell": "a piece of every page",
    "broadcast_progress": "a piece of the page broadcast",
    "audience_people": "a piece of the page audience",
    "audience_offers": "a piece of the page audience",
}

STATES: dict[str, Callable[[World], dict[str, Any]]] = {
    "sign_in_link": lambda world: {"token": sign_in_token()},
    "import": lambda world: {"public_id": world.imports["done"]},
    "import_check": lambda world: {"public_id": world.imports["checked"]},
    "import_options": lambda world: {"public_id": world.imports["checked"]},
    "import_run": lambda world: {"public_id": world.imports["checked"]},
    "broadcast_audience": lambda world: {"public_id": world.broadcasts["draft"]},
    "broadcast_content": lambda world: {"public_id": world.broadcasts["draft"]},
    "broadcast_when": lambda world: {"public_id": world.broadcasts["draft"]},
    "broadcast_review": lambda world: {"public_id": world.broadcasts["draft"]},
}


# What a route must be asked to be a page.
ASKED = {"bulk_new": "?act=trait&every=yes&level=visitor"}


def more_pages(world: World) -> Iterator[tuple[str, str]]:
    """Those that look different without being routes of their own."""
    people, slug = reverse("people", args=["lumen"]), ["lumen"]
    yield "people: one beside", f"{people}?person={world.things.person}"
    yield "people: none fit", f"{people}?q=nobody"
    for act in ("owner", "unit", "suppress"):
        yield f"bulk_new: {act}", reverse("bulk_new", args=slug) + f"?act={act}&every=yes&level=visitor"
    for as_ in ("xlsx", "hashed"):
        yield f"export_new: {as_}", reverse("export_new", args=slug) + f"?as={as_}&audience={world.things.audience}"
    yield "audience_new: a recipe", reverse("audience_new", args=slug) + "?recipe=regulars"
    for state, public_id in world.imports.items():
        yield f"import: {state}", reverse("import", args=[*slug, public_id])
    for state, public_id in world.broadcasts.items():
        if state == "draft":
            continue  # leads on to its review
        yield f"broadcast: {state}", reverse("broadcast", args=[*slug, public_id])
    yield "not found", "/w/lumen/nothing-here"


def sign_in_token() -> str:
    return governance.create_sign_in_link(user=User.objects.get(email="owner@example.test"), now=clock.wall())


def address_of(name: str, world: World) -> str:
    route = ROUTES[name]
    given = STATES[name](world) if name in STATES else route.things(world.things)
    inside = {} if isinstance(route.who, str) else {"slug": "lumen"}
    return reverse(name, kwargs=inside | given) + ASKED.get(name, "")


def pages(world: World, without_login: bool) -> Iterator[tuple[str, str]]:
    """(name, address) of each page that is looked at with, or without, a login."""
    for name, route in ROUTES.items():
        if "get" in route.methods and name not in NO_PAGE and (route.who == PUBLIC) == without_login:
            yield name, address_of(name, world)
    if not without_login:
        yield from more_pages(world)
