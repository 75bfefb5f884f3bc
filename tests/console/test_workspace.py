"""The workspace's own settings: who changes them, what is written down, and what stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.audiences.models import Audience
from guanxi.commerce.models import Order
from guanxi.console.settings.workspace import named_zones
from guanxi.events.models import Fact
from guanxi.governance.models import AuditEntry, Workspace
from guanxi.kit import amounts
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


def test_only_money_that_is_paid_with_today_is_offered_and_cities_have_names_of_the_reader(owner: Visitor) -> None:
    page = owner.get("workspace")
    assert all(f'value="{code}"' in page for code in ("CNY", "USD", "KRW", "EUR"))
    assert not any(f'value="{code}"' in page for code in ("XXX", "XAU", "YUD", "ZRN"))
    assert dict(named_zones("ko"))["Africa/Dar_es_Salaam"] == "Africa/Dar es Salaam · 다르에스살람"


def test_the_currency_stays_once_there_is_money_and_the_page_says_why(
    owner: Visitor, lumen: Workspace, now: datetime
) -> None:
    Order.objects.create(
        number="1", person=make_person("Anna", now=now), placed_at=now, currency="CNY", total_minor=100
    )
    assert "they are not converted" in owner.get("workspace")
    owner.post("workspace", **SENT)
    assert settings_of(lumen) == SENT | {"currency": "CNY"}


def test_the_currency_stays_for_any_amount_and_for_a_rule_that_compares_one(
    owner: Visitor, lumen: Workspace, now: datetime
) -> None:
    """What was cleared leaves its amounts in facts; the number of a rule means a currency too."""
    assert {model.__name__ for model, _names in amounts.columns()} >= {"Order", "OrderLine", "Refund", "Fact"}
    fact = Fact.objects.create(name="order.paid", person=1, occurred_at=now, received_at=now, amount_minor=0)
    assert not amounts.any_kept()
    Fact.objects.filter(pk=fact.pk).update(amount_minor=-5)
    assert amounts.any_kept()
    Fact.objects.all().delete()
    measure = {"type": "sum", "op": "gte", "value": 100}
    Audience.objects.create(
        name="Big", rule={"where": {"type": "all", "of": [{"measure": measure}]}}, created_at=now, updated_at=now
    )
    assert "not converted" in owner.get("workspace")


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
