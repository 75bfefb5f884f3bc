"""What comes back after a message was accepted: read once, believed only if signed by us, counted where it belongs."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guanxi.channels import operations, queries
from guanxi.channels.models import Account, Message, Notice, Reading
from guanxi.channels.operations import collecting
from guanxi.channels.plugins.email import returned
from guanxi.channels.plugins.email.adapter import EmailPlugin
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.plugins.email.mailbox import Mailbox
from guanxi.channels.port import Inbound, Reconnect, Retry
from guanxi.channels.queries import Errand
from guanxi.content.models import Content
from guanxi.events.models import Fact
from guanxi.governance.models import Suppression, Workspace
from guanxi.kit import clock
from guanxi.simulators import mail, mail_notices
from tests.factories import channels as make
from tests.factories import content as words

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
TOKEN = "01k" + "a" * 39
ORIGINAL = (
    b"From: shop@brand.test\r\nMessage-ID: <msg_01jabcdefghjkmnpqrstvwxyz0@brand.test>\r\nSubject: Hi\r\n\r\nHello"
)


def read(raw: bytes) -> Inbound:
    return returned.read(raw, return_address="bounce@brand.test", now=NOW)


def report(status: str, said: str, *, action: str = "failed", to: str = f"bounce+{TOKEN}@brand.test") -> bytes:
    raw = mail_notices.bounced(ORIGINAL, sender=to, recipient="ann@example.test", status=status, said=said)
    return raw.replace(b"Action: failed", f"Action: {action}".encode())


# What a notice says


@pytest.mark.parametrize(
    ("status", "said", "category", "kept"),
    [
        ("5.1.1", "550 5.1.1 User unknown", "hard_bounce", "5.1.1"),
        ("5.0.0", "550 5.1.1 User unknown", "hard_bounce", "5.1.1"),
        ("5.0.0", "550 No such user", "hard_bounce", "5.0.0"),
        ("5.2.2", "552 5.2.2 Mailbox full", "soft_bounce", "5.2.2"),
        ("4.2.2", "452 4.2.2 Mailbox full", "soft_bounce", "4.2.2"),
        ("4.4.7", "message expired", "soft_bounce", "4.4.7"),
        ("5.7.1", "550 5.7.1 rejected per policy", "blocked", "5.7.1"),
        ("5.3.4", "552 5.3.4 too big", "content", "5.3.4"),
    ],
)
def test_a_report_is_judged_by_its_most_exact_code(status: str, said: str, category: str, kept: str) -> None:
    found = read(report(status, said))
    assert (found.name, found.props) == ("message.bounced", {"category": category, "status": kept})
    assert (found.return_token, found.message_key) == (TOKEN, "msg_01jabcdefghjkmnpqrstvwxyz0")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_that_it_is_on_its_way_or_arrived_is_no_bounce(action: str) -> None:
    assert read(report("4.0.0", "", action=action)).name in {"message.delayed", ""}


def test_servers_that_change_the_case_or_hide_the_address_inside_are_understood() -> None:
    assert read(report("5.1.1", "x", to=f"Bounce+{TOKEN.upper()}@Brand.Test")).return_token == TOKEN
    inside = report("5.1.1", f"<bounce+{TOKEN}@brand.test>", to="postmaster@brand.test")
    assert read(inside).return_token == TOKEN


QMAIL = b"""From: MAILER-DAEMON@mx.example.test\r\nTo: bounce@brand.test\r\nSubject: failure notice\r\n\r
Hi. This is the qmail-send program.\r\n<ann@example.test>:\r\n%s\r\n--- Below this line is a copy.\r\n\r\n"""


@pytest.mark.parametrize(
    ("words", "name", "category"),
    [
        (b"Remote host said: 550 5.1.1 unknown", "message.bounced", "hard_bounce"),
        (b"Remote host said: 550 no such user here", "message.bounced", "hard_bounce"),
        (b"Remote host said: 552 5.2.2 over quota", "message.bounced", "soft_bounce"),
        (b"Sorry, it did not work.", "message.bounced", "soft_bounce"),
    ],
)
def test_notices_older_than_the_standard_are_read_by_the_code_that_they_quote(
    words: bytes, name: str, category: str
) -> None:
    found = read(QMAIL % words + ORIGINAL)
    assert (found.name, found.props["category"], found.message_key) == (
        name,
        category,
        "msg_01jabcdefghjkmnpqrstvwxyz0",
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"From: ann@example.test\r\nAuto-Submitted: auto-replied\r\nSubject: Away, 550 5.1.1\r\n\r\nback on 1.5.2027",
        b"From: ann@example.test\r\nSubject: Re: Hello\r\n\r\nundeliverable? 550 5.1.1\r\n",
        b"From: x@y.test\r\nSubject: returned mail\r\n\r\n550 5.1.1",
        b"",
        b"\x00\xff\xfe" * 1000,
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x--\r\n",
    ],
)
def test_answers_of_people_and_programs_change_nothing(raw: bytes) -> None:
    found = read(raw)
    assert found.name == "" or not (found.return_token or found.message_key)


def test_a_complaint_is_one_and_its_withdrawal_is_not() -> None:
    raw = mail_notices.complained(ORIGINAL, sender=f"bounce+{TOKEN}@brand.test")
    assert (read(raw).name, read(raw).return_token) == ("message.complained", TOKEN)
    assert read(raw.replace(b"Feedback-Type: abuse", b"Feedback-Type: not-spam")).name == ""


def nested(levels: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels))
    return b"From: mailer-daemon@x.test\r\nSubject: undeliverable\r\n" + opened


@pytest.mark.parametrize(
    "raw",
    [
        nested(5000),
        b"From: mailer-daemon@x.test\r\nSubject: undeliverable\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 15_000,
        report("5.1.1", "5" * 400_000),
        report("5.1.1", "5.1." * 100_000),
        b"Subject: " + b"=?utf-8?b?" * 40_000,
        b"From: mailer-daemon@x.test\r\nSubject: undeliverable\r\n\r\n" + b"not " * 100_000,
        b"To: " + b"bounce+" * 60_000,
    ],
    ids=["deep", "letters in letters", "digits", "codes", "words", "text", "addresses"],
)
def test_a_mail_bomb_costs_no_more_than_a_letter(raw: bytes) -> None:
    began = time.monotonic()
    read(raw[: returned.MOST_BYTES])
    assert time.monotonic() - began < 2


# From the sending to the figures


@dataclass
class World:
    server: mail.MailServer
    account: Account
    content: Content
    workspace: Workspace
    now: datetime

    def send(self, *addresses: str) -> None:
        people = make.people(self.now, addresses)
        errand = Errand(account=self.account, purpose="marketing", origin="cnt_a", due_at=self.now)
        ids = [person.pk for person in people]
        operations.plan(errand=errand, people=ids, content_id=self.content.pk, now=self.now)
        while operations.lane(now=self.now):
            pass

    def collect(self) -> None:
        Reading.objects.update(due_at=clock.wall())
        operations.collect(now=self.now)

    def states(self) -> Counter[tuple[str, str]]:
        return Counter(Message.objects.values_list("state", "reason"))


@pytest.fixture
def world(
    committed_workspace: Workspace, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port},127.0.0.1:{server.imap_port}")
    account = make.account(
        now,
        server.smtp_port,
        return_address="bounce@lumen.example.test",
        box_host="127.0.0.1",
        box_port=server.imap_port,
        box_security="none",
        box_username="bounce@lumen.example.test",
        box_password="s3cret",
    )
    yield World(server, account, words.content(now), committed_workspace, now)
    server.stop()


def test_what_comes_back_later_changes_the_figures_and_they_still_add_up(world: World) -> None:
    world.send("ann@example.test", "late.bob@example.test", "overfull.cy@example.test", "spam.dan@example.test")
    before = queries.tally("cnt_a")
    assert (before.accepted, before.bounced, before.complained) == (4, 0, 0)
    world.collect()
    after = queries.tally("cnt_a")
    assert (after.accepted, after.bounced, after.complained, after.recipients) == (2, 2, 1, 4)
    assert after.accepted + after.bounced + after.failed + after.skipped + after.unknown + after.waiting == 4
    assert world.states() == {("accepted", ""): 2, ("bounced", "hard_bounce"): 1, ("bounced", "soft_bounce"): 1}
    suppressed = {bytes(one.address): one.reason for one in Suppression.objects.all()}
    assert suppressed == {
        make.lookup("late.bob@example.test"): "hard_bounce",
        make.lookup("spam.dan@example.test"): "complaint",
    }
    assert Counter(Notice.objects.values_list("kind", "status")) == {
        ("hard_bounce", "5.1.1"): 1, ("soft_bounce", "4.2.2"): 1, ("complaint", ""): 1,
    }  # fmt: skip
    assert Counter(Fact.objects.filter(name__startswith="message.").values_list("name", flat=True)) == {
        "message.accepted": 4, "message.bounced": 2, "message.complained": 1,
    }  # fmt: skip


def test_a_reader_that_is_killed_before_it_marked_anything_applies_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send("late.bob@example.test", "spam.dan@example.test")

    def killed(box: Mailbox, inbound: Inbound) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Mailbox, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            world.collect()
    assert Notice.objects.count() == 1
    world.collect()
    world.collect()
    assert Notice.objects.count() == 2
    assert Counter(Fact.objects.filter(name__startswith="message.").values_list("name", flat=True)) == {
        "message.accepted": 2, "message.bounced": 1, "message.complained": 1,
    }  # fmt: skip
    assert world.server.store.box("bounce@lumen.example.test", unseen=True) == []


def test_a_forged_notice_changes_nothing(world: World) -> None:
    world.send("ann@example.test")
    message = Message.objects.get()
    right = queries.return_token(message.public_id, world.workspace.pk)
    other = queries.return_token(message.public_id, world.workspace.pk + 1)
    for token in (right[:-1] + ("a" if right[-1] != "a" else "b"), other, message.public_id[4:] + "a" * 16, "0" * 42):
        to = f"bounce+{token}@lumen.example.test"
        world.server.store.add(sender="", recipients=[to], raw=report("5.1.1", "550 5.1.1 x", to=to))
    world.collect()
    assert world.states() == {("accepted", ""): 1}
    assert set(Notice.objects.values_list("kind", flat=True)) == {"other"}
    assert Suppression.objects.count() == 0


def test_without_a_return_address_the_message_id_tells_which_one_it_was(world: World) -> None:
    world.send("ann@example.test")
    [sent] = world.server.mails()
    to = "bounce@lumen.example.test"
    raw = mail_notices.bounced(sent.raw, sender=to, recipient="ann@example.test", status="5.1.1", said="550 5.1.1 x")
    world.server.store.add(sender="", recipients=[to], raw=raw)
    world.collect()
    assert world.states() == {("bounced", "hard_bounce"): 1}


def test_a_box_that_cannot_be_read_is_said_and_tried_again_later(world: World) -> None:
    operations.edit_account(
        account=world.account, name="Mail", settings=dict(world.account.config) | {"box_folder": "Elsewhere"}
    )
    world.collect()
    reading = Reading.objects.get()
    assert "there is no such folder" in reading.problem
    assert reading.due_at > clock.wall()
    operations.edit_account(
        account=world.account, name="Mail", settings=dict(world.account.config) | {"box_folder": "INBOX"}
    )
    world.collect()
    assert Reading.objects.get().problem == ""


def test_a_box_is_read_once_a_minute_and_by_one_worker(world: World) -> None:
    assert collecting._take(world.account)
    assert not collecting._take(world.account)


# A server that is not ours


def settings(port: int, **changes: Any) -> EmailConfig:
    return EmailConfig.model_validate(
        {
            "host": "127.0.0.1",
            "sender_address": "shop@brand.test",
            "return_address": "bounce@brand.test",
            "box_host": "127.0.0.1",
            "box_port": port,
            "box_security": "none",
            "box_username": "demouser",
            "box_password": 'p"ass\\word',
        }
        | changes
    )


@pytest.fixture
def pymap(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tool = str(Path(sys.executable).with_name("pymap"))
    server = subprocess.Popen(
        [tool, "--host", "127.0.0.1", "--port", str(port), "dict", "--demo-data", "--demo-password", 'p"ass\\word'],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{port}")
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def test_a_real_imap_server_is_read_oldest_first_and_each_message_once(pymap: int) -> None:
    with imaplib.IMAP4("127.0.0.1", pymap) as filler:
        filler.login("demouser", 'p"ass\\word')
        for status in ("5.1.1", "4.2.2"):
            filler.append("INBOX", "", "", report(status, status))
    plugin = EmailPlugin()
    with plugin.open_box(settings(pymap)) as box:
        seen = []
        for inbound in box.waiting(50):
            seen.append(inbound.props.get("status", "-"))
            box.settle(inbound)
    assert seen[-2:] == ["5.1.1", "4.2.2"]
    assert set(seen[:-2]) <= {"-"}
    with plugin.open_box(settings(pymap)) as box:
        assert list(box.waiting(50)) == []
    assert [(one.title, one.verdict.value) for one in plugin.probe(settings(pymap))][-5:] == [
        ("Mailbox: find the server", "ok"), ("Mailbox: connect", "ok"), ("Mailbox: greeting", "ok"),
        ("Mailbox: sign in", "ok"), ("Mailbox: open the folder", "ok"),
    ]  # fmt: skip


def test_a_wrong_password_needs_staff_and_silence_does_not(pymap: int) -> None:
    with pytest.raises(Reconnect), EmailPlugin().open_box(settings(pymap, box_password="wrong")):
        pass
    with pytest.raises(Reconnect), EmailPlugin().open_box(settings(pymap, box_folder="Nowhere")):
        pass
    with pytest.raises(Reconnect), EmailPlugin().open_box(settings(pymap, box_host="127.0.0.2")):
        pass  # inside our own network: nothing was dialled
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{port}")
        with pytest.raises(Retry), EmailPlugin().open_box(settings(port)):
            pass
