"""A file comes in once, whatever happens on the way."""

from __future__ import annotations

import io
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from guanxi.events import queries as events
from guanxi.events.models import Touched
from guanxi.governance import operations as consent
from guanxi.governance import queries as governance
from guanxi.governance.models import Consent, ConsentEntry, Workspace
from guanxi.kit import crypto, tables
from guanxi.kit.spreadsheets import iter_csv
from guanxi.people import operations as people
from guanxi.people import queries, tasks
from guanxi.people.models import Field, Identity, Import, ImportReject, OwnKind, Person, Trait
from guanxi.people.operations.imports import chunking, running, working
from guanxi.people.operations.people_kind import writing
from guanxi.people.registry import UnknownKind
from tests.conftest import make_workspace
from tests.factories.events import touched
from tests.factories.people import checked, csv_file, done, make_person, make_staff, make_unit, uploaded

COLUMNS = {"Name": "name", "Mail": "email", "Phone": "phone", "No": "customer_number"}
HEADER = tuple(COLUMNS)
TOLD: dict[str, Any] = {"broken": 0, "examples": [], "reasons": {}, "created": 0, "updated": 0, "unchanged": 0}


def counts(of: Import) -> dict[str, int]:
    return {name: getattr(of, name) for name in ("created", "updated", "unchanged", "rejected", "done_rows")}


def reasons(of: Import, phase: str = "run") -> list[tuple[int, str]]:
    found = ImportReject.objects.filter(of=of, phase=phase).order_by("row_no", "pk")
    return list(found.values_list("row_no", "reason"))


def test_a_file_becomes_people_with_sealed_addresses_words_traits_and_consent(
    workspace: Workspace, now: datetime
) -> None:
    store = make_unit("North store")
    ann = make_staff("Ann", unit=store)
    file = csv_file(
        ["姓名", "邮箱", "手机", "Owner", "国家", "注册日期", "同意", "Points", "城市"],
        ["王小明", "Wang@Example.test", "138 0000 2210", "ann@lumen.test", "中国", "2025-03-01", "是", "1,200", "上海"],
        ["Kim Minji", "minji@example.test", "", "", "KR", "", "no", "", ""],
    )
    of = people.start_import(file=file, filename="people.csv", kind="people", by=ann, now=now)
    assert queries.suggested_columns(of) == {
        "姓名": "name",
        "邮箱": "email",
        "手机": "phone",
        "Owner": "owner",
        "国家": "country",
        "注册日期": "created",
        "同意": "consent",
        "Points": "new:number",
        "城市": "new:text",
    }
    of = people.choose_columns(of=of, columns=queries.suggested_columns(of))
    of = done(people.choose_options(of=of, options={"consent": "column"}), now)

    assert (of.state, counts(of)) == (
        "done",
        {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "done_rows": 2},
    )
    wang, kim = Person.objects.order_by("pk")
    assert (wang.name, wang.sort_key, wang.country, wang.owner, wang.unit, wang.level, wang.import_id) == (
        *("王小明", "wangxiaoming", "CN", ann, store, "visitor", of.pk),
    )
    assert wang.created_at.isoformat() == "2025-02-28T16:00:00+00:00"
    assert [(trait.key, trait.value) for trait in queries.card(wang).traits] == [
        ("points", 1200),
        ("cheng_shi", "上海"),
    ]
    shown = [(one.kind, one.shown) for one in queries.card(wang).identities]
    assert shown == [("email", "w•••@example.test"), ("phone", "•••• 2210")]
    identities = Identity.objects.filter(person=wang).order_by("kind")
    assert [queries.address_of(one.pk) for one in identities] == ["wang@example.test", "+8613800002210"]
    assert all(b"wang" not in bytes(one.sealed or b"") for one in identities)
    address = crypto.lookup(workspace.pk, "email", "wang@example.test")
    assert Consent.objects.get(address=address).granted
    assert ConsentEntry.objects.get(address=address).proof == {
        "file": "people.csv",
        "sha256": bytes(of.sha256).hex(),
        "row": 2,
    }
    assert [c.granted for c in queries.card(kim).consents] == [False]
    assert touched() == {wang.pk, kim.pk}


