"""An operator brings a file in with the browser: by mouse, by keyboard, on a phone, without script."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from guanxi.governance.models import Role
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Import, ImportState, Person
from tests.console.browser.conftest import LookedAt, SignedIn, Site

CITIES = ("上海", "서울", "Berlin", "杭州", "부산")
WRONG = {7: "no-address", 19: "", 23: "also wrong"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """120 people; three of them cannot come in."""
    lines = ["姓名,邮箱,手机号,City,Opted in,Points"]
    for n in range(1, 121):
        email = WRONG.get(n, f"person{n}@example.test")
        lines.append(f"王小{n},{email},,{CITIES[n % 5]},{'yes' if n % 3 else 'no'},{n * 20}")
    path = tmp_path / "会员名单 spring.csv"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    return path


def work() -> None:
    """What the worker does at the ring."""
    of = Import.objects.latest("pk")
    people.work_import(import_id=of.pk, now=clock.now())


def test_a_file_comes_in_and_goes_back_out(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, file: Path
) -> None:
    signed_in(page, Role.OPERATOR)
    page.goto(site.url("imports"))
    looked_at("imports-empty")
    page.get_by_role("main").get_by_role("link", name="New import").first.click()
    looked_at("import-1-file")

    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Next: columns").click()
    expect(page.get_by_role("combobox", name="What is the column 邮箱?")).to_have_value("email")
    expect(page.get_by_role("combobox", name="What is the column City?")).to_have_value("new:text")
    page.get_by_role("combobox", name="What is the column Opted in?").select_option("consent")
    looked_at("import-2-columns")

    page.get_by_role("button", name="Next: check the file").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    looked_at("import-3-checking")
    work()
    expect(page.get_by_text("117 rows can come in")).to_be_visible()
    looked_at("import-3-check")

    page.get_by_role("link", name="Next: duplicates and consent").click()
    page.get_by_role("radio", name="By a column of the file").check()
    looked_at("import-4-options")
    page.get_by_role("button", name="Next: run").click()
    work()
    expect(page.get_by_role("button", name="Import 117 rows")).to_be_visible()
    looked_at("import-5-run")

    page.get_by_role("button", name="Import 117 rows").click()
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()
    looked_at("import-5-running")
    work()
    expect(page.get_by_text("117 rows came in")).to_be_visible()
    assert Person.objects.count() == 117
    looked_at("import-5-done")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 3 rejected rows").click()
    assert download.value.suggested_filename == "会员名单 spring-rejected.csv"

    page.goto(site.url("imports"))
    looked_at("imports")
    page.get_by_role("link", name=file.name).click()
    looked_at("import-one")
    page.get_by_role("button", name="Undo the import").click()
    looked_at("import-undo")
    page.get_by_role("dialog").get_by_role("button", name="Undo the import").click()
    work()
    expect(page.get_by_text("The import was undone")).to_be_visible()
    looked_at("import-undone")
    assert Person.objects.count() == 0


def test_a_file_that_is_none_is_refused_where_it_was_chosen(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.csv"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    signed_in(page, Role.OWNER)
    page.goto(site.url("import_new"))
    page.locator("input[type=file]").set_input_files(photo)
    page.get_by_role("button", name="Next: columns").click()
    expect(page.get_by_text("Upload a CSV, XLSX or Parquet file.")).to_be_visible()
    looked_at("import-1-refused")


def test_a_statement_is_asked_for_where_it_is_needed(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, file: Path
) -> None:
    signed_in(page, Role.OPERATOR)
    started(site, page, file)
    work()
    page.goto(site.url("import_options", Import.objects.latest("pk").public_id))
    words = page.get_by_role("textbox", name="How they agreed")
    expect(words).to_be_hidden()
    page.get_by_role("radio", name="All of them agreed").check()
    page.get_by_role("button", name="Next: run").click()
    expect(page.get_by_role("alert")).to_have_text("Say in a sentence how these people agreed; it is kept as proof.")
    looked_at("import-4-statement")
    words.fill("Ticked the newsletter box at the till, spring 2026")
    page.get_by_role("button", name="Next: run").click()
    work()
    expect(page.get_by_text("Ticked the newsletter box at the till")).to_be_visible()


def started(site: Site, page: Page, file: Path) -> None:
    page.goto(site.url("import_new"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=re.compile("Next: columns|下一步|다음")).click()
    page.locator("main form:last-of-type button[type=submit]").last.click()
    page.wait_for_url("**/check")


def test_the_check_can_be_stopped_by_keyboard_while_the_page_renews_itself(
    site: Site, page: Page, signed_in: SignedIn, file: Path
) -> None:
    signed_in(page, Role.OPERATOR)
    started(site, page, file)
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    for _ in range(2):
        with page.expect_response(lambda answer: answer.url.endswith("/check")):
            pass
    expect(stop).to_be_focused()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    work()
    expect(page.get_by_text("The check was stopped")).to_be_visible()
    assert Import.objects.latest("pk").state == ImportState.CANCELLED


def test_a_page_that_is_settled_asks_no_more(site: Site, page: Page, signed_in: SignedIn, file: Path) -> None:
    signed_in(page, Role.OPERATOR)
    started(site, page, file)
    work()
    expect(page.get_by_text("can come in")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []


def test_the_whole_way_works_without_script(site: Site, browser: Browser, signed_in: SignedIn, file: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        signed_in(page, Role.OPERATOR)
        started(site, page, file)
        work()
        page.get_by_role("link", name="Refresh").click()
        page.get_by_role("link", name="Next: duplicates and consent").click()
        page.get_by_role("button", name="Next: run").click()
        page.get_by_role("button", name="Import 117 rows").click()
        work()
        page.get_by_role("link", name="Refresh").click()
        expect(page.get_by_text("117 rows came in")).to_be_visible()
    assert Person.objects.count() == 117


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("ko", "light")])
def test_the_steps_read_well_in_every_language(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, file: Path, language: str, theme: str
) -> None:
    signed_in(page, Role.OPERATOR, language=language, theme=theme)
    page.goto(site.url("import_new"))
    looked_at(f"import-1-file-{language}")
    started(site, page, file)
    work()
    of = Import.objects.latest("pk")
    for number, step in enumerate(("columns", "check", "options", "run"), start=2):
        page.goto(site.url(f"import_{step}", of.public_id))
        looked_at(f"import-{number}-{step}-{language}")
    people.run_import(of=of, now=clock.now())
    work()
    page.goto(site.url("import", of.public_id))
    looked_at(f"import-one-{language}")
    page.goto(site.url("imports"))
    looked_at(f"imports-{language}")


def test_long_names_and_many_columns_fit_a_phone(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt
) -> None:
    header = [f"{'Kundennummer' * 8}{n}" for n in range(30)]
    table = io.BytesIO(f"email,{','.join(header)}\na@example.test,{','.join(['x' * 400] * 30)}\n".encode())
    name = f"{'export-of-everything-' * 8}.csv"
    of = people.start_import(file=table, filename=name, kind="people", by=None, now=clock.now())
    signed_in(page, Role.INTEGRATOR)
    page.goto(site.url("import_columns", of.public_id))
    looked_at("import-2-long")
    page.get_by_role("button", name="Next: check the file").click()
    work()
    page.goto(site.url("import", of.public_id))
    looked_at("import-long")
    page.goto(site.url("imports"))
    looked_at("imports-long")


def test_a_step_out_of_its_turn_says_where_to_go(
    site: Site, page: Page, signed_in: SignedIn, looked_at: LookedAt, file: Path
) -> None:
    signed_in(page, Role.OPERATOR)
    started(site, page, file)
    work()
    page.goto(site.url("import_columns", Import.objects.latest("pk").public_id))
    people.run_import(of=Import.objects.latest("pk"), now=clock.now())
    page.get_by_role("button", name="Next: check the file").click()
    expect(page.get_by_role("alert")).to_contain_text("Rows of this file are on their way in already")
    looked_at("import-refused")
    page.get_by_role("link", name="See where this import stands").click()
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()
