"""Wrong passwords slow down whoever gives them, and nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, connections

from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.governance.passwords import Argon2

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.9"


def user() -> User:
    return User.objects.create_user(email=EMAIL, name="Lin", password=GOOD)


@pytest.fixture
def lin(db: None) -> User:
    return user()


def attempt(
    now: datetime, password: str = "wrong", *, email: str = EMAIL, address: str = HOME, device: str = ""
) -> str:
    try:
        got = governance.use_password(email=email, password=password, address=address, device=device, now=now)
    except governance.TooManyTries as refusal:
        return f"wait {refusal.wait.total_seconds():.0f}"
    return "in" if got else "no"


def test_five_wrong_passwords_and_then_one_waits_even_with_the_right_one(lin: User, now: datetime) -> None:
    assert [attempt(now) for _ in range(6)] == ["no"] * 5 + ["wait 60"]
    assert attempt(now, GOOD) == "wait 60"
    later = now + timedelta(minutes=1)
    assert [attempt(later), attempt(later, GOOD)] == ["no", "wait 120"]
    assert attempt(later + timedelta(minutes=2), GOOD) == "in"
    assert [attempt(later + timedelta(minutes=2)) for _ in range(5)] == ["no"] * 5


def test_the_owner_comes_in_from_another_address_and_from_a_known_device(lin: User, now: datetime) -> None:
    for _ in range(5):
        attempt(now)
    assert attempt(now, GOOD, address=ELSEWHERE) == "in"
    assert attempt(now, GOOD, device="known") == "in"


def test_a_known_device_has_its_own_count(lin: User, now: datetime) -> None:
    assert [attempt(now, device="stolen") for _ in range(6)] == ["no"] * 5 + ["wait 60"]
    assert attempt(now, GOOD, device="other") == "in"
    assert attempt(now, GOOD) == "in"


def test_an_address_that_tries_many_logins_waits_with_all_of_them(lin: User, now: datetime) -> None:
    tried = [attempt(now, email=f"someone{at}@example.test") for at in range(51)]
    assert tried == ["no"] * 50 + ["wait 60"]
    assert attempt(now, GOOD) == "wait 60"
    assert attempt(now, GOOD, device="known") == "in"
    assert attempt(now, GOOD, address=ELSEWHERE) == "in"


def test_many_addresses_with_a_few_guesses_each_are_one_attack(lin: User, now: datetime) -> None:
    """As a botnet does it; the owner comes in from where they were before, and counts nothing against themselves."""
    assert attempt(now, GOOD, address=ELSEWHERE) == "in"
    answers = [attempt(now, address=f"203.0.{at // 250}.{at % 250}") for at in range(140)]
    assert (answers.count("no"), answers[100:]) == (100, ["wait 60"] * 40)
    assert attempt(now, GOOD, device="known") == "in"
    assert attempt(now + timedelta(hours=2), GOOD, address=ELSEWHERE) == "in"


def test_the_counts_are_where_a_restart_does_not_reach_them(lin: User, now: datetime) -> None:
    for _ in range(5):
        attempt(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM guanxi_cache WHERE cache_key LIKE '%tries:%'")
        assert cursor.fetchone() == (3,)
    caches.close_all()
    assert attempt(now, GOOD) == "wait 60"


def test_a_right_password_counts_for_nothing(lin: User, now: datetime) -> None:
    assert [attempt(now, GOOD) for _ in range(60)] == ["in"] * 60


def test_every_answer_costs_the_same_work(lin: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash is counted, not timed: it is all that takes long."""
    User.objects.create_user(email="linkonly@example.test")
    User.objects.create_user(email="gone@example.test", password=GOOD)
    User.objects.filter(email="gone@example.test").update(is_active=False)
    hashes: list[str] = []

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any) -> Any:
            hashes.append("hash")
            return work(*given)

        return counting

    monkeypatch.setattr(Argon2, "encode", counted(Argon2.encode))
    monkeypatch.setattr(Argon2, "verify", counted(Argon2.verify))
    for email in (EMAIL, "nobody@example.test", "linkonly@example.test", "gone@example.test"):
        hashes.clear()
        assert (email, attempt(now, email=email), hashes) == (email, "no", ["hash"])


def test_of_many_tries_at_once_only_five_are_made(committed: None, now: datetime) -> None:
    user()
    answers: list[str] = []

    def guess() -> None:
        answers.append(attempt(now))
        connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers.count("no"), answers.count("wait 60")) == (5, 7)
