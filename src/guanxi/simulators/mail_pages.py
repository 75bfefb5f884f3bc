"""The inbox of the mail simulator. A mail may hold anything, so everything is escaped, its HTML stays in a sandbox
without scripts, and the pages run no script at all."""

import json
import re
import socket
import threading
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from guanxi.simulators.mail_store import Mail, Store

PAGE = 100
_CSS = Path(__file__).with_name("mail.css").read_bytes()
_LINK = re.compile(r"""https?://[^\s<>"'\\]+""")
_HREF = re.compile(r"""\bhref\s*=\s*["']?(https?://[^\s<>"']+)""", re.IGNORECASE)

# The simulator runs without Django, so its few words are here rather than in the catalogues.
WORDS = {
    "en": {
        "inbox": "Test inbox",
        "note": "Mails that Guanxi sent to this simulator. Nothing leaves this computer.",
        "to": "To", "from": "From", "subject": "Subject", "received": "Received", "headers": "Headers",
        "text": "Text", "html": "HTML", "source": "Source", "links": "Links", "search": "Search",
        "address": "Address of the recipient", "empty": "No mail yet.", "older": "Older",
        "missing": "There is no such page.",
        "no_subject": "(no subject)", "copies": "arrived {n} times", "unsubscribe": "Unsubscribe with one click",
        "pictures": "Load pictures", "as_source": "Show the source",
    },
    "zh-Hans": {
        "inbox": "测试收件箱",
        "note": "这里是 Guanxi 发给本模拟器的邮件，不会离开这台电脑。",
        "to": "收件人", "from": "发件人", "subject": "主题", "received": "收到时间", "headers": "邮件头",
        "text": "纯文本", "html": "HTML", "source": "源码", "links": "链接", "search": "搜索",
        "address": "收件人地址", "empty": "还没有邮件。", "older": "更早的", "missing": "页面不存在。",
        "no_subject": "（无主题）", "copies": "收到了 {n} 次", "unsubscribe": "一键退订",
        "pictures": "加载图片", "as_source": "查看源码",
    },
    "ko": {
        "inbox": "테스트 받은편지함",
        "note": "Guanxi가 이 시뮬레이터로 보낸 메일입니다. 이 컴퓨터 밖으로 나가지 않습니다.",
        "to": "받는 사람", "from": "보낸 사람", "subject": "제목", "received": "받은 시각", "headers": "헤더",
        "text": "텍스트", "html": "HTML", "source": "원본", "links": "링크", "search": "검색",
        "address": "받는 사람 주소", "empty": "아직 메일이 없습니다.", "older": "이전 메일",
        "missing": "페이지를 찾을 수 없습니다.",
        "no_subject": "(제목 없음)", "copies": "{n}번 도착", "unsubscribe": "원클릭 수신 거부",
        "pictures": "이미지 불러오기", "as_source": "원본 보기",
    },
}  # fmt: skip


class Page(NamedTuple):
    body: bytes
    content_type: str
    status: int = 200
    policy: str = "default-src 'none'; frame-ancestors 'none'"


