"""What is known of a person: every column is classified, the export holds it all, after an erasure none is left."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import WriterProperties
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.test import TestCase

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import Batch, SourceKind
from guanxi.acquisition.queries import source_of_key
from guanxi.channels.models import Account, Message
from guanxi.commerce.models import Order, OrderLine, Product, Refund
from guanxi.connections.models import FriendFact, Friendship, FriendWord, Reading
from guanxi.events import lake
from guanxi.events import operations as events
from guanxi.events.models import Fact, FactBatch, Forgotten
from guanxi.events.operations import forgetting, writing
from guanxi.events.queries import everything
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Consent, Suppression, Workspace
from guanxi.integrations.models import Delivery, Endpoint
from guanxi.kit import personal
from guanxi.kit.personal import Erasure, Kind
from guanxi.loyalty.models import Coupon, Redemption
from guanxi.people import operations as people
from guanxi.people.models import (
    Bulk,
    BulkRow,
    Field,
    GivenDefault,
    Identity,
    Import,
    ImportChange,
    ImportReject,
    Lent,
    LevelProof,
    NameWord,
    Person,
    PersonErasure,
    PersonExport,
    Trait,
)
from guanxi.people.queries import visible
from guanxi.people.queries.who import tells_of, who
from tests.factories import channels as make
from tests.factories.people import csv_file, done, make_staff, uploaded
from tests.factories.reach import write_lake
from tools.data_map import DOCUMENT, brought_up_to_date

# Tables of libraries: who may do what, and the queue, whose arguments are ids.
NOT_OURS = frozenset({"auth", "contenttypes", "procrastinate"})
EMAIL, PHONE, NUMBER = "canary.mail@example.test", "+8613900001234", "CANARY-NUMBER"
PDF = b"%PDF-1.7 canary-content " + b"x" * 200_000


def ours() -> list[Any]:
    return [model for model in apps.get_models() if model._meta.app_label not in NOT_OURS]


def columns(model: Any) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields} - {"workspace_id"}


def test_every_column_of_every_table_is_classified() -> None:
    declared = {table.model: set(table.columns) for table in personal.tables()}
    missing = {model._meta.label: sorted(columns(model) - declared.get(model, set())) for model in ours()}
    assert {label: names for label, names in missing.items() if names} == {}, (
        "say in personal.py of the room what it is"
    )
    gone = {model._meta.label: sorted(names - columns(model)) for model, names in declared.items()}
    assert {label: names for label, names in gone.items() if names} == {}


def test_every_column_of_the_lake_is_classified() -> None:
    stores = {store.name: set(store.columns) for store in personal.stores()}
    assert stores["lake: events"] == set(lake.EVENTS.names)
    assert stores["lake: people"] == set(lake.PEOPLE.names)
    assert {f"lake: {name}" for name in ("events", *lake.MIRRORS)} <= stores.keys()


def test_the_data_map_in_the_documents_is_in_step() -> None:
    text = DOCUMENT.read_text()
    assert text == brought_up_to_date(text), "run python tools/data_map.py"


def test_what_is_personal_is_found_exported_and_erased_or_says_why_it_stays() -> None:
    for table in personal.tables():
        label = table.model._meta.label
        if table.of(Kind.PERSONAL) and not table.whose:
            assert table.erasure != Erasure.KEPT, label
            assert table.found or table.erase or table.why, label
            assert table.part or table.why, label
        if table.erasure != Erasure.REMOVED and table.found:
            assert table.why, label


class Canary:
    """A person with a word of their own in every personal column."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.filled: dict[str, set[str]] = {}
        self.words: list[str] = []
        self.by = make_staff()
        self.person = people.create_person(
            now=now, name=self.word("people.Person", "name"), identities={"email": EMAIL, "phone": PHONE},
            dial_country="CN",
        )  # fmt: skip
        self.identities()
        self.rest_of_people()
        self.imports()
        self.commerce()
        self.messages()
        self.ties()
        self.deliveries()
        self.sent()
        self.bulk()
        self.facts()

    def word(self, label: str, column: str) -> str:
        """Noted as filled; what must be found again."""
        self.filled.setdefault(label, set()).add(column)
        self.words.append(f"canary{len(self.words):02}x")
        return self.words[-1]

    def fill(self, row: Any, *names: str) -> None:
        """These columns of a row get a canary each."""
        label = row._meta.label
        row.__class__.objects.filter(pk=row.pk).update(**{name: self.word(label, name) for name in names})

    def identities(self) -> None:
        self.filled["people.Identity"] = {"sealed", "last4"}
        self.words += [EMAIL, PHONE, "1234"]
        [pk] = [Identity.objects.create(
            person=self.person, kind="customer_number", lookup=b"n" * 16, plain=NUMBER, created_at=self.now,
            within=self.word("people.Identity", "within"),
        )]  # fmt: skip
        assert pk
        self.filled["people.Identity"].add("plain")
        self.words.append(NUMBER)
        self.fill(self.person, "sort_key", "source")
        Person.objects.filter(pk=self.person.pk).update(country="ZZ", language="tlh")
        self.filled["people.Person"] |= {"country", "language"}
        self.words += ['"ZZ"', '"tlh"']

    def rest_of_people(self) -> None:
        word, key = self.word("people.NameWord", "word"), self.word("people.NameWord", "sort_key")
        NameWord.objects.create(person=self.person, word=word, sort_key=key)
        city = Field.objects.create(key="city", label="City")
        own, lent = self.word("people.Lent", "own"), self.word("people.Lent", "lent")
        Lent.objects.create(person=self.person, what="name", own=own, lent=lent)
        Trait.objects.create(person=self.person, field=city, value=self.word("people.Trait", "value"))
        GivenDefault.objects.create(
            person=self.person, role="leader", field=city, value=self.word("people.GivenDefault", "value"), at=self.now
        )
        points = Field.objects.create(key="points", label="Points", kind="number")
        Trait.objects.create(person=self.person, field=points, value="815162342")
        self.filled["people.Trait"].add("number")
        self.words.append("815162342")
        LevelProof.objects.create(
            person=self.person, level="customer", proof="order.paid", label=self.word("people.LevelProof", "label"),
            since=self.now,
        )  # fmt: skip
        group = people.create_tag_group(name="Kind", by=self.by, now=self.now)
        tags = people.create_tags(group=group, names=["VIP"], by=self.by, now=self.now)
        put = people.Put(by=self.by, reason=self.word("people.PersonTag", "reason"))
        people.tag_people(people=[self.person.pk], add=tags, put=put, now=self.now)
        people.join(
            person=self.person, since=self.now, proof="staff", label=self.word("people.Membership", "label"),
            now=self.now,
        )  # fmt: skip
        people.add_note(person=self.person, by=self.by, text=self.word("people.Note", "sealed"), now=self.now)
        people.attach_file(
            person=self.person, by=self.by, file=io.BytesIO(PDF), now=self.now,
            filename=self.word("people.Attachment", "name") + ".pdf",
        )  # fmt: skip
        change = Bulk.objects.create(act="trait", by=self.by, created_at=self.now, finished_at=self.now, state="done")
        before = {"value": self.word("people.BulkRow", "before")}
        BulkRow.objects.create(of=change, person=self.person.pk, outcome="changed", before=before)
        address = make.lookup(EMAIL)
        governance.give_consent(channel="email", address=address, purpose="marketing", source="form", now=self.now)
        detail = self.word("governance.Suppression", "detail")
        governance.suppress(channel="email", address=address, reason="complaint", now=self.now, detail=detail)

    def imports(self) -> None:
        sample = self.word("people.Import", "sheet")
        of = done(uploaded(csv_file(["name", "email"], ["Bo", "bo@example.test"]), {"name": "name", "email": "email"},
                           now=self.now), self.now)  # fmt: skip
        of.sheet["sample"] = [[sample, EMAIL.upper()], ["Bo", "bo@example.test"]]
        of.check_report = {"examples": [[self.word("people.Import", "check_report"), EMAIL]]}
        of.save()
        self.words.remove(self.words[-1])  # how a check went is a report on a file; it is cleared, not handed out
        cells = [self.word("people.ImportReject", "cells"), "139-0000 1234"]
        detail = {"value": self.word("people.ImportReject", "detail")}
        ImportReject.objects.create(of=of, phase="run", row_no=2, reason="required", cells=cells, detail=detail)
        before = {"name": self.word("people.ImportChange", "before")}
        after = {"name": self.word("people.ImportChange", "after")}
        ImportChange.objects.create(of=of, table="people_person", row=self.person.pk, before=before, after=after)

    def commerce(self) -> None:
        product = Product.objects.create(number="P1", name="Tea")
        order = Order.objects.create(
            number=self.word("commerce.Order", "number"), store=self.word("commerce.Order", "store"),
            person=self.person, placed_at=self.now, currency="CNY", total_minor=500, refunded_minor=100,
        )  # fmt: skip
        line = self.word("commerce.OrderLine", "line")
        OrderLine.objects.create(order=order, product=product, line=line, amount_minor=500)
        number = self.word("commerce.Refund", "number")
        Refund.objects.create(order=order, number=number, amount_minor=100, at=self.now)
        coupon = Coupon.objects.create(code="TEA")
        number = self.word("loyalty.Redemption", "number")
        Redemption.objects.create(number=number, coupon=coupon, person=self.person, order=order, at=self.now)

    def messages(self) -> None:
        account = make.account(self.now)
        for origin, state in (("brd_sent", "accepted"), ("brd_next", "waiting")):
            Message.objects.create(
                origin=origin, person=self.person, account=account, purpose="marketing", state=state,
                planned_at=self.now, due_at=self.now, address=make.lookup(EMAIL),
                detail=self.word("channels.Message", "detail"), vendor_id=self.word("channels.Message", "vendor_id"),
            )  # fmt: skip

    def ties(self) -> None:
        Reading.objects.create(
            person=self.person, platform="weibo", handle=self.word("connections.Reading", "handle"), followers=5,
            as_of=self.now.date(), source="staff", noted_at=self.now,
        )  # fmt: skip
        remark, words = (self.word("connections.Friendship", name) for name in ("remark", "description"))
        friendship = Friendship.objects.create(
            person=self.person, staff=self.by, account=Account.objects.get(), state="active", since=self.now,
            state_at=self.now, first_at=self.now, remark=remark, description=words,
        )  # fmt: skip
        FriendWord.objects.create(
            person=self.person, staff=self.by, account=friendship.account, kind="remark", at=self.now,
            text=self.word("connections.FriendWord", "text"),
        )  # fmt: skip
        FriendFact.objects.create(friendship=friendship, kind="added", at=self.now)

    def bulk(self) -> None:
        of = Bulk.objects.create(act="trait", by=self.by, created_at=self.now, state="done")
        before = {"value": self.word("people.BulkRow", "before")}
        BulkRow.objects.create(of=of, person=self.person.pk, before=before)

    def deliveries(self) -> None:
        endpoint = Endpoint.objects.create(url="https://example.test/hook", created_at=self.now)
        body = json.dumps({"person": self.person.public_id, "page": self.word("integrations.Delivery", "body")})
        Delivery.objects.create(
            endpoint=endpoint, event="evt_a", name="page.viewed", body=body, due_at=self.now, created_at=self.now,
            answer=self.word("integrations.Delivery", "answer"),
        )  # fmt: skip

    def sent(self) -> None:
        site = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=None, now=self.now)
        known = source_of_key(site.key)
        assert known
        event = {"traits": {"email": EMAIL}, "properties": {"page": self.word("acquisition.Batch", "body")}}
        acquisition.take(key=known, call="track", body=json.dumps(event).encode(), packed=None)
        Batch.objects.update(people=[self.person.pk], applied_at=self.now)

    def facts(self) -> None:
        Fact.objects.create(
            person=self.person.pk, name="page.viewed", occurred_at=self.now, received_at=self.now,
            props={"page": self.word("events.Fact", "props")},
        )  # fmt: skip
        write_lake(self.now)
        happened = [events.Happened(Seen(self.person.pk, self.word("events.FactBatch", "body")), self.now)]
        happened += [events.Happened(Seen(10_000 + other, "other"), self.now) for other in range(60)]
        events.announce_many(happened, received_at=self.now)


