"""The first story as a stranger lives it: `guanxi up --demo`, from the printed link to the result, with a worker killed
in the middle of the send. Its pictures are those of the README and of docs/tour.md."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from guanxi.kit.postgres import Cluster
from tests.config.conftest import environment_of
from tests.config.test_up import Up, up
from tests.console.browser import pictures
from tests.console.browser.conftest import LookedAt


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Up]:
    home = tmp_path / "home"
    with up(environment_of(home), "--demo") as running:
        yield running
    Cluster(home).remove()


def fetch(url: str, **given: Any) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, **given), timeout=10) as answer:
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return json.loads(answer.read()) if is_json else answer.status


def figure(page: Page, label: str) -> int:
    words = page.locator(".stat").filter(has_text=label).locator(".v").first.inner_text()
    return int(words.replace(",", ""))


def test_a_stranger_goes_from_the_printed_link_to_the_result(
    demo: Up, page: Page, looked_at: LookedAt, tmp_path: Path
) -> None:
    (link,) = re.findall(r"http://\S+/sign-in/\S+", "\n".join(demo.lines))
    page.goto(link)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    looked_at("home")
    pictures.take(page, "home")
    page.goto(link)
    expect(page.get_by_text("It has been used already.")).to_be_visible()

    page.goto(link.split("/sign-in")[0])
    page.get_by_role("link", name="People", exact=True).first.click()
    looked_at("people")
    pictures.take(page, "people")
    pictures.take(page, "people-dark", theme="dark")
    someone = page.locator("a.name.when-narrow").first
    page.goto(link.split("/sign-in")[0] + str(someone.get_attribute("href")))
    expect(page.get_by_text("Customer since").first).to_be_visible()
    looked_at("person")
    pictures.take(page, "person")

    bring_in_a_file(page, tmp_path)
    page.get_by_role("link", name="Audiences", exact=True).first.click()
    page.get_by_role("link", name="Regulars at the meat counter, without coupons").click()
    expect(page.get_by_text(re.compile(r"\d+ people")).first).to_be_visible()
    looked_at("audience")
    pictures.take(page, "audience")

    page.get_by_role("link", name="Broadcasts", exact=True).first.click()
    page.get_by_role("link", name="Thank the regulars at the meat counter").click()
    planned, held_out = figure(page, "Will receive it"), figure(page, "Held out")
    assert planned > 50 and held_out > 0
    looked_at("broadcast-review")
    pictures.take(page, "broadcast-review")
    page.get_by_role("button", name=f"Send to {planned} people").click()
    os.kill(demo.processes()["worker"], signal.SIGKILL)
    expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Effect on sales")).to_be_visible()
    page.reload()
    ends = {name: figure(page, name) for name in ("Accepted", "Bounced", "Failed", "Not known")}
    assert sum(ends.values()) == planned, ends
    looked_at("broadcast-result")
    pictures.take(page, "broadcast-result")

    inbox = inbox_of(page)
    mails = fetch(f"{inbox}/messages.json?limit=500")
    assert mails["duplicated"] == 0
    letters = [one for one in mails["messages"] if not one["subject"].startswith("Undelivered Mail")]
    assert ends["Accepted"] <= len(letters) <= ends["Accepted"] + ends["Not known"] + ends["Bounced"]
    unsubscribe_with_one_click(inbox, letters[0])
    page.reload()
    assert figure(page, "Unsubscribed") == 1
    pictures.take_the_rest(page)


def bring_in_a_file(page: Page, folder: Path) -> None:
    file = folder / "新客户.csv"
    rows = ["姓名,邮箱", "林晓雨,lin.xiaoyu@example.test", '"=HYPERLINK(""x"")",formula@example.test', "坏地址,nobody"]
    file.write_bytes("\n".join(rows).encode("gb18030"))
    page.get_by_role("link", name="Imports", exact=True).first.click()
    page.get_by_role("main").get_by_role("link", name="New import").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Next: columns").click()
    pictures.take(page, "import-columns")
    page.get_by_role("button", name="Next: check the file").click()
    expect(page.get_by_text("2 rows can come in")).to_be_visible(timeout=30_000)
    pictures.take(page, "import-check")
    page.get_by_role("link", name="Next: duplicates and consent").click()
    page.get_by_role("button", name="Next: run").click()
    page.get_by_role("button", name="Import 2 rows").click(timeout=30_000)
    expect(page.get_by_text("2 rows came in")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 1 rejected row").click()
    assert "nobody" in download.value.path().read_text(encoding="utf-8-sig")


def inbox_of(page: Page) -> str:
    page.get_by_role("link", name="Channels", exact=True).first.click()
    inbox = str(page.get_by_role("link", name="Open the demo inbox").get_attribute("href")).rstrip("/")
    page.go_back()
    return inbox


def unsubscribe_with_one_click(inbox: str, letter: dict[str, Any]) -> None:
    mail = fetch(f"{inbox}/messages/{letter['id']}.json")
    headers = {name.lower(): value for name, value in mail["headers"]}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    address = re.search(r"<(http[^>]+)>", headers["list-unsubscribe"])
    assert address
    assert fetch(address[1], data=b"List-Unsubscribe=One-Click", method="POST") == 200
