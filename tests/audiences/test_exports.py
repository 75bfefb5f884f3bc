"""Files of people: who is in them and why others are not, that they come back unchanged, and when they end."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import python_calamine
from django.conf import settings
from django.db import transaction

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, Export, ExportChunk
from guanxi.audiences.operations import exports
from guanxi.audiences.operations.exports import running
from guanxi.audiences.queries import exports as asked
from guanxi.audiences.rules.exporting import PRESETS, Shape
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Notice, Staff, SuppressionReason, Workspace
from guanxi.kit import crypto, scope
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Membership, Person, Trait
from guanxi.people.operations import KindWanted
from guanxi.people.queries import READ, Wanted
from tests.factories.people import done, make_person, make_staff, make_unit

PEOPLE = Shape(columns=("name", "email", "phone"), clear=True)
HASHED = Shape(as_="hashed", preset="sha256", ids=("email", "phone"))
EVERYBODY = {"version": 1, "where": {"type": "level", "levels": ["visitor", "fan"]}}


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)


@pytest.fixture
def boss(workspace: Workspace) -> Staff:
    return make_staff("Boss")


def started(by: Staff, shape: Shape, now: datetime, of: Audience | Wanted | None = None) -> Export:
    return exports.start_export(of=of or Wanted(), shape=shape, by=by, why="analysis", now=now)


def finished(of: Export, now: datetime) -> Export:
    while exports.export_lane(now=now):
        pass
    of.refresh_from_db()
    return of


def content(of: Export, now: datetime) -> bytes:
    return b"".join(exports.read_export(of, now=now))


def table(of: Export, now: datetime) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(of, now).decode("utf-8-sig"), newline="")))


def made(by: Staff, shape: Shape, now: datetime, of: Audience | Wanted | None = None) -> list[list[str]]:
    one = finished(started(by, shape, now, of), now)
    assert (one.state, one.problem) == ("done", "")
    return table(one, now)


def names(rows: Sequence[Sequence[str]]) -> list[str]:
    return [row[1] for row in rows[1:]]


def consent(email: str, granted: bool, now: datetime) -> None:
    address = crypto.lookup(scope.current(), "email", email)
    give = governance.give_consent if granted else governance.withdraw_consent
    give(channel="email", address=address, purpose="marketing", source="test", now=now)


def three(now: datetime) -> list[Person]:
    return [
        make_person(name, now=now, identities={"email": f"{name.lower()}@example.test"}) for name in ("A", "B", "C")
    ]


def test_a_file_holds_whom_it_meant_at_the_start_as_they_are_when_written(boss: Staff, now: datetime) -> None:
    a, b, c = three(now)
    of = started(boss, PEOPLE, now)
    exports.export_lane(now=now)
    make_person("Later", now=now)
    people.merge_people(keep=a, drop=b, by=boss, now=now)
    Person.objects.filter(pk=c.pk).update(name="Changed")
    of = finished(of, now)
    assert (of.state, of.total, of.done, of.rows, of.left_out) == ("done", 3, 3, 2, {"not_there": 1})
    assert table(of, now) == [
        ["Guanxi id", "Name", "E-mail", "Phone"],
        [a.public_id, "A", "b@example.test", ""],
        [c.public_id, "Changed", "c@example.test", ""],
    ]
    assert Notice.objects.get(kind="export.done").detail == {"rows": 2, "left_out": 1}
    log = AuditEntry.objects.filter(act__startswith="export").order_by("number")
    assert [(one.act, one.detail) for one in log] == [
        ("export.started", {"format": "csv", "clear": True, "agreed": False, "why": "analysis"}),
        ("export.finished", {"people": 2, "rows": 2, "left_out": 1}),
    ]


def test_an_audience_goes_out_within_what_its_author_sees(boss: Staff, now: datetime) -> None:
    north, south = make_unit("North"), make_unit("South")
    han = make_staff("Han", "manager", north)
    for name, unit in (("Mine", north), ("Theirs", south), ("Nobody's", None)):
        make_person(name, now=now, unit=unit)
    events.touch("people", list(Person.objects.values_list("pk", flat=True)))
    while events.write_lake(now=now):
        pass
    audience = audiences.save_audience(name="All", rule=EVERYBODY, by=boss, now=now)
    assert names(made(boss, PEOPLE, now, audience)) == ["Mine", "Theirs", "Nobody's"]
    assert names(made(han, PEOPLE, now, audience)) == ["Mine"]
    assert names(made(han, PEOPLE, now)) == ["Mine"]
    assert asked.exports_of(han).count() == 2


def test_who_leaves_the_scope_in_between_is_left_out(boss: Staff, now: datetime) -> None:
    north, south = make_unit("North"), make_unit("South")
    han = make_staff("Han", "manager", north)
    for name in ("A", "B"):
        make_person(name, now=now, unit=north)
    of = started(han, PEOPLE, now)
    exports.export_lane(now=now)
    Person.objects.filter(name="B").update(unit=south)
    of = finished(of, now)
    assert (names(table(of, now)), of.left_out) == (["A"], {"not_there": 1})


def test_only_who_agreed_is_handed_on_and_the_others_are_counted_before_and_after(boss: Staff, now: datetime) -> None:
    for name in ("yes", "no", "silent", "listed", "bounced"):
        make_person(name, now=now, identities={"email": f"{name}@example.test"})
    make_person("two", now=now, identities={"email": "two@example.test", "phone": "13900001234"})
    make_person("phone only", now=now, identities={"phone": "13900005678"})
    for name in ("yes", "listed", "bounced", "two"):
        consent(f"{name}@example.test", True, now)
    consent("no@example.test", False, now)
    for name, reason in (("listed", SuppressionReason.COMPLAINT), ("bounced", SuppressionReason.HARD_BOUNCE)):
        address = crypto.lookup(scope.current(), "email", f"{name}@example.test")
        governance.suppress(channel="email", address=address, reason=reason, now=now)
    shape = replace(HASHED, ids=("phone",))
    left = {"refused": 1, "listed": 1, "no_consent": 2, "no_id": 2}
    expected = asked.forecast({"filter": {}}, shape, boss, now=now)
    assert (expected.inside, expected.left_out) == (1, left)
    of = finished(started(boss, shape, now), now)
    assert (of.rows, of.left_out) == (1, left)
    assert table(of, now) == [["phone_sha256"], [hashlib.sha256(b"+8613900001234").hexdigest()]]
    of = finished(started(boss, replace(PEOPLE, agreed=True), now), now)
    assert (names(table(of, now)), of.left_out) == (
        ["yes", "bounced", "two"],
        {"refused": 1, "listed": 1, "no_consent": 2},
    )


@pytest.mark.parametrize(
    ("preset", "kind", "value", "written"),
    [
        ("google", "email", "jane.q.doe@gmail.com", b"janeqdoe@gmail.com"),
        ("google", "email", "jane.doe@example.test", b"jane.doe@example.test"),
        ("google", "phone", "+8613900001234", b"+8613900001234"),
        ("meta", "phone", "+8613900001234", b"8613900001234"),
        ("tencent_phone_sha256", "phone", "+8613900001234", b"13900001234"),
        ("ocean_phone_sha256", "phone", "+12125550123", None),
        ("ocean_phone_sha256", "phone", "+861065001234", None),
    ],
)
def test_ids_are_hashed_as_each_platform_writes_them(preset: str, kind: str, value: str, written: bytes | None) -> None:
    [column] = [one for one in PRESETS[preset].columns if one.kind == kind]
    assert column.of(value) == (hashlib.sha256(written).hexdigest() if written else "")


def test_device_ids_go_out_one_a_line_by_a_kind_that_keeps_them(boss: Staff, now: datetime) -> None:
    kind = people.add_kind(wanted=KindWanted("IDFA", trust="device"), by=boss, now=now)
    for name, device in (("A", "ff1999cd-7177-4937-a474-74937a102630"), ("B", "")):
        ids = {"device": (kind.key, device)} if device else None
        make_person(name, now=now, identities={"email": f"{name.lower()}@example.test"}, ids=ids)
        consent(f"{name.lower()}@example.test", True, now)
    shape = Shape(as_="hashed", preset="tencent_idfa_md5", device=kind.key)
    of = finished(started(boss, shape, now), now)
    assert of.left_out == {"no_id": 1}
    assert content(of, now) == hashlib.md5(b"FF1999CD-7177-4937-A474-74937A102630").hexdigest().encode() + b"\n"


def test_what_is_personal_is_masked_unless_it_may_be_seen(boss: Staff, now: datetime) -> None:
    make_person("A", now=now, identities={"email": "ann@example.test", "phone": "13900001234"})
    assert made(boss, replace(PEOPLE, clear=False), now)[1][1:] == ["A", "a•••@example.test", "•••• 1234"]
    boss.role = "analyst"
    with pytest.raises(exports.ExportRefused, match="not_allowed"):
        started(boss, PEOPLE, now)


def test_it_does_not_go_on_for_who_may_no_longer(boss: Staff, now: datetime) -> None:
    three(now)
    of = started(boss, PEOPLE, now)
    exports.export_lane(now=now)
    Staff.objects.filter(pk=boss.pk).update(role="advisor")
    of = finished(of, now)
    assert (of.state, of.problem) == ("failed", "not_allowed")


def test_columns_stand_in_the_file_as_they_were_named(boss: Staff, now: datetime) -> None:
    make_person("Ann", now=now)
    assert made(boss, Shape(columns=("level", "name", "email")), now)[0] == ["Guanxi id", "Level", "Name", "E-mail"]


def test_a_workbook_holds_numbers_as_numbers_and_never_a_formula(boss: Staff, now: datetime) -> None:
    field = Field.objects.create(key="points", label="Points", kind="number")
    person = make_person("=1+1", now=now, identities={"email": "a@example.test", "phone": "13900001234"})
    Trait.objects.create(person=person, field=field, value="12.5")
    of = finished(started(boss, Shape("xlsx", (*PEOPLE.columns, "trait:points"), clear=True), now), now)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content(of, now)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[1] == [person.public_id, "=1+1", "a@example.test", "+8613900001234", 12.5]


def test_a_killed_worker_writes_the_part_again_and_nothing_twice(
    boss: Staff, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_person(f"P{number}", now=now)
    of = started(boss, PEOPLE, now)
    for _turn in range(2):
        exports.export_lane(now=now)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt), transaction.atomic():
        broken.setattr(Export, "save", _die)  # after the part is on disk, before it is counted
        exports.export_lane(now=now)
    of.refresh_from_db()
    assert (of.state, of.through, of.done) == ("running", 1, 2)
    of = finished(of, now)
    assert names(table(of, now)) == [f"P{number}" for number in range(5)]
    assert [path.name for path in (settings.FILES / str(of.workspace_id) / "exports").iterdir()] == [of.public_id]


def _die(*_args: Any, **_given: Any) -> None:
    raise KeyboardInterrupt


def test_it_stops_and_goes_on_where_it_was(boss: Staff, now: datetime) -> None:
    three(now)
    of = started(boss, PEOPLE, now)
    exports.export_lane(now=now)
    exports.stop_export(of=of, by=boss, now=now)
    assert finished(of, now).state == "stopped"
    with pytest.raises(exports.ExportRefused, match="not_running"):
        exports.stop_export(of=of, by=boss, now=now)
    exports.resume_export(of=of, by=boss, now=now)
    assert finished(of, now).rows == 3


def test_the_file_is_sealed_and_ends_after_three_days(
    boss: Staff, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    three(now)
    of = finished(started(boss, PEOPLE, now), now)
    path = settings.FILES / str(of.workspace_id) / "exports" / of.public_id
    assert b"example.test" not in path.read_bytes()
    late = now + timedelta(days=3)
    with pytest.raises(FileNotFoundError):
        content(of, late)
    with django_capture_on_commit_callbacks(execute=True):
        of = finished(of, late)
    assert (of.state, of.salt, path.exists(), ExportChunk.objects.count()) == ("expired", None, False, 0)


def test_an_erasure_ends_every_file_that_holds_the_person_at_once(boss: Staff, now: datetime) -> None:
    a, b, _c = three(now)
    people.merge_people(keep=a, drop=b, by=boss, now=now)
    holding = finished(started(boss, PEOPLE, now), now)
    other = finished(started(boss, PEOPLE, now, Wanted(search="c@example.test")), now)
    at_work = started(boss, PEOPLE, now)
    for _turn in range(2):
        exports.export_lane(now=now)
    people.erase_person(person=a, by=boss, reason="asked", now=now)
    people.work_personal(now=now)
    held = Export.objects.order_by("pk")
    assert list(held.values_list("state", "problem")) == [("expired", "erased"), ("done", ""), ("expired", "erased")]
    assert names(table(other, now)) == ["C"]
    with pytest.raises(FileNotFoundError):
        content(Export.objects.get(pk=holding.pk), now)
    assert finished(at_work, now).state == "expired"


def test_what_cannot_be_is_refused_with_its_reason(boss: Staff, now: datetime) -> None:
    wrong = {
        "no_columns": Shape(),
        "unknown_column": Shape(columns=("name", "salt")),
        "column_twice": Shape(columns=("name", "email", "name")),
        "unknown_format": replace(PEOPLE, as_="pdf"),
        "unknown_language": replace(PEOPLE, language="fr"),
        "unknown_preset": replace(HASHED, preset="nobody"),
        "no_ids": replace(HASHED, ids=("plate",)),
        "unknown_device": Shape(as_="hashed", preset="tencent_idfa_md5", device="device"),
    }
    for reason, shape in wrong.items():
        with pytest.raises(exports.ExportRefused, match=reason):
            started(boss, shape, now)
    with pytest.raises(exports.ExportRefused, match="no_reason"):
        exports.start_export(of=Wanted(), shape=PEOPLE, by=boss, reason=" ", now=now)
    assert Export.objects.count() == 0


@pytest.mark.parametrize(("as_", "language"), [("csv", "en"), ("csv", "zh-hans"), ("xlsx", "ko")])
def test_a_file_that_comes_back_changes_nothing(boss: Staff, now: datetime, as_: str, language: str) -> None:
    ann, north = make_staff("Ann", "advisor"), make_unit("North")
    card = people.add_kind(wanted=KindWanted("Card", keeps="plain", single=True), by=boss, now=now)
    points = Field.objects.create(key="points", label="Points", kind="number")
    told = Field.objects.create(key="told", label="Level", kind="text")
    full = make_person(
        "=HYPERLINK(王)",
        now=now,
        owner=ann,
        unit=north,
        country="CN",
        language="zh-hans",
        identities={"email": "wang@example.test", "phone": "13900001234", "customer_number": "-7"},
        ids={"card": (card.key, "'=12"), "plate": ("plate", "沪A12345"), "more": ("email", "second@example.test")},
    )
    Trait.objects.create(person=full, field=points, value="-12.5")
    Trait.objects.create(person=full, field=told, value="'+quoted;=x")
    Membership.objects.create(person=full, since=now - timedelta(days=9), proof="till")
    consent("wang@example.test", True, now)
    consent("second@example.test", False, now)
    make_person("+Lin", now=now, identities={"email": "lin@example.test"})
    columns = (*READ, f"id:{card.key}", "id:plate", "trait:points", "trait:told", "level", "tags", "more_ids", "role")
    of = finished(started(boss, Shape(as_, columns, language, clear=True), now), now)
    file = io.BytesIO(content(of, now))
    come = people.start_import(file=file, filename=f"back.{as_}", kind="people", by=boss, now=now)
    guessed = queries.suggested_columns(come)
    assert {target for target in guessed.values() if target} == {*columns[: len(READ) + 4]}
    come = people.choose_options(of=people.choose_columns(of=come, columns=guessed), options={"consent": "column"})
    come = done(come, now)
    assert (come.state, come.unchanged, come.created, come.updated, come.rejected) == ("done", 2, 0, 0, 0)
