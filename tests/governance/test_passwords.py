"""What a password costs, and that nobody learns by it who has a login here."""

from __future__ import annotations

from datetime import datetime

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.governance.passwords import Argon2
from tests.conftest import TRUE_COST

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"


class Cheaper(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 8 * 1024, 1


@pytest.fixture(autouse=True)
def true_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TRUE_COST.items():
        monkeypatch.setattr(Argon2, name, value)


@pytest.fixture
def lin(db: None) -> User:
    cache.clear()
    return User.objects.create_user(email=EMAIL, name="Lin", password=GOOD)


def cost(user: User) -> tuple[Type, int, int, int]:
    found = extract_parameters(user.password.removeprefix("argon2"))
    return found.type, found.memory_cost, found.time_cost, found.parallelism


def attempt(email: str, password: str, now: datetime) -> User | None:
    return governance.use_password(email=email, password=password, address="192.0.2.1", device="", now=now)


def test_a_password_costs_more_than_the_least_that_owasp_names(lin: User) -> None:
    assert cost(lin) == (Type.ID, 32 * 1024, 2, 1)


def test_a_hash_of_another_cost_is_made_anew_at_sign_in(lin: User, now: datetime) -> None:
    User.objects.update(password=Cheaper().encode(GOOD, "x" * 22))
    assert attempt(EMAIL, "wrong", now) is None
    lin.refresh_from_db()
    assert cost(lin) == (Type.ID, 8 * 1024, 1, 1)
    assert attempt(EMAIL, GOOD, now) == lin
    lin.refresh_from_db()
    assert cost(lin) == (Type.ID, 32 * 1024, 2, 1)
    assert lin.check_password(GOOD)


@pytest.mark.parametrize("state", ["unknown", "switched off", "without a password"])
def test_an_unknown_login_is_as_much_work_as_a_wrong_password(
    lin: User, now: datetime, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    email = "nobody@example.test"
    if state != "unknown":
        User.objects.create_user(email=email, password=None if state == "without a password" else GOOD)
        User.objects.filter(email=email).update(is_active=state != "switched off")
    hashed: list[str] = []
    encode = Argon2.encode

    def counting(self: Argon2, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    verify = Argon2.verify

    def verifying(self: Argon2, password: str, encoded: str) -> bool:
        hashed.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2, "encode", counting)
    monkeypatch.setattr(Argon2, "verify", verifying)
    work = []
    for address in (EMAIL, email):
        cache.clear()
        hashed.clear()
        with CaptureQueriesContext(connection) as asked:
            assert attempt(address, "wrong", now) is None
        work.append((len(hashed), len(asked), [one["sql"].split()[0] for one in asked]))
    assert work[0] == work[1]
    assert work[0][0] == 1