@pytest.fixture
def canary(workspace: Workspace, now: datetime) -> Canary:
    return Canary(now)


@dataclass(frozen=True)
class Seen:
    person: int
    page: str
    name: str = "page.seen"


def exported(person: Person, now: datetime) -> zipfile.ZipFile:
    job = people.export_person(person=person, by=None, reason="They asked", now=now)
    people.work_personal(now=now)
    job.refresh_from_db()
    return zipfile.ZipFile(io.BytesIO(b"".join(people.read_export(job))))


def test_a_canary_sits_in_every_personal_column(canary: Canary) -> None:
    wanted = {table.model._meta.label: set(table.of(Kind.PERSONAL)) for table in personal.tables() if not table.whose}
    assert canary.filled == {label: names for label, names in wanted.items() if names}


def test_the_export_holds_every_canary_as_json_and_as_tables(canary: Canary, now: datetime) -> None:
    archive = exported(canary.person, now)
    said = archive.read("person.json").decode()
    json.loads(said)
    assert [word for word in canary.words if word not in said] == []
    tables = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv"))
    plain = [word.strip('"') for word in canary.words]
    assert [word for word in plain if word not in tables.replace("'+", "+")] == []
    [file] = [name for name in archive.namelist() if name.startswith("files/")]
    assert (archive.read(file), file.endswith(".pdf")) == (PDF, True)


