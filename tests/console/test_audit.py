"""The audit log on its page."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

import guanxi
from guanxi.console.settings.audit_words import ACTS
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Role, Staff, Workspace
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.people.models import Person
from tests.console.things import make_things
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories import channels as make

__all__ = ["lumen", "owner"]


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("act", flat=True))


def reveal(person: Person, now: datetime, by: Staff | None = None, reason: str = "") -> None:
    governance.record(act="broadcast.paused", by=by, subject=person.public_id, reason=reason, now=now)


def test_the_page_says_who_did_what_to_whom_and_why(owner: Visitor, lumen: Workspace, now: datetime) -> None:
    assert "Nothing has been done yet" in owner.get("audit")
    lin, emma = Staff.objects.get(), make.person(now, "emma@example.test", name="Emma")
    reveal(emma, now, lin, "They asked <b>for</b> it")
    page = owner.get("audit")
    for words in (
        "Broadcast paused",
        "Lin Yao",
        "Emma",
        f"/w/lumen/people/{emma.public_id}",
        "They asked <b>for</b> it",
    ):
        assert words in page, words


def test_an_act_of_the_console_is_an_entry_by_who_did_it(owner: Visitor, lumen: Workspace) -> None:
    owner.post("suppressions", email="emma@example.test", do="add")
    owner.post("suppressions", email="emma@example.test", do="add")
    owner.post("suppressions", email="emma@example.test", do="remove")
    owner.post("unit_new", name="Store 014")
    owner.post("channels", most=3, days=7)
    assert acts() == ["suppression.added", "suppression.removed", "unit.added", "cap.set"]
    assert {entry.by for entry in AuditEntry.objects.all()} == {Staff.objects.get()}
    assert "3 in 7 days" in owner.get("audit", act="cap.set")


def test_what_a_program_did_stands_under_its_maker_and_names_the_key(owner: Visitor, lumen: Workspace) -> None:
    lin = Staff.objects.get()
    made = governance.make_key(by=lin, name="Shop <1>", scopes=[Permission.PEOPLE_VIEW], now=clock.wall())
    with governance.through(key=made.key):
        governance.record(act="cap.set", by=lin, detail={"most": 3, "days": 7})
    page = owner.get("audit", act="cap.set")
    assert "by the key “Shop <1>”" in page
    assert "by the key" not in owner.get("audit", act="key.made")


def test_it_is_filtered_by_act_and_by_staff_and_turned_page_by_page(
    owner: Visitor, lumen: Workspace, now: datetime
) -> None:
    member = governance.add_staff(email="tom@example.test", name="Tom", role=Role.ADVISOR)
    for number in range(60):
        governance.record(act="import.run", by=member, reason=f"reason {number:02}", now=now)
    first = owner.get("audit", staff=member.public_id)
    assert ("reason 59" in first, "reason 10" in first, "reason 09" in first) == (True, True, False)
    [mark] = re.findall(r"before=(\d+)", first)
    second = owner.get("audit", staff=member.public_id, before=mark)
    assert ("reason 09" in second, "reason 00" in second, "reason 10" in second) == (True, True, False)
    assert "reason" not in re.sub("Reason", "", owner.get("audit", act="staff.added"))
    assert "Nothing of this kind" in owner.get("audit", act="import.undone")


def test_nonsense_in_the_address_is_refused(owner: Visitor) -> None:
    owner.get("audit", act="person.eaten", status=404)
    owner.get("audit", staff="stf_nobody", status=404)
    for mark in ("x", "-1", "9" * 40, "٣"):
        owner.get("audit", before=mark, status=400)


def test_the_page_verifies_the_log(owner: Visitor, lumen: Workspace, now: datetime) -> None:
    governance.record(act="import.run", by=None, now=now)
    owner.post("audit_verify")
    assert "The log is whole. Entries: 1" in owner.get("audit")
    other = "UPDATE governance_audithead SET count = 2"  # the application may write the head, so it can try
    connection.cursor().execute(other)
    owner.post("audit_verify")
    assert "from entry 2 on, its end is gone" in owner.get("audit")


def test_more_entries_are_no_more_queries(owner: Visitor, lumen: Workspace, now: datetime) -> None:
    make_things()
    for name in ("a", "b", "c"):
        reveal(make.person(now, f"{name}@example.test"), now, Staff.objects.first())
    with CaptureQueriesContext(connection) as few:
        owner.get("audit")
    for name in "defghijklmn":
        reveal(make.person(now, f"{name}@example.test"), now, Staff.objects.last())
    with CaptureQueriesContext(connection) as many:
        owner.get("audit")
    assert len(few) == len(many)


def test_the_auditor_reads_it_and_changes_nothing(owner: Visitor, lumen: Workspace, now: datetime) -> None:
    reveal(make.person(now, "emma@example.test", name="Emma"), now)
    assert "Emma" in staff(Role.AUDITOR).get("audit")


def test_every_act_that_is_written_has_words() -> None:
    source = Path(guanxi.__file__).parent
    written = {
        act
        for file in source.rglob("*.py")
        for line in re.findall(r'\bact="[^\n]*', file.read_text())
        for act in re.findall(r'"([a-z]+\.[a-z_]+)"', line)
    }
    assert written - ACTS.keys() == set()
