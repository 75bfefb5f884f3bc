"""A file of people from its form to its end, as a browser sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.audiences.models import Export
from guanxi.audiences.operations import exports
from guanxi.governance.models import AuditEntry, Role, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from tests.console.visitors import Visitor, lumen, owner, staff

__all__ = ["lumen", "owner"]
TABLE: dict[str, Any] = {"columns": ["name", "email"], "head": "en", "why": "analysis", "bom": "on"}


@pytest.fixture
def ann(lumen: Workspace, now: datetime) -> None:
    people.create_person(name="Ann", identities={"email": "ann@example.test"}, now=now)


def made() -> Export:
    while exports.export_lane(now=clock.now()):
        pass
    of: Export = Export.objects.latest("pk")
    return of


def test_a_list_becomes_a_file_and_who_took_it_is_written_down(owner: Visitor, ann: None) -> None:
    assert "Make the file" in owner.get("export_new", q="Ann")
    assert "person" in owner.post("export_count", status=200, q="Ann", **TABLE)
    owner.post("export_new", status=422, q="Ann", **TABLE | {"why": ""})
    owner.post("export_new", status=422, q="Ann", **TABLE | {"columns": []})
    at = owner.post("export_new", q="Ann", clear="on", **TABLE)
    of = made()
    assert at == f"/w/lumen/exports/{of.public_id}"
    page = owner.get("export", of.public_id)
    assert "1 row is ready" in page
    answer = owner.client.get(reverse("export_file", args=["lumen", of.public_id]))
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert content.splitlines()[1].endswith(",Ann,ann@example.test")
    assert "people-" in answer.headers["Content-Disposition"]
    acts = AuditEntry.objects.filter(act__startswith="export").order_by("number")
    assert list(acts.values_list("act", flat=True)) == ["export.started", "export.finished", "export.downloaded"]
    owner.post("export_remove", of.public_id)
    assert "The file is gone" in owner.get("export", of.public_id)
    owner.get("export_file", of.public_id, status=404)


def test_hashed_ids_count_only_who_agreed(owner: Visitor, ann: None) -> None:
    hashed: dict[str, Any] = {"as": "hashed", "preset": "google", "ids": ["email"], "why": "ads"}
    assert "1 person: did not agree to marketing" in owner.post("export_count", status=200, **hashed)
    owner.post("export_new", **hashed)
    of = made()
    assert (of.rows, of.left_out) == (0, {"no_consent": 1})
    assert "1 person: did not agree to marketing" in owner.get("export", of.public_id)
    owner.post("export_new", status=422, **hashed | {"ids": []})


def test_a_login_that_did_not_prove_itself_lately_takes_nothing(owner: Visitor, ann: None) -> None:
    owner.post("export_new", **TABLE)
    of = made()
    session = owner.client.session
    session.pop("proved_at", None)
    session.save()
    answer = owner.client.get(reverse("export_file", args=["lumen", of.public_id]))
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, reverse("confirm"))


def test_a_manager_sees_their_own_files_and_addresses_in_clear_need_the_right(owner: Visitor, ann: None) -> None:
    owner.post("export_new", **TABLE)
    of = made()
    manager = staff(Role.MANAGER)
    manager.get("export", of.public_id, status=404)
    assert "Nothing was exported yet" in manager.get("exports")
    assert "Hashed ids" in manager.get("export_new")


def test_more_files_are_no_more_queries(owner: Visitor, ann: None) -> None:
    counts = []
    for more in (1, 2):
        for _file in range(more):
            owner.post("export_new", **TABLE)
        with CaptureQueriesContext(connection) as asked:
            owner.get("exports")
        counts.append(len(asked))
    assert counts[0] == counts[1]