def test_the_export_tells_nothing_of_others_and_no_key(canary: Canary, now: datetime) -> None:
    other = make.person(now, "other@example.test", name="Somebody else")
    said = exported(canary.person, now).read("person.json").decode()
    for theirs in ("Somebody else", other.public_id, "bo@example.test", "salt", "workspace_id", '"id"'):
        assert theirs not in said, theirs


def test_what_a_spreadsheet_would_evaluate_is_quoted(canary: Canary, now: datetime) -> None:
    Trait.objects.update(value="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in exported(canary.person, now).read("csv/fields.csv").decode()


def test_the_file_lies_sealed_and_goes_after_a_day(canary: Canary, now: datetime) -> None:
    job = people.export_person(person=canary.person, by=canary.by, reason="They asked", now=now)
    people.work_personal(now=now)
    [path] = (settings.FILES / str(canary.person.workspace_id) / "exports").iterdir()
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    people.work_personal(now=now + timedelta(hours=23, minutes=59))
    assert path.exists()
    people.work_personal(now=now + timedelta(hours=24))
    job.refresh_from_db()
    assert (path.exists(), job.state) == (False, "expired")
    with pytest.raises(FileNotFoundError):
        people.read_export(job)
    [entry] = AuditEntry.objects.filter(act="person.exported")
    assert (entry.by, entry.subject, entry.reason) == (canary.by, canary.person.public_id, "They asked")


def test_one_export_at_a_time_and_none_without_a_reason(canary: Canary, now: datetime) -> None:
    with pytest.raises(people.ExportRefused, match="no_reason"):
        people.export_person(person=canary.person, by=None, reason=" ", now=now)
    people.export_person(person=canary.person, by=None, reason="They asked", now=now)
    with pytest.raises(people.ExportRefused, match="running"):
        people.export_person(person=canary.person, by=None, reason="They asked", now=now)


def finish(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "OLD_FILES_STAY", timedelta(0))
    for _turn in range(20):
        worked = people.work_personal(now=now)
        worked += events.write_lake(now=now)
        if not worked:
            return
    raise AssertionError("it does not come to an end")


def leftovers(words: list[str]) -> list[tuple[str, str]]:
    """Where in the database, the lake or the files a word still stands."""
    wanted = [word.strip('"') for word in words if word not in ('"ZZ"', '"tlh"', "1234")]
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea')"
        )
        for table, column, kind in cursor.fetchall():
            place = "convert_to(%s, 'UTF8') in " + f'"{column}"' if kind == "bytea" else f'%s in "{column}"::text'
            for word in wanted:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE position({place}) > 0', [word])
                if cursor.fetchone()[0]:
                    found.append((f"{table}.{column}", word))
    for batch in FactBatch.objects.all():
        body = str(pa.ipc.open_stream(batch.body).read_all().to_pylist())
        found += [("events_factbatch.body", word) for word in wanted if word in body]
    for root in (settings.LAKE, settings.FILES):
        for file in Path(root).rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                found += [(str(file.relative_to(root)), word) for word in wanted if word.encode() in content]
    return found


