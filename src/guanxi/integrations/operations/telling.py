"""One turn of the lane that tells endpoints, in one workspace.

Claimed rows are `sending` under a lease by the database's clock; a worker that dies leaves them to be sent again under
the same id, which is what receivers tell repeats by.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from guanxi.governance import operations as governance
from guanxi.integrations.models import Delivery, DeliveryState, Endpoint, EndpointState
from guanxi.integrations.operations.calling import TIMEOUT_SECONDS, Call, Callers, Done
from guanxi.integrations.queries import CLOSED, secrets_of
from guanxi.integrations.rules import GONE, Problem, Step, Tried, Verdict, after, has_failed_for_long
from guanxi.kit import scope
from guanxi.kit.apart import apart
from guanxi.kit.net.http import Client

# A name can take half a minute to look up before the twenty seconds of the call begin.
LEASE = timedelta(minutes=2)
# At once to one endpoint, and to one that has been failing since its last success.
WIDTH, WIDTH_WHILE_FAILING = 4, 1
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1_000
PATIENCE_SECONDS = 0.1

_CLAIM = """
    WITH busy AS (
        SELECT endpoint_id, count(*) AS calls FROM integrations_delivery
        WHERE workspace_id = %(workspace)s AND state = 'sending' AND lease_until >= now() GROUP BY endpoint_id
    ), free AS (
        SELECT id, greatest(0, CASE WHEN failing_since IS NULL THEN %(width)s ELSE %(narrow)s END
                               - coalesce(calls, 0)) AS calls
        FROM integrations_endpoint LEFT JOIN busy ON endpoint_id = id
        WHERE workspace_id = %(workspace)s AND state = 'on'
    ), due AS (
        SELECT delivery.id FROM free, LATERAL (
            SELECT id, due_at FROM integrations_delivery
            WHERE workspace_id = %(workspace)s AND endpoint_id = free.id AND state = 'waiting' AND due_at <= %(now)s
            ORDER BY due_at, id LIMIT free.calls FOR UPDATE SKIP LOCKED
        ) delivery ORDER BY delivery.due_at, delivery.id LIMIT %(limit)s
    )
    UPDATE integrations_delivery delivery
    SET state = 'sending', attempts = attempts + 1, tried_at = %(now)s, lease_until = now() + %(lease)s
    FROM due WHERE delivery.id = due.id RETURNING delivery.id
"""


@lru_cache(maxsize=1)
def _callers() -> Callers:
    return Callers(Client(timeout=TIMEOUT_SECONDS))


def lane(*, now: datetime) -> bool:
    """Write down what came of calls, claim what is due, call. Does not wait for slow endpoints."""
    callers = _callers()
    settled = settle(callers.done(scope.current()), now)
    recover(now=now)
    calls = claim(limit=callers.free(scope.current()), now=now)
    if calls:
        callers.call(calls)
        settled += settle(callers.done(scope.current(), PATIENCE_SECONDS), now)
    elif not settled:
        forget(now=now)
    return bool(settled or calls)


def claim(*, limit: int, now: datetime) -> list[Call]:
    """Not inside a transaction: a call is made only for what is committed as being sent."""
    with transaction.atomic():
        _one_at_a_time()
        taken = _take(limit, now)
    rows = Delivery.objects.filter(pk__in=taken).select_related("endpoint").order_by("due_at", "pk")
    known: dict[int, list[str]] = {}
    for row in rows:
        if row.endpoint_id not in known:
            with apart("secret of endpoint", row.endpoint_id):
                known[row.endpoint_id] = secrets_of(row.endpoint, now)
    if unsigned := [row.pk for row in rows if row.endpoint_id not in known]:
        closed = {"state": DeliveryState.FAILED, "problem": Problem.UNSIGNED, "settled_at": now, "lease_until": None}
        Delivery.objects.filter(pk__in=unsigned).update(**closed)
    return [
        Call(
            workspace=row.workspace_id,
            endpoint=row.endpoint_id,
            delivery=row.pk,
            lease=row.lease_until,
            url=row.endpoint.url,
            event=row.event,
            body=row.body,
            secrets=known[row.endpoint_id],
        )
        for row in rows
        if row.lease_until is not None and row.endpoint_id in known
    ]


def _take(limit: int, now: datetime) -> list[int]:
    if limit <= 0:
        return []
    values: dict[str, Any] = {"width": WIDTH, "narrow": WIDTH_WHILE_FAILING, "limit": limit, "now": now, "lease": LEASE}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values | {"workspace": scope.current()})
        return [row[0] for row in cursor.fetchall()]


def _one_at_a_time() -> None:
    """Two workers that count at the same moment would both fill an endpoint's width."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"guanxi.webhooks.{scope.current()}"])


def recover(*, now: datetime) -> int:
    """Whether a call of a dead worker arrived is not known: the same try is made again."""
    lost = Delivery.objects.filter(state=DeliveryState.SENDING, lease_until__lt=Now())
    return lost.update(state=DeliveryState.WAITING, due_at=now, lease_until=None, attempts=F("attempts") - 1)


@transaction.atomic
def settle(done: Sequence[Done], now: datetime) -> int:
    """A row whose lease has gone to somebody else is left to them. Endpoints are held in one order by every worker."""
    wanted = Endpoint.objects.filter(pk__in={one.call.endpoint for one in done}).order_by("pk")
    endpoints = {endpoint.pk: endpoint for endpoint in wanted.select_for_update()}
    for one in done:
        mine = {"pk": one.call.delivery, "state": DeliveryState.SENDING, "lease_until": one.call.lease}
        row = Delivery.objects.select_for_update().filter(**mine).first()
        if row is not None:
            _write(row, one.tried, now)
            _judge(endpoints[row.endpoint_id], one.tried, now)
    return len(done)


def _write(row: Delivery, tried: Tried, now: datetime) -> None:
    step = after(tried, attempts=row.attempts, luck=random.random())  # noqa: S311
    row.status, row.problem, row.answer, row.took_ms = tried.status, tried.problem, tried.answer, tried.took_ms
    row.lease_until = None
    match step:
        case Step(Verdict.AGAIN, wait):
            row.state, row.due_at = DeliveryState.WAITING, now + wait
        case Step(verdict):
            row.state, row.settled_at = DeliveryState(verdict.value), now
    row.save()


def _judge(endpoint: Endpoint, tried: Tried, now: datetime) -> None:
    """What the answer says about the endpoint itself."""
    before = endpoint.state
    if tried.arrived:
        endpoint.failing_since, endpoint.succeeded_at = None, now
    else:
        endpoint.failing_since = endpoint.failing_since or now
    if endpoint.state == EndpointState.ON and tried.status == GONE:
        endpoint.state = EndpointState.GONE
    elif endpoint.state == EndpointState.ON and has_failed_for_long(endpoint.failing_since, now):
        endpoint.state = EndpointState.FAILED
    if endpoint.state != before:
        detail = {"state": endpoint.state}
        governance.record(act="webhook.switched_off", by=None, subject=endpoint.public_id, detail=detail, now=now)
    endpoint.save(update_fields=["failing_since", "succeeded_at", "state"])


def forget(*, now: datetime) -> int:
    """What was settled long ago goes, some at a time."""
    old = Delivery.objects.filter(state__in=CLOSED, created_at__lt=now - KEPT_FOR).order_by("created_at")
    return Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])).delete()[0]
