"""One world for the tests of a file: what a test does to it is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from guanxi.governance import queries as governance
from guanxi.governance.models import Role
from guanxi.kit import clock
from tests.api.worlds import World, make_world
from tests.conftest import forget_files, make_workspace, taken_back
from tests.factories.people import make_staff


@pytest.fixture(scope="module")
def first_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    forget_files()
    with django_db_blocker.unblock(), taken_back(), governance.entered(make_workspace()):
        yield make_world(make_staff("Boss", Role.OWNER), clock.now())


@pytest.fixture
def world(first_world: World, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), taken_back():
        yield replace(first_world, ids=dict(first_world.ids))
