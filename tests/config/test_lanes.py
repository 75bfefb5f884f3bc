"""One bad row never stops a lane: what is behind it goes on, and of the row itself somebody is told."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection

from guanxi.audiences import queries as audiences
from guanxi.channels import operations as channels
from guanxi.channels import registry
from guanxi.channels.models import Message, Reading
from guanxi.channels.models import Notice as Returned
from guanxi.channels.plugins.email import adapter, mailbox, message, returned
from guanxi.channels.port import Inbound
from guanxi.channels.queries import Errand
from guanxi.channels.registry import NoWords, Words
from guanxi.config import worker
from guanxi.events import operations as events
from guanxi.events.models import FactBatch, Forgotten
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Notice, SignInFailure, Workspace
from guanxi.governance.operations import noting
from guanxi.integrations import operations as integrations
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.integrations.operations import calling
from guanxi.kit import clock, scope
from guanxi.kit.apart import WAITS
from guanxi.kit.net.http import Client
from guanxi.people import operations as people
from guanxi.people import tasks
from guanxi.people.models import Bulk, Identity, Import, PersonErasure, PersonExport
from guanxi.people.operations.bulk import running
from guanxi.people.operations.imports import files
from guanxi.people.operations.personal import erasing, exporting
from guanxi.reach import operations as reach
from guanxi.simulators import mail
from tests.conftest import make_workspace
from tests.events.test_lake import cups, in_lake
from tests.factories import channels as make
from tests.factories import content as words
from tests.factories import reach as build
from tests.factories.people import csv_file, make_person, make_staff, uploaded
from tests.integrations.receiver import Says, receivers
from tests.integrations.test_webhooks import turn


def breaks(on: Callable[..., bool], otherwise: Any) -> Callable[..., Any]:
    def act(*given: Any, **named: Any) -> Any:
        if on(*given, **named):
            raise RuntimeError("poison")
        return otherwise(*given, **named)

    return act


def test_a_workspace_that_fails_does_not_stop_the_next(workspace: Workspace) -> None:
    other, seen = make_workspace("other"), list[int]()

    def work(*, now: datetime) -> bool:
        seen.append(scope.current())
        if scope.current() == workspace.pk:
            raise IntegrityError("a row that the database refuses")
        return False

    worker.turn(worker.Lane("any", work, 1))
    assert seen == [workspace.pk, other.pk]


def test_a_database_that_is_gone_is_told_to_the_lane(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*, now: datetime) -> bool:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(DatabaseError):
        worker.turn(worker.Lane("any", work, 1))


@pytest.mark.parametrize(("rests", "waits", "turned", "beats"), [(300.0, 30.0, 2, 12), (0.5, 0.5, 100, 4)])
def test_a_lane_that_rests_for_long_is_heard_of_meanwhile_and_a_fast_one_not_at_each_turn(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, rests: float, waits: float, turned: int, beats: int
) -> None:
    """What docs/operations.md calls an alarm must not ring while all is well, and who rests does not write."""
    turns: list[datetime] = []
    silences: list[float] = []

    class Rests(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            silences.append(timeout or 0.0)
            if len(silences) == (12 if rests > 30 else 100):
                self.set()
            return True

    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(type(connection), "close", lambda self: None, raising=False)
    monkeypatch.setattr(worker, "beat", lambda process, now: heard.append(process))
    monkeypatch.setattr(worker, "monotonic", lambda: sum(silences))
    heard: list[str] = []
    worker.run_lane(worker.Lane("any", lambda *, now: turns.append(now), rests), Rests())
    assert (len(turns), set(silences), heard) == (turned, {waits}, ["worker:any"] * beats)


# Erasures and exports


def test_an_erasure_that_keeps_failing_holds_up_no_other_and_is_tried_again_by_hand(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, bad, good = make_staff("Boss"), make_person("Bad", now=now), make_person("Good", now=now)
    for person in (bad, good):
        people.erase_person(person=person, by=boss, reason="They asked", now=now)
    with monkeypatch.context() as patch:
        patch.setitem(erasing.STEPS, "rows", breaks(lambda job, *_: job.person_id == bad.pk, erasing._rows))
        assert people.work_personal(now=now) == 1
        job = PersonErasure.objects.get(person=bad)
        assert (job.state, job.step, job.attempts, job.problem, job.due_at) == (
            "waiting", "", 1, "RuntimeError", now + WAITS[0],
        )  # fmt: skip
        assert PersonErasure.objects.get(person=good).step != ""
        people.work_personal(now=now)
        job.refresh_from_db()
        assert job.attempts == 1
        at = now
        for wait in WAITS:
            at += wait
            people.work_personal(now=at)
        job.refresh_from_db()
        assert (job.state, job.attempts, job.due_at) == ("failed", len(WAITS) + 1, None)
        assert [(one.kind, one.subject) for one in Notice.objects.filter(staff=boss)] == [
            ("erasure.failed", job.public_id)
        ]
        people.work_personal(now=at + timedelta(days=9))
        job.refresh_from_db()
        assert job.attempts == len(WAITS) + 1
    people.retry_erasure(job=job, by=boss, now=at)
    with pytest.raises(people.ErasureRefused, match="not_failed"):
        people.retry_erasure(job=job, by=boss, now=at)
    people.work_personal(now=at)
    job.refresh_from_db()
    assert (job.state, job.step.partition(":")[0], job.attempts, job.problem) == ("working", "batches", 0, "")
    assert AuditEntry.objects.filter(act="erasure.retried", by=boss).count() == 1


def test_an_export_that_fails_or_kills_its_worker_ends_and_holds_up_nothing(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_person("Bad", now=now), make_person("Good", now=now)
    people.export_person(person=bad, by=None, reason="They asked", now=now)
    people.erase_person(person=good, by=None, reason="They asked", now=now)
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_write", breaks(lambda *_: True, None))
        assert people.work_personal(now=now) == 1
        for _again in range(2):
            PersonExport.objects.update(lease_until=now - timedelta(days=9))
            people.work_personal(now=now)
    assert list(PersonExport.objects.values_list("state", "attempts")) == [("failed", 3)]
    killed = people.export_person(person=bad, by=None, reason="They asked", now=now)
    PersonExport.objects.filter(pk=killed.pk).update(state="working", attempts=3, lease_until=now - timedelta(days=9))
    people.work_personal(now=now)
    killed.refresh_from_db()
    assert killed.state == "failed"


def test_an_expired_file_that_cannot_be_removed_holds_up_no_other(workspace: Workspace, now: datetime) -> None:
    person = make_person("Ann", now=now)
    old = people.export_person(person=person, by=None, reason="They asked", now=now)
    people.work_personal(now=now)
    old.refresh_from_db()
    path = exporting.path_of(old)
    path.unlink()
    path.mkdir()
    later = now + timedelta(days=2)
    new = people.export_person(person=person, by=None, reason="They asked", now=later)
    people.work_personal(now=later)
    assert dict(PersonExport.objects.values_list("pk", "state")) == {old.pk: "expired", new.pk: "done"}


# Changes of many, and imports


def test_a_change_of_many_that_breaks_stops_there_and_the_next_has_its_turn(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, ann = make_staff("Boss"), make_staff("Ann", "advisor")
    person = make_person("Lin", now=now)
    bad, _good = (
        people.start_bulk(act="owner", value={"owner": ann.pk}, chosen=[person.public_id], by=boss, now=now)
        for _ in range(2)
    )
    monkeypatch.setattr(running, "_run", breaks(lambda of, *_: of.pk == bad.pk, running._run))
    for _turn in range(8):
        people.bulk_lane(now=now)
    assert list(Bulk.objects.order_by("pk").values_list("state", "problem")) == [("failed", "unexpected"), ("done", "")]
    assert Notice.objects.filter(staff=boss, kind="bulk.failed", subject=bad.public_id).count() == 1


def test_an_old_import_that_cannot_be_forgotten_keeps_no_other_from_being_rung(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _older = (uploaded(csv_file(["Mail"], ["a@example.test"]), {"Mail": "email"}, now=now) for _ in range(2))
    waits = uploaded(csv_file(["Mail"], ["b@example.test"]), {"Mail": "email"}, now=now)
    rung: list[int] = []

    def ring(pk: int) -> bool:
        rung.append(pk)
        return True

    monkeypatch.setattr(tasks, "ring", ring)
    people.check_import(of=waits)
    monkeypatch.setattr(files, "forget", breaks(lambda path: path.name == old.public_id, files.forget))
    people.sweep(now=now + timedelta(days=8))
    assert rung[-1] == waits.pk
    assert set(Import.objects.values_list("pk", flat=True)) == {old.pk, waits.pk}


# The lake


def test_a_batch_that_nobody_can_read_is_set_aside_and_what_is_behind_it_arrives(
    workspace: Workspace, now: datetime
) -> None:
    events.announce_many(cups(60, now), received_at=now)
    FactBatch.objects.update(body=b"no arrow")
    events.announce_many(cups(3, now), received_at=now)
    ann = make_person("Ann", now=now)
    people.erase_person(person=ann, by=None, reason="They asked", now=now)
    for _turn in range(3):
        people.work_personal(now=now)
        events.write_lake(now=now)
    assert [row[0] for row in in_lake() if row[1] == "cup.filled"] == [0, 1, 2]
    assert list(FactBatch.objects.values_list("lake_commit", flat=True)) == [0]
    assert not Forgotten.objects.filter(done_at=None).exists()
    assert PersonErasure.objects.get().step == "lake"


# Messages, what comes back, broadcasts


@pytest.fixture
def letters(
    committed_workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[mail.MailServer]:
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    account = make.account(now, server.smtp_port)
    for name in ("good", "bad", "worse", "unreadable"):
        person = make.person(now, f"{name}@example.test", name=name)
        channels.plan(
            errand=Errand(account=account, purpose="marketing", origin="cnt_a", due_at=now),
            people=[person.pk], content_id=None, now=now,
        )  # fmt: skip
    Identity.objects.filter(person__name="unreadable").update(sealed=os.urandom(60))
    yield server
    server.stop()


def test_a_message_that_breaks_its_writer_or_its_channel_keeps_no_other_back(
    letters: mail.MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compose(group: Sequence[Message]) -> Mapping[int, Words | NoWords]:
        if any(one.person.name == "bad" for one in group):
            raise ValueError("poison")
        return {one.pk: Words(subject=one.person.name, text="Hi", html="", locale="en") for one in group}

    monkeypatch.setattr(registry, "_composers", {"cnt": compose})
    broken = breaks(lambda outbound, **_: outbound.subject == "worse", message.compose)
    monkeypatch.setattr(adapter, "compose", broken)
    channels.lane(now=now)
    outcomes = {one.person.name: (one.state, one.reason) for one in Message.objects.select_related("person")}
    assert outcomes == {
        "good": ("accepted", ""),
        "bad": ("failed", "content"),
        "worse": ("unknown", "no_answer"),
        "unreadable": ("failed", "content"),
    }


def test_a_notice_that_cannot_be_applied_or_read_is_left_behind(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    box: dict[str, Any] = {"box_host": "127.0.0.1", "box_username": "box", "box_password": "box"}
    make.account(now, return_address="bounce@lumen.example.test", **box)
    settled: list[str] = []

    class Box:
        def waiting(self, limit: int) -> Iterator[Inbound]:
            for external_id in ("no hash", "00" * 32):
                yield Inbound(external_id=external_id, name="", address="", occurred_at=now)

        def settle(self, inbound: Inbound) -> None:
            settled.append(inbound.external_id)

    @contextmanager
    def opened(plugin: object, config: object) -> Iterator[Box]:
        yield Box()

    monkeypatch.setattr(adapter.EmailPlugin, "open_box", opened)
    channels.collect(now=now)
    assert (settled, Returned.objects.count(), Reading.objects.get().problem) == (["no hash", "00" * 32], 1, "")
    monkeypatch.setattr(returned, "read", breaks(lambda *_, **__: True, None))
    assert mailbox._read(b"From: anybody", "bounce@lumen.example.test").name == ""


def test_a_broadcast_that_cannot_be_planned_pauses_and_the_next_goes_out(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.into_lake(make.people(now, ["a@example.test"]), now)
    audience, content, account = build.everybody(now), words.content(now), make.account(now)
    bad, good = (build.confirmed(now, audience, content, account, name=name) for name in ("Bad", "Good"))
    turns = iter([True])
    monkeypatch.setattr(audiences, "members", breaks(lambda *_, **__: next(turns, False), audiences.members))
    for _turn in range(4):
        reach.lane(now=now)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("paused", "sending")


# Webhooks and sign-ins


def test_an_endpoint_whose_secret_cannot_be_read_keeps_no_other_from_its_calls(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.wall()
    monkeypatch.setattr(clock, "now", lambda: now)
    with receivers(monkeypatch, [Says(200)], [Says(200)]) as (bad, good):
        for one in (bad, good):
            to, _secret = integrations.make_endpoint(url=one.url, events=["order.paid"], by=None, now=now)
            integrations.send_test(endpoint=to, now=now)
        Endpoint.objects.filter(url=bad.url).update(secret=os.urandom(60))
        turn(now)
        assert (len(bad.heard), len(good.heard)) == (0, 1)
    assert list(Delivery.objects.order_by("pk").values_list("state", "problem")) == [
        ("failed", "unsigned"), ("delivered", ""),
    ]  # fmt: skip


def test_a_call_that_breaks_does_not_end_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "tried_once", breaks(lambda *_: True, None))
    callers = calling.Callers(Client())
    one = calling.Call(
        workspace=1, endpoint=1, delivery=1, lease=clock.wall(), url="", event="", body="", secrets=[]
    )  # fmt: skip
    for _round in range(calling.THREADS):
        callers.call([one])
        [done] = callers.done(1, 5)
        assert done.tried.problem == "not_http"
    assert callers.free(1) == calling.THREADS_A_WORKSPACE


def test_failures_of_one_login_that_cannot_be_told_keep_no_other_from_being_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_staff("Bad"), make_staff("Good")
    for staff in (bad, good):
        SignInFailure.objects.create(user=staff.user, at=clock.wall())
    told = breaks(lambda **given: given["user"] == bad.user, noting.note_login)
    monkeypatch.setattr(noting, "note_login", told)
    governance.login_lane(now=clock.wall())
    assert [one.subject for one in AuditEntry.objects.filter(act="login.failed")] == [good.public_id]
    assert not SignInFailure.objects.exists()
