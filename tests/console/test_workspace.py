"""The workspace's own settings: who changes them, what is written down, and what stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.commerce.models import Order
from guanxi.governance.models import AuditEntry, Workspace
from tests.console.visitors import Visitor, lumen, owner
from tests.factories.people import make_person

__all__ = ["lumen", "owner"]
SENT: dict[str, Any] = {"name": "Lumen", "country": "KR", "timezone": "Asia/Seoul", "currency": "KRW", "language": "ko"}


def settings_of(lumen: Workspace) -> dict[str, str]:
    lumen.refresh_from_db()
    return {name: getattr(lumen, name) for name in SENT}


def test_an_owner_changes_them_and_only_what_changed_is_written_down(owner: Visitor, lumen: Workspace) -> None:
    owner.post("workspace", **SENT)
    assert settings_of(lumen) == SENT
    entry = AuditEntry.objects.get(act="workspace.changed")
    assert (entry.subject, entry.detail) == (lumen.public_id, {"fields": "country currency language timezone"})
    owner.post("workspace", **SENT)
    assert AuditEntry.objects.filter(act="workspace.changed").count() == 1


def test_the_currency_stays_once_there_is_money_and_the_page_says_why(
    owner: Visitor, lumen: Workspace, now: datetime
) -> None:
    Order.objects.create(
        number="1", person=make_person("Anna", now=now), placed_at=now, currency="CNY", total_minor=100
    )
    assert "amounts are not converted" in owner.get("workspace")
    owner.post("workspace", **SENT)
    assert settings_of(lumen) == SENT | {"currency": "CNY"}


def test_what_is_not_in_the_lists_is_refused(owner: Visitor, lumen: Workspace) -> None:
    before = settings_of(lumen)
    for name, wrong in (
        ("country", "XX"),
        ("timezone", "Mars/Base"),
        ("currency", "ABC"),
        ("language", "tlh"),
        ("name", ""),
    ):
        owner.post("workspace", status=422, **SENT | {name: wrong})
    assert settings_of(lumen) == before
