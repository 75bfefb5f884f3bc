"""Answers to requests that carry an idempotency key, kept for a day, so that a repeat gets the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from guanxi.governance.models import ApiAnswer, ApiKey
from guanxi.kit import crypto, scope

KEPT_FOR = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 1_000


class AnotherBody(Exception):
    """The same idempotency key came with another request before."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


@transaction.atomic
def claim_answer(*, key: ApiKey, mark: bytes, request: bytes, now: datetime) -> ApiAnswer:
    """The row for this answer, new or as it was kept; `mark` and `request` are hashes. Raises AnotherBody.

    Must run in the transaction of the act: whoever comes with the same mark meanwhile waits here for its end.
    """
    ApiAnswer.objects.filter(key=key, mark=mark, at__lte=now - KEPT_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ApiAnswer._meta.db_table} (workspace_id, key_id, mark, request, headers, at) "  # noqa: S608
            "VALUES (%s, %s, %s, %s, '{}', %s) ON CONFLICT (key_id, mark) DO NOTHING",
            [scope.current(), key.pk, mark, request, now],
        )
    found: ApiAnswer = ApiAnswer.objects.get(key=key, mark=mark)
    if bytes(found.request) != request:
        raise AnotherBody
    return found


def keep_answer(*, row: ApiAnswer, answer: Answer) -> None:
    """Sealed: an answer may hold what staff typed about people."""
    body = crypto.seal_secret(answer.body, workspace_id=row.workspace_id, place=_place(row))
    ApiAnswer.objects.filter(pk=row.pk).update(status=answer.status, headers=dict(answer.headers), body=body)


def kept_answer(row: ApiAnswer) -> Answer | None:
    if row.status is None or row.body is None:
        return None
    body = crypto.unseal_secret(bytes(row.body), workspace_id=row.workspace_id, place=_place(row))
    return Answer(row.status, row.headers, body)


def forget_answers(*, now: datetime) -> int:
    """A lane of the worker."""
    old = ApiAnswer.objects.filter(at__lte=now - KEPT_FOR).order_by("at").values_list("pk", flat=True)
    removed, _ = ApiAnswer.objects.filter(pk__in=list(old[:FORGOTTEN_AT_ONCE])).delete()
    return removed


def _place(row: ApiAnswer) -> str:
    return f"answer {row.pk}"