def test_nothing_is_assumed_of_consent_unless_a_column_or_a_statement_says_so(
    workspace: Workspace, now: datetime
) -> None:
    columns, lines = {"Mail": "email", "Consent": "consent"}, (["Mail", "Consent"], ["a@example.test", "yes"])
    done(uploaded(csv_file(*lines), columns | {"Consent": "new:yes_no"}, now=now), now)
    done(uploaded(csv_file(*lines), columns, {"consent": "none"}, now=now), now)
    assert Consent.objects.count() == 0
    with pytest.raises(people.ChoiceRefused):
        uploaded(csv_file(["Mail"], ["b@example.test"]), {"Mail": "email"}, {"consent": "statement"}, now=now)
    text = "Ticked the box at the till, spring 2026"
    of = uploaded(
        csv_file(["Mail"], ["b@example.test"]),
        {"Mail": "email"},
        {"consent": "statement", "consent_text": text},
        now=now,
        by=make_staff(),
    )
    done(of, now)
    line = ConsentEntry.objects.get()
    assert (line.granted, line.proof["text"], line.proof["sha256"], line.by, line.at) == (
        *(True, text, bytes(of.sha256).hex(), of.by, now),
    )


def test_a_column_chosen_as_consent_is_read_unless_somebody_says_otherwise(workspace: Workspace, now: datetime) -> None:
    file = csv_file(["Mail", "同意"], ["a@example.test", "同意"], ["b@example.test", "拒绝"], ["c@example.test", ""])
    of = done(uploaded(file, {"Mail": "email", "同意": "consent"}, now=now), now)
    assert (of.options["consent"], of.rejected) == ("column", 0)
    assert sorted(Consent.objects.values_list("granted", flat=True)) == [False, True]


def test_what_cannot_be_seen_is_left_at_the_door(workspace: Workspace, now: datetime) -> None:
    file = csv_file(
        ["Name", "Phone"], ["\u202eevil\u200b", "\u202a+86 138 0000 2210\u202c"], ["\u200d", "+8613800002211"]
    )
    done(uploaded(file, {"Name": "name", "Phone": "phone"}, now=now), now)
    assert list(Person.objects.order_by("pk").values_list("name", flat=True)) == ["evil", ""]
    assert Identity.objects.filter(last4="2210").count() == 1


def test_a_number_of_another_country_is_not_taken_for_one_of_ours(workspace: Workspace, now: datetime) -> None:
    workspace.country = "US"
    workspace.save()
    file = csv_file(["Phone"], ["139 1234 5678"], ["+86 139 1234 5678"], ["(212) 555-0142"])
    of = done(uploaded(file, {"Phone": "phone"}, now=now), now)
    assert (of.created, of.rejected) == (2, 1)


def test_a_file_never_turns_a_withdrawal_into_consent(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now, identities={"email": "a@example.test"})
    address = crypto.lookup(workspace.pk, "email", "a@example.test")
    consent.withdraw_consent(
        channel="email", address=address, purpose="marketing", source="unsubscribe", now=now, person=person.pk
    )
    file = csv_file(["Mail", "Consent"], ["a@example.test", "yes"])
    of = done(uploaded(file, {"Mail": "email", "Consent": "consent"}, {"consent": "column"}, now=now), now)
    assert (of.unchanged, Consent.objects.get().granted) == (1, False)


