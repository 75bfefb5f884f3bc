"""A look at masked values, files, exports and erasures, on their pages."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Role, Staff, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Attachment, Person, PersonErasure, PersonExport
from tests.console.visitors import Visitor, lumen, owner, staff

__all__ = ["lumen", "owner"]
EMAIL = "emma.long@example.test"


@pytest.fixture
def emma(lumen: Workspace, now: datetime) -> Person:
    return people.create_person(
        now=now, name="Emma", identities={"email": EMAIL, "phone": "13900001234"}, dial_country="CN"
    )


def entries(act: str) -> list[tuple[str, str, dict[str, object]]]:
    found = AuditEntry.objects.filter(act=act).order_by("number")
    return [(one.subject, one.reason, one.detail) for one in found]


def test_a_masked_value_is_shown_once_with_a_reason_and_written_down(owner: Visitor, emma: Person) -> None:
    assert EMAIL not in owner.get("person", emma.public_id)
    owner.post("person_reveal", emma.public_id, status=422)
    owner.post("person_reveal", emma.public_id, why="other", reason=" ", status=422)
    owner.post("person_reveal", emma.public_id, why="nonsense", status=422)
    assert entries("person.revealed") == []
    page = owner.post("person_reveal", emma.public_id, why="contact", reason="call back", status=200)
    assert EMAIL in page
    assert "+8613900001234" in page
    assert EMAIL not in owner.get("person", emma.public_id)
    detail = {"why": "contact", "fields": ["email", "phone"]}
    assert entries("person.revealed") == [(emma.public_id, "call back", detail)]
    assert "To call or write to them" in owner.get("audit")


def test_a_look_is_not_kept_by_the_browser(owner: Visitor, emma: Person) -> None:
    url = reverse("person_reveal", args=["lumen", emma.public_id])
    answer = owner.client.post(url, {"why": "contact"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_login_that_did_not_prove_itself_lately_sees_nothing(owner: Visitor, emma: Person) -> None:
    session = owner.client.session
    session.pop("proved_at", None)
    session.save()
    for route in ("person_reveal", "person_erase", "person_export"):
        onward = owner.post(route, emma.public_id, why="asked", typed="Emma")
        assert "confirm" in onward, route
    assert not AuditEntry.objects.exists()
    assert not PersonErasure.objects.exists()


def test_fifty_people_an_hour_and_no_more(owner: Visitor, emma: Person, lumen: Workspace) -> None:
    me, now = Staff.objects.get(), clock.now()
    for number in range(49):
        governance.record(act="person.revealed", by=me, subject=f"psn_{number}", now=now - timedelta(minutes=59))
    governance.record(act="person.revealed", by=me, subject="psn_old", now=now - timedelta(minutes=61))
    owner.post("person_reveal", emma.public_id, why="contact", status=200)
    owner.post("person_reveal", emma.public_id, why="contact", status=200)
    other = people.create_person(now=now, name="Lin", identities={"email": "lin@example.test"})
    refused = owner.post("person_reveal", other.public_id, why="contact", status=422)
    assert "50 people in the last hour" in refused
    assert "lin@example.test" not in refused


def test_an_analyst_is_offered_no_look(owner: Visitor, emma: Person) -> None:
    page = staff(Role.ANALYST).get("person", emma.public_id)
    assert reverse("person_reveal", args=["lumen", emma.public_id]) not in page


def test_a_file_is_kept_sealed_and_comes_back_as_a_download_only(owner: Visitor, emma: Person) -> None:
    content = b"%PDF-1.7 " + b"secret words " * 20_000
    owner.post("file_new", emma.public_id, file=SimpleUploadedFile("Vertrag – 合同.pdf", content, "text/html"))
    kept = Attachment.objects.get()
    assert (kept.media_type, kept.size) == ("application/pdf", len(content))
    assert "Vertrag – 合同.pdf" in owner.get("person_data", emma.public_id)
    answer = owner.client.get(reverse("file", args=["lumen", emma.public_id, kept.public_id]))
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    owner.post("file_remove", emma.public_id, kept.public_id)
    assert not Attachment.objects.exists()
    assert list(AuditEntry.objects.order_by("number").values_list("act", flat=True)) == [
        "file.attached",
        "file.removed",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00 a program",
        b"#!/bin/sh",
        b"PK\x03\x04 a zip of anything",
        b"PK\x03\x04[Content_Types].xml word/ vbaProject.bin",
        b"just text",
        b"",
    ],
)
def test_what_is_no_paper_or_picture_is_refused(owner: Visitor, emma: Person, content: bytes) -> None:
    owner.post("file_new", emma.public_id, file=SimpleUploadedFile("a.pdf", content), status=422)
    owner.post("file_new", emma.public_id, status=422)
    assert not Attachment.objects.exists()


def test_a_file_over_ten_megabytes_leaves_nothing(owner: Visitor, emma: Person, settings: object) -> None:
    big = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * (10 * 1024 * 1024))
    assert "larger than 10 MB" in owner.post("file_new", emma.public_id, file=big, status=422)
    folder = settings.FILES / str(emma.workspace_id) / "people"  # type: ignore[attr-defined]
    assert not folder.exists() or not list(folder.iterdir())


def test_a_changed_file_is_not_given_out(owner: Visitor, emma: Person, settings: object) -> None:
    owner.post("file_new", emma.public_id, file=SimpleUploadedFile("a.pdf", b"%PDF-1.7 words"))
    [path] = (settings.FILES / str(emma.workspace_id) / "people").iterdir()  # type: ignore[attr-defined]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    owner.get("file", emma.public_id, Attachment.objects.get().public_id, status=404)


def test_an_export_is_asked_for_made_and_downloaded_for_a_day(owner: Visitor, emma: Person) -> None:
    owner.post("person_export", emma.public_id, status=422)
    owner.post("person_export", emma.public_id, why="asked", reason="by phone")
    assert "Waiting" in owner.get("person_data", emma.public_id)
    people.work_personal(now=clock.now())
    job = PersonExport.objects.get()
    assert job.public_id in owner.get("person_data", emma.public_id)
    answer = owner.client.get(reverse("person_export_file", args=["lumen", emma.public_id, job.public_id]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert EMAIL in archive.read("person.json").decode()
    PersonExport.objects.update(expires_at=clock.now())
    owner.get("person_export_file", emma.public_id, job.public_id, status=404)
    assert entries("person.exported") == [(emma.public_id, "by phone", {"why": "asked"})]


def test_a_person_is_erased_only_by_typing_their_name(owner: Visitor, emma: Person) -> None:
    assert "Type “Emma” to confirm" in owner.get("person_erase", emma.public_id)
    for wrong in ({"why": "asked"}, {"why": "asked", "typed": "Emm"}, {"typed": "Emma"}):
        owner.post("person_erase", emma.public_id, status=422, **wrong)
    assert not PersonErasure.objects.exists()
    onward = owner.post("person_erase", emma.public_id, why="asked", typed="Emma")
    job = PersonErasure.objects.get()
    assert onward == reverse("erasure", args=["lumen", job.public_id])
    owner.get("person", emma.public_id, status=404)
    assert "Emma" not in owner.get("people")
    page = owner.get("erasure", job.public_id)
    assert "is erased for everyone" in page
    people.work_personal(now=clock.now())
    assert "Old files" in owner.get("erasure", job.public_id) or "being removed" in page
    assert "Emma" not in owner.get("audit")


def test_an_erasure_that_gave_up_says_so_and_is_tried_again(owner: Visitor, emma: Person) -> None:
    job = people.erase_person(person=emma, by=None, reason="They asked", now=clock.now())
    PersonErasure.objects.update(attempts=1, due_at=clock.now())
    assert "A step failed" in owner.get("erasure", job.public_id)
    PersonErasure.objects.update(state="failed", problem="OSError", due_at=None)
    page = owner.get("erasure", job.public_id)
    assert "failed each time (OSError)" in page
    assert "hx-get" not in page.partition('id="erasure"')[2].partition(">")[0]
    for _twice in range(2):
        owner.post("erasure_retry", job.public_id)
    assert PersonErasure.objects.values_list("state", "attempts").get() == ("working", 0)
    assert entries("erasure.retried") == [(job.public_id, "", {})]


def test_a_manager_neither_exports_nor_erases(owner: Visitor, emma: Person) -> None:
    manager = staff(Role.MANAGER)
    page = manager.get("person_data", emma.public_id)
    assert "Erase this person" not in page
    assert "Export everything" not in page
