"""Counting wrong passwords, in the cache that every process shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from guanxi.governance.models import Staff
from guanxi.governance.rules import TURNS, Limit, recent, wait


class TooManyTries(Exception):
    """Ask again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


@transaction.atomic
def take(counters: Mapping[str, Limit], now: datetime) -> None:
    """Counts a failure in each before anybody knows it is one: of many tries at once, only the limit gets through."""
    limits = {_locked(name): limit for name, limit in sorted(counters.items())}
    failures = {key: recent(cache.get(key, []), limit, now) for key, limit in limits.items()}
    if pause := max(wait(failures[key], limit, now) for key, limit in limits.items()):
        raise TooManyTries(pause)
    for key, limit in limits.items():
        cache.set(key, [*failures[key], now], limit.window.total_seconds())


def take_turn(*, what: str, staff: Staff, now: datetime) -> None:
    """So that one member of staff does not do too much of it, by mistake or not. Raises TooManyTries."""
    take({f"{what}|{staff.public_id}": TURNS}, now)


@transaction.atomic
def forget(name: str) -> None:
    cache.delete(_locked(name))


@transaction.atomic
def give_back(name: str, limit: Limit, at: datetime) -> None:
    """The try of this moment was right after all; those of others stay."""
    key = _locked(name)
    failures = cache.get(key, [])
    if at in failures:
        failures.remove(at)
        cache.set(key, failures, limit.window.total_seconds())


def _locked(name: str) -> str:
    """A key that shows neither account nor address; whoever holds its lock, until the commit, counts alone."""
    key = "tries:" + salted_hmac("guanxi.tries", name, algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    return key