def test_a_broken_row_is_set_apart_with_its_reason_and_its_cells(workspace: Workspace, now: datetime) -> None:
    rows = [
        ("Good", "good@example.test", "", ""),
        ("Line", "bad\nline@example.test", "", ""),
        ("Mail", "not an address", "", ""),
        ("Phone", "", "12", ""),
        ("Nobody", "", "", ""),
        ("Again", "GOOD@example.test", "", "7"),
        ("N" * 121, "long@example.test", "", ""),
        ("Control\x07", "bell@example.test", "", ""),
    ]
    of = done(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    expected = [
        (3, "control_character"),
        (5, "bad_email"),
        (6, "bad_phone"),
        (7, "nobody"),
        (8, "duplicate_in_file"),
        (9, "too_long"),
        (10, "control_character"),
    ]
    found = [reason for _, reason in reasons(of)]
    assert found == [reason for _, reason in expected]
    assert reasons(of, "check") == reasons(of)
    assert (of.created, of.rejected, Person.objects.count()) == (1, 7, 1)
    header, cells = queries.rejected_rows(of)
    written = list(cells)
    assert header == ["Row", "Reason", *HEADER]
    assert written[1][1:] == ["This is not an e-mail address: not an address.", *rows[2]]
    assert written[4][1] == "An earlier row of this file has the same E-mail."


def test_the_file_of_rejected_rows_comes_in_again_once_it_is_corrected(workspace: Workspace, now: datetime) -> None:
    of = done(
        uploaded(
            csv_file(["Name", "Mail"], ["=Ann", "nobody"], ["+Bo", "bo at example.test"]),
            {"Name": "name", "Mail": "email"},
            now=now,
        ),
        now,
    )
    with translation.override("ko"):
        content = b"".join(iter_csv(*queries.rejected_rows(of)))
    corrected = io.BytesIO(content.replace(b"nobody", b"ann@example.test"))
    again = people.start_import(file=corrected, filename="again.csv", kind="people", by=None, now=now)
    columns = queries.suggested_columns(again)
    assert list(columns.values()) == ["", "", "name", "email"]
    again = done(people.choose_columns(of=again, columns=columns), now)
    assert (again.state, list(Person.objects.values_list("name", flat=True))) == ("done", ["=Ann"])
    header, rows = queries.rejected_rows(again)
    assert (header, [cells[2:] for cells in rows]) == (
        ["Row", "Reason", "Name", "Mail"],
        [["+Bo", "bo at example.test"]],
    )


def test_rows_that_are_no_rows_are_counted_and_kept(workspace: Workspace, now: datetime) -> None:
    broken = b"Too,many,cells,here\nNul,a\x00b@example.test\n"
    file = io.BytesIO(b"Name,Mail\nGood and long enough to be text,good@example.test\n" + broken)
    of = done(uploaded(file, {"Name": "name", "Mail": "email"}, now=now), now)
    assert [reason for _, reason in reasons(of)] == ["cell_count", "nul_character"]
    assert counts(of) == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 2, "done_rows": 3}


def test_gb18030_is_read_as_it_was_written(workspace: Workspace, now: datetime) -> None:
    rows = [(f"王小明{i}", f"p{i}@example.test") for i in range(30)]
    of = uploaded(csv_file(["姓名", "邮箱"], *rows, encoding="gb18030"), {"姓名": "name", "邮箱": "email"}, now=now)
    done(of, now)
    assert set(Person.objects.values_list("name", flat=True)) == {name for name, _ in rows}