class Inbox:
    """Serves the pages from a listening socket until stopped."""

    def __init__(self, store: Store, listener: socket.socket) -> None:
        address = listener.getsockname()
        self._http = ThreadingHTTPServer(address, _handler(store, address[1]), bind_and_activate=False)
        self._http.socket.close()
        self._http.socket = listener
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="mail-web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(store: Store, port: int) -> type[BaseHTTPRequestHandler]:
    own_names = {f"127.0.0.1:{port}", f"localhost:{port}"}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 15

        def do_GET(self) -> None:
            if self.headers.get("Host") not in own_names:  # a foreign name that resolves here (DNS rebinding)
                self._answer(Page(b"wrong host\n", "text/plain", 421))
                return
            url = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            words = _language(query.get("lang", "") or self.headers.get("Accept-Language", ""))
            self._answer(page_for(store, url.path, query, words))

        do_HEAD = do_GET

        def _answer(self, page: Page) -> None:
            self.send_response(page.status)
            self.send_header("Content-Type", f"{page.content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(page.body)))
            self.send_header("Content-Security-Policy", page.policy)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: addresses do not belong in a log."""

    return Handler


def _language(accepted: str) -> str:
    for part in accepted.lower().split(","):
        tag = part.split(";")[0].strip()
        for prefix, language in (("zh", "zh-Hans"), ("ko", "ko"), ("en", "en")):
            if tag.startswith(prefix):
                return language
    return "en"


def page_for(store: Store, path: str, query: dict[str, str], language: str) -> Page:
    if path == "/":
        return _list(store, query, language)
    if path == "/mail.css":
        return Page(_CSS, "text/css")
    if path == "/messages.json":
        return _json_list(store, query)
    found = re.fullmatch(r"/messages/(\d{1,15})(/raw|\.json)?", path, re.ASCII)
    mail = store.mail(int(found[1])) if found else None
    if found is None or mail is None:
        return _html(language, f"<p class='note'>{WORDS[language]['missing']}</p>", status=404)
    if found[2] == "/raw":
        return Page(mail.raw, "text/plain", policy="default-src 'none'; sandbox; frame-ancestors 'none'")
    if found[2] == ".json":
        return _json(_described(mail, store.copies()) | {"headers": mail.headers, "text": mail.text, "html": mail.html})
    return _one(store, mail, language, pictures="pictures" in query)


def _list(store: Store, query: dict[str, str], language: str) -> Page:
    words, to = WORDS[language], query.get("to", "")
    mails = store.mails(to=to, before=_number(query.get("before", "")), limit=PAGE)
    copies = store.copies()
    rows = "".join(_row(mail, copies[mail.message_id], language) for mail in mails)
    table = (
        f"<div class='scroll'><table><thead><tr><th>{words['received']}</th><th>{words['to']}</th>"
        f"<th>{words['subject']}</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
    older = f"/?lang={language}&to={quote(to)}&before={mails[-1].id}" if len(mails) == PAGE else ""
    link = f"<p><a class='button' href='{escape(older)}'>{words['older']}</a></p>" if older else ""
    body = table + link if mails else f"<p class='muted empty'>{words['empty']}</p>"
    return _html(language, f"<p class='muted'>{words['note']}</p>{body}", to=to)


def _row(mail: Mail, copies: int, language: str) -> str:
    words = WORDS[language]
    repeat = f" <span class='chip'>{words['copies'].format(n=copies)}</span>" if copies > 1 else ""
    subject = escape(mail.subject) or words["no_subject"]
    return (
        f"<tr><td class='when'>{_when(mail)}</td><td>{escape(mail.recipient)}</td>"
        f"<td><a href='/messages/{mail.id}?lang={language}'>{subject}</a>{repeat}</td></tr>"
    )


def _one(store: Store, mail: Mail, language: str, *, pictures: bool) -> Page:
    words = WORDS[language]
    headers = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in mail.headers)
    envelope = f"{words['to']}: {escape(mail.recipient)} · {words['from']}: {escape(mail.sender)} · {_when(mail)}"
    frame = f"<iframe sandbox title='{words['html']}' srcdoc=\"{escape(mail.html)}\"></iframe>"
    parts = [
        f"<h2 class='subject'>{escape(mail.subject) or words['no_subject']}</h2><p class='muted'>{envelope}</p>",
        f"<div class='row'>{_buttons(mail, language)}</div>",
        _section(words["html"], frame if mail.html else ""),
        _section(words["text"], f"<pre>{escape(mail.text)}</pre>" if mail.text else ""),
        _section(words["links"], _links(mail)),
        _section(words["headers"], f"<div class='scroll'><table>{headers}</table></div>"),
    ]
    # A srcdoc frame inherits this policy: inline styles are the mail's, pictures load only when asked for.
    images = "img-src data: http: https:" if pictures else "img-src data:"
    policy = (
        f"default-src 'none'; style-src 'self' 'unsafe-inline'; {images}; form-action http: https:; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return _html(language, "".join(parts), policy=policy)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def _buttons(mail: Mail, language: str) -> str:
    words, page = WORDS[language], f"/messages/{mail.id}"
    pictures = f"<a class='button' href='{page}?lang={language}&amp;pictures=1'>{words['pictures']}</a>"
    source = f"<a class='button' href='{page}/raw'>{words['as_source']}</a>"
    return _unsubscribe_button(mail, language) + (pictures if mail.html else "") + source


def _unsubscribe_button(mail: Mail, language: str) -> str:
    """What a mail program does on one click (RFC 8058 3.2)."""
    url = mail.header("List-Unsubscribe").strip().removeprefix("<").removesuffix(">")
    if not mail.header("List-Unsubscribe-Post") or not _LINK.fullmatch(url):
        return ""
    return (
        f"<form method='post' action='{escape(url)}' target='_blank' rel='noopener'>"
        f"<input type='hidden' name='List-Unsubscribe' value='One-Click'>"
        f"<button class='primary'>{WORDS[language]['unsubscribe']}</button></form>"
    )


def _links(mail: Mail) -> str:
    """The frame lets no link out, so they are listed beside it."""
    links = map(unescape, _HREF.findall(mail.html)) if mail.html else _LINK.findall(mail.text)
    items = "".join(
        f"<li><a href='{escape(url)}' target='_blank' rel='noopener noreferrer'>{escape(url)}</a></li>"
        for url in dict.fromkeys(links)
    )
    return f"<ul class='links'>{items}</ul>" if items else ""


def _json_list(store: Store, query: dict[str, str]) -> Page:
    to = query.get("to", "")
    limit = min(_number(query.get("limit", "")) or 1000, 10_000)
    mails = store.mails(to=to, before=_number(query.get("before", "")), limit=limit)
    copies = store.copies()
    return _json(
        {
            "total": store.total(to=to),
            "message_ids": len(copies),
            "duplicated": sum(count > 1 for count in copies.values()),
            "messages": [_described(mail, copies) for mail in mails],
        }
    )


def _described(mail: Mail, copies: dict[str, int]) -> dict[str, object]:
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "from": mail.sender,
        "to": mail.recipient,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "copies": copies[mail.message_id],
    }


def _json(value: object) -> Page:
    return Page(json.dumps(value, ensure_ascii=True).encode(), "application/json")


def _html(
    language: str,
    body: str,
    *,
    to: str = "",
    status: int = 200,
    policy: str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
) -> Page:
    words = WORDS[language]
    text = (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{words['inbox']}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<link rel='stylesheet' href='/mail.css'></head><body>"
        f"<header><h1><a href='/?lang={language}'>{words['inbox']}</a></h1><form action='/' role='search'>"
        f"<input type='hidden' name='lang' value='{language}'>"
        f"<input type='search' name='to' value='{escape(to)}' aria-label='{words['address']}'"
        f" placeholder='{words['address']}'>"
        f"<button>{words['search']}</button></form></header><main>{body}</main></body></html>"
    )
    return Page(text.encode("utf-8", "replace"), "text/html", status, policy)


def _when(mail: Mail) -> str:
    return escape(mail.received_at[:19].replace("T", " ")) + " UTC"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
