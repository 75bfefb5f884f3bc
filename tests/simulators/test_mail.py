import json
import os
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from guanxi.simulators import mail, mail_pages

ATTACK = "</iframe><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[mail.MailServer]:
    server = mail.serve(0, 0, tmp_path)
    yield server
    server.stop()


def letter(key: str = "msg_1", subject: str = "Hello", **parts: str) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = f"<{key}@brand.test>"
    message["Subject"] = subject
    message["List-Unsubscribe"] = f"<{parts.get('unsubscribe', 'https://brand.test/u')}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(parts.get("text", "Hello Ann"))
    message.add_alternative(parts.get("html", "<p>Hello Ann</p>"), subtype="html")
    return message


def post(server: mail.MailServer, to: str, message: EmailMessage | None = None) -> tuple[int, bytes]:
    """The server's answer to RCPT, or to the message when RCPT was fine."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, local_hostname="localhost") as client:
        client.ehlo()
        client.mail("shop@brand.test")
        code, text = client.rcpt(to)
        return (code, text) if code != 250 else client.data((message or letter()).as_bytes())


def ask(server: mail.MailServer, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, str]:
    line = HTTPConnection("127.0.0.1", server.web_port, timeout=5)
    line.request(method, path, headers=headers)
    response = line.getresponse()
    body = response.read().decode("utf-8", "replace")
    line.close()
    return response, body


def listed(server: mail.MailServer, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(server, f"/messages.json{query}")[1])
    return found


def test_a_mail_is_kept_and_listed(server: mail.MailServer) -> None:
    assert post(server, "Ann@Example.test") == (250, b"2.0.0 Ok: kept")
    assert post(server, "bob@example.test", letter("msg_2"))[0] == 250
    [found] = listed(server, "?to=ann@example.test")["messages"]
    assert found.pop("received_at")
    assert found == {
        "id": 1,
        "from": "shop@brand.test",
        "to": "ann@example.test",
        "subject": "Hello",
        "message_id": "<msg_1@brand.test>",
        "copies": 1,
    }
    whole = json.loads(ask(server, "/messages/1.json")[1])
    assert (whole["text"].strip(), whole["html"].strip()) == ("Hello Ann", "<p>Hello Ann</p>")
    assert ["List-Unsubscribe", "<https://brand.test/u>"] in whole["headers"]


def test_duplicates_are_counted_by_message_id(server: mail.MailServer) -> None:
    for key in ("msg_1", "msg_2", "msg_2"):
        post(server, "ann@example.test", letter(key))
    found = listed(server)
    assert (found["total"], found["message_ids"], found["duplicated"]) == (3, 2, 1)
    assert [one["copies"] for one in found["messages"]] == [2, 2, 1]
    assert "arrived 2 times" in ask(server, "/")[1]


@pytest.mark.parametrize(
    ("to", "code", "kept"),
    [
        ("bounce@x.test", 550, 0), ("bounce.ann@x.test", 550, 0), ("BOUNCE-7@x.test", 550, 0), ("full@x.test", 552, 0),
        ("full3@x.test", 552, 0), ("fuller@x.test", 250, 1), ("dropbox@x.test", 250, 1), ("ann.bounce@x.test", 250, 1),
    ],
)  # fmt: skip
def test_failures_are_played_by_the_local_part(server: mail.MailServer, to: str, code: int, kept: int) -> None:
    assert post(server, to)[0] == code
    assert len(server.mails()) == kept


def test_greylisting_refuses_once_even_across_a_restart(tmp_path: Path) -> None:
    first = mail.serve(0, 0, tmp_path)
    codes = [post(first, "greylist@x.test")[0], post(first, "greylist.bob@x.test")[0]]
    first.stop()
    second = mail.serve(0, 0, tmp_path)
    codes.append(post(second, "greylist@x.test")[0])
    second.stop()
    assert codes == [451, 451, 250]


def test_drop_keeps_the_mail_and_loses_the_answer(server: mail.MailServer) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(server, "drop@x.test")
    assert [one.recipient for one in server.mails()] == ["drop@x.test"]
    assert post(server, "ann@x.test")[0] == 250


def test_slow_takes_its_time_without_holding_up_others(server: mail.MailServer) -> None:
    started = time.monotonic()
    with smtplib.SMTP("127.0.0.1", server.smtp_port, local_hostname="localhost") as client:
        client.ehlo()
        client.mail("shop@brand.test")
        client.rcpt("slow1@x.test")
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        assert post(server, "ann@x.test")[0] == 250
        assert time.monotonic() - started < 1
        assert client.getreply()[0] == 250
    assert time.monotonic() - started >= 1


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    first = mail.serve(0, 0, tmp_path)
    post(first, "ann@example.test")
    first.stop()
    second = mail.serve(0, 0, tmp_path)
    try:
        assert [one.message_id for one in second.mails(to="ann@example.test")] == ["<msg_1@brand.test>"]
    finally:
        second.stop()


def test_a_hostile_mail_stays_text(server: mail.MailServer) -> None:
    message = letter(subject=ATTACK, text=ATTACK, html=ATTACK, unsubscribe="https://x.test/'><script>alert(3)</script>")
    message["X-Attack"] = ATTACK
    post(server, "ann@example.test", message)
    for path in ("/", "/messages/1", "/messages/1?pictures=1", "/?to=" + "%3Cscript%3E", "/messages/1?lang=ko"):
        response, body = ask(server, path)
        assert response.status == 200
        assert (
            "<script" not in body and "<img" not in body and "</iframe><" not in body.replace("</iframe></section>", "")
        )
        csp = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in csp and "script-src" not in csp and "frame-ancestors 'none'" in csp
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_html_is_shown_in_a_sandbox_that_allows_nothing(server: mail.MailServer) -> None:
    post(
        server, "ann@example.test", letter(html='<a href="https://brand.test/x?a=1&amp;b=2">x</a><img src="https://p">')
    )
    _, body = ask(server, "/messages/1")
    assert "<iframe sandbox title='HTML' srcdoc=\"&lt;a href=&quot;https://brand.test/x?a=1&amp;amp;b=2&quot;" in body
    assert "<a href='https://brand.test/x?a=1&amp;b=2' target='_blank' rel='noopener noreferrer'>" in body
    assert "'https://p'" not in body


def test_pictures_load_only_when_asked_for(server: mail.MailServer) -> None:
    post(server, "ann@example.test")
    policies = [
        ask(server, path)[0].headers["Content-Security-Policy"] for path in ("/messages/1", "/messages/1?pictures=1")
    ]
    assert ["img-src data: http: https:" in policy for policy in policies] == [False, True]


def test_one_click_unsubscribe_is_a_form_like_in_a_mail_program(server: mail.MailServer) -> None:
    post(server, "ann@example.test")
    _, body = ask(server, "/messages/1")
    assert "<form method='post' action='https://brand.test/u' target='_blank'" in body
    assert "name='List-Unsubscribe' value='One-Click'" in body


def test_the_source_is_plain_text(server: mail.MailServer) -> None:
    post(server, "ann@example.test", letter(html="<script>alert(1)</script>"))
    response, body = ask(server, "/messages/1/raw")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert body.startswith("Message-ID: <msg_1@brand.test>")


def test_a_broken_mail_is_shown_all_the_same(server: mail.MailServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.smtp_port, local_hostname="localhost") as client:
        client.sendmail(
            "a@b.test", ["ann@x.test"], b"Content-Type: text/html; charset=nonsense\r\n\xff\r\n\r\n\xff\xfe\0<b>x"
        )
        client.sendmail("a@b.test", ["ann@x.test"], b"\r\n\r\n")
    pages = [f"/messages/{number}{suffix}" for number in (1, 2) for suffix in ("", ".json", "/raw")]
    assert [ask(server, page)[0].status for page in ["/", *pages]] == [200] * 7


@pytest.mark.parametrize(
    "path", ["/messages/1", "/messages/x", "/messages/99999999999999999999", "/../etc/passwd", "/x"]
)
def test_what_is_not_there_is_404(server: mail.MailServer, path: str) -> None:
    assert ask(server, path)[0].status == 404


def test_a_foreign_host_name_is_turned_away(server: mail.MailServer) -> None:
    assert ask(server, "/", Host="rebound.example")[0].status == 421


def test_nothing_can_be_written_by_web(server: mail.MailServer) -> None:
    assert [ask(server, "/messages/1", method)[0].status for method in ("POST", "PUT", "DELETE")] == [501] * 3


@pytest.mark.parametrize(
    ("asked", "title"), [("ko-KR,ko", "테스트 받은편지함"), ("zh-CN", "测试收件箱"), ("fr", "Test inbox")]
)
def test_the_inbox_speaks_the_reader_s_language(server: mail.MailServer, asked: str, title: str) -> None:
    _, body = ask(server, "/", **{"Accept-Language": asked})
    assert f"<title>{title}</title>" in body


def test_every_word_is_there_in_every_language() -> None:
    words = mail_pages.WORDS
    assert words["en"].keys() == words["zh-Hans"].keys() == words["ko"].keys()


def test_older_mails_are_on_the_next_page(server: mail.MailServer) -> None:
    for number in range(101):
        server.store.add(sender="a@b.test", recipients=["ann@x.test"], raw=letter(f"msg_{number}").as_bytes())
    _, body = ask(server, "/")
    assert (body.count("class='when'"), "before=2'" in body) == (100, True)
    assert ask(server, "/?before=2")[1].count("class='when'") == 1


def test_a_busy_port_is_told_and_leaves_nothing_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy, pytest.raises(OSError, match="in use"):
        mail.serve(0, busy.getsockname()[1], tmp_path)


def test_as_a_process_it_says_where_it_listens_and_ends_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "guanxi.simulators.mail", "--smtp-port", "0", "--web-port", "0"]
    command += ["--imap-port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(mail.__file__).parents[2])}
    process = subprocess.Popen(
        [*command, "--folder", str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("mail: smtp 127.0.0.1:")
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