def test_the_check_counts_what_the_run_will_do_and_writes_nothing(workspace: Workspace, now: datetime) -> None:
    make_person("Old", now=now, identities={"email": "old@example.test"})
    make_person("Same", now=now, identities={"email": "same@example.test"})
    before = Person.objects.count(), Identity.objects.count(), Touched.objects.count()
    rows = [
        ("New", "new@example.test", "", ""),
        ("Older", "old@example.test", "", ""),
        ("Same", "same@example.test", "", ""),
        ("Nobody", "", "", ""),
    ]
    of = checked(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    assert (of.state, of.check_report) == (
        "checked",
        TOLD
        | {"created": 1, "updated": 1, "unchanged": 1, "rejected": 1, "reasons": {"nobody": 1}}
        | {"examples": [{"row": 5, "reason": "nobody", "detail": {}}]},
    )
    assert (Person.objects.count(), Identity.objects.count(), Touched.objects.count()) == before
    people.run_import(of=of, now=now)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert counts(of) == {"created": 1, "updated": 1, "unchanged": 1, "rejected": 1, "done_rows": 4}


def test_the_same_file_twice_changes_nothing(workspace: Workspace, now: datetime) -> None:
    rows = [("Lin", "lin@example.test", "13800002210", "7"), ("Wei", "wei@example.test", "", "8")]
    done(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    again = done(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    assert counts(again) == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0, "done_rows": 2}


def test_skip_leaves_people_who_are_here_as_they_are(workspace: Workspace, now: datetime) -> None:
    make_person("Old", now=now, identities={"email": "old@example.test"})
    file = csv_file(HEADER, ("New name", "old@example.test", "13800002210", "9"))
    of = done(uploaded(file, COLUMNS, {"on_match": "skip"}, now=now), now)
    assert (of.unchanged, Person.objects.get().name, Identity.objects.count()) == (1, "Old", 1)


def test_a_row_that_names_two_people_is_refused(workspace: Workspace, now: datetime) -> None:
    make_person("One", now=now, identities={"email": "one@example.test"})
    make_person("Two", now=now, identities={"customer_number": "2"})
    of = done(uploaded(csv_file(HEADER, ("Both", "one@example.test", "", "2")), COLUMNS, now=now), now)
    assert (reasons(of), sorted(Person.objects.values_list("name", flat=True))) == ([(2, "two_people")], ["One", "Two"])


def test_two_rows_about_one_person_are_not_both_applied(workspace: Workspace, now: datetime) -> None:
    make_person("One", now=now, identities={"email": "one@example.test", "customer_number": "1"})
    rows = [("First", "one@example.test", "", ""), ("Second", "", "", "1")]
    of = done(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    assert (reasons(of), Person.objects.get().name) == ([(3, "same_row_in_file")], "First")


def test_unknown_staff_and_units_refuse_the_row(workspace: Workspace, now: datetime) -> None:
    make_staff("Ann", email="a1@lumen.test")
    make_staff("ann", email="a2@lumen.test")
    file = csv_file(["No", "Owner", "Unit"], ["1", "Ann", ""], ["2", "a2@lumen.test", ""], ["3", "", "Nowhere"])
    of = done(uploaded(file, {"No": "customer_number", "Owner": "owner", "Unit": "unit"}, now=now), now)
    assert reasons(of) == [(2, "unknown_owner"), (4, "unknown_unit")]
    assert Person.objects.values_list("owner__name", flat=True).get() == "ann"


def test_columns_that_do_not_fit_are_refused_with_reasons(workspace: Workspace, now: datetime) -> None:
    of = people.start_import(file=csv_file(["A", "B"], ["1", "2"]), filename="x.csv", kind="people", by=None, now=now)

    def objections(columns: dict[str, str]) -> list[str]:
        with pytest.raises(people.ChoiceRefused) as refused:
            people.choose_columns(of=of, columns=columns)
        return [objection.code for objection in refused.value.objections]

    assert objections({"A": "email", "B": "email"}) == ["column_twice"]
    assert objections({"C": "email"}) == ["column_unknown"]
    assert objections({"A": "email", "B": "trait:nothing"}) == ["field_unknown"]
    assert objections({"A": "name"}) == ["no_identity_column"]


def test_a_file_that_is_no_table_leaves_nothing(workspace: Workspace, now: datetime, monkeypatch: Any) -> None:
    with pytest.raises(UnknownKind):
        people.start_import(file=io.BytesIO(b"x"), filename="x.csv", kind="dragons", by=None, now=now)
    with pytest.raises(tables.TableError, match="empty"):
        people.start_import(file=io.BytesIO(b""), filename="x.csv", kind="people", by=None, now=now)
    monkeypatch.setattr(settings, "IMPORT_MAX_BYTES", 1024)
    with pytest.raises(tables.TableError, match="larger"):
        people.start_import(file=io.BytesIO(b"a" * 2048), filename="x.csv", kind="people", by=None, now=now)
    home = settings.FILES / str(workspace.pk) / "imports"
    assert (Import.objects.count(), list(home.iterdir())) == (0, [])


def test_an_import_cannot_run_unchecked_nor_be_changed_while_it_runs(workspace: Workspace, now: datetime) -> None:
    of = uploaded(csv_file(HEADER, ("A", "a@example.test", "", "")), COLUMNS, now=now)
    with pytest.raises(people.ImportRefused):
        people.run_import(of=of, now=now)
    done(of, now)
    with pytest.raises(people.ImportRefused):
        people.choose_columns(of=of, columns=COLUMNS)


def many(rows: int) -> io.BytesIO:
    return csv_file(HEADER, *((f"Person {i}", f"p{i}@example.test", "", str(i)) for i in range(rows)))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunking, "ROWS", 10)


def test_a_duplicate_in_a_later_chunk_is_still_a_duplicate(
    workspace: Workspace, now: datetime, small_chunks: None
) -> None:
    rows = [(f"P{i}", f"p{i % 25}@example.test", "", "") for i in range(35)]
    of = done(uploaded(csv_file(HEADER, *rows), COLUMNS, now=now), now)
    assert counts(of) == {"created": 25, "updated": 0, "unchanged": 0, "rejected": 10, "done_rows": 35}
    assert {reason for _, reason in reasons(of)} == {"duplicate_in_file"}


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_worker_killed_in_a_chunk_loses_and_repeats_nothing(
    committed_workspace: Workspace, now: datetime, small_chunks: None, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    of = checked(uploaded(many(35), COLUMNS, now=now), now)
    people.run_import(of=of, now=now)
    written: list[int] = []
    original = chunking.write_rejects

    def dies(*given: Any) -> None:
        written.append(1)
        if len(written) == chunk:
            raise Killed
        original(*given)

    monkeypatch.setattr(chunking, "write_rejects", dies)
    with pytest.raises(Killed):
        people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, of.done_rows, Person.objects.count()) == ("running", (chunk - 1) * 10, (chunk - 1) * 10)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert of.done_rows == (chunk - 1) * 10, "its session lives, so its lease holds"
    assert people.sweep(now=now) == 0
    Import.objects.update(holder=2**30)  # no session has this number
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert people.sweep(now=now) == 1
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, counts(of)) == (
        "done",
        {"created": 35, "updated": 0, "unchanged": 0, "rejected": 0, "done_rows": 35},
    )
    assert Identity.objects.count() == 70


def test_two_workers_never_write_one_import(
    committed_workspace: Workspace, now: datetime, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second takes over in the middle of a chunk, as if the first had been silent for too long."""
    of = checked(uploaded(many(25), COLUMNS, now=now), now)
    people.run_import(of=of, now=now)
    first = working.take(of.pk)
    assert first is not None
    assert working.take(of.pk) is None
    Import.objects.update(lease_until=now - timedelta(days=400))
    people.work_import(import_id=of.pk, now=now)
    with pytest.raises(working.LostLease):
        running.run(first, now)
    of.refresh_from_db()
    assert (of.state, of.created, Person.objects.count()) == ("done", 25, 25)


def test_an_import_stops_between_chunks_and_goes_on(
    workspace: Workspace, now: datetime, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = checked(uploaded(many(35), COLUMNS, now=now), now)
    people.run_import(of=of, now=now)
    original = chunking.write_rejects

    def stops(given: Import, *rest: Any) -> None:
        original(given, *rest)
        if given.done_rows == 10:
            Import.objects.update(stop_asked=True)

    monkeypatch.setattr(chunking, "write_rejects", stops)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, of.stop_asked, of.done_rows, Person.objects.count()) == ("cancelled", False, 20, 20)
    people.resume_import(of=of)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, of.done_rows, Person.objects.count()) == ("done", 35, 35)


def test_somebody_added_by_hand_meanwhile_is_found_on_the_second_look(
    committed_workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = checked(uploaded(many(3), COLUMNS, now=now), now)
    people.run_import(of=of, now=now)
    original, looks = people.PeopleKind.plan, list[int]()

    def elsewhere() -> None:
        with governance.entered(committed_workspace):
            make_person("Hand", now=now, identities={"email": "p1@example.test"})
        connection.close()

    def late(self: people.PeopleKind, ready: Any, context: Any) -> Any:
        plan = original(self, ready, context)
        if not looks:
            other = threading.Thread(target=elsewhere)
            other.start()
            other.join()
        looks.append(1)
        return plan

    monkeypatch.setattr(people.PeopleKind, "plan", late)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, len(looks), counts(of)) == (
        *("done", 2),
        {"created": 2, "updated": 1, "unchanged": 0, "rejected": 0, "done_rows": 3},
    )


def test_an_import_of_one_workspace_is_not_there_for_another(workspace: Workspace, now: datetime) -> None:
    of = done(uploaded(many(2), COLUMNS, now=now), now)
    with governance.entered(make_workspace("other")):
        assert (
            Import.objects.count(),
            Person.objects.count(),
            queries.lookup_by_identity("customer_number", ["1"]),
        ) == (*(0, 0, {}),)
        people.work_import(import_id=of.pk, now=now)
        done(uploaded(many(2), COLUMNS, now=now), now)
        assert Person.objects.count() == 2
    assert Person.objects.count() == 2


def test_a_new_column_becomes_a_field_once(workspace: Workspace, now: datetime) -> None:
    file = csv_file(["No", "Pet"], ["1", "cat"])
    done(uploaded(file, {"No": "customer_number", "Pet": "new:text"}, now=now), now)
    of = people.start_import(
        file=csv_file(["No", "Pet"], ["2", "dog"]), filename="x.csv", kind="people", by=None, now=now
    )
    assert queries.suggested_columns(of) == {"No": "customer_number", "Pet": "trait:pet"}
    done(people.choose_columns(of=of, columns=queries.suggested_columns(of)), now)
    assert (Field.objects.count(), sorted(Trait.objects.values_list("value", flat=True))) == (1, ["cat", "dog"])


def test_consent_by_file_is_told_as_a_fact(committed_workspace: Workspace, now: datetime) -> None:
    file = csv_file(["Mail", "Consent"], ["a@example.test", "yes"], ["b@example.test", ""])
    of = done(uploaded(file, {"Mail": "email", "Consent": "consent"}, {"consent": "column"}, now=now), now)
    first, second = Person.objects.order_by("pk")
    told = [(entry.name, entry.props) for entry in events.timeline([first.pk], limit=9)]
    assert told == [("consent.given", {"purpose": "marketing"})]
    assert events.timeline([second.pk], limit=9) == []
    assert of.state == "done"


def test_a_file_is_not_kept_once_it_is_in_and_nothing_in_clear_after_seven_days(
    workspace: Workspace, now: datetime
) -> None:
    home = settings.FILES / str(workspace.pk) / "imports"
    of = done(uploaded(csv_file(HEADER, ("A", "a@example.test", "", ""), ("", "bad", "", "")), COLUMNS, now=now), now)
    left = uploaded(many(2), COLUMNS, now=now)
    assert [path.name for path in home.iterdir()] == [left.public_id]
    people.sweep(now=now + timedelta(days=7))
    assert (Import.objects.count(), ImportReject.objects.count()) == (2, 2)
    people.sweep(now=now + timedelta(days=7, seconds=1))
    of.refresh_from_db()
    assert (list(Import.objects.all()), ImportReject.objects.count(), of.sheet["sample"]) == ([of], 0, [])
    assert list(home.iterdir()) == []


def test_an_unexpected_failure_is_said_and_can_be_taken_up_again(
    committed_workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = checked(uploaded(many(3), COLUMNS, now=now), now)
    people.run_import(of=of, now=now)

    def breaks(*given: Any) -> None:
        raise ArithmeticError

    with monkeypatch.context() as patch, pytest.raises(ArithmeticError):
        patch.setattr(people.PeopleKind, "write", breaks)
        tasks.work_import(committed_workspace.pk, of.pk)
    of.refresh_from_db()
    assert (of.state, of.problem, Person.objects.count()) == ("failed", {"code": "unexpected"}, 0)
    people.resume_import(of=of)
    tasks.work_import(committed_workspace.pk, of.pk)
    of.refresh_from_db()
    assert (of.state, Person.objects.count()) == ("done", 3)


def test_columns_of_other_ids_are_guessed_and_become_ids_of_the_place_that_gave_them(
    workspace: Workspace, now: datetime
) -> None:
    OwnKind.objects.create(key="card", label="Loyalty card", trust="proof", keeps="plain", created_at=now)
    header = ["name", "车牌", "openid", "external_userid", "Loyalty card"]
    rows = [["Lin", "沪A·12345", "oX1", "wm1", "K-1"], ["Wei", "沪a12345", "oX2", "", ""], ["Kim", "", "", "", "K-2"]]
    of = people.start_import(file=csv_file(header, *rows), filename="people.csv", kind="people", by=None, now=now)
    columns = queries.suggested_columns(of)
    assert columns == dict(zip(header, ["name", "id:plate", "id:openid", "id:wecom", "id:card"], strict=True))
    with pytest.raises(people.ChoiceRefused) as refused:
        people.choose_columns(of=of, columns=columns, places={"app": "wx-app"})
    assert [(one.code, one.detail) for one in refused.value.objections] == [
        ("place_missing", {"column": "external_userid"})
    ]
    of = people.choose_columns(of=of, columns=columns, places={"app": "wx-app", "corp": "ww-1"})
    of = done(of, now)
    assert counts(of) == {"created": 3, "updated": 0, "unchanged": 0, "rejected": 0, "done_rows": 3}
    held = Identity.objects.values_list("person__name", "kind", "within", "plain")
    assert sorted(held) == [
        *(("Kim", "card", "", "K-2"), ("Lin", "card", "", "K-1"), ("Lin", "openid", "wx-app", "")),
        *(("Lin", "plate", "", ""), ("Lin", "wecom", "ww-1", ""), ("Wei", "openid", "wx-app", "")),
    ]
    lin = Person.objects.get(name="Lin")
    [answer] = people.link_many([people.Call([("openid", "oX1", "wx-app")], now)], source="web", now=now)
    assert answer.person == lin.pk


def test_what_a_household_shares_joins_no_rows_and_finds_who_has_nothing_else(
    workspace: Workspace, now: datetime
) -> None:
    lin = people.create_person(
        now=now, name="Lin", identities={"email": "lin@example.test"}, ids={"": ("plate", "沪A12345")}
    )
    rows = [["Wei", "wei@example.test", "沪A12345"], ["Lin Yao", "", "沪A12345"], ["X", "", "A-1"]]
    columns = {"name": "name", "email": "email", "plate": "id:plate"}
    of = done(uploaded(csv_file(list(columns), *rows), columns, now=now), now)
    assert reasons(of) == [(4, "bad_plate")]
    lin.refresh_from_db()
    assert lin.name == "Lin Yao"
    assert list(Identity.objects.filter(kind="plate").values_list("person", flat=True)) == [lin.pk]
    assert list(Identity.objects.filter(person__name="Wei").values_list("kind", flat=True)) == ["email"]


def test_a_field_that_staff_make_while_a_file_comes_in_is_made_once(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = make_staff()

    def staff_were_first() -> None:
        people.create_field(label="Pet", kind="text", by=boss, now=now)

    monkeypatch.setattr(writing, "fields_alone", staff_were_first)
    of = done(
        uploaded(csv_file(["No", "Pet"], ["1", "cat"]), {"No": "customer_number", "Pet": "new:text"}, now=now), now
    )
    assert (of.state, Field.objects.count(), Trait.objects.get().field.key) == ("done", 1, "pet")
