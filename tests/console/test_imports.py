"""A file comes in through the pages: each step, each wrong file, each wrong moment."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Consent, User, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Import, ImportState, Person
from guanxi.people.queries import suggested_columns
from guanxi.people.registry import import_kind, import_kinds

PEOPLE = """name,email,city,opted in
王小明,ming@example.test,Shanghai,yes
김서연,seoyeon@example.test,Seoul,no
=HYPERLINK(0),not-an-address,Berlin,yes
Emma Fischer,emma@example.test,Berlin,
"""
OLD_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 4


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    with queries.entered(governance.create_workspace(name="Lumen", owner=owner)) as workspace:
        yield workspace


@pytest.fixture
def client(lumen: Workspace) -> Client:
    client = Client()
    client.force_login(User.objects.get(email="owner@example.test"))
    return client


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["lumen", *args])


def upload(client: Client, content: bytes | str, name: str = "people.csv", **form: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(url("import_new"), {"kind": "people", "file": SimpleUploadedFile(name, data)} | form)


def uploaded(client: Client, content: str = PEOPLE) -> Import:
    assert upload(client, content).status_code == 302
    return Import.objects.latest("pk")


def chosen(client: Client, of: Import, *targets: str) -> Any:
    return client.post(
        url("import_columns", of.public_id), {f"column-{place}": target for place, target in enumerate(targets)}
    )


def worked(of: Import) -> Import:
    people.work_import(import_id=of.pk, now=clock.now())
    of.refresh_from_db()
    return of


def checked(client: Client, content: str = PEOPLE) -> Import:
    of = uploaded(client, content)
    assert chosen(client, of, "name", "email", "new:text", "consent").status_code == 302
    return worked(of)


def text(answer: Any) -> str:
    page: str = answer.content.decode()
    return page


def test_a_file_comes_in_step_by_step_and_goes_back_out(client: Client) -> None:
    of = checked(client)
    page = text(client.get(url("import_check", of.public_id)))
    assert "3 rows can come in" in page
    assert "This is not an e-mail address: not-an-address." in page

    answers = {"on_match": "update", "consent": "column", "consent_text": ""}
    assert client.post(url("import_options", of.public_id), answers).headers["Location"] == url(
        "import_run", of.public_id
    )
    worked(of)
    assert "Import 3 rows" in text(client.get(url("import_run", of.public_id)))
    assert Person.objects.count() == 0

    client.post(url("import_run", of.public_id))
    worked(of)
    assert "3 rows came in" in text(client.get(url("import_run", of.public_id)))
    assert sorted(Person.objects.values_list("name", flat=True)) == ["Emma Fischer", "王小明", "김서연"]
    assert sorted(Consent.objects.values_list("granted", flat=True)) == [False, True]

    client.post(url("import_undo", of.public_id))
    worked(of)
    assert "The import was undone" in text(client.get(url("import", of.public_id)))
    assert Person.objects.count() == 0


def test_a_column_of_consent_counts_until_somebody_says_otherwise(client: Client) -> None:
    of = checked(client)
    assert of.options["consent"] == "column"
    asked = text(client.get(url("import_options", of.public_id)))
    assert re.search(r'value="column"[^>]* checked', asked)
    client.post(url("import_options", of.public_id), {"on_match": "update", "consent": "none"})
    worked(of)
    client.post(url("import_run", of.public_id))
    worked(of)
    assert (Person.objects.count(), Consent.objects.count()) == (3, 0)


def test_a_statement_needs_words_that_can_be_kept_as_proof(client: Client) -> None:
    of = checked(client)
    answer = client.post(url("import_options", of.public_id), {"on_match": "update", "consent": "statement"})
    assert answer.status_code == 422
    assert "Say in a sentence how these people agreed" in text(answer)
    of.refresh_from_db()
    assert (of.state, of.options["consent"]) == (ImportState.CHECKED, "column")


def test_the_same_answers_need_no_second_check(client: Client) -> None:
    of = checked(client)
    client.post(url("import_options", of.public_id), of.options)
    of.refresh_from_db()
    assert of.state == ImportState.CHECKED


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", lambda: b"", "This file is empty"),
        ("photo.csv", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "Upload a CSV, XLSX or Parquet file"),
        ("people.xls", lambda: OLD_XLS, "This is an older Excel format. Open it and save it as .xlsx."),
        ("bomb.xlsx", bomb, "unpacks to far more than its size"),
        ("torn.xlsx", lambda: b"PK\x03\x04" + b"\0" * 60, "The file is damaged or incomplete"),
        ("twice.csv", lambda: b"name,name\na,b\n", "Two columns are called"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    client: Client, name: str, content: Callable[[], bytes], says: str
) -> None:
    answer = upload(client, content(), name)
    assert (answer.status_code, Import.objects.count()) == (422, 0)
    assert says in text(answer)


def test_a_file_with_a_header_only_is_shown_and_brings_nothing(client: Client) -> None:
    of = uploaded(client, "name,email\n")
    assert "The file has column names but no rows." in text(client.get(url("import_columns", of.public_id)))
    chosen(client, of, "name", "email")
    worked(of)
    page = text(client.get(url("import_check", of.public_id)))
    assert "No row would change anything" in page
    assert "Next: duplicates and consent" not in page


class Unread(io.RawIOBase):
    """A body that nobody may read."""

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("the body was read")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    answer = client.generic(
        "POST",
        url("import_new"),
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(300 * 1024 * 1024), "wsgi.input": Unread()},  # type: ignore[arg-type]
    )
    assert answer.status_code == 413
    assert "The file is larger than 256 MB." in text(answer)


def test_an_upload_without_the_token_of_the_form_is_refused(lumen: Workspace) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="owner@example.test"))
    assert (upload(strict, PEOPLE).status_code, Import.objects.count()) == (403, 0)


@pytest.mark.parametrize("form", [{"kind": "people"}, {"kind": "nothing"}, {}])
def test_the_first_step_says_what_is_missing(client: Client, form: dict[str, str]) -> None:
    given: dict[str, Any] = dict(form)
    if form.get("kind") != "people":
        given["file"] = SimpleUploadedFile("people.csv", PEOPLE.encode())
    answer = client.post(url("import_new"), given)
    assert (answer.status_code, Import.objects.count()) == (422, 0)


def test_a_form_sent_twice_is_one_import(client: Client) -> None:
    first = upload(client, PEOPLE, press="one press")
    second = upload(client, PEOPLE, press="one press")
    assert Import.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]


def test_the_run_pressed_twice_is_one_run(client: Client) -> None:
    of = checked(client)
    for _ in range(2):
        assert client.post(url("import_run", of.public_id)).headers["Location"] == url("import_run", of.public_id)
    worked(of)
    assert client.post(url("import_run", of.public_id)).status_code == 302
    assert Person.objects.count() == 3


def test_columns_that_cannot_be_used_come_back_with_the_reasons(client: Client) -> None:
    of = uploaded(client)
    answer = chosen(client, of, "name", "name", "", "")
    assert answer.status_code == 422
    assert "Two columns are both read as Name. Choose one of them." in text(answer)
    answer = chosen(client, of, "name", "", "", "")
    assert answer.status_code == 422
    assert "Choose a column with e-mail addresses, phones, customer numbers or other ids." in text(answer)
    of.refresh_from_db()
    assert of.mapping == {}


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ("import_check", "Choose first which column is what."),
        ("import_run", "Check the file first."),
        ("import_stop", "Nothing is running that could be stopped."),
        ("import_resume", "Only an import that was stopped or that failed can go on."),
        ("import_undo", "Only an import that has stopped can be undone"),
    ],
)
def test_a_step_out_of_its_turn_is_refused_and_says_why(client: Client, route: str, says: str) -> None:
    of = uploaded(client)
    answer = client.post(url(route, of.public_id))
    assert answer.status_code == 409
    assert says in text(answer)
    of.refresh_from_db()
    assert of.state == ImportState.UPLOADED


@pytest.mark.parametrize("route", ["import_columns", "import_options", "import_check", "import_sheet"])
def test_nothing_is_chosen_anew_once_rows_come_in(client: Client, route: str) -> None:
    of = checked(client)
    client.post(url("import_run", of.public_id))
    form = {"column-1": "email", "on_match": "skip", "consent": "none", "consent_text": "", "sheet": "x"}
    answer = client.post(url(route, of.public_id), form)
    assert answer.status_code == 409
    assert "on their way in already" in text(answer)


@pytest.mark.parametrize("step", ["import_columns", "import_check", "import_options"])
def test_a_step_that_is_over_leads_to_where_the_import_stands(client: Client, step: str) -> None:
    of = checked(client)
    client.post(url("import_run", of.public_id))
    assert client.get(url(step, of.public_id)).headers["Location"] == url("import", of.public_id)


def test_a_check_that_was_stopped_can_be_made_again(client: Client) -> None:
    of = uploaded(client)
    chosen(client, of, "name", "email", "", "")
    client.post(url("import_stop", of.public_id))
    assert worked(of).state == ImportState.CANCELLED
    assert "The check was stopped" in text(client.get(url("import_check", of.public_id)))
    client.post(url("import_check", of.public_id))
    assert worked(of).state == ImportState.CHECKED


def test_a_run_that_was_stopped_goes_on_where_it_stopped(client: Client) -> None:
    of = checked(client)
    client.post(url("import_run", of.public_id))
    client.post(url("import_stop", of.public_id))
    assert worked(of).state == ImportState.CANCELLED
    assert "Stopped after 0 of 4 rows" in text(client.get(url("import_run", of.public_id)))
    client.post(url("import_resume", of.public_id))
    assert worked(of).state == ImportState.DONE
    assert Person.objects.count() == 3


def workbook() -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        for name, rows in {
            "Notes": [["made by", "Lin"]],
            "People": [["name", "email"], ["Lin", "lin@example.test"]],
        }.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return packed.getvalue()


def test_another_sheet_of_the_workbook_can_be_read(client: Client) -> None:
    upload(client, workbook(), "people.xlsx")
    of = Import.objects.latest("pk")
    assert "Only the sheet “Notes” is read; the workbook has 2 sheets." in text(
        client.get(url("import_columns", of.public_id))
    )
    client.post(url("import_sheet", of.public_id), {"sheet": "People"})
    of.refresh_from_db()
    assert of.sheet["header"] == ["name", "email"]
    answer = client.post(url("import_sheet", of.public_id), {"sheet": "Nowhere"})
    assert answer.status_code == 422
    assert "There is no sheet called “Nowhere”." in text(answer)


def test_consent_by_a_column_that_is_no_longer_chosen_is_asked_again(client: Client) -> None:
    of = checked(client)
    client.post(url("import_options", of.public_id), {"on_match": "update", "consent": "column", "consent_text": ""})
    worked(of)
    answer = chosen(client, of, "name", "email", "", "")
    assert answer.status_code == 422
    assert "Consent by a column needs a column with e-mail addresses" in text(answer)


def test_an_import_of_another_workspace_is_not_there(client: Client, lumen: Workspace) -> None:
    stranger = User.objects.create_user(email="stranger@example.test", name="Stranger")
    other = governance.create_workspace(name="Other", owner=stranger)
    with queries.entered(other):
        foreign = people.start_import(
            file=io.BytesIO(PEOPLE.encode()), filename="secret.csv", kind="people", by=None, now=clock.now()
        )
    for route in ("import", "import_columns", "import_check", "import_options", "import_run", "import_rejected"):
        assert client.get(url(route, foreign.public_id)).status_code == 404
    for route in ("import_columns", "import_check", "import_run", "import_stop", "import_resume", "import_undo"):
        assert client.post(url(route, foreign.public_id)).status_code == 404


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_rejected_rows_are_a_file_in_which_nothing_is_evaluated(client: Client, lumen: Workspace) -> None:
    of = checked(client)
    answer = client.get(url("import_rejected", of.public_id))
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"people-rejected.csv\"; filename*=UTF-8''people-rejected.csv"
    )
    assert rows_of(answer) == [
        ["Row", "Reason", "name", "email", "city", "opted in"],
        [
            "4",
            "This is not an e-mail address: not-an-address.",
            "'=HYPERLINK(0)",
            "not-an-address",
            "Berlin",
            "yes",
        ],
    ]


def test_the_name_of_a_file_is_kept_whatever_its_letters(client: Client) -> None:
    upload(client, PEOPLE, "会员 名单.csv")
    of = Import.objects.latest("pk")
    answer = client.get(url("import_rejected", of.public_id))
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"rejected.csv\"; filename*=UTF-8''%E4%BC%9A%E5%91%98%20%E5%90%8D%E5%8D%95-rejected.csv"
    )


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_the_sample_of_each_kind_is_understood_when_it_comes_back(client: Client, language: str) -> None:
    for kind in import_kinds():
        sample = client.get(url("import_sample", kind.key, language))
        assert sample.headers["Content-Disposition"].startswith(f'attachment; filename="{kind.key}-{language}.csv"')
        assert upload(client, sample.content, f"{kind.key}.csv", kind=kind.key).status_code == 302
        of = Import.objects.latest("pk")
        with translation.override(language):
            assert sorted(suggested_columns(of).values()) == sorted(one.key for one in import_kind(of.kind).fields)


def test_a_sample_of_nothing_is_not_there(client: Client) -> None:
    assert client.get(url("import_sample", "nothing", "en")).status_code == 404
    assert client.get(url("import_sample", "people", "xx")).status_code == 404


@pytest.mark.parametrize("files", [1, 3])
def test_the_list_asks_as_much_for_one_file_as_for_three(
    client: Client, files: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(files):
        uploaded(client)
    client.get(url("imports"))
    with django_assert_max_num_queries(12):
        page = text(client.get(url("imports")))
    assert page.count('class="name"') == files


def test_the_list_goes_on_behind_its_last_file(client: Client) -> None:
    made = [uploaded(client).public_id for _ in range(27)]
    first = text(client.get(url("imports")))
    second = text(client.get(url("imports") + f"?after={made[2]}"))
    assert [one in first for one in made] == [False] * 2 + [True] * 25
    assert f"?after={made[2]}" in first
    assert [f'id="{one}"' in second for one in made] == [True] * 2 + [False] * 25
