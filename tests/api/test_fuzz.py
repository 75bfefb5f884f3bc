"""Thousands of requests that schemathesis makes from the document: no 5xx, and nothing outside the document."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from guanxi.api.v1.examples import REQUESTS
from guanxi.config.wsgi import application
from guanxi.governance.models import ApiKey
from tests.api.callers import key_of
from tests.api.worlds import World

REFUSED = [400, 401, 403, 404, 405, 409, 411, 412, 413, 415, 422]
CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}})
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=CONFIG)
# A schema cannot say everything: a rule over an event that is not there is well-formed, and refused.
LEFT_OUT = {"positive_data_acceptance"}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A server lets go of the connection after each request; here a test's transaction hangs on it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_nothing_breaks_and_every_answer_fits(case: Any, world: World, secret: str) -> None:
    ApiKey.objects.update(busy_until=None)
    case.body = _real(world, case.body)
    chance = random.Random(str(case.path_parameters))
    if case.path_parameters and chance.random() < 0.7:
        case.path_parameters = world.real(dict(REQUESTS[case.operation.definition.raw["operationId"]].path))
    case.call_and_validate(
        headers={"Authorization": f"Bearer {secret}"}, excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT]
    )


def _real(world: World, body: Any) -> Any:
    return world.real(body) if isinstance(body, dict) else body


@pytest.fixture
def secret(world: World) -> str:
    return key_of(world.boss)[1].secret