def test_after_an_erasure_no_canary_is_left_anywhere(
    canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PROPERTIES", WriterProperties(compression="UNCOMPRESSED"))
    events.touch("people", [canary.person.pk])
    write_lake(now)
    exported(canary.person, now)
    words = [*canary.words, "canary"]
    before = " ".join(place for place, _word in leftovers(words))
    for place in ("people_person.name", "people_trait", "events_fact.props", "events_factbatch", "events/", "people/"):
        assert place in before, place
    people.erase_person(person=canary.person, by=canary.by, reason="They asked", now=now)
    assert not visible(canary.by).filter(pk=canary.person.pk).exists()
    finish(now, monkeypatch)
    assert leftovers(words) == []
    job = PersonErasure.objects.get()
    assert (job.state, job.step) == ("done", "done")
    assert not PersonExport.objects.exists()
    [entry] = AuditEntry.objects.filter(act="person.erased")
    assert (entry.by, entry.subject, entry.reason) == (canary.by, canary.person.public_id, "They asked")


def test_what_others_said_and_bought_is_untouched(
    canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make.person(now, "other@example.test", name="Somebody else")
    Fact.objects.create(person=other.pk, name="page.viewed", occurred_at=now, received_at=now, props={"page": "home"})
    write_lake(now)
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    finish(now, monkeypatch)
    assert visible(canary.by).filter(pk=other.pk).exists()
    assert [row["props"] for row in everything([other.pk])] == [{"page": "home"}]
    assert list(everything([canary.person.pk])) == []
    assert sum(FactBatch.objects.values_list("rows", flat=True)) == 60
    assert Identity.objects.filter(person=other).exists()


def test_books_and_counts_stay_right(canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    finish(now, monkeypatch)
    order = Order.objects.get()
    assert (order.total_minor, order.refunded_minor, order.number) == (500, 100, order.public_id)
    assert dict(Message.objects.values_list("origin", "state")) == {"brd_sent": "accepted", "brd_next": "skipped"}
    assert Message.objects.get(origin="brd_next").reason == "erased"
    assert set(Message.objects.values_list("address", "identity_id")) == {(None, None)}


def test_the_same_address_stays_suppressed_when_it_comes_in_again(
    canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    finish(now, monkeypatch)
    again = people.create_person(now=now, identities={"email": EMAIL})
    assert again.pk != canary.person.pk
    [suppressed] = Suppression.objects.all()
    assert (bytes(suppressed.address), suppressed.reason, suppressed.detail) == (make.lookup(EMAIL), "complaint", "")
    assert [(bytes(one.address), one.granted) for one in Consent.objects.all()] == [(make.lookup(EMAIL), False)]


def test_killed_in_the_middle_it_goes_on_and_ends(
    canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    for step, place in (("", "forget"), ("batches", "forget_in_batches"), ("lake", "forgotten")):
        while PersonErasure.objects.get().step.partition(":")[0] != step:
            people.work_personal(now=now)
        with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt), transaction.atomic():
            broken.setattr(events, place, killed)
            people.work_personal(now=now)
    finish(now, monkeypatch)
    assert leftovers(canary.words) == []


def killed(*given: object, **named: object) -> None:
    raise KeyboardInterrupt


def test_it_waits_for_a_message_that_is_on_its_way(canary: Canary, now: datetime) -> None:
    Message.objects.filter(origin="brd_next").update(state="sending")
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    assert people.work_personal(now=now) == 0
    assert Person.objects.get(pk=canary.person.pk).name
    Message.objects.filter(origin="brd_next").update(state="accepted", detail="250 canary")
    assert people.work_personal(now=now) == 1
    assert set(Message.objects.values_list("detail", flat=True)) == {""}


def test_a_file_on_its_way_in_that_tells_of_them_goes_and_others_stay(
    canary: Canary, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {"name": "name", "email": "email"}
    rows = [[f"Person {number}", f"p{number}@example.test"] for number in range(30)]
    theirs = uploaded(csv_file(["name", "email"], *rows, ["X", EMAIL.upper()]), columns, now=now)
    others = uploaded(csv_file(["name", "email"], *rows), columns, now=now)
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    with TestCase.captureOnCommitCallbacks(execute=True):
        finish(now, monkeypatch)
    assert not Import.objects.filter(pk=theirs.pk).exists()
    assert Import.objects.filter(pk=others.pk).exists()
    assert [home.name for home in (settings.FILES / str(canary.person.workspace_id) / "imports").iterdir()] == [
        others.public_id
    ]


def test_old_files_of_the_lake_stay_an_hour_for_who_is_reading_them(canary: Canary, now: datetime) -> None:
    events.touch("people", [canary.person.pk])
    write_lake(now)
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    for _turn in range(6):
        people.work_personal(now=now)
        events.write_lake(now=now)
    assert PersonErasure.objects.get().step == "lake"
    Forgotten.objects.update(done_at=models.F("done_at") - timedelta(hours=1))
    events.write_lake(now=now)
    people.work_personal(now=now)
    assert PersonErasure.objects.get().step == "done"


def test_nobody_is_erased_twice_or_without_a_reason(canary: Canary, now: datetime) -> None:
    with pytest.raises(people.ErasureRefused, match="no_reason"):
        people.erase_person(person=canary.person, by=None, reason="", now=now)
    people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    with pytest.raises(people.ErasureRefused, match="erased"):
        people.erase_person(person=canary.person, by=None, reason="They asked", now=now)
    with pytest.raises(people.ExportRefused, match="erased"):
        people.export_person(person=canary.person, by=None, reason="They asked", now=now)


def test_an_empty_word_of_the_person_never_matches_a_row(workspace: Workspace, now: datetime) -> None:
    nameless = people.create_person(now=now, identities={"phone": PHONE}, dial_country="CN")
    whom = who(nameless)
    assert not tells_of(whom, ["", " ", "12", "0000", "someone@example.test"], by_name=True)
    for written in ("139 0000 1234", "+86 139-0000-1234", "13900001234", "tel. (139) 00001234"):
        assert tells_of(whom, [written]), written
