"""Another system on this machine that is told of events: it answers as it is bidden and keeps what it heard."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook


@dataclass(frozen=True)
class Says:
    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0


@dataclass(frozen=True)
class Heard:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """By the reference library; raises when it is not ours, or too old."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers in turn as in `says`; the last answer is given for good."""

    def __init__(self, *says: Says) -> None:
        self.says: list[Says] = list(says or (Says(),))
        self.heard: list[Heard] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = outer._next(Heard({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(answer.after)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _next(self, heard: Heard) -> Says:
        with self._lock:
            self.heard.append(heard)
            return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receivers(monkeypatch: pytest.MonkeyPatch, *wanted: Sequence[Says]) -> Iterator[list[Receiver]]:
    """These may be called although they are on this machine."""
    made = [Receiver(*says) for says in wanted]
    named = [os.environ.get("GUANXI_LOCAL_PEERS", ""), *(f"127.0.0.1:{one.port}" for one in made)]
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", ",".join(filter(None, named)))
    try:
        yield made
    finally:
        for one in made:
            one.close()
