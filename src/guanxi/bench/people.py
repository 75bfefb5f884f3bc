"""The list of people among a million: how long the server takes for each page that operators ask for.

Times are of whole requests through the console as its own client, the rendering included, without the network. They are
printed, never asserted: a busy machine would decide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from guanxi.bench import crowd
from guanxi.governance.models import Staff, Unit, User
from guanxi.governance.queries import entered
from guanxi.people import queries
from guanxi.people.queries import Wanted

ROUNDS = 20
SIZES = {"small": 50_000, "full": 1_000_000}
READERS = {"everyone": "boss", "a region": "region", "a store": "store", "one's own": "advisor0"}


def run(size: str) -> list[dict[str, Any]]:
    started = time.perf_counter()
    workspace = crowd.settle(SIZES[size])
    loaded = time.perf_counter() - started
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    rows = [row("people: rows of the crowd", SIZES[size] / loaded, "people/s")]
    with entered(workspace):
        asked = list(_asked(workspace.slug))
    return rows + times("people", asked)


def row(name: str, value: float, unit: str) -> dict[str, Any]:
    empty = {"baseline": None, "ratio": None, "target": None, "ok": True}
    return {"name": name, "value": round(value, 1), "unit": unit, **empty}


def times(room: str, asked: Iterable[tuple[str, Callable[[], object]]]) -> list[dict[str, Any]]:
    """Of each page the middle of some rounds, and what 95 of 100 stay below, once the process has made it before: the
    first look compiles its templates."""
    rows = []
    for name, ask in asked:
        ask()
        took = sorted(_timed(ask) for _round in range(ROUNDS))
        rows.append(row(f"{room}: {name}, median", median(took) * 1000, "ms"))
        rows.append(row(f"{room}: {name}, 95 of 100", took[int(ROUNDS * 0.95) - 1] * 1000, "ms"))
    return rows


def _timed(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


def _asked(slug: str) -> Iterator[tuple[str, Callable[[], object]]]:
    clients = {name: client_of(f"{login}@example.test") for name, login in READERS.items()}
    people, boss = reverse("people", args=[slug]), clients["everyone"]
    for reader, client in clients.items():
        for sort in queries.ORDERS:
            yield f"{reader} by {sort}", page_of(client, people, sort=sort)
    staff = Staff.objects.get(user__email="boss@example.test")
    after = queries.people_page(staff, Wanted(), size=5_000).after
    yield "behind 5,000", page_of(boss, people, after=after)
    for name, filters in _filters().items():
        yield name, page_of(boss, people, **filters)
    for text in ("晓敏", "王", "anna smith", "person777@example.test", "2210"):
        yield f"search {text}", page_of(boss, people, q=text)
        yield f"palette {text}", page_of(boss, reverse("find", args=[slug]), q=text)
    one = queries.people_page(staff, Wanted(level="customer"), size=1).people[0]
    yield "a person", page_of(boss, reverse("person", args=[slug, one.public_id]))


def _filters() -> dict[str, dict[str, str]]:
    store, advisor = Unit.objects.get(name="Store 3"), Staff.objects.get(user__email="advisor0@example.test")
    today = date.today()
    single: dict[str, dict[str, str]] = {
        "a level": {"level": "customer"},
        "an owner": {"owner": advisor.public_id},
        "no owner": {"owner": "none"},
        "a unit": {"unit": store.public_id},
        "a source": {"source": "by_hand"},
        "a month": {"added_from": f"{today - timedelta(30)}"},
        "seen in a week": {"seen_from": f"{today - timedelta(7)}"},
        "no e-mail": {"email": "no"},
        "a phone": {"phone": "yes"},
        "a city": {"trait:city": "上海"},
        "many points": {"least:points": "4900"},
        "the newsletter": {"trait:newsletter": "yes"},
    }
    names = list(single)
    pairs = {f"{a} and {b}": single[a] | single[b] for a, b in zip(names, names[3:] + names[:3], strict=True)}
    return single | pairs


def client_of(email: str) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email=email))
    return client


def page_of(client: Client, path: str, **asked: str) -> Callable[[], object]:
    def ask() -> None:
        answer = client.get(path, asked)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    return ask
