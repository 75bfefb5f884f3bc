"""The ledger of consent, and the list of addresses that get nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.events.models import Fact
from guanxi.governance import operations as governance
from guanxi.governance.models import Consent, ConsentEntry, Suppression, Workspace
from guanxi.kit import crypto


def address_of(workspace: Workspace, email: str = "a@example.test") -> bytes:
    return crypto.lookup(workspace.pk, "email", email)


def said(workspace: Workspace, email: str = "a@example.test") -> list[tuple[bool, str]]:
    lines = ConsentEntry.objects.filter(address=address_of(workspace, email)).order_by("pk")
    return list(lines.values_list("granted", "source"))


def test_consent_is_a_line_a_state_and_a_fact(workspace: Workspace, now: datetime) -> None:
    given: dict[str, Any] = {"channel": "email", "address": address_of(workspace), "purpose": "marketing", "person": 5}
    governance.give_consent(**given, source="form", proof={"text": "yes please"}, now=now)
    governance.give_consent(**given, source="form", now=now + timedelta(hours=1))
    governance.withdraw_consent(**given, source="unsubscribe", now=now + timedelta(hours=2))
    assert said(workspace) == [(True, "form"), (True, "form"), (False, "unsubscribe")]
    state = Consent.objects.get()
    assert (state.granted, state.at) == (False, now + timedelta(hours=2))
    assert list(Fact.objects.order_by("pk").values_list("name", "person")) == [
        ("consent.given", 5),
        ("consent.withdrawn", 5),
    ]


def test_a_first_no_is_told_once(workspace: Workspace, now: datetime) -> None:
    given: dict[str, Any] = {"channel": "email", "address": address_of(workspace), "purpose": "marketing", "person": 5}
    for hours in range(2):
        governance.withdraw_consent(**given, source="phone", now=now + timedelta(hours=hours))
    assert list(Fact.objects.values_list("name", "person", "occurred_at")) == [("consent.withdrawn", 5, now)]


def test_a_line_from_the_past_does_not_overrule_the_present(workspace: Workspace, now: datetime) -> None:
    given: dict[str, Any] = {"channel": "email", "address": address_of(workspace), "purpose": "marketing"}
    governance.withdraw_consent(**given, source="unsubscribe", now=now)
    governance.give_consent(**given, source="form", now=now - timedelta(days=1))
    assert (Consent.objects.get().granted, len(said(workspace))) == (False, 2)


def test_consent_of_one_purpose_says_nothing_of_another(workspace: Workspace, now: datetime) -> None:
    governance.give_consent(channel="email", address=address_of(workspace), purpose="marketing", source="form", now=now)
    assert list(Consent.objects.values_list("purpose", flat=True)) == ["marketing"]


def test_taking_an_import_back_restores_what_was_said_before(workspace: Workspace, now: datetime) -> None:
    first, second = address_of(workspace), address_of(workspace, "b@example.test")
    governance.give_consent(channel="email", address=first, purpose="marketing", source="form", now=now)
    lines = [
        governance.ConsentLine("email", first, "marketing", False),
        governance.ConsentLine("email", second, "marketing", True),
    ]
    governance.record_consents(lines=lines, source="import", now=now + timedelta(hours=1), import_id=3)
    later = now + timedelta(hours=2)
    done = governance.take_back_import_consents(import_id=3, after=0, limit=9, now=later)
    assert (done.restored, done.kept) == (2, 0)
    assert list(Consent.objects.values_list("granted", "at")) == [(True, now)]
    assert bytes(Consent.objects.get().address) == first
    assert said(workspace)[-1] == (True, "import.undone")
    assert said(workspace, "b@example.test") == [(True, "import"), (False, "import.undone")]
    assert governance.take_back_import_consents(import_id=3, after=done.last or 0, limit=9, now=later).last is None


def test_a_complaint_takes_the_place_of_any_reason_and_stays(workspace: Workspace, now: datetime) -> None:
    one = address_of(workspace)
    governance.suppress(channel="email", address=one, reason="manual", now=now)
    governance.suppress(channel="email", address=one, reason="hard_bounce", now=now)
    assert Suppression.objects.get().reason == "manual"
    governance.suppress(channel="email", address=one, reason="complaint", detail="abuse report", now=now)
    assert (Suppression.objects.get().reason, Suppression.objects.get().detail) == ("complaint", "abuse report")
    with pytest.raises(governance.ComplaintStands):
        governance.unsuppress(channel="email", address=one)
    assert Suppression.objects.count() == 1


def test_staff_can_take_an_address_off_the_list(workspace: Workspace, now: datetime) -> None:
    one, two = address_of(workspace), address_of(workspace, "b@example.test")
    added = governance.suppress_many(channel="email", addresses=[one, two, one], reason="hard_bounce", now=now)
    governance.unsuppress(channel="email", address=one)
    assert (added, bytes(Suppression.objects.get().address)) == (2, two)
